"""`kapear hash`, as its users call it: no installation, nothing written, one line for what cannot be read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pty
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.commands.hashing import FileMedia, StreamMedia, hash_json
from domain.errors import BadInput, MediaUnavailable
from domain.fingerprints import Fingerprint, MediaStatus
from domain.ports import MediaSource
from fingerprint.image import fingerprint_image
from tests.acceptance.driver import COMMAND, Kapear
from tests.contracts.media_source import PAYLOAD, MediaSourceContract
from tests.fingerprint.pictures import encoded, photo
from tests.fingerprint.videos import box, laid_out, video

KEYS = [
    "file", "status", "reason", "format", "width", "height", "bytes", "md5", "sha1", "sha256", "pdq", "pdq_quality",
    "phash", "phash256", "frames",
]  # fmt: skip
PICTURE = encoded(photo(160, 120, seed=4), "PNG")


class TestFileMedia(MediaSourceContract):
    @pytest.fixture
    async def source(self, tmp_path: Path) -> AsyncIterator[MediaSource]:
        (tmp_path / "file").write_bytes(PAYLOAD)
        source = FileMedia(str(tmp_path / "file"))
        yield source
        await source.close()


class TestStreamMedia(MediaSourceContract):
    @pytest.fixture
    def source(self) -> MediaSource:
        return StreamMedia(io.BytesIO(PAYLOAD))


async def test_a_stream_is_read_no_further_than_the_limit() -> None:
    stream = io.BytesIO(PAYLOAD)
    source = StreamMedia(stream, max_bytes=1000)
    assert await source.read(1000, 50) == PAYLOAD[1000:1001]
    assert source.size is None
    assert stream.tell() == 1001
    await source.close()


async def test_a_file_that_fails_while_it_is_read_is_a_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(PAYLOAD)
    source = FileMedia(str(tmp_path / "file"))
    folder = os.open(tmp_path, os.O_RDONLY)  # a directory cannot be read
    os.dup2(folder, source._file)
    os.close(folder)
    with pytest.raises(MediaUnavailable, match=r"^unreadable$"):
        await source.read(0, 10)
    await source.close()


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match=r"pipe: this is no regular file; use - to hash a pipe\.$"):
        FileMedia(str(tmp_path / "pipe"))
    with pytest.raises(BadInput, match=r": this is a directory\.$"):
        FileMedia(str(tmp_path))


def test_null_is_what_was_not_read() -> None:
    rejected = Fingerprint(status=MediaStatus.REJECTED, reason="too_large", size=0)
    value = hash_json("-", rejected)
    assert list(value) == KEYS
    assert [value[key] for key in ("bytes", "md5", "sha1", "sha256", "pdq", "phash", "phash256")] == [None] * 7
    assert hash_json("big", Fingerprint(status=MediaStatus.REJECTED, size=7))["bytes"] == 7
    empty = Fingerprint(status=MediaStatus.UNDECODABLE, reason="empty", sha256="0" * 64)
    assert hash_json("empty", empty)["bytes"] == 0


def hashed(folder: Path, *names: str, expect: int = 0, stdin: bytes = b"") -> tuple[list[dict[str, Any]], list[str]]:
    """Run `kapear hash --json` in a folder; returns its objects and the lines on standard error."""
    done = subprocess.run(
        [*COMMAND, "hash", *names, "--json"],
        env=Kapear(data_dir=folder / "none").env,
        cwd=folder,
        capture_output=True,
        input=stdin,
        timeout=60,
        check=False,
    )
    assert done.returncode == expect, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode().splitlines()


def test_files_and_standard_input_are_hashed_in_the_order_named(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(PICTURE)
    (tmp_path / "empty").touch()
    with (tmp_path / "large").open("wb") as large:
        large.truncate((32 << 20) + 1)
    found, errors = hashed(tmp_path, "large", "picture.png", "-", "empty", stdin=b"no picture")
    expected = fingerprint_image(PICTURE)
    assert expected.pdq is not None
    assert expected.phash is not None
    assert expected.phash256 is not None
    assert [list(each) for each in found] == [KEYS] * 4
    assert found[1] == {
        "file": "picture.png", "status": "ok", "reason": "", "format": "png", "width": 160, "height": 120,
        "bytes": len(PICTURE), "md5": expected.md5, "sha1": expected.sha1, "sha256": expected.sha256,
        "pdq": expected.pdq.hex(), "pdq_quality": expected.pdq_quality, "phash": expected.phash.hex(),
        "phash256": expected.phash256.hex(), "frames": [],
    }  # fmt: skip
    assert [(each["file"], each["status"], each["reason"], each["bytes"]) for each in found] == [
        ("large", "rejected", "too_large", (32 << 20) + 1),
        ("picture.png", "ok", "", len(PICTURE)),
        ("-", "undecodable", "not_an_image", 10),
        ("empty", "undecodable", "empty", 0),
    ]
    assert found[0]["sha256"] is None
    assert errors == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "large", "picture.png"], "nothing is written"


def test_a_video_is_hashed_by_its_frames_whole_or_by_parts_of_it(tmp_path: Path) -> None:
    small = video(50, key_every=10)
    (tmp_path / "small.mp4").write_bytes(small)
    large = laid_out(small, index_first=False, gap=1 << 20)
    with (tmp_path / "large.mp4").open("wb") as file:
        for start, body in large.parts:
            file.seek(start)
            file.write(body)
    ahead = laid_out(small, index_first=True).whole()
    found, errors = hashed(tmp_path, "small.mp4", "large.mp4", "-", stdin=ahead + box(b"free", bytes(32 << 20)))
    assert errors == []
    whole, sampled, streamed = found
    assert (whole["status"], whole["reason"], whole["format"], whole["pdq"]) == ("ok", "", "mp4", None)
    assert whole["sha256"] == hashlib.sha256(small).hexdigest()
    assert [sorted(frame) for frame in whole["frames"]] == [["at_ms", "pdq", "quality"]] * len(whole["frames"])
    assert len(whole["frames"]) >= 4
    assert all(len(bytes.fromhex(frame["pdq"])) == 32 and frame["quality"] >= 50 for frame in whole["frames"])
    for part, size in ((sampled, large.size), (streamed, None)):
        assert (part["status"], part["reason"], part["bytes"]) == ("ok", "sampled", size)
        assert (part["sha256"], part["sha1"], part["md5"]) == (None, None, None)
        assert len(part["frames"]) >= 4
    assert {frame["pdq"] for frame in sampled["frames"]} <= {frame["pdq"] for frame in whole["frames"]}
    assert large.size > 32 << 20


def test_a_file_that_cannot_be_read_is_one_line_and_the_others_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(PICTURE)
    found, errors = hashed(tmp_path, "gone\x1b[31m.png", "picture.png", ".", expect=1)
    assert [each["file"] for each in found] == ["picture.png"]
    assert len(errors) == 2
    assert errors[0].endswith(".png: no such file or directory.")
    assert "\x1b" not in errors[0]
    assert errors[1] == ".: this is a directory."


def test_standard_input_is_read_once_and_nothing_to_hash_is_wrong_usage(tmp_path: Path) -> None:
    assert hashed(tmp_path, "-", "-", expect=2)[0] == []
    assert hashed(tmp_path, expect=2)[0] == []


def test_a_person_sees_a_table(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(PICTURE)
    (tmp_path / "flat.bin").write_bytes(bytes(9))
    shown = Kapear(data_dir=tmp_path / "none").run("hash", "picture.png", "flat.bin", cwd=tmp_path).stdout
    expected = fingerprint_image(PICTURE)
    for word in ("picture.png", "png 160x120", expected.sha256, "undecodable (not_an_image)"):
        assert word in shown


def test_progress_is_for_terminals_and_leaves_the_results_alone(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(3)]
    for name in names:
        (tmp_path / name).write_bytes(PICTURE)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        done = subprocess.run(
            [*COMMAND, "hash", *names, "--json"],
            env={**Kapear(data_dir=tmp_path / "none").env, "TERM": "xterm", "COLUMNS": "80"},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=True,
        )
        os.close(theirs)
        assert b"Hashing" in terminal.read(1 << 16)
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == names
