"""Pipelines: hops, consumer ages, and canaries one by one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.instant import HOUR, MINUTE, format_duration, rfc3339, seconds
from slo_service.domain.pipeline import Canary, FolderSink, HttpSink, KafkaTopic, Pipeline, Place, SqlTable
from slo_service.show.api.answer import answer_tagged_by_content
from slo_service.show.api.errors import unknown_name
from slo_service.show.api.instants import instant
from slo_service.show.api.models import Refusal
from slo_service.show.api.pipeline_models import CanaryPage, PipelineDetail, PipelinePage
from slo_service.show.pending import pending
from slo_service.show.ports import Live, Pulse
from slo_service.show.status_json import STATES, UNKNOWN, moment, state_word, status_json

MOST_CANARIES = 20_000


def routes(router: APIRouter, live: Live, pulse: Pulse) -> None:
    def named(name: str) -> Pipeline:
        known = live.catalogue().pipelines
        if name not in known:
            raise unknown_name("pipeline", name, known, "/api/v1/pipelines")
        return known[name]

    async def listing(request: Request) -> Response:
        """All pipelines with the state of their worst objective."""
        rows = [_summary(live, pulse, pipeline) for pipeline in live.catalogue().pipelines.values()]
        return answer_tagged_by_content(request, {"total": len(rows), "pipelines": rows})

    async def one(request: Request, name: str) -> Response:
        """One pipeline: every hop with the age of its consumer group, canaries, jobs and objectives."""
        return answer_tagged_by_content(request, _detail(live, pulse, named(name)))

    async def canaries(
        request: Request,
        name: str,
        since: Annotated[str | None, Query(description="RFC 3339; by default 15 minutes ago, at most 2 h back")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_CANARIES)] = 5_000,
    ) -> Response:
        """Canaries one by one, oldest first; when there are more than the limit, the newest."""
        pipeline, now = named(name), live.now_ns()
        since_ns = now - 15 * MINUTE if since is None else max(instant("since", since), now - 2 * HOUR)
        traces = sorted(
            (t for canary in _canaries(live, pipeline) for t in pulse.canaries(canary.name, since_ns)),
            key=lambda trace: trace.sent_ns,
        )
        rows = [trace_json(trace) for trace in traces[-limit:]]
        body = {"since": rfc3339(since_ns), "total": len(traces), "truncated": len(traces) > limit, "canaries": rows}
        return answer_tagged_by_content(request, body)

    missing: dict[int | str, dict[str, object]] = {404: {"model": Refusal}}
    at, tags = "/api/v1/pipelines", ["pipelines"]
    router.add_api_route(at, listing, response_model=PipelinePage, tags=[*tags], name="list_pipelines")
    router.add_api_route(
        f"{at}/{{name}}", one, response_model=PipelineDetail, tags=[*tags], name="get_pipeline", responses={**missing}
    )
    router.add_api_route(
        f"{at}/{{name}}/canaries",
        canaries,
        response_model=CanaryPage,
        tags=[*tags],
        name="list_canaries",
        responses={**missing},
    )


def _canaries(live: Live, pipeline: Pipeline) -> list[Canary]:
    return [canary for canary in live.catalogue().canaries.values() if canary.pipeline == pipeline.name]


def _summary(live: Live, pulse: Pulse, pipeline: Pipeline) -> dict[str, object]:
    slos, statuses = live.catalogue().slos_of(pipeline.name), live.statuses()
    words = [state_word(statuses.get(slo.name)) for slo in slos]
    return {
        "name": pipeline.name,
        "description": pipeline.description,
        "owner": pipeline.owner,
        "labels": dict(pipeline.labels),
        "contract": pipeline.contract.value,
        "defined_at": pipeline.defined_at,
        "state": min(words, key=STATES.index, default=UNKNOWN),
        "slos": [slo.name for slo in slos],
        "jobs": [job.name for job in live.catalogue().jobs_of(pipeline.name)],
        "canaries": [canary_json(pulse, canary, live.now_ns()) for canary in _canaries(live, pipeline)],
    }


def _detail(live: Live, pulse: Pulse, pipeline: Pipeline) -> dict[str, object]:
    groups = {age.stage: age for age in pulse.groups() if age.pipeline == pipeline.name}
    declared = {hop: group for hop, group, _ in pipeline.groups()}
    hops = []
    for hop in pipeline.hops:
        age = groups.get(hop)
        hops.append(
            {
                "hop": hop,
                "place": place_json(pipeline.place(hop)),
                "consumer_group": declared.get(hop),
                "group": None if age is None else group_json(age),
            }
        )
    statuses = live.statuses()
    slos = [status_json(slo, statuses.get(slo.name)) for slo in live.catalogue().slos_of(pipeline.name)]
    return {**_summary(live, pulse, pipeline), "at": rfc3339(live.now_ns()), "hops": hops, "objectives": slos}


def place_json(place: Place) -> dict[str, object]:
    """Where a hop is observed. Addresses stay out: they may hold a password."""
    match place:
        case KafkaTopic():
            return {"kind": "kafka", "cluster": place.cluster, "topic": place.topic}
        case SqlTable():
            return {"kind": "sql", "table": place.table}
        case HttpSink():
            return {"kind": "http", "mode": "push" if place.push else "poll"}
        case FolderSink():
            return {"kind": "folder", "format": place.format}


def canary_json(pulse: Pulse, canary: Canary, now_ns: int) -> dict[str, object]:
    """`oldest_pending` null with `pending` 0: none is on its way. Both null: that cannot be told."""
    waiting = pending(pulse, canary, now_ns)
    oldest = None if waiting is None or waiting.oldest is None else waiting.oldest
    return {
        "canary": canary.name,
        "every": format_duration(canary.every_ns),
        "every_seconds": seconds(canary.every_ns),
        "deadline_seconds": seconds(canary.deadline_ns),
        "pending": None if waiting is None else waiting.count,
        "oldest_pending_age_seconds": None if waiting is None else seconds(waiting.age_ns(now_ns)),
        "oldest_pending": None if oldest is None else trace_json(oldest),
    }


def trace_json(trace: CanaryTrace) -> dict[str, object]:
    return {
        "canary": trace.canary,
        "run": trace.run,
        "partition": trace.partition,
        "seq": trace.seq,
        "sent": rfc3339(trace.sent_ns),
        "acknowledged": trace.acknowledged,
        "seen": {hop: rfc3339(at_ns) for hop, at_ns in trace.seen_ns.items()},
        "transit_seconds": {hop: seconds(at_ns - trace.sent_ns) for hop, at_ns in trace.seen_ns.items()},
        "copies": dict(trace.copies),
        "verdict": trace.verdict,
        "reason": trace.reason,
    }


def group_json(age: GroupAge) -> dict[str, object]:
    """Age null: unknown on at least one partition, whose `reason` says why. `at_least`: the age is a lower bound."""
    return {
        "group": age.group,
        "topic": age.topic,
        "at": moment(age.at_ns),
        "age_seconds": None if age.age_ns is None else seconds(age.age_ns),
        "at_least": any(p.at_least for p in age.partitions),
        "waiting": age.waiting,
        "error": age.error,
        "diagnosis": age.diagnosis,
        "partitions": [_partition_json(p) for p in age.partitions],
    }


def _partition_json(age: PartitionAge) -> dict[str, object]:
    return {
        "partition": age.partition,
        "committed": age.committed,
        "end": age.end,
        "waiting": age.waiting,
        "age_seconds": None if age.age_ns is None else seconds(age.age_ns),
        "at_least": age.at_least,
        "method": age.method,
        "reason": age.reason,
    }
