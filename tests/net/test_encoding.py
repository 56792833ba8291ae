from __future__ import annotations

import gzip
import zlib

import pytest

from net.encoding import BadEncoding, Decoder, TooLarge

WORDS = b"tin lanterns and blue kites " * 500


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_gzip_is_undone_piece_by_piece(encoding: str, step: int) -> None:
    packed = gzip.compress(WORDS[:5000])
    decoder = Decoder(encoding, limit=5000)
    assert b"".join(decoder.feed(packed[n : n + step]) for n in range(0, len(packed), step)) == WORDS[:5000]


def test_several_members_are_one_body_and_padding_is_ignored() -> None:
    packed = gzip.compress(b"tin ") + gzip.compress(b"lanterns") + b"\0" * 9
    assert Decoder("gzip", limit=100).feed(packed) == b"tin lanterns"


def test_a_bomb_stops_at_the_bound() -> None:
    with pytest.raises(TooLarge):
        Decoder("gzip", limit=1_000_000).feed(gzip.compress(bytes(50_000_000)))


def test_exactly_the_bound_is_allowed() -> None:
    assert len(Decoder("gzip", limit=len(WORDS)).feed(gzip.compress(WORDS))) == len(WORDS)
    with pytest.raises(TooLarge):
        Decoder("gzip", limit=len(WORDS) - 1).feed(gzip.compress(WORDS))


def test_plain_bytes_are_bounded_over_all_pieces() -> None:
    decoder = Decoder("identity", limit=10)
    assert decoder.feed(b"123456") == b"123456"
    with pytest.raises(TooLarge):
        decoder.feed(b"78901")


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate", "tin"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(BadEncoding):
        Decoder(encoding, limit=10)


@pytest.mark.parametrize("garbage", [b"not gzip at all", zlib.compress(b"tin"), b"\x1f\x8b\x08\xff\xff" + b"x" * 50])
def test_bytes_that_do_not_follow_their_encoding_are_refused(garbage: bytes) -> None:
    with pytest.raises(BadEncoding):
        Decoder("gzip", limit=1000).feed(garbage)
