"""The shapes of the API's answers, for OpenAPI. A test holds every answer against them, key by key."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339, UTC")]
Seconds = Annotated[float, Field(description="seconds")]
Share = Annotated[float, Field(description="share, 0 to 1")]
Interval = Annotated[list[float] | None, Field(description="95 % bounds")]
StateName = Literal["burning", "warn", "frozen", "warming", "healthy", "unknown"]


class Fault(BaseModel):
    code: str
    message: str
    remedy: str


class Refusal(BaseModel):
    error: Fault


class Window(BaseModel):
    """`burn_lowest` and `burn_highest` count all that is unmeasured as good, or as bad. `over`: too fast for
    the tier, compared exactly; null outside a tier or when nothing was measured."""

    window: str
    seconds: Seconds
    good: int
    bad: int
    expected: float
    unmeasured: Seconds
    coverage: Share
    error_ratio: Share | None
    burn: float | None
    burn_interval: Interval
    burn_lowest: float | None
    burn_highest: float | None
    over: bool | None


class Tier(BaseModel):
    tier: str
    severity: Literal["page", "ticket"]
    long_seconds: Seconds
    short_seconds: Seconds
    factor: float
    budget_share: Share
    state: Literal["quiet", "firing"]
    firing: bool
    burning: bool | None
    since: Instant
    last_burned: Instant | None
    inclusive: Annotated[bool, Field(description="burns at the factor already, not only above it")]
    after_seconds: Annotated[float, Field(description="for how long it burns before it fires; seconds")]
    burned_seconds: Annotated[float, Field(description="for how long it has burned, while it waits to fire; seconds")]
    quiet_seconds: Seconds
    keep_firing_seconds: Seconds | None
    frozen_since: Instant | None
    episode: str | None
    long: Window
    short: Window


class BudgetLeft(BaseModel):
    remaining: float | None
    remaining_interval: Interval
    remaining_minutes: float | None
    remaining_events: float | None
    allowed_events: float
    provisional: bool


class Slo(BaseModel):
    name: str
    display_name: str
    description: str
    service: str
    pipeline: str
    labels: dict[str, str]
    importance: str
    indicator: dict[str, str | float]
    objective: Share
    window: Seconds
    stream: str
    runbook_url: str | None
    defined_at: str
    not_judged: Annotated[str | None, Field(description="why this version does not judge or measure it")]
    state: StateName
    at: Instant | None
    since: Instant | None
    good: int | None
    bad: int | None
    unmeasured: Seconds | None
    sli: Share | None
    budget_remaining: Annotated[float | None, Field(description="share; negative when overspent")]
    coverage: Share | None
    provisional: bool | None
    budget: BudgetLeft | None
    burn_rates: dict[str, float | None]
    windows: dict[str, Window]
    tiers: list[Tier]
    watermark: Instant | None
    progress: Instant | None
    frozen_since: Instant | None
    first_bad: Instant | None


class SloDetail(Slo):
    definition: str
    sources: Annotated[dict[str, str], Field(description="file:line of each declared value, or the preset it is of")]


class SloPage(BaseModel):
    total: int
    limit: int
    offset: int
    slos: list[Slo]


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
