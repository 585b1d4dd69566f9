"""Puts the API together, and answers in JSON what no route knows."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from slo_service.show.api import docs, journal, past, pipelines, schemas, service, slos
from slo_service.show.api.errors import AnsweringRoute, Problem
from slo_service.show.api.models import Refusal
from slo_service.show.ports import Live, Pulse, Records

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def api(live: Live, pulse: Pulse, history: Records) -> APIRouter:
    """All of `/api/v1`, `/api/docs`, `/api/openapi.json`, `/schemas/`, `/healthz` and `/readyz`. Reads only; needs no
    handler of the application's: errors, unknown paths under `/api` among them, are answered here in the one shape."""
    router = APIRouter(route_class=AnsweringRoute, responses={422: {"model": Refusal}, 500: {"model": Refusal}})
    slos.routes(router, live)
    past.routes(router, live, history)
    pipelines.routes(router, live, pulse)
    journal.routes(router, live, history)
    service.routes(router, live, pulse)
    schemas.routes(router)
    docs.routes(router)
    paths = [(route.path_regex, route.path) for route in router.routes if isinstance(route, AnsweringRoute)]

    async def unknown(request: Request) -> JSONResponse:
        if any(pattern.match(request.url.path) for pattern, _ in paths):
            problem = Problem(405, "method_not_allowed", "this address only answers GET", "ask with GET")
        else:
            problem = Problem(404, "not_found", "there is nothing at this address", "/api/docs lists what can be asked")
        return problem.response()

    router.add_api_route("/api/{rest:path}", unknown, methods=_METHODS, include_in_schema=False)
    return router
