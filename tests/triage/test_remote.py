"""Who is asked about hashes: only whom the mandate names, only once, and nobody waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from domain.errors import AskFailed, EgressRefused
from domain.fingerprints import Fingerprint, MediaStatus, SampledFrame
from domain.mandate import Mandate, MandateScope, Organisation, Recipient, Standing, why_not_asked
from domain.ports import RemoteAnswer
from tests.desk import LOCAL, START
from tests.triage.deskhands import Desk
from triage.remote import MAX_PENDING, PAUSE, RemoteMatching, pdq_hashes

KITE, LANTERN, DRUM = (bytes([number]) * 32 for number in (1, 2, 3))


def a_picture(digest: bytes | None, quality: int = 100, *frames: SampledFrame) -> Fingerprint:
    return Fingerprint(status=MediaStatus.HASHED, format="png", size=9, pdq=digest, pdq_quality=quality, frames=frames)


@dataclass
class Shield:
    """Knows the kite; fails as it is told."""

    fault: Exception | None = None
    asked: list[list[bytes]] = field(default_factory=list)
    batch: int = 2

    async def ask(self, hashes: Sequence[bytes]) -> Sequence[RemoteAnswer]:
        self.asked.append(list(hashes))
        if self.fault is not None:
            raise self.fault
        return [RemoteAnswer(hash=digest, classification="known" if digest == KITE else "") for digest in hashes]


def matching_of(desk: Desk, shield: Shield) -> RemoteMatching:
    return RemoteMatching(desk=desk.opened.office.desk, lookup=shield)


async def logged(desk: Desk) -> list[dict[str, str | int]]:
    events = await desk.opened.store.read(lambda tx: list(tx.audit.events()))
    return [dict(event.draft.details) for event in events if event.draft.action == "remote.asked"]


async def name_recipient(desk: Desk, *recipients: Recipient, scope: MandateScope = MandateScope.MEDIA_HASH) -> None:
    mandate = Mandate(
        authority="A test authority", document="A-1", scope=scope, expires_at=START + timedelta(days=365),
        recipients=recipients,
    )  # fmt: skip
    organisation = Organisation(name="A test hotline", contact="desk@example.org", zone="Asia/Phnom_Penh")
    await desk.opened.office.people.enrol(LOCAL, organisation, mandate, [])


async def test_what_is_known_is_returned_and_every_batch_is_logged(desk: Desk) -> None:
    shield = Shield()
    found = await matching_of(desk, shield).ask([a_picture(each) for each in (KITE, LANTERN, DRUM, KITE)])
    assert found == {KITE: "known"}
    assert shield.asked == [[KITE, LANTERN], [DRUM]]
    assert await logged(desk) == [{"service": "arachnid", "hashes": 2}, {"service": "arachnid", "hashes": 1}]


async def test_no_hash_is_asked_for_twice_while_its_answer_is_fresh(desk: Desk) -> None:
    shield = Shield()
    await matching_of(desk, shield).ask([a_picture(KITE)])
    assert await matching_of(desk, shield).ask([a_picture(KITE)]) == {KITE: "known"}
    assert len(shield.asked) == 1
    desk.opened.clock.forward(timedelta(days=8))
    await matching_of(desk, shield).ask([a_picture(KITE)])
    assert len(shield.asked) == 2
    kept = await desk.opened.store.read(lambda tx: tx.remote.known("arachnid", [KITE], START))
    assert kept == {KITE: "known"}


async def test_blanks_and_what_has_no_hash_are_not_asked_for() -> None:
    frames = [
        SampledFrame(at_ms=0, pdq_dihedral=(DRUM,), pdq_quality=80),
        SampledFrame(at_ms=1, pdq_dihedral=(LANTERN,), pdq_quality=10),
    ]
    pictures = [a_picture(KITE, 49), a_picture(None, 0), a_picture(None, 0, *frames)]
    assert pdq_hashes(pictures) == [DRUM]


async def test_nothing_is_asked_until_the_mandate_names_the_service(enrolled: Desk) -> None:
    shield = Shield()
    matching = matching_of(enrolled, shield)
    assert await matching.ask([a_picture(KITE)]) == {}
    await name_recipient(enrolled, Recipient.ARACHNID, scope=MandateScope.TEXT)
    assert await matching.ask([a_picture(KITE)]) == {}
    assert (shield.asked, await logged(enrolled)) == ([], [])
    await name_recipient(enrolled, Recipient.ARACHNID)
    assert await matching.ask([a_picture(KITE)]) == {KITE: "known"}
    await name_recipient(enrolled)
    assert await matching.ask([a_picture(KITE)]) == {}, "what was told before is not used any more either"


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (AskFailed("http_503"), PAUSE),
        (AskFailed("wait", wait=3_600.0), timedelta(hours=1)),
        (EgressRefused("not_enrolled"), PAUSE),
    ],
)
async def test_a_fault_holds_nobody_up_and_what_waits_is_asked_with_the_next(
    desk: Desk, fault: AskFailed | EgressRefused, pause: timedelta
) -> None:
    shield = Shield(fault=fault)
    matching = matching_of(desk, shield)
    assert await matching.ask([a_picture(each) for each in (KITE, LANTERN, DRUM)]) == {}
    assert (len(shield.asked), matching.fault) == (1, fault.code)
    shield.fault = None
    desk.opened.clock.forward(pause - timedelta(seconds=1))
    assert await matching.ask([a_picture(LANTERN)]) == {}
    assert len(shield.asked) == 1, "it is left alone for as long"
    desk.opened.clock.forward(timedelta(seconds=1))
    assert await matching.ask([]) == {KITE: "known"}
    assert shield.asked[1:] == [[KITE, LANTERN], [DRUM]]
    assert matching.fault == ""


async def test_what_waits_is_bounded(desk: Desk) -> None:
    matching = matching_of(desk, Shield(fault=AskFailed("timeout")))
    await matching.ask([a_picture(number.to_bytes(32, "big")) for number in range(MAX_PENDING + 10)])
    assert len(matching._pending) == MAX_PENDING


async def test_an_answer_that_cannot_be_logged_is_not_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shield = Shield()

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(type(desk.opened.office.desk), "note", broken)
    with pytest.raises(OSError, match="full"):
        await matching_of(desk, shield).ask([a_picture(KITE)])
    assert shield.asked == []


def test_why_nobody_is_asked() -> None:
    def code(now: datetime = START, *, paused: str = "", recipients: tuple[Recipient, ...] = tuple(Recipient)) -> str:
        mandate = Mandate(
            authority="x", document="y", scope=MandateScope.MEDIA_HASH, expires_at=START + timedelta(days=1),
            recipients=recipients,
        )  # fmt: skip
        organisation = Organisation(name="a", contact="b", zone="UTC")
        standing = Standing(organisation=organisation, mandate=mandate, users=2, paused=paused)
        return why_not_asked(standing, Recipient.ARACHNID, now)

    assert code() == ""
    assert code(paused="upgrade") == "all_paused"
    assert code(recipients=()) == "not_named"
    assert code(START + timedelta(days=1)) == "mandate_expired"
    assert why_not_asked(Standing(), Recipient.ARACHNID, START) == "", "on loopback it may be tried"
