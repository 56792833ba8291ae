"""How far our hashes lie from the reference's on a full decode, over a varied set."""

from __future__ import annotations

import io

import imagehash
import numpy as np
import pdqhash
from PIL import Image

from domain.fingerprints import MIN_PDQ_QUALITY
from fingerprint.image import fingerprint_image
from tests.fingerprint.drift_set import Sample, jpegs, others
from tests.fingerprint.pictures import bits_apart

JPEGS, OTHERS = 128, 84


def reference(file: bytes) -> tuple[bytes, int, bytes, bytes]:
    """Return PDQ, its quality and both pHashes of the file decoded in full."""
    with Image.open(io.BytesIO(file)) as opened:
        deep = opened.mode == "I;16"
        picture = (Image.fromarray((np.asarray(opened) >> 8).astype(np.uint8)) if deep else opened).convert("RGB")
    bits, quality = pdqhash.compute(np.asarray(picture))
    narrow, wide = (bytes.fromhex(str(imagehash.phash(picture, hash_size=size))) for size in (8, 16))
    return np.packbits(bits).tobytes(), int(quality), narrow, wide


def drifts(samples: list[Sample]) -> list[tuple[int, int, int, str]]:
    """Return how many bits PDQ and both pHashes are off, where there is enough to see."""
    found = []
    for sample in samples:
        ours = fingerprint_image(sample.file)
        pdq, quality, phash, wide = reference(sample.file)
        assert abs(ours.pdq_quality - quality) <= 1, sample.name
        if quality >= MIN_PDQ_QUALITY and ours.pdq and ours.phash and ours.phash256:
            off = bits_apart(ours.pdq, pdq), bits_apart(ours.phash, phash), bits_apart(ours.phash256, wide)
            found.append((*off, sample.name))
    return found


def test_jpegs_decoded_reduced_stay_near_the_reference() -> None:
    found = drifts(list(jpegs(JPEGS)))
    assert len(found) >= 100
    assert sum(pdq <= 2 for pdq, *_ in found) >= 0.95 * len(found)
    assert max(found)[0] <= 10, max(found)
    assert sum(phash <= 2 for _, phash, _, _ in found) >= 0.99 * len(found)
    assert sum(wide <= 2 for _, _, wide, _ in found) >= 0.95 * len(found)
    assert max(wide for _, _, wide, _ in found) <= 8


def test_whatever_else_is_decoded_is_as_near() -> None:
    found = drifts(list(others(OTHERS)))
    assert len(found) >= 60
    assert sum(pdq == 0 for pdq, *_ in found) >= 0.9 * len(found)
    assert max(found)[0] <= 4, max(found)
    assert [name for _, phash, wide, name in found if phash or wide] == []
