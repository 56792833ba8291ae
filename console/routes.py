"""Every route of the console in one table: what is not here does not exist."""

from __future__ import annotations

from aiohttp import web

from console import api, book_pages, lead_pages, openapi, referral_pages, sign_in, target_pages
from console.calls import PUBLIC, SIGNED_IN, Call, Route, as_json, by_token, signed_in
from domain.people import Permission

SEE, WORK, STEER = signed_in(Permission.SEE_DESK), signed_in(Permission.WORK_LEADS), signed_in(Permission.STEER_TARGET)


async def described(_call: Call) -> web.Response:
    """Return the description of the API."""
    return as_json(openapi.describe(ROUTES))


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="/sign-in/{secret}", name="signin-link", policy=PUBLIC, handler=sign_in.offer),
    Route(method="POST", path="/sign-in", name="signin", policy=PUBLIC, handler=sign_in.sign_in),
    Route(method="POST", path="/sign-out", name="signout", policy=SIGNED_IN, handler=sign_in.sign_out),
    Route(
        method="GET",
        path="/",
        name="queue",
        policy=SEE,
        handler=lead_pages.queue,
        query=frozenset({"status"}),
    ),
    Route(method="GET", path="/leads/{id}", name="lead", policy=SEE, handler=lead_pages.lead),
    Route(method="POST", path="/leads/{id}/claim", name="lead-claim", policy=WORK, handler=lead_pages.claim),
    Route(method="POST", path="/leads/{id}/release", name="lead-release", policy=WORK, handler=lead_pages.release),
    Route(method="POST", path="/leads/{id}/close", name="lead-close", policy=WORK, handler=lead_pages.close),
    Route(method="POST", path="/leads/{id}/notes", name="lead-note", policy=WORK, handler=lead_pages.note),
    Route(
        method="POST",
        path="/leads/{id}/reveal",
        name="lead-reveal",
        policy=signed_in(Permission.REVEAL),
        handler=lead_pages.reveal,
    ),
    Route(method="GET", path="/targets", name="targets", policy=SEE, handler=target_pages.targets),
    Route(
        method="POST",
        path="/targets",
        name="target-add",
        policy=signed_in(Permission.REQUEST_TARGET),
        handler=target_pages.add,
    ),
    Route(method="POST", path="/pause", name="pause-all", policy=STEER, handler=target_pages.pause_all),
    Route(method="POST", path="/go-on", name="go-on", policy=STEER, handler=target_pages.go_on),
    Route(method="GET", path="/targets/{id}", name="target", policy=SEE, handler=target_pages.target),
    Route(
        method="POST",
        path="/targets/{id}/approve",
        name="target-approve",
        policy=signed_in(Permission.APPROVE_TARGET),
        handler=target_pages.approve,
    ),
    Route(method="POST", path="/targets/{id}/pause", name="target-pause", policy=STEER, handler=target_pages.pause),
    Route(method="POST", path="/targets/{id}/resume", name="target-resume", policy=STEER, handler=target_pages.resume),
    Route(method="POST", path="/targets/{id}/retire", name="target-retire", policy=STEER, handler=target_pages.retire),
    Route(method="POST", path="/targets/{id}/visit", name="target-visit", policy=STEER, handler=target_pages.visit),
    Route(method="GET", path="/reports", name="reports", policy=SEE, handler=book_pages.reports),
    Route(
        method="POST",
        path="/reports",
        name="report-add",
        policy=signed_in(Permission.ADD_REPORT),
        handler=book_pages.add_report,
    ),
    Route(method="GET", path="/referrals", name="referrals", policy=SEE, handler=referral_pages.referrals),
    Route(
        method="POST",
        path="/referrals",
        name="referral-add",
        policy=signed_in(Permission.REQUEST_TARGET),
        handler=referral_pages.add,
    ),
    Route(method="GET", path="/referrals/{id}", name="referral", policy=SEE, handler=referral_pages.referral),
    Route(
        method="POST",
        path="/referrals/{id}/reveal",
        name="referral-reveal",
        policy=signed_in(Permission.REVEAL),
        handler=referral_pages.reveal,
    ),
    Route(method="GET", path="/lists", name="lists", policy=SEE, handler=book_pages.lists),
    Route(
        method="GET",
        path="/audit",
        name="audit",
        policy=signed_in(Permission.READ_AUDIT),
        handler=book_pages.audit,
    ),
    Route(
        method="GET",
        path="/api/v1/leads",
        name="api-leads",
        policy=by_token(Permission.SEE_DESK),
        handler=api.leads,
        query=frozenset({"status", "limit"}),
        summary="Leads in the queue's order: points first, then the time of filing.",
        answers="Leads",
    ),
    Route(
        method="GET",
        path="/api/v1/leads/{id}",
        name="api-lead",
        policy=by_token(Permission.SEE_DESK),
        handler=api.lead,
        summary="One lead by its id.",
        answers="Lead",
    ),
    Route(
        method="GET",
        path="/api/v1/targets",
        name="api-targets",
        policy=by_token(Permission.SEE_DESK),
        handler=api.targets,
        summary="The watch list, newest first.",
        answers="Targets",
    ),
    Route(
        method="POST",
        path="/api/v1/reports",
        name="api-report-add",
        policy=by_token(Permission.ADD_REPORT),
        handler=api.add_report,
        summary="Hand in a report.",
        answers="Report",
        takes="NewReport",
    ),
    Route(
        method="GET",
        path="/api/v1/openapi.json",
        name="api-description",
        policy=PUBLIC,
        handler=described,
        summary="This description.",
    ),
    Route(
        method="GET",
        path="/healthz",
        name="health",
        policy=PUBLIC,
        handler=api.healthz,
        summary="Whether monitoring goes on: 200 with status ok, or 503 with a code and why.",
        answers="Health",
        otherwise="Standstill",
    ),
    Route(method="GET", path="/metrics", name="metrics", policy=PUBLIC, handler=api.metrics),
    Route(method="GET", path="/static/{name}", name="static", policy=PUBLIC, handler=api.static),
)
FIGURES = tuple(route for route in ROUTES if route.path in {"/healthz", "/metrics"})  # what a program asks for
