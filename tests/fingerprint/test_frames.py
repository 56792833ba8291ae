from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fingerprints import MediaStatus, SampledFrame
from fingerprint.answers import Format, PictureHashes, Reason
from fingerprint.frames import (
    ANSWER_BYTES,
    HEADER,
    MAX_READ,
    READ_BYTES,
    SAMPLE_BYTES,
    BadFrame,
    Kind,
    Offer,
    checked_header,
    packed_answer,
    packed_hello,
    packed_offer,
    packed_read,
    packed_sample,
    unpacked_answer,
    unpacked_hello,
    unpacked_offer,
    unpacked_read,
    unpacked_sample,
)
from fingerprint.layers import Layer

ANSWER = PictureHashes(
    status=MediaStatus.HASHED,
    format=Format.GIF,
    width=3,
    height=2**20,
    pdq_quality=77,
    pdq_dihedral=tuple(bytes([number]) * 32 for number in range(8)),
    pdq_others=tuple(bytes([number]) * 32 for number in range(8, 24)),
    phash=b"8 bytes.",
    phash_trimmed=b"8 others",
    phash256=b"thirty-two bytes of the picture.",
    phash256_trimmed=b"as many of it without its border",
)


def test_an_answer_comes_back_as_it_was() -> None:
    undecodable = PictureHashes(status=MediaStatus.UNDECODABLE, reason=Reason.DAMAGED, format=Format.AVIF)
    for answer in (ANSWER, replace(ANSWER, pdq_others=(), phash_trimmed=None, phash256_trimmed=None), undecodable):
        frame = packed_answer(5, answer)
        assert checked_header(frame[: HEADER.size], job=5, awaited={Kind.ANSWER: ANSWER_BYTES}) is Kind.ANSWER
        assert unpacked_answer(frame[HEADER.size :]) == answer


def test_a_hello_names_the_formats_and_what_is_missing() -> None:
    formats = frozenset({Format.JPEG, Format.BMP})
    for missing in (frozenset[Layer](), frozenset({Layer.SECCOMP}), frozenset(Layer)):
        assert unpacked_hello(packed_hello(formats, missing)[HEADER.size :]) == (formats, missing)
    assert Format.NONE not in unpacked_hello(b"\xff\xff\xff")[0]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, 3),
        (1, 200),
        (1, Reason.TIMEOUT),
        (1, Reason.TOO_LARGE),
        (2, 14),
        (11, 101),
        (12, 8),
        (12, 255),
        (13, 4),
        (13, 255),
    ],
)
def test_a_number_out_of_bounds_is_refused(at: int, value: int) -> None:
    body = bytearray(packed_answer(1, ANSWER)[HEADER.size :])
    body[at] = value
    with pytest.raises(BadFrame):
        unpacked_answer(bytes(body))


def test_what_was_not_decoded_has_no_hashes() -> None:
    body = bytearray(packed_answer(1, ANSWER)[HEADER.size :])
    body[0] = 2
    with pytest.raises(BadFrame):
        unpacked_answer(bytes(body))


def test_other_sets_stand_beside_the_first_or_not_at_all() -> None:
    body = bytearray(packed_answer(1, ANSWER)[HEADER.size :])
    body[12] = 2
    with pytest.raises(BadFrame):
        unpacked_answer(bytes(body))


@pytest.mark.parametrize(
    "header",
    [
        (2, 5, ANSWER_BYTES),
        (3, 6, ANSWER_BYTES),
        (3, 5, ANSWER_BYTES + 1),
        (3, 5, 2**63),
        (3, 5, READ_BYTES),
        (5, 5, SAMPLE_BYTES),
        (200, 5, ANSWER_BYTES),
    ],
)
def test_only_the_frame_that_is_awaited_is_read(header: tuple[int, int, int]) -> None:
    with pytest.raises(BadFrame):
        checked_header(HEADER.pack(*header), job=5, awaited={Kind.ANSWER: ANSWER_BYTES, Kind.READ: READ_BYTES})


SAMPLE = SampledFrame(
    at_ms=2**32 - 1,
    pdq_quality=100,
    pdq_dihedral=tuple(bytes([number]) * 32 for number in range(8)),
    pdq_others=tuple(bytes([number]) * 32 for number in range(8, 32)),
)


def test_a_sampled_frame_comes_back_as_it_was() -> None:
    for sample in (SAMPLE, replace(SAMPLE, at_ms=0, pdq_others=())):
        frame = packed_sample(9, sample)
        assert checked_header(frame[: HEADER.size], job=9, awaited={Kind.SAMPLE: SAMPLE_BYTES}) is Kind.SAMPLE
        assert unpacked_sample(frame[HEADER.size :]) == sample


@pytest.mark.parametrize(("at", "value"), [(4, 101), (4, 255), (5, 4), (5, 255)])
def test_a_sampled_frame_out_of_bounds_is_refused(at: int, value: int) -> None:
    body = bytearray(packed_sample(1, SAMPLE)[HEADER.size :])
    body[at] = value
    with pytest.raises(BadFrame):
        unpacked_sample(bytes(body))


def test_an_offer_and_a_question_come_back_as_they_were() -> None:
    offer = Offer(size=2**40, bytes=2**25, reads=512)
    assert unpacked_offer(packed_offer(3, offer)[HEADER.size :]) == offer
    assert unpacked_read(packed_read(3, 77, MAX_READ)[HEADER.size :], size=77 + MAX_READ) == (77, MAX_READ)


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 0), (0, MAX_READ + 1), (1000, 1), (999, 2), (2**64 - 1, 1), (0, 2**32 - 1)]
)
def test_a_question_beyond_the_file_or_too_large_is_refused(offset: int, length: int) -> None:
    with pytest.raises(BadFrame):
        unpacked_read(packed_read(1, offset, length)[HEADER.size :], size=1000)


def test_a_video_has_no_hash_of_its_own() -> None:
    body = bytearray(packed_answer(1, ANSWER)[HEADER.size :])
    body[2] = Format.MP4
    with pytest.raises(BadFrame):
        unpacked_answer(bytes(body))


@given(st.binary(min_size=ANSWER_BYTES, max_size=ANSWER_BYTES))
def test_any_bytes_are_refused_or_within_bounds(body: bytes) -> None:
    try:
        answer = unpacked_answer(body)
    except BadFrame:
        return
    assert 0 <= answer.pdq_quality <= 100
    assert len(answer.pdq_dihedral) in {0, 8}
    assert len(answer.pdq_others) in {0, 8, 16, 24}
