"""The shapes of pipelines and their canaries, for OpenAPI."""

from __future__ import annotations

from pydantic import BaseModel

from slo_service.show.api.models import Instant, Seconds, Slo, StateName


class Trace(BaseModel):
    canary: str
    run: str
    partition: int
    seq: int
    sent: Instant
    acknowledged: bool | None
    seen: dict[str, Instant]
    transit_seconds: dict[str, Seconds]
    copies: dict[str, int]
    verdict: str
    reason: str


class CanaryPage(BaseModel):
    since: Instant
    total: int
    truncated: bool
    canaries: list[Trace]


class CanaryState(BaseModel):
    canary: str
    every: str
    every_seconds: Seconds
    deadline_seconds: Seconds
    pending: int | None
    oldest_pending_age_seconds: Seconds | None
    oldest_pending: Trace | None


class Pipeline(BaseModel):
    name: str
    description: str
    owner: str
    labels: dict[str, str]
    contract: str
    defined_at: str
    state: StateName
    slos: list[str]
    jobs: list[str]
    canaries: list[CanaryState]


class PipelinePage(BaseModel):
    total: int
    pipelines: list[Pipeline]


class PartitionLag(BaseModel):
    partition: int
    committed: int | None
    end: int | None
    waiting: int | None
    age_seconds: Seconds | None
    at_least: bool
    method: str
    reason: str


class GroupLag(BaseModel):
    group: str
    topic: str
    at: Instant
    age_seconds: Seconds | None
    at_least: bool
    waiting: int | None
    error: str
    diagnosis: str
    partitions: list[PartitionLag]


class Hop(BaseModel):
    hop: str
    place: dict[str, str]
    consumer_group: str | None
    group: GroupLag | None


class PipelineDetail(Pipeline):
    at: Instant
    hops: list[Hop]
    objectives: list[Slo]
