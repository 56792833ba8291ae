"""`kapear leads`: the triage queue."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.commands.terminal import AsJson, at_desk, emit, passphrase_of, print_rows, say
from app.instance import Instance
from domain.assessments import Assessment, Basis, Verdict
from domain.fingerprints import Covers
from domain.hashlists import Withdrawal
from domain.leads import Closing, Lead, LeadStatus, Neighbour
from domain.observations import Particulars
from domain.people import Actor
from triage.assessments import Assessed
from triage.json_views import Json, assessment_json, lead_json, rfc3339
from triage.queue import Revealed
from triage.suggestions import FILES, FOR_THE_POLICE, NEEDS_A_REPORT, Suggestions

app = typer.Typer(no_args_is_help=True, help="The triage queue.")

Id = Annotated[str, typer.Argument(help="The lead's id.")]
_TABLES = ("particulars", "channel", "before", "after")
COLUMNS = ("id", "status", "urgency", "value", "platform", "evidence", "filed_at")


@app.command("list")
def list_(
    status: Annotated[LeadStatus | None, typer.Option(help="Only leads in this status.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List leads: points first, then the time of filing."""

    async def work(instance: Instance, actor: Actor) -> list[Json]:
        return [lead_json(lead) for lead in await instance.office.queue.all(actor, status, limit)]

    rows = at_desk(work, acting=False)
    emit(rows if as_json else [{**row, "evidence": _evidence(row)} for row in rows], as_json=as_json, columns=COLUMNS)


def _evidence(row: Json) -> str:
    """Return a lead's evidence in a few words."""
    matches = [
        f"{match['algorithm']} at {match['distance']} in {match['list']}{_whereof(match)}" for match in row["matches"]
    ]
    return "; ".join([*matches, *sorted({f"text: {hit['rule']}" for hit in row["text_hits"]})])


def _withdrawn(row: Json) -> str:
    """Return in a few words which matches do not hold any more."""
    return "; ".join(
        f"{match['algorithm']} at {match['distance']} in {match['list']} ({match['why']})"
        for match in row["withdrawn_matches"]
        if match["why"] != Withdrawal.SUPERSEDED
    )


def _whereof(match: Json) -> str:
    """Return what of the media item it was that matched, where it was not simply the item."""
    if match["at_ms"] is not None:
        minutes, seconds = divmod(match["at_ms"] // 1000, 60)
        return f" (frame at {minutes}:{seconds:02})"
    return " (thumbnail only)" if match["covers"] == Covers.THUMBNAIL else ""


@app.command("show")
def show(
    lead_id: Id,
    reveal: Annotated[str | None, typer.Option(help="Open the sealed content, for this reason (audited).")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show one lead; with --reveal also what it said and where."""

    async def work(instance: Instance, actor: Actor) -> tuple[Lead, list[Revealed], Suggestions]:
        lead = await instance.office.queue.show(actor, lead_id)
        if reveal is None:
            return lead, [], Suggestions()
        opener = await asyncio.to_thread(instance.unlock, passphrase_of(instance))
        revealed = await instance.office.queue.reveal(actor, lead_id, reason=reveal, opener=opener)
        return lead, revealed, await instance.office.linked.of(actor, revealed)

    async def both(instance: Instance, actor: Actor) -> tuple[Lead, list[Revealed], Suggestions, list[Assessment]]:
        return (*await work(instance, actor), await instance.office.assessments.show(actor, lead_id))

    lead, revealed, linked, assessments = at_desk(both, acting=reveal is not None)
    said = [assessment_json(one) for one in assessments]
    contents = [_revealed_json(item) for item in revealed]
    if as_json:
        opened = {"contents": contents, **_linked_json(linked)}
        emit({**lead_json(lead), "assessments": said, **(opened if reveal is not None else {})}, as_json=True)
        return
    row = lead_json(lead)
    told = {"reasons": "", "matches": "", "withdrawn_matches": "", "text_hits": "", "looks": ""}
    emit({**row, **told, "evidence": _evidence(row), "not_any_more": _withdrawn(row)}, as_json=False)
    emit(row["reasons"], as_json=False, columns=("score", "points", "text"))
    if row["looks"]:
        emit(row["looks"], as_json=False, columns=("looked_at", "gone_since", "taken_down_at"))
    if said:
        emit(said, as_json=False, columns=("by", "verdict", "basis", "classification"))
    for content in contents:
        _print_revealed(content)
    _print_linked(linked)


def _linked_json(linked: Suggestions) -> dict[str, Any]:
    return {
        "suggestions": [
            {"platform": one.place.platform.value, "canonical": one.place.canonical, "post": one.post}
            for one in linked.places
        ],
        "referral_notes": [
            {"link": note.link, "why": note.why, "kind": note.kind.value, "post": note.post}
            for note in (*linked.referrals, *linked.files)
        ],
    }


def _print_linked(linked: Suggestions) -> None:
    """Print where the posts lead, with the words to add or note it; the report is the reader's to bring."""
    if linked.places:
        add = "kapear watch add {} --report REFERENCE --authorised-by NAME --basis TEXT"
        said = {one: f" --platform {one.platform_to_say}" if one.platform_to_say else "" for one in linked.places}
        rows = [[add.format(shlex.quote(one.place.canonical)) + said[one], one.post] for one in linked.places]
        print_rows((NEEDS_A_REPORT, "in"), rows)
    refer = "kapear report refer {} --report REFERENCE"
    for says, notes in ((FOR_THE_POLICE, linked.referrals), (FILES, linked.files)):
        if notes:
            print_rows(
                (says, "", "in"), [[refer.format(shlex.quote(note.link)), note.why, note.post] for note in notes]
            )


def _revealed_json(item: Revealed) -> dict[str, Any]:
    """Return revealed content for one look."""
    shown: dict[str, Any] = {"kind": item.kind, "at": rfc3339(item.created_at), "by": item.actor}
    if item.content is None:
        return {**shown, "note": item.note}
    content, capture = item.content, item.content.capture
    shown |= {"url": content.url, "author": content.author, "text": content.text, "links": list(content.links)}
    shown |= {
        "deleted_at": rfc3339(item.deleted_at),
        "particulars": _pairs_json(content.particulars),
        "channel": _pairs_json(content.channel),
        "before": [_neighbour_json(post) for post in content.before],
        "after": [_neighbour_json(post) for post in content.after],
    }
    if capture is not None:
        shown["capture"] = {
            "final_url": capture.final_url,
            "redirects": list(capture.redirects),
            "received_at": rfc3339(capture.received_at),
            "server_date": capture.server_date,
            "status": capture.status,
            "ip": capture.ip,
            "port": capture.port,
            "certificate_sha256": capture.certificate_sha256,
            "length": capture.length,
            "body_sha256": capture.body_sha256,
            "tool": capture.tool,
        }
    return shown


def _pairs_json(pairs: Particulars) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _neighbour_json(post: Neighbour) -> dict[str, Any]:
    return {"url": post.url, "posted_at": rfc3339(post.posted_at), "text": post.text}


def _print_revealed(content: dict[str, Any]) -> None:
    """Print revealed content: what is a list of things as a table that bears its name."""
    emit({name: field for name, field in content.items() if name not in _TABLES}, as_json=False)
    for name in _TABLES:
        if rows := content.get(name):
            print_rows((name, *[""] * (len(rows[0]) - 1)), [list(row.values()) for row in rows])


def _move(name: str, summary: str, move: Callable[[Instance, Actor, str], Awaitable[Lead]]) -> None:
    """Register a command that moves one lead."""

    def command(lead_id: Id, *, as_json: AsJson = False) -> None:
        lead = at_desk(lambda instance, actor: move(instance, actor, lead_id), acting=True)
        emit({"id": lead.id, "status": lead.status.value, "claimed_by": lead.claimed_by}, as_json=as_json)

    app.command(name, help=summary)(command)


_move("claim", "Take a lead.", lambda i, a, lead_id: i.office.queue.claim(a, lead_id))
_move(
    "release",
    "Put a lead back into the queue; no reason is asked.",
    lambda i, a, lead_id: i.office.queue.release(a, lead_id),
)


@app.command("close")
def close(
    lead_id: Id,
    closing: Annotated[Closing, typer.Option("--as", help="Why it is closed.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Close a lead that you hold."""

    async def work(instance: Instance, actor: Actor) -> Lead:
        return await instance.office.queue.close(actor, lead_id, closing)

    lead = at_desk(work, acting=True)
    emit({"id": lead.id, "status": lead.status.value, "closed_as": closing.value}, as_json=as_json)


@app.command("assess")
def assess(
    lead_id: Id,
    verdict: Annotated[Verdict, typer.Option("--as", help="What you hold it to be.")],
    basis: Annotated[Basis, typer.Option(help="What that rests on.")],
    classification: Annotated[str, typer.Option(help="What a match of it is called, in your own words.")] = "",
    media: Annotated[list[str] | None, typer.Option(help="SHA-256 of an item that you mean. Repeat it.")] = None,
    *,
    even_if_common: Annotated[
        bool, typer.Option("--even-if-common", help="Put it on the own list even if many pictures look like it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what you hold a lead to be; what two people hold illegal goes on the hotline's own list."""

    async def work(instance: Instance, actor: Actor) -> Assessed:
        return await instance.office.assessments.assess(
            actor,
            lead_id,
            verdict=verdict,
            basis=basis,
            classification=classification,
            media=media or (),
            even_if_common=even_if_common,
        )

    done = at_desk(work, acting=True)
    said = [assessment_json(one) for one in done.assessments]
    shown = {
        "id": done.lead.id,
        "status": done.lead.status.value,
        "listed": done.listed,
        "revoked": done.revoked,
        "kept_back": done.kept_back,
    }
    if done.why:
        say(done.why)
    if as_json:
        emit({**shown, "assessments": said}, as_json=True)
        return
    emit(shown, as_json=False)
    emit(said, as_json=False, columns=("by", "verdict", "basis", "classification"))


@app.command("note")
def note(lead_id: Id, text: Annotated[str, typer.Argument(help="What to note; it is sealed to the lead.")]) -> None:
    """Seal a note to a lead."""

    async def work(instance: Instance, actor: Actor) -> None:
        await instance.office.queue.add_note(actor, lead_id, text)

    at_desk(work, acting=True)
