"""Describe the API from the very table its routes are made from, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.calls import Access, Route
from domain.condition import Standstill
from domain.hashlists import Algorithm, ListClass, Withdrawal
from domain.latency import Timing
from domain.leads import Capture, Closing, LeadStatus
from domain.observations import Platform
from domain.outcomes import Outcome
from domain.reports import Via
from domain.scoring import Rule, Score
from domain.targets import TargetStatus

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
TIME_OR_NONE: Schema = {"type": ["string", "null"], "format": "date-time"}


def _one_of(values: Iterable[str], *, or_none: bool = False) -> Schema:
    listed: list[str | None] = [str(value) for value in values]
    return {"enum": [*listed, None] if or_none else listed}


def _object(properties: dict[str, Schema], perhaps: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties | (perhaps or {}),
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


MATCH: dict[str, Schema] = {
    "list": TEXT, "list_version": NUMBER, "list_class": _one_of(ListClass), "algorithm": _one_of(Algorithm),
    "distance": NUMBER, "classification": TEXT, "at_ms": {"type": ["integer", "null"]},
    "covers": {"type": ["string", "null"]},
}  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "Lead": _object({
        "id": TEXT,
        "status": _one_of(LeadStatus),
        "closed_as": _one_of(Closing, or_none=True),
        "urgency": NUMBER,
        "value": NUMBER,
        "reasons": _array(_object({
            "score": _one_of(Score), "rule": _one_of(Rule), "version": NUMBER, "points": NUMBER, "text": TEXT,
        })),
        "target_id": TEXT,
        "platform": _one_of(Platform),
        "posted_at": TIME_OR_NONE,
        "seen_at": TIME,
        "filed_at": TIME,
        "appeared_at": TIME_OR_NONE,
        "timing": _one_of(Timing),
        "first_claimed_at": TIME_OR_NONE,
        "matches": _array(_object(MATCH)),
        "withdrawn_matches": _array(_object({**MATCH, "why": _one_of(Withdrawal)})),
        "capture": _one_of(Capture, or_none=True),
        "text_hits": _array(_object({"rule": TEXT, "version": NUMBER})),
        "deleted_posts": _array(TIME),
        "looks": _array(_object({"looked_at": TIME, "gone_since": TIME_OR_NONE, "taken_down_at": TIME_OR_NONE})),
    }),
    "Target": _object({
        "id": TEXT,
        "platform": _one_of(Platform),
        "canonical": TEXT,
        "status": _one_of(TargetStatus),
        "depth": NUMBER,
        "ignore_robots": {"type": ["string", "null"]},
        "plain_agent": {"type": ["string", "null"]},
        "report": TEXT,
        "requested_by": TEXT,
        "authorised_by": TEXT,
        "approved_by": {"type": ["string", "null"]},
        "approved_at": TIME_OR_NONE,
        "created_at": TIME,
        "expires_at": TIME,
        "extends_to": TIME_OR_NONE,
        "extension_by": {"type": ["string", "null"]},
        "last_visit_at": TIME_OR_NONE,
        "last_outcome": _one_of(Outcome, or_none=True),
        "gone_since": TIME_OR_NONE,
        "next_due": TIME_OR_NONE,
        "failures": NUMBER,
        "failing_since": TIME_OR_NONE,
    }),
    "NewReport": _object({
        "reference": TEXT, "received": {"type": "string", "format": "date"}, "via": _one_of(Via), "alleged": TEXT,
    }),
    "Report": _object({
        "id": TEXT, "reference": TEXT, "received": {"type": "string", "format": "date"}, "via": _one_of(Via),
        "synthetic": {"type": "boolean"},
    }),
    "Health": _object({"status": {"const": "ok"}}, perhaps={"mail": TEXT}),
    "Standstill": _object(
        {"status": {"const": "standing_still"}, "code": _one_of(Standstill), "why": TEXT}, perhaps={"mail": TEXT}
    ),
    "Error": _object({"error": TEXT}),
}  # fmt: skip
SCHEMAS["Leads"] = _array(_ref("Lead"))
SCHEMAS["Targets"] = _array(_ref("Target"))

PARAMETERS: dict[str, Schema] = {
    "status": _one_of(LeadStatus),
    "limit": {"type": "integer", "minimum": 0},
}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every route that speaks JSON."""
    paths: dict[str, Any] = {}
    for route in routes:
        if route.summary:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kapear",
            "version": "1",
            "description": "Leads and targets of one hotline. There is no search, and there will be none.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": PARAMETERS[name]} for name in sorted(route.query)
    ]
    if "{id}" in route.path:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": TEXT})
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "201" if route.method == "POST" else "200": _content("Done.", route.answers),
            "default": _content("Refused, with one line that says why.", route.otherwise),
        },
    }
    if route.policy.access is Access.TOKEN:
        operation["security"] = [{"token": []}]
    if route.takes:
        operation["requestBody"] = {"required": True, **_content("", route.takes, described=False)}
    return operation


def _content(text: str, schema: str, *, described: bool = True) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(schema) if schema else {}}}
    return {"description": text, "content": content} if described else {"content": content}
