"""What is read out of one database stands in another, of either kind and of an older schema, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from domain.backups import LEFT_OUT, TableHead, TableRow, decoded, encoded
from domain.errors import AlreadyRunning, OperatorFault
from domain.store import Tx
from storage.archive import Archive
from storage.engine import make_engines
from storage.migrations import check
from storage.restoring import restore
from storage.tables import METADATA, outages
from storage.visitor import take
from tests.postgres import PostgresServer
from tests.storage.dump_release import filled, newest

Line = TableHead | TableRow
SERVER = pytest.param("postgresql", marks=pytest.mark.postgres)
NOW = datetime(2026, 4, 1, tzinfo=UTC)

NewUrl = Callable[[str], str]


@pytest.fixture
def new_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[NewUrl]:
    """Return what names a fresh, empty database of either kind."""
    made: list[str] = []

    def new(backend: str) -> str:
        folder = tmp_path / f"database-{len(made)}"
        folder.mkdir()
        server: PostgresServer | None = request.getfixturevalue("postgres") if backend == "postgresql" else None
        made.append(f"sqlite:///{folder}/kapear.db" if server is None else server.create())
        return made[-1]

    yield new
    for url in made:
        if url.startswith("postgresql"):
            request.getfixturevalue("postgres").drop(url)


def read_out(url: str) -> list[Line]:
    engines = make_engines(url, create=False)
    with engines.readers.begin() as connection:
        archive = Archive(connection)
        lines = list(archive.records())
        assert archive.count() == sum(isinstance(line, TableRow) for line in lines)
    engines.dispose()
    return lines


def nothing(_tx: Tx) -> None:
    return


@pytest.mark.parametrize("source", ["sqlite", SERVER])
@pytest.mark.parametrize("goal", ["sqlite", SERVER])
async def test_every_row_stands_in_the_other_database(source: str, goal: str, tmp_path: Path, new_url: NewUrl) -> None:
    url, other = new_url(source), new_url(goal)
    filled(url, newest())
    lines = read_out(url)
    assert {line.table for line in lines if isinstance(line, TableHead)} == set(METADATA.tables) - LEFT_OUT
    assert [decoded(encoded(line)) for line in lines] == lines
    await restore(other, lines, schema=newest(), data_dir=tmp_path, finish=nothing)
    assert read_out(other) == lines
    engines = make_engines(other, create=False)
    check(engines.readers)
    with engines.writer.begin() as connection:
        connection.execute(insert(outages).values(started_at=NOW))
        numbers = connection.execute(select(outages.c.nr).order_by(outages.c.nr)).scalars().all()
    engines.dispose()
    assert numbers == [1, 2, 3], "new rows are numbered from behind those that were restored"


@pytest.mark.parametrize("goal", ["sqlite", SERVER])
async def test_rows_of_an_older_schema_are_migrated(goal: str, tmp_path: Path, new_url: NewUrl) -> None:
    url, other = new_url("sqlite"), new_url(goal)
    filled(url, "0004")
    await restore(other, read_out(url), schema="0004", data_dir=tmp_path, finish=nothing)
    engines = make_engines(other, create=False)
    check(engines.readers)
    engines.dispose()
    later = [line.columns for line in read_out(other) if isinstance(line, TableHead) and line.table == "hash_opinions"]
    assert "entry_id" in later[0]


async def refusal_of(url: str, tmp_path: Path, lines: list[Line], *, schema: str) -> str:
    with pytest.raises(OperatorFault) as caught:
        await restore(url, lines, schema=schema, data_dir=tmp_path, finish=nothing)
    return str(caught.value)


@pytest.mark.parametrize("goal", ["sqlite", SERVER])
async def test_a_database_that_is_not_empty_is_refused_and_stays(goal: str, tmp_path: Path, new_url: NewUrl) -> None:
    url = new_url(goal)
    filled(url, newest())
    before = read_out(url)
    assert "is not empty" in await refusal_of(url, tmp_path, before, schema=newest())
    assert read_out(url) == before


async def test_what_only_a_newer_program_knows_is_refused(tmp_path: Path, new_url: NewUrl) -> None:
    url = new_url("sqlite")
    assert "newer version" in await refusal_of(url, tmp_path, [], schema="9999")
    for head in (TableHead(table="kites", columns=()), TableHead(table="outages", columns=("kite",))):
        assert "does not know" in await refusal_of(url, tmp_path, [head], schema=newest())


async def test_a_restore_that_breaks_off_leaves_no_database(tmp_path: Path, new_url: NewUrl) -> None:
    url = new_url("sqlite")
    filled(url, newest())
    lines = read_out(url)
    fresh = new_url("sqlite")

    def broken() -> Iterator[Line]:
        yield from lines[: len(lines) // 2]
        raise OperatorFault("it breaks off")

    with pytest.raises(OperatorFault, match="breaks off"):
        await restore(fresh, broken(), schema=newest(), data_dir=tmp_path, finish=nothing)
    left = [path.name for path in Path(fresh.removeprefix("sqlite:///")).parent.iterdir()]
    assert left == ["kapear.db.visitor.lock"]


async def test_nobody_may_run_for_the_database_meanwhile(tmp_path: Path, new_url: NewUrl) -> None:
    url = new_url("sqlite")
    engines = make_engines(url, create=True)
    running = take(engines, tmp_path)
    assert running is not None
    with pytest.raises(AlreadyRunning):
        await restore(url, [], schema=newest(), data_dir=tmp_path, finish=nothing)
    running.let_go()
    engines.dispose()
