"""What every store promises of feeds, and of what other services answered."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from domain.feeds import FeedState
from domain.mandate import Mandate, MandateScope, Organisation, Recipient
from domain.ports import RemoteAnswer
from domain.store import Store, Tx
from tests.contracts.samples import DAY, MINUTE, NOW

KITE, LANTERN, DRUM = b"\x01" * 32, b"\x00" * 32, b"\x02" * 32


def put(state: FeedState, tx: Tx) -> None:
    tx.feeds.put(state)


def answered(service: str, at: datetime, answers: dict[bytes, str], tx: Tx) -> None:
    told = [RemoteAnswer(hash=digest, classification=words) for digest, words in answers.items()]
    tx.remote.answered(service, told, at)


class FeedContract:
    """The suite; a subclass brings the fixture `store`, empty."""

    async def test_a_feed_that_was_never_pulled_stands_at_nothing(self, store: Store) -> None:
        assert await store.read(lambda tx: tx.feeds.get("kites")) == FeedState(name="kites")
        assert await store.read(lambda tx: tx.feeds.all()) == []

    async def test_a_feed_is_where_it_was_last_put(self, store: Store) -> None:
        first = FeedState(name="kites", checkpoint='{"reached": 1}', pulled_at=NOW, quarantined=2)
        for state in (FeedState(name="lanterns", fault="http_503"), first):
            await store.write(partial(put, state))
        later = FeedState(name="kites", checkpoint='{"reached": 2}', pulled_at=NOW + MINUTE)
        await store.write(partial(put, later))
        assert await store.read(lambda tx: tx.feeds.get("kites")) == later
        assert [state.name for state in await store.read(lambda tx: tx.feeds.all())] == ["kites", "lanterns"]

    async def test_an_answer_counts_while_it_is_fresh(self, store: Store) -> None:
        await store.write(partial(answered, "one", NOW, {KITE: "known", LANTERN: ""}))
        asked = [KITE, LANTERN, b"\x02" * 32]
        assert await store.read(lambda tx: tx.remote.known("one", asked, NOW)) == {KITE: "known", LANTERN: ""}
        assert await store.read(lambda tx: tx.remote.known("one", asked, NOW + MINUTE)) == {}
        assert await store.read(lambda tx: tx.remote.known("two", asked, NOW)) == {}
        assert await store.read(lambda tx: tx.remote.known("one", [], NOW)) == {}

    async def test_a_newer_answer_takes_the_place_of_the_older(self, store: Store) -> None:
        await store.write(partial(answered, "one", NOW, {KITE: ""}))
        await store.write(partial(answered, "one", NOW + DAY, {KITE: "known"}))
        assert await store.read(lambda tx: tx.remote.known("one", [KITE], NOW)) == {KITE: "known"}

    async def test_old_answers_are_forgotten(self, store: Store) -> None:
        await store.write(partial(answered, "one", NOW, {KITE: ""}))
        await store.write(partial(answered, "two", NOW, {KITE: ""}))
        await store.write(partial(answered, "one", NOW + DAY, {LANTERN: ""}))
        await store.write(partial(answered, "one", NOW, {DRUM: "kind-a"}))
        assert await store.write(lambda tx: tx.remote.forget("one", NOW + MINUTE)) == 1
        assert await store.read(lambda tx: tx.remote.positive("one")) == {DRUM: "kind-a"}
        assert await store.read(lambda tx: tx.remote.positive("two")) == {}
        assert await store.read(lambda tx: tx.remote.known("one", [KITE, LANTERN], NOW)) == {LANTERN: ""}
        assert await store.read(lambda tx: tx.remote.known("two", [KITE], NOW)) == {KITE: ""}

    async def test_a_mandate_keeps_who_may_be_told_hashes(self, store: Store) -> None:
        organisation = Organisation(name="A hotline", contact="desk@example.org", zone="Asia/Phnom_Penh")
        for recipients in ((), (Recipient.ARACHNID,)):
            mandate = Mandate(
                authority="A board", document="A-1", scope=MandateScope.TEXT, expires_at=NOW, recipients=recipients
            )
            await store.write(lambda tx, mandate=mandate: tx.standing.enrol(organisation, mandate, NOW))  # type: ignore[misc]
            assert (await store.read(lambda tx: tx.standing.get())).mandate == mandate
