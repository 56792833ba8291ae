"""`kapear hashlist import`, as its users call it: every format, a look beforehand, and what is said of bad files."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from app.commands.list_import import categories_from, import_progress
from domain.errors import BadInput
from exchange.formats.hashlist_format import ListFormat
from tests.acceptance.driver import COMMAND, Kapear
from tests.exchange.list_cases import FIXTURES

GOOD = {
    ListFormat.CSV: ("one_row_many_hashes", ("--columns", "id=Image ID,classification=grade")),
    ListFormat.JSON: ("one_member_each", ("--columns", "id=ref")),
    ListFormat.VICS: ("1_3_media", ("--category", "1=kind-a", "--category", "2", "--class", "accredited")),
    ListFormat.NCMEC: ("answer", ("--class", "accredited", "--authority", "an invented one")),
    ListFormat.STOPNCII: ("two_pages", ("--class", "adult-ncii")),
    ListFormat.THREATEXCHANGE: ("threat_updates", ()),
    ListFormat.PDQ_TEXT: ("with_quality", ()),
}


# Runs commands one after the other in one process, each as if typed: starting it takes longer than most of them.
IN_ONE_PROCESS = """
import contextlib, io, json, sys
import cli
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["kapear", *words]
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def typed(kapear: Kapear, *commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """Return exit code, standard output and standard error of each command."""
    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS],
        env=kapear.env,
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def input_of(form: ListFormat, case: str) -> str:
    [file] = (FIXTURES / form / case).glob("input.*")
    return str(file)


def importing(form: ListFormat, case: str, name: str, *more: str) -> tuple[str, ...]:
    wanted = ("--format", form.value, "--name", name, "--classification", "demo")
    return ("hashlist", "import", input_of(form, case), *wanted, *more)


@pytest.fixture(scope="module")
def kapear(tmp_path_factory: pytest.TempPathFactory) -> Kapear:
    installation = Kapear(data_dir=tmp_path_factory.mktemp("lists") / "data")
    installation.run("init")
    return installation


def test_a_list_of_every_format_is_imported(kapear: Kapear) -> None:
    commands = [importing(form, case, form.value, *more, "--json") for form, (case, more) in GOOD.items()]
    for form, (code, out, err) in zip(GOOD, typed(kapear, *commands), strict=True):
        assert code == 0, err
        done = json.loads(out)
        assert done["entries"] == sum(done["algorithms"].values()) > 0
        assert done["refused"] == sum(done["problems"].values()) == len(err.splitlines())
        assert (done["version"], done["name"]) == (1, form.value)
    assert set(GOOD) == set(ListFormat)


def test_a_look_writes_nothing_and_a_bad_file_leaves_the_list_as_it_was(kapear: Kapear) -> None:
    bad = importing(ListFormat.CSV, "bad_rows", "lanterns")
    listing = ("hashlist", "list", "--json")
    first_look, none_yet, imported, before, second_look, refused, no_category, no_class, after = typed(
        kapear,
        importing(ListFormat.CSV, "plain", "lanterns", "--dry-run"),
        listing,
        importing(ListFormat.CSV, "plain", "lanterns"),
        listing,
        (*bad, "--dry-run", "--json"),
        bad,
        importing(ListFormat.VICS, "no_category_named", "lanterns"),
        importing(ListFormat.STOPNCII, "two_pages", "lanterns"),
        listing,
    )
    assert (first_look[0], imported[0], second_look[0]) == (0, 0, 0)
    assert "dry_run" in first_look[1]
    assert "lanterns" not in none_yet[1]
    assert [each["version"] for each in json.loads(before[1]) if each["name"] == "lanterns"] == [1]
    look = json.loads(second_look[1])
    assert (look["version"], look["entries"], look["replaces_entries"], look["refused"]) == (2, 4, 4, 6)
    assert look["would_be_refused"] == refused[2].strip()
    assert "Line 3 refused: md5 hashes have 32 hex digits" in second_look[2]
    for refusal, says in (
        (refused, "6 rows are bad and only 4 good; nothing was imported."),
        (no_category, "it has 0 (1 record), 1 (2 records), 8 (1 record)"),
        (no_class, "--class adult-ncii"),
    ):
        assert refusal[0] == 1
        assert says in refusal[2]
        assert refusal[2].count("\n") == 1
    assert after == before


def test_a_terminal_shows_how_far_the_import_is(kapear: Kapear) -> None:
    ours, theirs = pty.openpty()
    shown = bytearray()

    def read() -> None:
        # A terminal's buffer is small: it must be read while the command writes.
        with suppress(OSError):  # the other end is closed: that is how a terminal ends
            while piece := os.read(ours, 4096):
                shown.extend(piece)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        done = subprocess.run(
            [*COMMAND, *importing(ListFormat.CSV, "plain", "kites", "--json")],
            env={**kapear.env, "TERM": "xterm", "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            stderr=theirs,
            timeout=120,
            check=True,
        )
    finally:
        os.close(theirs)
        reader.join(30)
        os.close(ours)
    assert b"Importing" in shown
    assert done.stdout.startswith(b"{")


def test_a_list_that_comes_through_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"kite" * 1000,), daemon=True)
    writer.start()
    with import_progress(pipe, ListFormat.CSV) as (pieces, _):
        assert b"".join(pieces()) == b"kite" * 1000
    writer.join(30)
    with pytest.raises(BadInput, match="read twice"), import_progress(pipe, ListFormat.NCMEC):
        pass


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "absent"):
        with import_progress(file, ListFormat.CSV) as (pieces, _), pytest.raises(BadInput, match="cannot be read"):
            list(pieces())


def test_categories_are_read_as_options_give_them() -> None:
    assert categories_from(["1=kind-a", " 2 ", "3 = kind=c "]) == {"1": "kind-a", "2": "", "3": "kind=c"}
    with pytest.raises(BadInput, match="NUMBER=WHAT"):
        categories_from(["=kind-a"])
