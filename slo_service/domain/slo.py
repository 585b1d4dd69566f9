"""Objectives people declare: an indicator, a target, a budget window and the tiers that alert on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.indicator import Indicator, Stream, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, format_duration
from slo_service.domain.tally import Objective


class Severity(StrEnum):
    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Tier:
    """A pair of windows that burns when both burn faster than the factor. Declared as the share of the budget that
    a steady burn spends within the long window (Google SRE workbook, chapter 5, table 5-8); factors are derived."""

    name: str
    severity: Severity
    long_ns: int
    short_ns: int
    budget_share: Fraction

    def factor(self, budget_window_ns: int) -> Fraction:
        """b = max(1, share × P ÷ W): below 1 a pipeline that meets its objective would be alerted on."""
        return max(Fraction(1), self.budget_share * budget_window_ns / self.long_ns)


def tier_name(severity: Severity, long_ns: int) -> str:
    return f"{severity}-{format_duration(long_ns)}"


def _tier(severity: Severity, long_ns: int, short_ns: int, percent: int) -> Tier:
    return Tier(tier_name(severity, long_ns), severity, long_ns, short_ns, Fraction(percent, 100))


WORKBOOK = (
    _tier(Severity.PAGE, HOUR, 5 * MINUTE, 2),
    _tier(Severity.PAGE, 6 * HOUR, 30 * MINUTE, 5),
    _tier(Severity.TICKET, DAY, 2 * HOUR, 10),
    _tier(Severity.TICKET, 3 * DAY, 6 * HOUR, 10),
)


@dataclass(frozen=True, slots=True)
class Alerting:
    """Tiers in the order of strictness, and for how long each severity keeps firing after it last burned."""

    name: str = "workbook"
    tiers: tuple[Tier, ...] = WORKBOOK
    keep_firing_ns: Mapping[Severity, int] = field(
        default_factory=lambda: {Severity.PAGE: 15 * MINUTE, Severity.TICKET: 24 * HOUR}
    )


@dataclass(frozen=True, slots=True)
class Slo:
    """One objective. `windows` are the lengths whose burn rates are reported besides those of the tiers."""

    name: str
    display_name: str
    description: str
    service: str
    pipeline: str
    indicator: Indicator
    objective: Objective
    window_ns: int
    alerting: Alerting
    timing: Timing
    labels: Mapping[str, str] = field(default_factory=dict)
    slice_width_ns: int = 10_000_000_000
    runbook_url: str | None = None
    defined_at: str = ""  # file:line, for `explain`
    definition: str = ""  # the YAML as written, for the page

    @property
    def stream(self) -> Stream:
        return Stream(self.pipeline, self.indicator, self.slice_width_ns)

    @property
    def importance(self) -> str:
        return self.labels.get("importance", "")
