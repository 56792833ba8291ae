"""Say whether the hash lists in force can be matched with, for the doctor; reads every file of theirs once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from app.checkup import Check, State
from app.config import Config
from app.lists import shelf_in
from domain.clock import utc_now
from domain.errors import KapearError
from domain.hashlists import OWN_LIST, HashList
from domain.ids import ListId
from domain.ports import ListShelf
from domain.store import Tx
from storage.opening import open_store

NAME = "hash_lists"
NONE = "none: what is not on the hotline's own list is found by text alone"
OWN_RETIRED = f"the hotline's own list is retired (to begin it again: kapear hashlist activate {OWN_LIST})"
SOON = timedelta(days=30)


async def check_lists(config: Config) -> Check:
    """Return how the lists stand; where no installation can be opened, other checks say why."""
    if not config.data_dir.is_dir():
        return Check(name=NAME, state=State.OK, finding=NONE)
    shelf = shelf_in(config.lists_dir)
    try:
        store = await open_store(config.database_url, data_dir=config.data_dir, create=False)
        try:
            in_force = await store.read(lambda tx: [one for one in tx.lists.in_force() if not one.is_own])
            own = await store.read(lambda tx: tx.lists.latest(OWN_LIST))
            # What another machine imported is built from rows with the first visit here.
            lists = [one for one in in_force if shelf.holds(one.id) or not await store.read(partial(_has_rows, one.id))]
        finally:
            await store.close()
    except KapearError:
        return Check(name=NAME, state=State.WARNING, finding="not looked at", mend="mend first what stands above")
    faulty = [one.name for one in lists if not await asyncio.to_thread(is_whole, shelf, one)]
    found = judge(in_force, faulty, utc_now().date())
    retired = own is not None and own.retired_at is not None
    return replace(found, finding=f"{found.finding}; {OWN_RETIRED}") if retired else found


def _has_rows(list_id: ListId, tx: Tx) -> bool:
    return next(tx.lists.entries(list_id), None) is not None


def is_whole(shelf: ListShelf, hash_list: HashList) -> bool:
    """Return whether a version's files hold as many entries as they should, every one readable."""
    try:
        return sum(1 for _ in shelf.entries(hash_list.id)) == hash_list.entries
    except KapearError:
        return False


def judge(lists: Sequence[HashList], faulty: Sequence[str], today: date) -> Check:
    """Return what these lists amount to: broken where one cannot be matched with, for then no visit is made."""
    if faulty:
        named = ", ".join(faulty)
        mend = "import them again, or retire them: kapear hashlist retire NAME"
        return Check(name=NAME, state=State.BROKEN, finding=f"missing or damaged: {named}", mend=mend)
    if not lists:
        return Check(name=NAME, state=State.OK, finding=NONE)
    ending = [one for one in lists if one.licence_ends is not None and one.licence_ends - today < SOON]
    if ending:
        ends = ", ".join(f"{one.name} on {one.licence_ends}" for one in ending)
        mend = "renew the agreement and import the list with --licence-ends, or let it go"
        return Check(name=NAME, state=State.WARNING, finding=f"a licence ends soon: {ends}", mend=mend)
    return Check(name=NAME, state=State.OK, finding=f"{len(lists)} in force, whole")
