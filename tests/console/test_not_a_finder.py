"""Promise 3, route by route: what each shows, and why it finds nothing."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from console.calls import Call, Route, signed_in
from console.metrics import Metrics
from console.openapi import describe
from console.routes import ROUTES
from console.server import ConsoleConfig, make_app
from domain.fingerprints import PoolHealth
from domain.people import Permission
from tests.console.visitor import Desk
from tests.desk import LOCAL
from tests.finder_walk import Reviewed, walk_commands, walk_metrics, walk_routes

ACTS = "it changes one thing named by its id, and shows nothing"
ONE = "one thing by its id, which its reader was given"
BOOK = "what the hotline itself wrote, in the order it was written"

REVIEWED: dict[tuple[str, str], Reviewed] = {
    ("GET", "/sign-in/{secret}"): Reviewed("a button", "it shows nothing that is stored"),
    ("POST", "/sign-in"): Reviewed("nothing", "it starts a session"),
    ("POST", "/sign-out"): Reviewed("nothing", "it ends a session"),
    ("GET", "/"): Reviewed(
        "leads that were filed from reported targets, and how late they were in all",
        "leads, not places, stand by points and time; they are narrowed by status alone",
        frozenset({"status"}),
    ),
    ("GET", "/leads/{id}"): Reviewed("one lead's evidence", ONE),
    ("POST", "/leads/{id}/claim"): Reviewed("nothing", ACTS),
    ("POST", "/leads/{id}/release"): Reviewed("nothing", ACTS),
    ("POST", "/leads/{id}/close"): Reviewed("nothing", ACTS),
    ("POST", "/leads/{id}/notes"): Reviewed("nothing", ACTS),
    ("POST", "/leads/{id}/reveal"): Reviewed("one lead's content", f"{ONE}; with a reason, on the record"),
    ("GET", "/targets"): Reviewed(
        "what was reported and decided to be watched", f"{BOOK}; no figure of what was found"
    ),
    ("POST", "/targets"): Reviewed("the form again when refused", "a person brings the address, with a report"),
    ("POST", "/pause"): Reviewed("the form again when refused", "it stops everything, and finds nothing"),
    ("POST", "/go-on"): Reviewed("nothing", "it lets everything go on"),
    ("GET", "/targets/{id}"): Reviewed(
        "one target's decisions and visits, and how late its leads were", f"{ONE}; it names neither matches nor leads"
    ),
    ("POST", "/targets/{id}/approve"): Reviewed("nothing", ACTS),
    ("POST", "/targets/{id}/pause"): Reviewed("nothing", ACTS),
    ("POST", "/targets/{id}/resume"): Reviewed("nothing", ACTS),
    ("POST", "/targets/{id}/retire"): Reviewed("nothing", ACTS),
    ("POST", "/targets/{id}/visit"): Reviewed("nothing", ACTS),
    ("GET", "/reports"): Reviewed("reports", BOOK),
    ("POST", "/reports"): Reviewed("the form again when refused", "a person brings the report"),
    ("GET", "/referrals"): Reviewed("notes for the police, without the places", BOOK),
    ("POST", "/referrals"): Reviewed("nothing", "a person brings the address, with a report; it is sealed"),
    ("GET", "/referrals/{id}"): Reviewed("one note without its place", ONE),
    ("POST", "/referrals/{id}/reveal"): Reviewed(
        "one note with the address that a person put there", f"{ONE}; with a reason, on the record"
    ),
    ("GET", "/lists"): Reviewed("names and sizes of hash lists", "entries are never shown"),
    ("GET", "/audit"): Reviewed("whether the chain is whole", "it shows no event"),
    ("GET", "/api/v1/leads"): Reviewed(
        "leads without address, text or handle",
        "leads, not places, stand by points and time; they are narrowed by status alone",
        frozenset({"status", "limit"}),
    ),
    ("GET", "/api/v1/leads/{id}"): Reviewed("one lead without address, text or handle", ONE),
    ("GET", "/api/v1/targets"): Reviewed("what was decided to be watched", f"{BOOK}; no figure of what was found"),
    ("POST", "/api/v1/reports"): Reviewed("the report that was handed in", "a person brings the report"),
    ("GET", "/api/v1/openapi.json"): Reviewed("this very table", "it shows nothing that is stored"),
    ("GET", "/healthz"): Reviewed("ok, or why nothing is watched", "it shows nothing of what is watched"),
    ("GET", "/metrics"): Reviewed("totals", "no figure has a label that names a place"),
    ("GET", "/static/{name}"): Reviewed("the console's own files", "it shows nothing that is stored"),
}
METRICS: dict[str, frozenset[str]] = {
    "kapear_visits": frozenset({"outcome"}),
    "kapear_observations": frozenset(),
    "kapear_leads_filed": frozenset(),
    "kapear_loop_lag_seconds": frozenset(),
    "kapear_post_to_lead_seconds": frozenset(),
    "kapear_lead_to_person_seconds": frozenset(),
    "kapear_offline": frozenset(),
    "kapear_database_write_wait_seconds": frozenset(),
    "kapear_targets_due": frozenset(),
    "kapear_targets_due_longest_seconds": frozenset(),
    "kapear_hosts_resting": frozenset(),
    "kapear_visits_last_hour": frozenset(),
    "kapear_visits_allowed_an_hour": frozenset(),
    "kapear_bytes_today": frozenset(),
    "kapear_bytes_allowed_a_day": frozenset(),
    "kapear_telegram_cooldowns": frozenset(),
    "kapear_standstill": frozenset({"reason"}),
    "kapear_mail_failing": frozenset(),
    "kapear_disk_free_bytes": frozenset(),
    "kapear_fingerprint_children": frozenset(),
    "kapear_fingerprint_children_busy": frozenset(),
    "kapear_fingerprint_jobs": frozenset(),
    "kapear_fingerprint_restarts": frozenset(),
    "kapear_queue_depth": frozenset(),
    "kapear_telegram_accounts": frozenset({"state"}),
}


def app_with(desk: Desk, *more: Route) -> web.Application:
    metrics = Metrics(CollectorRegistry())
    return make_app(desk.office, ConsoleConfig(), desk.opened.unlock, metrics, routes=(*ROUTES, *more))


async def nothing(_call: Call) -> web.Response:
    return web.Response()


async def never_called(_request: web.Request) -> web.Response:
    return web.Response()


def planted(path: str, name: str, query: frozenset[str] = frozenset()) -> Route:
    return Route(
        method="GET", path=path, name=name, policy=signed_in(Permission.SEE_DESK), handler=nothing, query=query
    )


async def test_no_route_is_a_finder(desk: Desk) -> None:
    assert walk_routes(desk.serving.runner.app, REVIEWED) == []


async def test_a_planted_finder_is_reported(desk: Desk) -> None:
    found = walk_routes(app_with(desk, planted("/search", "search")), REVIEWED)
    assert "route GET /search (search) is named like a finder" in found
    assert "route GET /search was never reviewed" in found


async def test_a_harmless_name_hides_nothing_and_a_route_beside_the_table_is_seen(desk: Desk) -> None:
    assert walk_routes(app_with(desk, planted("/tidy", "tidy")), REVIEWED) == ["route GET /tidy was never reviewed"]
    beside = app_with(desk)
    beside.router.add_get("/quiet", never_called)
    assert "route GET /quiet was never reviewed" in walk_routes(beside, REVIEWED)


async def test_a_new_parameter_is_reported(desk: Desk) -> None:
    reviewed = REVIEWED | {("GET", "/tidy"): Reviewed("nothing", "planted")}
    found = walk_routes(app_with(desk, planted("/tidy", "tidy", frozenset({"sort"}))), reviewed)
    assert found == [
        "route GET /tidy reads ['sort'], which was not reviewed",
        "parameter sort of /tidy is named like a finder",
    ]


async def test_a_review_of_what_is_gone_is_reported(desk: Desk) -> None:
    reviewed = REVIEWED | {("GET", "/gone"): Reviewed("nothing", "planted")}
    assert walk_routes(desk.serving.runner.app, reviewed) == ["route GET /gone was reviewed and is gone"]


async def test_no_page_has_a_box_to_look_for_anything(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    target_id = (await desk.office.watchlist.all(LOCAL))[0].target.id
    visitor = await desk.sign_in()
    for path in (
        "/",
        f"/leads/{lead_id}",
        "/targets",
        f"/targets/{target_id}",
        "/reports",
        "/referrals",
        "/lists",
        "/audit",
    ):
        page = await visitor.get(path)
        assert 'type="search"' not in page.text
        for form in re.findall(r'<form method="get".*?</form>', page.text, re.DOTALL):
            assert re.findall(r'name="([^"]+)"', form) == ["status"], path


async def test_the_watch_list_stands_in_the_order_it_was_written_whatever_was_found(desk: Desk) -> None:
    await desk.with_leads()
    quiet = await desk.opened.add_target(locator="http://127.0.0.1:9/quiet")
    visitor = await desk.sign_in()
    page = await visitor.get("/targets")
    shown = re.findall(r'class="open" href="/targets/([^"]+)"', page.text)
    assert shown == [view.target.id for view in await desk.office.watchlist.all(LOCAL)]
    assert shown[0] == quiet.target.id


def test_no_metric_names_a_place() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.watch_disk(lambda: 1)
    metrics.watch_pool(lambda: PoolHealth(children=2, busy=1, jobs=7, restarts=0))
    assert walk_metrics(metrics.registry, METRICS) == []


def test_a_planted_metric_by_place_is_reported() -> None:
    registry = CollectorRegistry()
    Counter("kapear_matches", "planted", ["channel"], registry=registry).labels(channel="kites").inc()
    found = walk_metrics(registry, METRICS)
    assert "metric kapear_matches was never reviewed" in found
    assert "label channel of kapear_matches names a place" in found


def test_a_planted_command_or_option_is_reported() -> None:
    planted_app = typer.Typer()
    leads = typer.Typer()
    planted_app.add_typer(leads, name="leads")

    @leads.command("list")
    def listed(status: Annotated[str, typer.Option()] = "") -> None:
        typer.echo(status)

    @leads.command("search")
    def searched(words: str) -> None:
        typer.echo(words)

    reviewed = {"leads list": Reviewed("leads", "by points and time", frozenset({"status"}))}
    assert walk_commands(planted_app, reviewed) == [
        "command leads search is named like a finder",
        "command leads search was never reviewed",
    ]
    assert walk_commands(planted_app, {"leads list": Reviewed("leads", "by points and time")})[0] == (
        "command leads list takes ['status'], which was not reviewed"
    )


def test_the_description_is_made_from_the_same_table() -> None:
    described = {(method.upper(), path) for path, methods in describe(ROUTES)["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES if route.is_api or route.name == "health"}
