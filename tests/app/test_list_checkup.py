"""The doctor says which hash list cannot be matched with, and which licence ends soon."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from app import config
from app.checkup import State
from app.instance import open_instance
from app.list_checkup import NONE, OWN_RETIRED, check_lists, judge
from domain.hashlists import OWN_LIST, ListClass
from tests.contracts.samples import a_list, some_entries
from tests.desk import LOCAL
from triage.list_terms import NewList
from triage.own_list import begin

TODAY = date(2026, 5, 6)


async def test_a_damaged_list_is_named_and_a_whole_one_counted(tmp_path: Path) -> None:
    settings = config.load({"KAPEAR_DATA_DIR": str(tmp_path / "data")})
    assert (await check_lists(settings)).finding == NONE
    async with open_instance(settings, create=True) as instance:
        assert (await check_lists(settings)).finding == NONE
        wanted = NewList(name="Lanterns", classification="demo", list_class=ListClass.OWN)
        imported = await instance.office.lists.import_list(LOCAL, wanted, some_entries(50))
        whole = await check_lists(settings)
        assert (whole.state, whole.finding) == (State.OK, "1 in force, whole")
        for file in (settings.lists_dir / imported.hash_list.id).iterdir():
            file.write_bytes(file.read_bytes()[:-7])
        broken = await check_lists(settings)
        assert (broken.state, broken.finding) == (State.BROKEN, "missing or damaged: Lanterns")


async def test_a_retired_own_list_is_told_with_how_to_begin_it_again(tmp_path: Path) -> None:
    settings = config.load({"KAPEAR_DATA_DIR": str(tmp_path / "data")})
    async with open_instance(settings, create=True) as instance:
        await instance.office.desk.store.write(lambda tx: begin(instance.office.desk, tx))
        assert (await check_lists(settings)).finding == NONE
        await instance.office.lists.retire(LOCAL, OWN_LIST, "a trial")
        told = await check_lists(settings)
        assert (told.state, told.finding) == (State.OK, f"{NONE}; {OWN_RETIRED}")


async def test_what_cannot_be_opened_is_left_to_the_other_checks(tmp_path: Path) -> None:
    (tmp_path / "kapear.db").write_bytes(b"no database")
    settings = config.load({"KAPEAR_DATA_DIR": str(tmp_path)})
    assert (await check_lists(settings)).state is State.WARNING


def test_a_licence_that_ends_soon_is_told_beforehand() -> None:
    lists = [a_list("Kites", licence_ends=TODAY + timedelta(days=29)), a_list("Lamps", licence_ends=date(2027, 1, 1))]
    soon = judge(lists, [], TODAY)
    assert soon.state is State.WARNING
    assert "Kites on 2026-06-04" in soon.finding
    assert "Lamps" not in soon.finding
    assert judge(lists[1:], [], TODAY).state is State.OK
