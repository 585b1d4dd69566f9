"""The shapes of what is derived from history, for OpenAPI."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from slo_service.show.api.models import Count, Forecast, Instant, Interval, Range, Seconds, Share


class PastReading(BaseModel):
    good: Count
    bad: Count
    expected: float
    coverage: Share
    burn: float | None
    burn_interval: Interval


class Stretch(PastReading):
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    error_ratio: Share


class Failure(BaseModel):
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    seconds: Seconds
    bad: Count
    total: Count
    budget_share: float | None


class Failures(BaseModel):
    episodes: Annotated[int, Field(description="runs of failures with less than 5 minutes between them")]
    bad: Count
    truncated: Annotated[bool, Field(description="only the newest are in `rows`")]
    rows: list[Failure]


class StayWindow(PastReading):
    window: str


class Stay(BaseModel):
    """`cleared` is null of one that goes on at the end of the range. `began_before`: it fired already at its start."""

    slo: str
    tier: str
    severity: str
    factor: float
    fired: Instant
    cleared: Instant | None
    seconds: Seconds | None
    began_before: bool
    long: StayWindow
    short: StayWindow


class Return(BaseModel):
    budget_above: float
    at: Annotated[Instant | None, Field(description="if nothing more fails")]
    bad_rolled_off: Count
    rolls_off: Annotated[list[Failure], Field(description="the oldest 50")]
    reason: str | None


class Bursts(BaseModel):
    seconds: Seconds
    variance_to_mean: Annotated[
        float | None, Field(description="of failures in 5 minutes; above 2 the intervals are optimistic")
    ]


class SloHistory(BaseModel):
    slo: str
    range: Range | None
    worst: Annotated[dict[str, Stretch | None], Field(description="by length of window")]
    failures: Failures | None
    stays: list[Stay] | None
    judged: Annotated[Range | None, Field(description="where stays were looked for")]
    judged_every_seconds: Seconds | None
    forecast: Forecast | None
    comes_back: list[Return]
    bursts: Bursts | None
    reason: str | None
