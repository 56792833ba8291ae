"""How late leads were is told of those, too, that were filed before it was kept."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from domain.audit import AuditDraft
from domain.ids import LeadId
from domain.latency import Timing
from domain.leads import Lead
from domain.store import Tx
from domain.targets import Claim, TargetStatus
from tests.contracts.samples import DAY, MINUTE, NOW, a_match, a_post, hashed, put_claim, put_page
from tests.storage.conftest import Database
from tests.storage.undone import migrate_again


async def test_how_late_leads_were_is_told_of_those_from_before(database: Database) -> None:
    store = await database.open()
    start = NOW - DAY
    enrolled, synthetic = await put_claim(store), await put_claim(store, synthetic=True, created_at=NOW - 2 * DAY)
    waiting = await put_claim(store, status=TargetStatus.ACTIVE, approved_by="analyst.two")
    posted = {"1": NOW - MINUTE, "2": start - MINUTE, "3": None, "4": NOW - MINUTE}
    leads_of: dict[str, LeadId] = {}
    for name, at in posted.items():
        plan = await put_page(store, enrolled, [a_post(name, hashed(name, a_match()), posted_at=at)])
        leads_of[name] = plan.filed[0].id
    plan = await put_page(store, synthetic, [a_post("5", hashed("5", a_match()), posted_at=start)])
    leads_of["5"] = plan.filed[0].id

    def tell(tx: Tx) -> None:
        for minutes in (0, 5):  # an extension is approved by the same word
            at = start + minutes * MINUTE
            tx.audit.append(AuditDraft(at=at, actor="dara", action="target.approved", subject=enrolled.target.id))
        cause = {"kind": "hash", "cause": "hashlist", "target": enrolled.target.id}
        for name, lead_id in leads_of.items():
            details = cause if name == "4" else {"kind": "hash", "target": enrolled.target.id}
            tx.audit.append(AuditDraft(at=NOW, actor="kapear", action="lead.filed", subject=lead_id, details=details))
        for minutes in (9, 3, 7):
            at = NOW + minutes * MINUTE
            tx.audit.append(AuditDraft(at=at, actor="sok", action="lead.claimed", subject=leads_of["1"]))

    await store.write(tell)
    await store.close()
    migrate_again(database.url, since="0009")
    store = await database.open()
    told = {name: await store.read(partial(_lead, lead_id)) for name, lead_id in leads_of.items()}
    watched = {one.target.id: await store.read(partial(_approved_at, one)) for one in (enrolled, synthetic, waiting)}
    await store.close()
    assert {name: (lead.timing, lead.appeared_at) for name, lead in told.items()} == {
        "1": (Timing.WATCHED, posted["1"]),
        "2": (Timing.EARLIER, posted["2"]),
        "3": (Timing.UNDATED, None),
        "4": (Timing.LISTS, None),
        "5": (Timing.WATCHED, start),
    }
    assert [lead.first_claimed_at for lead in told.values()] == [NOW + 3 * MINUTE, None, None, None, None]
    assert list(watched.values()) == [start, NOW - 2 * DAY, None]


def _lead(lead_id: LeadId, tx: Tx) -> Lead:
    return tx.leads.get(lead_id)


def _approved_at(claim: Claim, tx: Tx) -> datetime | None:
    return tx.targets.get(claim.target.id).approved_at
