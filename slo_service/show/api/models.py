"""The shapes of the API's answers, for OpenAPI. A test holds every answer against them, key by key."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339, UTC")]
Seconds = Annotated[float, Field(description="seconds")]
Share = Annotated[float, Field(description="share, 0 to 1")]
Interval = Annotated[list[float] | None, Field(description="95 % bounds")]
Count = Annotated[int | float, Field(description="events; parts of slices where ratios of slices are counted")]
StateName = Literal["burning", "warn", "frozen", "warming", "healthy", "unknown"]


class Fault(BaseModel):
    code: str
    message: str
    remedy: str


class Refusal(BaseModel):
    error: Fault


class Range(BaseModel):
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant


class Pace(BaseModel):
    """`exhausts_after_seconds` counts from `at`; null unless the outlook is `exhausts`. `at_the_earliest`: old failures
    may leave the window meanwhile, so it may be later or never."""

    window_seconds: Seconds
    burn: float | None
    burn_interval: Interval
    outlook: Literal["exhausts", "exhausted", "not at this pace", "unknown"]
    exhausts: Instant | None
    exhausts_after_seconds: Seconds | None
    earliest_after_seconds: Seconds | None
    latest_after_seconds: Seconds | None
    at_the_earliest: bool
    reason: str | None
    text: str


class Forecast(BaseModel):
    at: Instant
    budget_remaining: float | None
    window_ends: Instant | None
    paces: Annotated[dict[str, Pace], Field(description="by the window whose burn goes on: 1h, 6h, 3d")]


class Window(BaseModel):
    """`burn_lowest` and `burn_highest` count all that is unmeasured as good, or as bad. `over`: too fast for
    the tier, compared exactly; null outside a tier or when nothing was measured."""

    window: str
    seconds: Seconds
    good: Count
    bad: Count
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
    kind: str
    severity: Literal["page", "ticket"]
    long_seconds: Seconds
    short_seconds: Seconds
    factor: float
    budget_share: Share
    state: Literal["quiet", "firing"]
    firing: bool
    burning: bool | None
    held_back: Annotated[str | None, Field(description="why it burns and may not fire: chance could do that")]
    sources: list[str]
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


class Signal(BaseModel):
    """A tier beside the declared ones. Those of kinds `no-data` and `coverage` tell of measuring, not of what is
    measured. `long` and `short` are the windows it speaks of; null where it speaks of none."""

    tier: str
    kind: Literal["partition", "early", "no-data", "coverage"]
    severity: Literal["page", "ticket", "early"]
    state: Literal["quiet", "firing"]
    firing: bool
    burning: bool | None
    since: Instant
    last_burned: Instant | None
    quiet_seconds: Seconds
    keep_firing_seconds: Seconds | None
    frozen_since: Instant | None
    episode: str | None
    sources: Annotated[list[str], Field(description="the partitions it speaks of")]
    fires_after_seconds: Annotated[float | None, Field(description="of silence; seconds")]
    long: Window | None
    short: Window | None


class BudgetLeft(BaseModel):
    """Minutes are of total outage. Events are slices where slices of time are counted, and null where several
    indicators make up the budget."""

    remaining: float | None
    remaining_interval: Interval
    remaining_minutes: float | None
    remaining_minutes_interval: Interval
    remaining_events: float | None
    remaining_events_interval: Interval
    allowed_events: float | None
    allowed_minutes: float
    spent_by_one_failure: float | None
    spent_by_one_minute: Annotated[float | None, Field(description="by a minute in which everything fails")]
    excused_events: Annotated[float | None, Field(description="expected in excluded time; they count as good")]
    to_come_events: Annotated[float | None, Field(description="expected of the rest of a calendar window")]
    provisional: bool


class WindowBounds(BaseModel):
    kind: Literal["rolling", "calendar"]
    length: str
    zone: str | None
    from_: Annotated[Instant | None, Field(alias="from")]
    to: Instant | None


class Budgeting(BaseModel):
    method: Literal["Occurrences", "Timeslices", "RatioTimeslices"]
    counts: Literal["events", "slices"]
    slice_seconds: Seconds | None


class Adjustment(BaseModel):
    """`carried_out`: as declared, snapped outward to the rows that are kept."""

    name: str
    category: str
    author: str
    reason: str
    declared: Range
    carried_out: Range
    expires: Instant | None
    defined_at: str


class Member(BaseModel):
    """`windows` are against the member's target, by its own counts; of a composite of slices, which has none of its
    members, by those of the SLO that is measured on the same stream, and null where there is none."""

    name: str
    target: Share
    weight: float
    late: str
    stream: str
    slo: str | None
    watermark: Instant | None
    windows: dict[str, Window] | None


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
    budgeting: Budgeting
    stream: str
    runbook_url: str | None
    defined_at: str
    not_judged: Annotated[str | None, Field(description="why this version does not judge or measure it")]
    window_bounds: WindowBounds
    state: StateName
    at: Instant | None
    since: Instant | None
    good: Count | None
    bad: Count | None
    unmeasured: Seconds | None
    sli: Share | None
    budget_remaining: Annotated[float | None, Field(description="share; negative when overspent")]
    coverage: Share | None
    provisional: bool | None
    budget: BudgetLeft | None
    without: Annotated[BudgetLeft | None, Field(description="as if nothing were adjusted; null where nothing is")]
    burn_rates: dict[str, float | None]
    windows: dict[str, Window]
    tiers: list[Tier]
    signals: list[Signal]
    watermark: Instant | None
    progress: Instant | None
    frozen_since: Instant | None
    first_bad: Instant | None


class SloDetail(Slo):
    definition: str
    sources: Annotated[dict[str, str], Field(description="file:line of each declared value, or the preset it is of")]
    forecast: Forecast | None
    adjustments: list[Adjustment] | None
    adjustments_cut: Annotated[
        list[str], Field(description="adjustments that come again so often that only the latest times are looked at")
    ]
    members: list[Member]


class SloPage(BaseModel):
    total: int
    limit: int
    offset: int
    slos: list[Slo]
