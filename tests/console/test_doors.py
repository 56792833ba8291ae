"""Who is let in, and what every answer carries."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from console.answers import CONTENT_SECURITY_POLICY
from console.calls import PUBLIC, Access, Policy, Route
from console.guard import MAX_BODY
from console.metrics import Metrics
from console.routes import ROUTES
from console.server import ROUTE_TABLE, ConsoleConfig, _why, make_app, serve
from domain.errors import OperatorFault
from domain.people import Actor, Role
from tests.console.visitor import Answer, Desk, Visitor
from tests.desk import LOCAL, enrol

BY_ROLE = {Role.ANALYST: "bopha", Role.SUPERVISOR: "dara", Role.ADMIN: "nary", Role.AUDITOR: "vuthy"}
OPEN_TO_ALL = {"signin-link", "signin", "api-description", "health", "metrics", "static"}


def filled(path: str) -> str:
    return path.replace("{id}", "0190-none").replace("{secret}", "none").replace("{name}", "console.css")


async def asked(visitor: Visitor, route: Route, token: str = "") -> Answer:
    """Ask for a route as its own kind of caller would."""
    if route.policy.access is Access.TOKEN:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        how: dict[str, Any] = {"json": {}} if route.method == "POST" else {}
        return await visitor.ask(route.method, filled(route.path), headers=headers, **how)
    if route.method == "POST":
        return await visitor.send(filled(route.path))
    return await visitor.get(filled(route.path))


def test_every_route_of_the_router_has_a_policy_and_only_these_are_public(enrolled: Desk) -> None:
    app = enrolled.serving.runner.app
    table = app[ROUTE_TABLE]
    for route in app.router.routes():
        assert route.resource is not None
        assert isinstance(table[(route.method, route.resource.canonical)].policy, Policy)
    assert len(list(app.router.routes())) == len(ROUTES)
    assert {route.name for route in ROUTES if route.policy == PUBLIC} == OPEN_TO_ALL
    permissionless = {route.name for route in ROUTES if route.policy.permission is None} - OPEN_TO_ALL
    assert permissionless == {"signout"}


async def test_each_role_enters_each_route_exactly_as_its_permissions_say(enrolled: Desk) -> None:
    for role, name in BY_ROLE.items():
        actor = Actor(name=name, role=role)
        for route in ROUTES:
            if route.name in OPEN_TO_ALL | {"signout"}:
                continue
            visitor = await enrolled.sign_in(actor)
            answer = await asked(visitor, route, enrolled.opened.user_tokens[name])
            permission = route.policy.permission
            assert permission is not None
            assert (answer.status == 403) == (not actor.may(permission)), (role, route.name, answer.words)
            assert answer.status not in {401, 500}, (role, route.name)


async def test_a_stranger_enters_nothing_but_what_is_public(desk: Desk) -> None:
    for route in ROUTES:
        answer = await asked(desk.stranger(), route)
        assert (answer.status == 401) == (route.name not in OPEN_TO_ALL), route.name


async def test_a_session_does_not_open_the_api_and_a_token_does_not_open_pages(enrolled: Desk) -> None:
    bopha = await enrolled.sign_in("bopha")
    assert (await bopha.get("/api/v1/leads")).status == 401
    token = {"Authorization": f"Bearer {enrolled.opened.user_tokens['bopha']}"}
    assert (await enrolled.stranger().get("/", headers=token)).status == 401
    assert (await enrolled.stranger().get("/api/v1/leads", headers={"Authorization": "Bearer none"})).status == 401


async def test_a_link_works_once_and_only_by_its_button(desk: Desk) -> None:
    secret = await desk.office.people.link_for(LOCAL, LOCAL)
    preview = desk.stranger()
    for _ in range(3):
        page = await preview.get(f"/sign-in/{secret}")
        assert page.status == 200
        assert "set-cookie" not in page.headers
        assert page.headers["referrer-policy"] == "no-referrer"
    visitor = desk.stranger()
    answer = await visitor.send("/sign-in", secret=secret)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.cookies["kapear-8470"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Strict", "/", "")
    assert (await visitor.get("/")).status == 200
    again = await desk.stranger().send("/sign-in", secret=secret)
    assert again.status == 403
    assert "used or has expired" in again.words


async def test_over_tls_the_cookie_is_bound_to_its_host(desk: Desk) -> None:
    config = ConsoleConfig(secure_cookie=True, public_host="hotline.example.org")
    app = make_app(desk.office, config, desk.opened.unlock, Metrics(CollectorRegistry()))
    behind_proxy = await serve(app, "127.0.0.1", 0)
    try:
        assert behind_proxy.url == "https://hotline.example.org"
        visitor = Visitor(f"http://127.0.0.1:{behind_proxy.port}", desk.stranger().http)
        secret = await desk.office.people.link_for(LOCAL, LOCAL)
        public = {"Host": "hotline.example.org", "Origin": "https://hotline.example.org"}
        answer = await visitor.ask("POST", "/sign-in", data={"secret": secret}, headers=public)
        assert answer.status == 303
        assert answer.cookies["__Host-kapear"]["secure"] is True
        plain = {"Host": "hotline.example.org", "Origin": "http://hotline.example.org"}
        assert (await visitor.ask("POST", "/sign-in", data={"secret": secret}, headers=plain)).status == 403
    finally:
        await behind_proxy.close()


async def test_signing_out_and_signing_in_anew_end_the_session_before(desk: Desk) -> None:
    visitor = await desk.sign_in()
    old = {cookie.key: cookie.value for cookie in visitor.http.cookie_jar}
    thief = desk.stranger()
    thief.http.cookie_jar.update_cookies(old)
    assert (await thief.get("/")).status == 200
    secret = await desk.office.people.link_for(LOCAL, LOCAL)
    await visitor.send("/sign-in", secret=secret)
    assert (await thief.get("/")).status == 401
    await visitor.get("/")
    assert (await visitor.send("/sign-out")).status == 200
    assert (await visitor.get("/")).status == 401


async def test_whoever_signed_in_before_enrolment_is_nobody_after_it(desk: Desk) -> None:
    visitor = await desk.sign_in()
    await enrol(desk.office)
    assert (await visitor.get("/")).status == 401


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "neither Origin nor Sec-Fetch-Site"),
        ({"Origin": "http://evil.example"}, "another origin"),
        ({"Origin": "null"}, "an opaque origin"),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Sec-Fetch-Site": "same-site"}, "a sibling"),
    ],
)
async def test_a_form_from_elsewhere_is_refused(desk: Desk, headers: dict[str, str], why: str) -> None:
    visitor = await desk.sign_in()
    answer = await visitor.ask("POST", "/sign-out", data={"csrf": visitor.csrf}, headers=headers)
    assert answer.status == 403, why
    assert (await visitor.get("/")).status == 200


async def test_every_form_needs_the_sessions_own_token(desk: Desk) -> None:
    await desk.with_leads()
    visitor, other = await desk.sign_in(), await desk.sign_in()
    assert visitor.csrf != other.csrf
    for route in ROUTES:
        if route.method != "POST" or route.policy.access is not Access.SESSION:
            continue
        for wrong in ("", "x" * len(visitor.csrf), other.csrf, "ខ្មែរ"):
            data = {"csrf": wrong} if wrong else {}
            answer = await visitor.ask("POST", filled(route.path), data=data, headers=visitor.own())
            assert answer.status == 403, (route.name, wrong)


async def test_every_form_on_every_page_carries_the_token(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    target_id = (await desk.office.watchlist.all(LOCAL))[0].target.id
    visitor = await desk.sign_in()
    await visitor.send(f"/leads/{lead_id}/claim")
    for path in ("/", f"/leads/{lead_id}", "/targets", f"/targets/{target_id}", "/reports", "/lists", "/audit"):
        page = await visitor.get(path)
        forms = re.findall(r'<form method="post".*?</form>', page.text, re.DOTALL)
        assert forms
        for form in forms:
            assert f'value="{visitor.csrf}"' in form, path


async def test_a_foreign_host_name_is_refused_before_anything_else(desk: Desk) -> None:
    visitor = await desk.sign_in()
    port = desk.serving.port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"127.0.0.1.evil:{port}",
    ):
        for path in ("/", "/healthz", "/metrics", "/nowhere", "/api/v1/leads"):
            assert (await visitor.get(path, headers={"Host": host})).status == 421, (host, path)
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert (await visitor.get("/healthz", headers={"Host": host})).status == 200, host


async def test_every_answer_carries_the_same_headers(desk: Desk) -> None:
    visitor = await desk.sign_in()
    for path in ("/", "/nowhere", "/targets", "/healthz", "/metrics", "/static/keys.js", "/sign-in/none", "/?x=1"):
        answer = await visitor.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
        assert answer.headers["server"] == "kapear"
        assert "'unsafe" not in answer.headers["content-security-policy"]


async def test_no_page_holds_inline_code_style_or_media(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    target_id = (await desk.office.watchlist.all(LOCAL))[0].target.id
    visitor = await desk.sign_in()
    revealed = await visitor.send(f"/leads/{lead_id}/reveal", reason="to read")
    pages = [await visitor.get(path) for path in ("/", f"/leads/{lead_id}", "/targets", f"/targets/{target_id}")]
    for page in (*pages, revealed):
        assert not re.search(r"<(img|video|audio|source|picture|object|embed|iframe|image|use)\b", page.text)
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page.text)
        assert re.findall(r"<script([^>]*)>", page.text) == [' src="/static/keys.js" defer']
        for address in re.findall(r'(?:href|src|action)="([^"]*)"', page.text):
            assert address.startswith(("/", "#")), address


async def test_too_much_the_wrong_form_and_unknown_parameters_are_refused(desk: Desk) -> None:
    visitor = await desk.sign_in()
    assert (await visitor.send("/reports", alleged="k" * MAX_BODY)).status == 413
    as_json = await visitor.ask("POST", "/reports", json={"csrf": visitor.csrf}, headers=visitor.own())
    assert as_json.status == 415
    multipart = "--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\nb\r\n--x--\r\n"
    headers = visitor.own() | {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await visitor.ask("POST", "/reports", data=multipart, headers=headers)).status == 415
    assert (await visitor.get("/?sort=matches")).status == 400
    assert (await visitor.get("/targets?q=lantern")).status == 400
    assert (await visitor.get("/?status=lantern")).status == 400
    assert (await visitor.get("/targets?lang=km")).status == 200


async def test_an_unforeseen_fault_shows_and_logs_no_text(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    await desk.with_leads()

    def broken(_passphrase: str | None) -> None:
        raise RuntimeError("blue kites at http://127.0.0.1:9/kites")

    app = make_app(desk.office, ConsoleConfig(), broken, Metrics(CollectorRegistry()))  # type: ignore[arg-type]  # broken on purpose
    serving = await serve(app, "127.0.0.1", 0)
    try:
        visitor = await desk.sign_in()
        elsewhere = Visitor(serving.url, visitor.http)
        lead_id = (await desk.office.queue.all(LOCAL))[0].id
        elsewhere.csrf = visitor.csrf
        answer = await elsewhere.send(f"/leads/{lead_id}/reveal", reason="to read")
    finally:
        await serving.close()
    assert answer.status == 500
    assert "kites" not in answer.text
    assert "kites" not in caplog.text
    assert [record.__dict__["error"] for record in caplog.records if record.name == "kapear.console"] == [
        "RuntimeError"
    ]


async def test_a_taken_port_is_one_clear_line(desk: Desk) -> None:
    app = make_app(desk.office, ConsoleConfig(), desk.opened.unlock, Metrics(CollectorRegistry()))
    with pytest.raises(OperatorFault) as fault:
        await serve(app, "127.0.0.1", desk.serving.port)
    assert str(fault.value).startswith(f"Port {desk.serving.port} is in use; set KAPEAR_BIND")
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "may not be used by this account"), (errno.EADDRNOTAVAIL, "is no address of this machine")],
)
def test_other_faults_of_a_port_are_one_clear_line_too(number: int, words: str) -> None:
    said = _why(OSError(number, "x"), "127.0.0.9", 80)
    assert words in said
    assert "KAPEAR_BIND" in said


async def test_closing_does_not_wait_for_idle_connections(desk: Desk) -> None:
    app = make_app(desk.office, ConsoleConfig(), desk.opened.unlock, Metrics(CollectorRegistry()))
    serving = await serve(app, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{serving.port}\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    await serving.close()
    await reader.read()
    assert reader.at_eof()
    writer.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", serving.port)) != 0
