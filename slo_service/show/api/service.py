"""The service itself: health, liveness, readiness, jobs, and the definitions in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import rfc3339, seconds
from slo_service.show.api.answer import answer_tagged_by_content
from slo_service.show.api.errors import Problem
from slo_service.show.api.event_models import DefinitionPage, HealthDetail, JobPage
from slo_service.show.event_json import job_json
from slo_service.show.ports import Health, Live, Pulse
from slo_service.show.status_json import moment


def routes(router: APIRouter, live: Live, pulse: Pulse) -> None:
    async def health() -> JSONResponse:
        """Collectors, tasks, counters and the last load of the definitions."""
        return JSONResponse(health_json(live.health(), live.now_ns()), headers={"Cache-Control": "no-store"})

    async def jobs(
        request: Request, pipeline: Annotated[str | None, Query(description="only those that serve it")] = None
    ) -> Response:
        """Jobs with what they are, what they should be, and who holds them."""
        declared = live.catalogue().jobs.values()
        rows = [_job(live, pulse, job.name) for job in declared if pipeline in {None, job.pipeline}]
        return answer_tagged_by_content(request, {"total": len(rows), "jobs": rows})

    async def definitions(request: Request) -> Response:
        """The objects in force, where each was written, their documents, and the last attempt at loading."""
        rows = list(_objects(live.catalogue()))
        documents = [
            {"kind": each.kind, "name": each.name, "defined_at": each.defined_at, "text": each.text}
            for each in live.catalogue().documents
        ]
        body = {"load": load_json(live.health()), "total": len(rows), "objects": rows, "documents": documents}
        return answer_tagged_by_content(request, body)

    async def alive() -> PlainTextResponse:
        """Answers as long as the process does."""
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    async def ready() -> Response:
        """200 once definitions are loaded and every objective has been judged at least once."""
        reasons = not_ready(live)
        if reasons:
            raise Problem(503, "not_ready", "; ".join(reasons), "/api/v1/health says what is missing")
        return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})

    tags = ["service"]
    router.add_api_route("/api/v1/jobs", jobs, response_model=JobPage, tags=["jobs"], name="list_jobs")
    router.add_api_route("/api/v1/health", health, response_model=HealthDetail, tags=[*tags], name="get_health")
    router.add_api_route(
        "/api/v1/definitions", definitions, response_model=DefinitionPage, tags=[*tags], name="list_definitions"
    )
    router.add_api_route("/healthz", alive, tags=[*tags], name="get_liveness", response_class=PlainTextResponse)
    router.add_api_route("/readyz", ready, tags=[*tags], name="get_readiness", response_class=PlainTextResponse)


_NEEDED = {"tick", "lead", "recording"}  # without them nothing is judged, written or acted on


def not_ready(live: Live) -> list[str]:
    statuses, reasons = live.statuses(), []
    if live.health().load.number == 0:
        reasons.append("no definitions are loaded")
    stopped = [task for task in live.health().tasks if not task.running and task.name in _NEEDED]
    reasons += [f"{task.name} does not run: {task.last_error or 'no success lately'}" for task in stopped]
    unjudged = sum(name not in statuses for name in live.catalogue().slos)
    if unjudged:
        reasons.append(f"{unjudged} objectives have not been judged yet")
    return reasons


def health_json(health: Health, now_ns: int) -> dict[str, object]:
    """A collector's `up` is null until it has succeeded or failed once."""
    return {
        "version": health.version,
        "at": rfc3339(now_ns),
        "started": rfc3339(health.started_ns),
        "uptime_seconds": seconds(now_ns - health.started_ns),
        "load": load_json(health),
        "collectors": [
            {
                "name": collector.name,
                "kind": collector.kind,
                "up": False if collector.error else None if collector.last_success_ns is None else True,
                "last_success": moment(collector.last_success_ns),
                "error": collector.error,
                "samples": collector.samples,
                "detail": collector.detail,
            }
            for collector in health.collectors
        ],
        "tasks": [
            {"name": t.name, "running": t.running, "restarts": t.restarts, "last_error": t.last_error}
            for t in health.tasks
        ],
        "counters": dict(health.counters),
    }


def load_json(health: Health) -> dict[str, object]:
    load = health.load
    return {
        "number": load.number,
        "at": rfc3339(load.at_ns),
        "ok": load.ok,
        "findings": list(load.findings),
        "changes": list(load.changes),
    }


def _job(live: Live, pulse: Pulse, name: str) -> dict[str, object]:
    job, view = live.catalogue().jobs[name], pulse.jobs().get(name)
    unread: dict[str, object] = dict.fromkeys(("read", "read_age_seconds", "wanted"))
    return {
        "name": job.name,
        "pipeline": job.pipeline,
        "criticality": job.criticality,
        "controller": job.controller,
        "labels": dict(job.labels),
        "description": job.description,
        "owner": job.owner,
        "defined_at": job.defined_at,
        **(job_json(view, live.now_ns()) if view else {"actual": "unknown", **unread, "holds": [], "error": ""}),
    }


class _Declared(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def defined_at(self) -> str: ...


def _objects(catalogue: Catalogue) -> Iterator[dict[str, object]]:
    kinds: tuple[tuple[str, Mapping[str, _Declared]], ...] = (
        ("Pipeline", catalogue.pipelines),
        ("Canary", catalogue.canaries),
        ("SLO", catalogue.slos),
        ("BudgetPolicy", catalogue.policies),
        ("Job", catalogue.jobs),
        ("Contact", catalogue.contacts),
    )
    for kind, objects in kinds:
        for thing in objects.values():
            yield {"kind": kind, "name": thing.name, "defined_at": thing.defined_at}
