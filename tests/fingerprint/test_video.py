"""Which frames of videos and animations are sampled, that their hashes are right, and that hostile ones end."""

from __future__ import annotations

import io
import struct

import av
import numpy as np
import pdqhash
import pytest
from numpy.typing import NDArray

from domain.fingerprints import MAX_FRAMES, MediaStatus
from fingerprint.animation import count_gif
from fingerprint.answers import Format
from fingerprint.containers import sniff_container
from fingerprint.image import fingerprint_image
from fingerprint.media import hash_media
from fingerprint.moving import spread
from fingerprint.pool import FingerprintPool
from fingerprint.video import DECODERS
from tests.fakes_fingerprint import BytesSource
from tests.fingerprint.hostile import animation
from tests.fingerprint.hostile_videos import CASES, small
from tests.fingerprint.pictures import bits_apart, encoded, photo
from tests.fingerprint.videos import CONTAINERS, box, frames_of, laid_out, pictures, video

CLOCK = 5.0
GOOD = encoded(photo(120, 90, seed=3), "JPEG")


def reference(picture: NDArray[np.uint8]) -> bytes:
    bits, _ = pdqhash.compute(picture)
    return np.packbits(bits).tobytes()


@pytest.mark.parametrize(
    ("muxer", "codec"), [(muxer, codec) for muxer, codecs in CONTAINERS.values() for codec in codecs]
)
def test_every_sampled_frame_has_the_reference_s_hash_of_that_frame(muxer: str, codec: str) -> None:
    file = video(60, muxer=muxer, codec=codec, size=(320, 240))
    decoded = frames_of(file, muxer)
    found = hash_media(file)
    assert len(found.frames) >= 3
    for frame in found.frames:
        assert bits_apart(frame.pdq, reference(decoded[frame.at_ms])) <= 4, frame.at_ms


@pytest.mark.parametrize("index_first", [True, False])
def test_where_the_index_stands_makes_no_difference(*, index_first: bool) -> None:
    file = video(50, key_every=10)
    laid = laid_out(file, index_first=index_first, gap=3_000).whole()
    assert hash_media(laid).frames == hash_media(file).frames


def test_a_long_video_is_sampled_over_its_whole_length_and_no_more_than_is_allowed() -> None:
    found = hash_media(video(25 * 60, size=(64, 48), key_every=25))
    times = [frame.at_ms for frame in found.frames]
    assert len(times) == MAX_FRAMES
    assert times[0] == 0
    assert times[-1] >= 55_000
    assert max(np.diff(times)) <= 4_000


def test_what_lies_between_key_frames_is_sampled_too() -> None:
    found = hash_media(video(75, key_every=1_000))
    assert len(found.frames) == 8
    assert len({frame.pdq for frame in found.frames}) == 8


def test_any_first_part_of_the_places_is_spread() -> None:
    assert spread(1) == [0]
    assert spread(8) == [0, 4, 2, 6, 1, 5, 3, 7]
    for count in range(1, 33):
        assert sorted(spread(count)) == list(range(count))


def test_a_turned_video_is_hashed_as_it_is_shown() -> None:
    file = bytearray(laid_out(small(), index_first=True).whole())
    plain = hash_media(bytes(file))
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 72 << 16, 0, 1 << 30)
    at = file.index(b"tkhd") + 44
    file[at : at + 36] = turned
    found = hash_media(bytes(file))
    assert (found.width, found.height) == (plain.height, plain.width)
    turn = plain.frames[0].pdq_dihedral.index(
        min(plain.frames[0].pdq_dihedral, key=lambda each: bits_apart(each, found.frames[0].pdq))
    )
    assert turn == 3  # rotated by 270 degrees anticlockwise
    assert bits_apart(plain.frames[0].pdq_dihedral[turn], found.frames[0].pdq) <= 8


def test_sound_alone_has_no_pictures() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8_000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.rate = 8_000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    found = hash_media(file.getvalue())
    assert (found.status, found.reason.code, found.format) == (MediaStatus.UNDECODABLE, "no_pictures", Format.MP4)


def test_a_codec_that_is_not_on_the_list_is_named_as_such() -> None:
    found = hash_media(video(5, muxer="avi", codec="ffv1"))
    assert "ffv1" not in DECODERS
    assert (found.status, found.reason.code) == (MediaStatus.UNDECODABLE, "unknown_codec")


def test_a_blank_video_is_of_low_quality() -> None:
    found = hash_media(video(stills=[photo(96, 72, 1).point(lambda _: 90)] * 10, size=(96, 72)))
    assert (found.status, found.reason.code) == (MediaStatus.LOW_QUALITY, "low_detail")


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_containers_are_told_by_their_first_bytes(name: str) -> None:
    muxer, codecs = CONTAINERS[name]
    assert sniff_container(video(2, muxer=muxer, codec=codecs[0])).code == name


def test_pictures_and_lists_of_files_are_no_containers() -> None:
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"):
        assert sniff_container(encoded(photo(40, 30, 1), kind)) is Format.NONE
    for head in (b"", b"#EXTM3U", b"ffconcat version 1.0", b"<MPD", box(b"ftyp", b"heic\0\0\0\0mif1"), b"\x47" * 3):
        assert sniff_container(head) is Format.NONE


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_of_an_animation_are_those_that_a_browser_shows(kind: str) -> None:
    shown = list(pictures(10, 160, 120, scene=4))
    options: dict[str, object] = {"optimize": False, "lossless": True, "quality": 95}
    file = encoded(shown[0], kind, save_all=True, append_images=shown[1:], duration=120, **options)
    found = hash_media(file)
    assert [frame.at_ms for frame in found.frames] == [120 * number for number in range(10)]
    for frame, picture in zip(found.frames, shown, strict=True):
        # GIF has 256 colours; the others keep the picture.
        assert bits_apart(frame.pdq, reference(np.asarray(picture))) <= (24 if kind == "GIF" else 10)


def test_an_animation_that_begins_blank_is_hashed_by_what_follows() -> None:
    blank = photo(96, 72, 1).point(lambda _: 9)
    found = hash_media(encoded(blank, "PNG", save_all=True, append_images=[photo(96, 72, 2)]))
    assert (found.status, found.reason.code) == (MediaStatus.HASHED, "")
    assert found.pdq_quality < 50 <= found.frames[1].pdq_quality


def test_pictures_of_a_gif_are_counted_without_decoding() -> None:
    file = animation("GIF", 300)
    assert count_gif(file, most=1_000) == 300
    assert count_gif(file, most=7) == 7
    assert count_gif(file[: len(file) // 2], most=1_000) in range(140, 160)
    assert count_gif(b"GIF89a", most=9) == 0


async def test_hostile_videos_are_contained_and_the_next_picture_is_right() -> None:
    expected = fingerprint_image(GOOD)
    async with FingerprintPool(1, timeout=CLOCK) as pool:
        for name, make in CASES.items():
            file = make()
            found = await pool.fingerprint(BytesSource(file))
            assert found.status is not MediaStatus.REJECTED, name
            assert found.sha256 is not None, name
            # A demuxer that asked for a file or a thread would have been killed.
            assert found.reason != "crashed", name
            assert bool(found.frames) == (found.status is not MediaStatus.UNDECODABLE), name
            if not found.frames:
                assert found.reason, name
            good = await pool.fingerprint(BytesSource(GOOD))
            assert (good.status, good.pdq, good.phash) == (MediaStatus.HASHED, expected.pdq, expected.phash), name
