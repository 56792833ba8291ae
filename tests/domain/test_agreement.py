"""What two people hold together, and what one against it takes away."""

from __future__ import annotations

from dataclasses import replace

from domain.assessments import (
    CLEAR_FRAME,
    MOST_ALIKE,
    Assessment,
    Basis,
    Verdict,
    agreed,
    is_common,
    own_entries,
)
from domain.fingerprints import Fingerprint, MediaStatus, SampledFrame
from domain.hashlists import Algorithm
from domain.ids import LeadId, MediaId
from domain.rematching import StoredPrint
from tests.contracts.samples import NOW

ONE = Assessment(
    lead_id=LeadId("lead-1"),
    actor="one",
    at=NOW,
    verdict=Verdict.ILLEGAL,
    basis=Basis.VIEWED,
    classification="kind-a",
    media=frozenset({"aa", "bb"}),
)
TWO = replace(ONE, actor="two", basis=Basis.EXACT_HASH, media=frozenset({"bb", "cc"}))


def test_what_two_people_name_is_agreed_and_no_more() -> None:
    assert agreed([ONE, TWO]) == {"bb"}
    assert agreed([ONE, replace(TWO, actor="one")]) == frozenset()
    assert agreed([ONE, replace(TWO, basis=Basis.TEXT_ONLY)]) == frozenset()
    assert agreed([ONE, replace(TWO, verdict=Verdict.DOUBTFUL)]) == frozenset()


def test_one_against_it_outweighs_any_number() -> None:
    three = replace(ONE, actor="three", verdict=Verdict.NOT_ILLEGAL, basis=Basis.TEXT_ONLY, media=frozenset({"bb"}))
    assert agreed([ONE, TWO, replace(TWO, actor="four"), three]) == {"cc"}


def test_other_pictures_count_once_each_and_equal_bytes_not_at_all() -> None:
    def stored(number: int, sha256: str | None) -> StoredPrint:
        fingerprint = Fingerprint(status=MediaStatus.HASHED, sha256=sha256)
        return StoredPrint(media_id=MediaId(f"media-{number}"), generation=1, fingerprint=fingerprint)

    few = [stored(number, f"{number:064x}") for number in range(MOST_ALIKE)]
    same = [stored(number, "ab" * 32) for number in range(100, 120)]
    again = [stored(number, "0" * 64) for number in range(200, 220)]
    assert not is_common([*few, *same, *again], {"ab" * 32})
    assert is_common([*few, *same], {"cd" * 32})
    # What was not read whole has no digest, and counts by itself.
    assert is_common([*few, stored(300, None)], ())


def test_of_a_film_its_clear_frames_are_known_again() -> None:
    frames = tuple(
        SampledFrame(at_ms=number, pdq_quality=quality, pdq_dihedral=(bytes([number]) * 32,) * 8)
        for number, quality in enumerate((CLEAR_FRAME, CLEAR_FRAME - 1, 100))
    )
    film = Fingerprint(status=MediaStatus.HASHED, sha256="07" * 32, frames=frames)
    found = [(one.algorithm, one.hash) for one in own_entries(film, "kind-a")]
    assert found == [
        (Algorithm.SHA256, b"\x07" * 32), (Algorithm.PDQ, bytes(32)), (Algorithm.PDQ, b"\x02" * 32),
    ]  # fmt: skip
    dull = Fingerprint(status=MediaStatus.LOW_QUALITY, pdq=bytes(32), pdq_quality=49)
    assert own_entries(dull, "kind-a") == ()
