from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from console.metrics import Metrics
from console.openapi import SCHEMAS
from domain.courtesy import HostState
from domain.fingerprints import PoolHealth
from domain.people import Role
from domain.store import Tx
from tests.console.visitor import Answer, Desk, Visitor
from tests.desk import LOCAL, SELLING, post
from triage.json_views import lead_json, target_json


async def bearer(desk: Desk, role: Role = Role.ANALYST) -> dict[str, str]:
    _, token = await desk.office.people.add_user(LOCAL, f"a.{role}", role)
    return {"Authorization": f"Bearer {token}"}


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Check a value against the few words of JSON Schema that the description uses."""
    if "$ref" in schema:
        return conforms(value, SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = {"string": str, "integer": int, "boolean": bool, "null": type(None), "object": dict, "array": list}
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    is_whole = isinstance(value, tuple(kinds[name] for name in named))
    if isinstance(value, dict):
        properties = schema["properties"]
        is_whole &= set(schema["required"]) <= set(value) <= set(properties)
        is_whole = is_whole and all(conforms(value[name], properties[name]) for name in value)
    elif isinstance(value, list):
        is_whole &= all(conforms(item, schema["items"]) for item in value)
    return is_whole


async def test_leads_are_those_of_the_desk_in_its_order(desk: Desk) -> None:
    await desk.with_leads()
    visitor, headers = desk.stranger(), await bearer(desk)
    leads = await desk.office.queue.all(LOCAL)
    answer = await visitor.get("/api/v1/leads", headers=headers)
    assert json.loads(answer.text) == [lead_json(lead) for lead in leads]
    assert conforms(json.loads(answer.text), SCHEMAS["Leads"])
    assert "127.0.0.1:9" not in answer.text
    one = await visitor.get(f"/api/v1/leads/{leads[0].id}", headers=headers)
    assert json.loads(one.text) == lead_json(leads[0])
    assert len(json.loads((await visitor.get("/api/v1/leads?limit=1", headers=headers)).text)) == 1
    assert json.loads((await visitor.get("/api/v1/leads?status=closed", headers=headers)).text) == []
    for query in ("status=lantern", "limit=-1", "limit=x", f"limit={'9' * 5000}", "target_id=1", "q=kites", "lang=km"):
        refused = await visitor.get(f"/api/v1/leads?{query}", headers=headers)
        assert refused.status == 400, query
        assert list(json.loads(refused.text)) == ["error"]


async def test_targets_are_those_of_the_watch_list(desk: Desk) -> None:
    await desk.with_leads()
    answer = await desk.stranger().get("/api/v1/targets", headers=await bearer(desk))
    views = await desk.office.watchlist.all(LOCAL)
    assert json.loads(answer.text) == [target_json(view) for view in views]
    assert conforms(json.loads(answer.text), SCHEMAS["Targets"])


async def send_report(visitor: Visitor, headers: dict[str, str], **fields: Any) -> Answer:
    report = {"reference": "IHC-2026-0100", "received": "2026-03-01", "via": "web", "alleged": "Lanterns are sold."}
    return await visitor.ask("POST", "/api/v1/reports", json=report | fields, headers=headers)


async def test_a_report_is_handed_in_as_json_with_a_token(desk: Desk) -> None:
    visitor, headers = desk.stranger(), await bearer(desk)
    answer = await send_report(visitor, headers)
    assert answer.status == 201
    assert conforms(json.loads(answer.text), SCHEMAS["Report"])
    [view] = await desk.office.reports.all(LOCAL)
    assert (view.report.reference, view.alleged) == ("IHC-2026-0100", "Lanterns are sold.")
    assert (await send_report(visitor, headers)).status == 409
    assert (await send_report(visitor, await bearer(desk, Role.AUDITOR), reference="R-2")).status == 403


async def test_a_report_that_cannot_be_read_is_refused_with_one_line(desk: Desk) -> None:
    visitor, headers = desk.stranger(), await bearer(desk)
    wrong: list[dict[str, Any]] = [
        {"received": "yesterday"}, {"via": "pigeon"}, {"alleged": 5}, {"alleged": None}, {"reference": "a b"},
        {"reporter": "name"}, {"received": "2099-01-01"}, {"alleged": "k" * 9_000},
    ]  # fmt: skip
    for fields in wrong:
        answer = await send_report(visitor, headers, **fields)
        assert answer.status == 400, fields
        assert "\n" not in json.loads(answer.text)["error"]
    as_form = await visitor.ask("POST", "/api/v1/reports", data={"reference": "R-1"}, headers=headers)
    assert as_form.status == 415
    for body in ("[]", "{", "[" * 50_000, "\ud800".encode("utf-8", "surrogatepass")):
        answer = await visitor.ask(
            "POST", "/api/v1/reports", data=body, headers=headers | {"Content-Type": "application/json"}
        )
        assert answer.status == 400, body[:5]
    assert await desk.office.reports.all(LOCAL) == []


async def test_the_description_health_and_figures_need_no_sign_in(desk: Desk) -> None:
    await desk.with_leads()
    visitor = desk.stranger()
    described = json.loads((await visitor.get("/api/v1/openapi.json")).text)
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {
        "/api/v1/leads", "/api/v1/leads/{id}", "/api/v1/targets", "/api/v1/reports", "/api/v1/openapi.json", "/healthz",
    }  # fmt: skip
    assert json.loads((await visitor.get("/healthz")).text) == {"status": "ok"}
    figures = await visitor.get("/metrics")
    assert "kapear_queue_depth 3.0" in figures.text
    assert figures.headers["content-type"].startswith("text/plain")


async def test_health_is_that_of_the_monitoring_and_says_why_not(desk: Desk) -> None:
    visitor = desk.stranger()
    assert (await visitor.get("/healthz")).status == 200
    await desk.office.watchlist.pause_all(LOCAL, "a reason of nobody's concern")
    answer = await visitor.get("/healthz")
    assert (answer.status, json.loads(answer.text)["code"]) == (503, "paused")
    assert "nobody's concern" not in answer.text
    desk.opened.clock.forward(timedelta(minutes=2))
    answer = await visitor.get("/healthz")
    assert (answer.status, json.loads(answer.text)["code"]) == (503, "no_tick")
    assert conforms(json.loads(answer.text), SCHEMAS["Standstill"])
    assert "kapear run" in json.loads(answer.text)["why"]


async def test_delays_are_counted_from_when_the_console_began(desk: Desk) -> None:
    visitor, clock = desk.stranger(), desk.opened.clock
    view = await desk.opened.add_target()
    clock.forward(timedelta(minutes=20))
    await desk.opened.visit(view.target.id, post(1, SELLING, at=clock() - timedelta(minutes=4)))
    (lead,) = await desk.office.queue.all(LOCAL)
    clock.forward(timedelta(hours=2))
    await desk.office.queue.claim(LOCAL, lead.id)
    for _ in range(2):
        figures = (await visitor.get("/metrics")).text
        assert 'kapear_post_to_lead_seconds_bucket{le="60.0"} 0.0' in figures
        assert 'kapear_post_to_lead_seconds_bucket{le="300.0"} 1.0' in figures
        assert "kapear_post_to_lead_seconds_sum 240.0" in figures
        assert "kapear_lead_to_person_seconds_sum 7200.0" in figures
        assert "kapear_lead_to_person_seconds_count 1.0" in figures


async def test_what_waits_is_told_in_all_and_by_no_place(desk: Desk) -> None:
    for place in ("kites", "boats"):
        await desk.opened.add_target(locator=f"http://127.0.0.1:9/{place}")
    desk.opened.clock.forward(timedelta(minutes=30))
    now = desk.opened.clock()
    rests = HostState(rests_until=now + timedelta(minutes=5), rests_because="http_429")

    def work(tx: Tx) -> None:
        tx.hosts.note("one", rests)
        tx.hosts.note("another", HostState(rests_until=now, rests_because="http_429"))
        tx.messages.note_fault("timeout")

    await desk.opened.store.write(work)
    desk.metrics.watch_pool(lambda: PoolHealth(children=2, busy=1, jobs=7, restarts=3))
    desk.metrics.watch_disk(lambda: 5_000)
    desk.opened.store.watch_waits(desk.metrics.waited)
    await desk.office.watchlist.pause_all(LOCAL, "line repair")
    figures = (await desk.stranger().get("/metrics")).text.splitlines()
    for line in (
        "kapear_targets_due 2.0", "kapear_targets_due_longest_seconds 1800.0", "kapear_hosts_resting 1.0",
        "kapear_mail_failing 1.0", 'kapear_standstill{reason="paused"} 1.0',
        'kapear_standstill{reason="network_away"} 0.0',
        "kapear_fingerprint_children 2.0", "kapear_fingerprint_children_busy 1.0", "kapear_fingerprint_jobs_total 7.0",
        "kapear_fingerprint_restarts_total 3.0", "kapear_disk_free_bytes 5000.0",
        "kapear_database_write_wait_seconds_count 1.0",
    ):  # fmt: skip
        assert line in figures, line


async def test_visits_are_counted_by_outcome(desk: Desk) -> None:
    await desk.with_leads()
    view = (await desk.office.watchlist.all(LOCAL))[0]
    visit = (await desk.office.watchlist.show(LOCAL, view.target.id)).visits[0]
    metrics = Metrics(CollectorRegistry())
    metrics.visited(visit)
    metrics.lagged(-1)
    samples = {
        (sample.name, sample.labels.get("outcome")): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
    }
    assert samples[("kapear_visits_total", "new")] == 1
    assert samples[("kapear_visits_total", "gone")] == 0
    assert samples[("kapear_observations_total", None)] == visit.new_observations == 3
    assert samples[("kapear_leads_filed_total", None)] == visit.leads_filed == 3
    assert samples[("kapear_loop_lag_seconds_count", None)] == 1


async def test_a_fault_of_the_installation_is_said_to_be_the_administrators(desk: Desk) -> None:
    lead_id = (await desk.with_leads())[0]
    visitor = await desk.sign_in()
    desk.opened.hotline_key.unlink()
    answer = await visitor.send(f"/leads/{lead_id}/reveal", reason="to read")
    assert answer.status == 503
    assert "The administrator is needed" in answer.words
    assert "there is no hotline key file" in answer.words
