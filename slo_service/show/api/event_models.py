"""The shapes of what happened and of the service itself, for OpenAPI."""

from __future__ import annotations

from pydantic import BaseModel

from slo_service.show.api.models import Instant, Seconds, Share


class TransitionWindow(BaseModel):
    window: str
    good: int
    bad: int
    expected: float
    coverage: Share
    burn: float | None
    over: bool | None


class Transition(BaseModel):
    id: str
    slo: str
    severity: str
    tier: str
    kind: str
    sources: list[str]
    change: str
    event_time: Instant
    recorded_time: Instant
    episode: str | None
    opens_episode: bool
    closes_episode: bool
    first_bad: Instant | None
    load: int
    reconstructed: bool
    factor: float
    long: TransitionWindow
    short: TransitionWindow


class TransitionPage(BaseModel):
    transitions: list[Transition]
    next_before: str | None


class Witness(BaseModel):
    method: str
    pipeline: str
    troubled: bool | None
    says: str
    at: Instant


class Decision(BaseModel):
    id: str
    at: Instant
    policy: str
    rule: str
    slo: str
    pipeline: str
    episode: str
    transition: str | None
    action: str
    target: str
    verdict: str
    reason: str
    witnesses: list[Witness]


class DecisionPage(BaseModel):
    decisions: list[Decision]
    next_before: str | None


class RuleEpisode(BaseModel):
    id: str
    policy: str
    rule: str
    slo: str
    entered: Instant
    entered_event_time: Instant
    left: Instant | None


class Hold(BaseModel):
    id: str
    episode: str
    target: str
    decision: str
    placed: Instant
    released: Instant | None


class Wanted(BaseModel):
    target: str
    epoch: int
    wanted: str
    decided: Instant
    decision: str
    found: str | None
    done: Instant | None
    outcome: str | None


class Message(BaseModel):
    id: str
    decision: str
    contact: str
    template: str
    subject: str
    created: Instant


class Delivery(BaseModel):
    id: str
    of: str
    decision: str
    by: str
    attempt: int
    at: Instant
    ok: bool
    final: bool
    detail: str


class ChainDetail(BaseModel):
    decision: Decision
    transition: Transition | None
    rule_episode: RuleEpisode | None
    hold: Hold | None
    wanted: list[Wanted]
    message: Message | None
    deliveries: list[Delivery]
    undo: list[Decision]


class Job(BaseModel):
    name: str
    pipeline: str | None
    criticality: str
    controller: str
    labels: dict[str, str]
    description: str
    owner: str
    defined_at: str
    actual: str
    read: Instant | None
    read_age_seconds: Seconds | None
    wanted: Wanted | None
    holds: list[Hold]
    error: str


class JobPage(BaseModel):
    total: int
    jobs: list[Job]


class Load(BaseModel):
    number: int
    at: Instant
    ok: bool
    findings: list[str]
    changes: list[str]


class Collector(BaseModel):
    name: str
    kind: str
    up: bool | None
    last_success: Instant | None
    error: str
    samples: int
    detail: str


class Task(BaseModel):
    name: str
    running: bool
    restarts: int
    last_error: str


class HealthDetail(BaseModel):
    version: str
    at: Instant
    started: Instant
    uptime_seconds: Seconds
    load: Load
    collectors: list[Collector]
    tasks: list[Task]
    counters: dict[str, int]


class Declared(BaseModel):
    kind: str
    name: str
    defined_at: str


class Document(Declared):
    text: str


class DefinitionPage(BaseModel):
    load: Load
    total: int
    objects: list[Declared]
    documents: list[Document]


class Schema(BaseModel):
    name: str
    address: str


class SchemaPage(BaseModel):
    total: int
    schemas: list[Schema]
