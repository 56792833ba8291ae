"""Every command was reviewed against promise 3: none searches, ranks or counts by place."""

from __future__ import annotations

import typer

import cli
from tests.finder_walk import Reviewed, walk_commands

OWN = "works on the one thing that is named"
BOOK = "lists a book of the hotline's own by date or by the queue's points, whole"
MACHINE = "runs the installation and shows no lead"
COUNTS = "counts in all, never by place"


def reviewed(shows: str, why: str, *parameters: str) -> Reviewed:
    return Reviewed(shows=shows, no_finder_because=why, parameters=frozenset({*parameters, "json"}))


REVIEWED = {
    "init": reviewed("nothing", MACHINE),
    "enrol": reviewed(
        "tokens of new users", MACHINE,
        "organisation", "contact", "authority", "document", "scope", "expires", "zone", "user",
        "recipient",
    ),
    "upgrade": reviewed("nothing", MACHINE),
    "backup": reviewed("how many rows a backup has", MACHINE, "file", "key"),
    "restore": reviewed("what is still to be put in place", MACHINE, "file", "key"),
    "doctor": reviewed("how this machine is set up", MACHINE, "before-start", "mail"),
    "run": reviewed("where the console is", MACHINE, "standby"),
    "worker": reviewed("where its figures are", MACHINE, "metrics"),
    "console": reviewed("where the console is", MACHINE),
    "demo": reviewed("synthetic leads", "loopback only", "platform-only", "exit-when-done", "live"),
    "clock accept": reviewed("the time that counted until now", MACHINE, "reason"),
    "pause": reviewed("nothing", MACHINE, "reason", "all"),
    "purge": reviewed("how many posts were deleted", COUNTS),
    "stats": reviewed("counts, and how late leads were", COUNTS, "from", "to", "csv", "by"),
    "report add": reviewed("the report", OWN, "reference", "received", "via", "alleged"),
    "report list": reviewed("reports by date", BOOK),
    "report refer": reviewed("the note, without the place", OWN, "locator", "report", "platform"),
    "report referrals": reviewed("notes by date, without the places", BOOK),
    "report referral": reviewed("one note with the place that a person put there", OWN, "note_id", "reveal"),
    "watch add": reviewed(
        "the target", "a target rests on a report and a decision",
        "locator", "report", "authorised-by", "basis", "days", "backfill",
        "platform", "depth", "ignore-robots", "plain-agent",
    ),
    "watch approve": reviewed("the target", OWN, "target_id"),
    "watch extend": reviewed("the target", OWN, "target_id", "days", "reason"),
    "watch pause": reviewed("the target", OWN, "target_id"),
    "watch resume": reviewed("the target", OWN, "target_id"),
    "watch retire": reviewed("the target", OWN, "target_id"),
    "watch list": reviewed("targets by when they were added", BOOK),
    "watch show": reviewed("a target and its visits", OWN, "target_id"),
    "watch posts": reviewed("names and digests of one target's posts", OWN, "target_id"),
    "watch check": reviewed("how a visit ended", OWN, "target_id"),
    "telegram login": reviewed("how one account stands", MACHINE, "label", "qr"),
    "telegram status": reviewed("how the hotline's own accounts stand", "counts by account of ours, names no place"),
    "telegram adopt": reviewed("ids of targets that are read another way now", "a target rests on its decision"),
    "telegram remove": reviewed("an id", MACHINE, "account_id"),
    "leads list": reviewed("leads without content", BOOK, "status", "limit"),
    "leads show": reviewed("one lead", OWN, "lead_id", "reveal"),
    "leads claim": reviewed("one lead", OWN, "lead_id"),
    "leads release": reviewed("one lead", OWN, "lead_id"),
    "leads close": reviewed("one lead", OWN, "lead_id", "as"),
    "leads assess": reviewed(
        "one lead; of what its picture looks like, only whether it is more than a few",
        "two people must hold it illegal before anything is compared, and each time is in the audit log",
        "lead_id", "as", "basis", "classification", "media", "even-if-common",
    ),
    "leads note": reviewed("nothing", OWN, "lead_id", "text"),
    "hashlist import": reviewed(
        "what was imported", "entries are never shown", "file", "name", "classification", "format", "authority",
        "class", "columns", "category", "dry-run", "agreement", "licence-ends", "radius", "min-quality", "severity",
    ),
    "hashlist feeds": reviewed("how the hotline's own feeds stand", "counts by feed of ours, names no place"),
    "hashlist pull": reviewed("what changed in one list, in numbers", "entries are never shown", "name", "dry-run"),
    "hashlist show": reviewed("one list, never its entries", OWN, "name"),
    "hashlist activate": reviewed("one list", OWN, "name"),
    "hashlist discard": reviewed("one list", OWN, "name"),
    "hashlist confirm": reviewed("how many hashes", "a hash is named by a lead that matches it", "lead_id", "list"),
    "hashlist dispute": reviewed("how many hashes", "a hash is named by a lead that matches it", "lead_id", "list"),
    "hashlist disable": reviewed("how many hashes", "a hash is named by a lead that matches it", "lead_id", "list"),
    "hashlist enable": reviewed("how many hashes", "a hash is named by a lead that matches it", "lead_id", "list"),
    "hashlist list": reviewed("lists, never entries", BOOK),
    "hashlist retire": reviewed("one list", OWN, "name", "reason"),
    "rules list": reviewed("generic commerce rules", MACHINE),
    "forum test": reviewed("what a rule reads in a file that is here", "reads nothing stored", "rule", "page"),
    "rules test": reviewed("which rules fire on a text typed here", "reads nothing stored", "text"),
    "user add": reviewed("a user's token", MACHINE, "name", "role"),
    "user token": reviewed("a user's token", MACHINE, "name"),
    "user link": reviewed("a sign-in link", MACHINE, "name"),
    "user list": reviewed("users by name", MACHINE),
    "hash": reviewed("the hashes of files named here", "reads nothing stored, compares with nothing", "names"),
    "audit verify": reviewed("whether the log is whole", MACHINE, "checkpoint"),
    "audit checkpoint": reviewed("how many events the log has, and a hash", MACHINE),
}  # fmt: skip


def test_every_command_was_reviewed() -> None:
    assert walk_commands(cli.app, REVIEWED) == []


def test_a_planted_finder_is_reported() -> None:
    planted = typer.Typer()

    @planted.command("search")
    def search(words: str) -> None:
        raise AssertionError(words)

    @planted.command("init")
    def init() -> None:
        raise AssertionError

    complaints = walk_commands(planted, {"init": REVIEWED["init"]})
    assert "command search is named like a finder" in complaints
    assert "command search was never reviewed" in complaints
