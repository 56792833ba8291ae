"""What another organisation's service knows is a list: leads follow its answers, and go with the mandate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from domain.leads import Closing
from domain.mandate import Mandate, MandateScope, Organisation, Recipient
from domain.people import Role
from domain.ports import RemoteAnswer
from tests.desk import LOCAL, START, OpenOffice, open_office, pdq_of, post
from triage.remote import RemoteMatching
from triage.remote_list import RemoteList

KITE, LANTERN = b"a paper kite", b"a tin lantern"


@dataclass
class Shield:
    """Knows some pictures."""

    knows: set[bytes] = field(default_factory=set)
    asked: int = 0
    batch: int = 100

    async def ask(self, hashes: Sequence[bytes]) -> Sequence[RemoteAnswer]:
        self.asked += len(hashes)
        known = {pdq_of(picture) for picture in self.knows}
        return [RemoteAnswer(hash=digest, classification="kind-a" if digest in known else "") for digest in hashes]


def list_of(opened: OpenOffice, shield: Shield) -> RemoteList:
    desk = opened.office.desk
    return RemoteList(
        desk=desk, lists=opened.office.lists, remote=RemoteMatching(desk=desk, lookup=shield), name="A shield"
    )


@pytest.fixture
def shield() -> Shield:
    return Shield(knows={KITE})


async def test_its_answers_file_leads_and_its_second_thoughts_take_them_back(tmp_path: Path, shield: Shield) -> None:
    async with open_office(tmp_path) as opened:
        target = await opened.add_target()
        await opened.visit(target.target.id, post(1, "", KITE), post(2, "", LANTERN))
        shield_list = list_of(opened, shield)
        version = await shield_list.follow()
        assert version is not None
        assert (version.entries, version.radius, shield.asked) == (1, 0, 2)
        assert await opened.rematch() == 2
        (lead,) = await opened.office.queue.all(LOCAL)
        assert [(one.match.list_name, one.match.classification, one.match.distance) for one in lead.matches] == [
            ("A shield", "kind-a", 0)
        ]
        assert (await shield_list.follow(), shield.asked) == (None, 2)
        shield.knows.clear()
        opened.clock.forward(timedelta(days=8))
        retired = await shield_list.follow()
        assert retired is not None
        assert shield.asked == 4
        await opened.rematch()
        (lead,) = await opened.office.queue.all(LOCAL)
        assert lead.closed_as is Closing.WITHDRAWN


async def test_without_a_mandate_for_it_nothing_is_asked_and_nothing_counts(tmp_path: Path, shield: Shield) -> None:
    async with open_office(tmp_path) as opened:
        target = await opened.add_target()
        await opened.visit(target.target.id, post(1, "", KITE))
        shield_list = list_of(opened, shield)
        assert await shield_list.follow() is not None
        organisation = Organisation(name="A test hotline", contact="desk@example.org", zone="Asia/Phnom_Penh")
        mandate = Mandate(
            authority="A test authority",
            document="A-1",
            scope=MandateScope.MEDIA_HASH,
            expires_at=START + timedelta(days=365),
            recipients=(),
        )
        people = [("bopha", Role.ANALYST), ("dara", Role.SUPERVISOR)]
        await opened.office.people.enrol(LOCAL, organisation, mandate, people)
        asked = shield.asked
        assert await shield_list.follow() is not None
        assert await shield_list.follow() is None
        assert shield.asked == asked
        assert await opened.store.read(lambda tx: tx.lists.in_force()) == []
        assert Recipient.ARACHNID not in mandate.recipients
