"""Under lock-down a child decodes, and nothing else: every other call is its end."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from domain.fingerprints import Fingerprint, MediaStatus
from fingerprint import landlock, seccomp
from fingerprint.confine import NOT_ALONE
from fingerprint.image import ImageFingerprint, fingerprint_image
from fingerprint.media import hash_media
from fingerprint.pool import FingerprintPool
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.locked import ATTEMPTS
from tests.fingerprint.pictures import encoded, photo
from tests.fingerprint.videos import CONTAINERS, subtitled, video
from tests.requirements_for import require

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = sorted(ATTEMPTS.keys() - {"decode"})
BY_LANDLOCK = ("open-for-read", "open-for-write", "list-directory")
KILLED = (-signal.SIGSYS, "")
DONE = (0, "done")


@pytest.fixture(autouse=True)
def _able() -> None:
    require("landlock", present=landlock.abi() > 0)
    require("seccomp", present=seccomp.machine() is not None)


def tried(how: str, where: str, what: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.fingerprint.locked", how, where, what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_works_without_locks_and_kills_with_them(what: str) -> None:
    assert tried("nothing", "main", what) == DONE
    assert tried("all", "main", what) == KILLED
    assert tried("seccomp", "main", what) == KILLED


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_thread_that_was_there_before_is_bound_as_well(what: str) -> None:
    assert tried("seccomp", "second", what) == KILLED


def test_a_child_with_two_threads_does_not_lock_down_but_ends() -> None:
    code = (
        "import os, threading\n"
        "from fingerprint.confine import confine_child\n"
        "hold = threading.Event()\n"
        "threading.Thread(target=hold.wait, daemon=True).start()\n"
        "confine_child(parent=os.getppid(), memory=1 << 30)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (NOT_ALONE, b"")


def test_that_check_is_needed_because_landlock_leaves_an_earlier_thread_free() -> None:
    assert tried("landlock", "second", "open-for-read") == DONE


def test_what_is_needed_goes_on() -> None:
    assert tried("all", "main", "decode") == DONE
    assert tried("seccomp", "second", "decode") == DONE


@pytest.mark.parametrize("what", BY_LANDLOCK)
def test_landlock_alone_refuses_files(what: str) -> None:
    assert tried("landlock", "main", what) == (0, "EACCES")


def test_landlock_alone_refuses_tcp_where_the_kernel_can() -> None:
    require("landlock with ports", present=landlock.abi() >= 4)
    assert tried("landlock", "main", "connect") == (0, "EACCES")


@pytest.mark.parametrize(
    ("version", "bits"),
    [(0, (0, 0, 0)), (1, (13, 0, 0)), (2, (14, 0, 0)), (3, (15, 0, 0)), (4, (15, 2, 0)), (5, (16, 2, 0)),
     (6, (16, 2, 2)), (99, (16, 2, 2))],
)  # fmt: skip
def test_every_right_of_the_kernels_version_is_taken(version: int, bits: tuple[int, int, int]) -> None:
    assert tuple(mask.bit_count() for mask in landlock.handled(version)) == bits


def run_filter(steps: list[seccomp.Step], *, audit: int, number: int, third: int = 0) -> int:
    """Return what a program answers to a call, as the kernel would run it."""
    words = {0: number, 4: audit, 32: third}
    at = loaded = 0
    while True:
        operation, if_true, if_false, value = steps[at]
        at += 1
        match operation:
            case 0x20:
                loaded = words[value]
            case 0x15:
                at += if_true if loaded == value else if_false
            case 0x45:
                at += if_true if loaded & value else if_false
            case _:
                return value


@pytest.mark.parametrize("name", sorted(seccomp.MACHINES))
def test_the_filter_of_each_processor_allows_its_list_and_kills_the_rest(name: str) -> None:
    which = seccomp.MACHINES[name]
    steps = seccomp.decoding_only(which)
    allowed = {number for number in range(600) if run_filter(steps, audit=which.audit, number=number) == seccomp.ALLOW}
    assert allowed == {*which.calls.values(), *which.mapping.values()}
    for number in which.mapping.values():
        for protection, answer in ((3, seccomp.ALLOW), (4, seccomp.KILL_PROCESS), (7, seccomp.KILL_PROCESS)):
            assert run_filter(steps, audit=which.audit, number=number, third=protection) == answer
    other = next(each.audit for key, each in seccomp.MACHINES.items() if key != name)
    for number in allowed:
        assert run_filter(steps, audit=other, number=number) == seccomp.KILL_PROCESS
        assert run_filter(steps, audit=which.audit, number=number | 0x40000000) == seccomp.KILL_PROCESS


def test_processors_differ_in_numbers_only() -> None:
    one, other = seccomp.MACHINES.values()
    assert one.calls.keys() == other.calls.keys()
    assert one.mapping.keys() == other.mapping.keys()


def samples() -> dict[str, bytes]:
    """Return a picture in every format, and in every mode that takes another way through the decoder."""
    picture = photo(90, 70, seed=5)
    files = {kind: encoded(picture, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")}
    for mode in ("P", "LA", "1", "L", "RGBA"):
        files[f"PNG {mode}"] = encoded(picture.convert(mode), "PNG")
    files["PNG P, one colour clear"] = encoded(picture.convert("P"), "PNG", transparency=3)
    files["PNG 16"] = encoded(Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257), "PNG")
    files["JPEG CMYK"] = encoded(picture.convert("CMYK"), "JPEG")
    files["JPEG progressive"] = encoded(picture, "JPEG", progressive=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    files["JPEG turned"] = encoded(picture, "JPEG", exif=exif)
    files["PNG turned"] = encoded(picture, "PNG", exif=exif)
    files["WEBP turned"] = encoded(picture, "WEBP", exif=exif)
    files["JPEG truncated"] = files["JPEG"][:-400]
    files["GIF animated"] = encoded(picture, "GIF", save_all=True, append_images=[photo(90, 70, seed=6)])
    files["WEBP animated"] = encoded(picture, "WEBP", save_all=True, append_images=[photo(90, 70, seed=6)])
    files["PNG animated"] = encoded(picture, "PNG", save_all=True, append_images=[photo(90, 70, seed=6)])
    files["AVIF animated"] = encoded(picture, "AVIF", save_all=True, append_images=[photo(90, 70, seed=6)])
    files["JPEG of two"] = encoded(picture, "MPO", save_all=True, append_images=[photo(90, 70, seed=6)])
    return files


def seen(one: Fingerprint | ImageFingerprint) -> tuple[object, ...]:
    return one.status, one.reason, one.format, one.width, one.height, one.pdq_dihedral, one.pdq_quality, one.phash


async def test_every_format_and_mode_gives_the_same_hashes_as_without_locks() -> None:
    async with FingerprintPool(1, timeout=20) as pool:
        assert pool.missing_layers == ()
        for name, file in samples().items():
            found = await pool.fingerprint(BytesSource(file))
            assert seen(found) == seen(fingerprint_image(file)), name
            assert found.status in {MediaStatus.HASHED, MediaStatus.LOW_QUALITY}, name
            assert len(found.frames) == (2 if "animated" in name else 0), name
            assert found.frames == hash_media(file).frames, name


@pytest.mark.parametrize("container", CONTAINERS)
async def test_every_container_and_codec_shows_the_same_frames_as_without_locks(container: str) -> None:
    muxer, codecs = CONTAINERS[container]
    async with FingerprintPool(1, timeout=20) as pool:
        for codec in codecs:
            file = video(30, muxer=muxer, codec=codec, key_every=10)
            found = await pool.fingerprint(BytesSource(file))
            assert (found.status, found.reason, found.format) == (MediaStatus.HASHED, "", container), codec
            assert (found.width, found.height) == (192, 144), codec
            assert found.frames == hash_media(file).frames, codec
            assert len(found.frames) >= 2, codec


async def test_streams_that_are_not_read_need_nothing_that_is_forbidden() -> None:
    plain = video(30, muxer="flv", codec="flv", key_every=10)
    both = subtitled(plain)
    with av.open(io.BytesIO(both), "r", format="flv") as container:
        assert {stream.type for stream in container.streams} == {"video", "subtitle"}
    async with FingerprintPool(1, timeout=20) as pool:
        found = await pool.fingerprint(BytesSource(both))
        assert (found.status, found.reason) == (MediaStatus.HASHED, "")
        assert {frame.pdq for frame in found.frames} == {frame.pdq for frame in hash_media(plain).frames}


def test_a_child_ends_in_peace_when_its_parent_has_no_more_jobs() -> None:
    code = (
        "import os, sys; sys.argv = ['', str(os.getppid()), str(1 << 30), '1000']\n"
        "from fingerprint.child import main\nmain()\n"
    )
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=b"", capture_output=True, timeout=60, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


LACKING = (
    "import asyncio\n"
    "from domain.errors import OperatorFault\n"
    "from fingerprint.pool import FingerprintPool\n"
    "async def main():\n"
    "    try:\n"
    "        async with FingerprintPool(1):\n"
    "            print('started')\n"
    "    except OperatorFault as fault:\n"
    "        print(fault)\n"
    "    async with FingerprintPool(1, allow_missing_layers=True) as pool:\n"
    "        print(*pool.missing_layers, len(pool.formats))\n"
    "asyncio.run(main())\n"
)


@pytest.mark.parametrize(
    ("layers", "named", "left"),
    [
        ("landlock", "landlock missing", "landlock 13"),
        ("seccomp", "seccomp missing", "seccomp 13"),
        ("landlock,seccomp", "landlock and seccomp missing", "landlock seccomp 13"),
    ],
)
def test_a_pool_refuses_where_a_layer_is_missing_unless_told(layers: str, named: str, left: str) -> None:
    command = [sys.executable, "-m", "tests.fingerprint.lacking", layers, sys.executable, "-c", LACKING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    refused, allowed = done.stdout.splitlines()
    assert named in refused
    assert "allow_missing_layers = true" in refused
    assert allowed == left
