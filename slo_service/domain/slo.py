"""Objectives people declare: an indicator, a target, a budget window and the tiers that alert on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.budgeting import OCCURRENCES, Budgeting, Calendar, Occurrences, Unmeasured
from slo_service.domain.grouping import Grouping, Labels
from slo_service.domain.indicator import Composite, Indicator, Member, Stream, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, format_duration
from slo_service.domain.signals import Signals
from slo_service.domain.tally import Objective


class Severity(StrEnum):
    PAGE = "page"
    TICKET = "ticket"
    EARLY = "early"  # informs; what the sequential detector says


class Kind(StrEnum):
    """What a tier looks at. Those of the last two kinds tell of measuring, not of what is measured."""

    BURN = "burn"  # burn rates of two windows
    PARTITION = "partition"  # one partition's own canaries
    EARLY = "early"  # the sequential detector
    NO_DATA = "no-data"  # the collector's progress
    COVERAGE = "coverage"  # how much of a window was measured

    @property
    def tells_of_measuring(self) -> bool:
        return self in (Kind.NO_DATA, Kind.COVERAGE)


@dataclass(frozen=True, slots=True)
class Tier:
    """A pair of windows that burns when both burn faster than the factor. Declared as the share of the budget that
    a steady burn spends within the long window (Google SRE workbook, chapter 5, table 5-8); factors are derived."""

    name: str
    severity: Severity
    long_ns: int
    short_ns: int
    budget_share: Fraction
    burn: Fraction | None = None  # the factor itself, where it is declared instead of a share
    inclusive: bool = False  # burns at the factor already, not only above it
    after_ns: int = 0  # for how long it must burn, in measured event time, before it fires
    kind: Kind = Kind.BURN

    def factor(self, budget_window_ns: int) -> Fraction:
        """b = max(1, share × P ÷ W): below 1 a pipeline that meets its objective would be alerted on."""
        if self.burn is not None:
            return self.burn
        return max(Fraction(1), self.budget_share * budget_window_ns / self.long_ns)

    def share(self, budget_window_ns: int) -> Fraction:
        """Of the budget, spent within the long window at the factor; what was declared, unless that was the factor."""
        return self.budget_share if self.burn is None else self.burn * self.long_ns / budget_window_ns


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
    signals: Signals = field(default_factory=Signals)
    unmeasured: Unmeasured = Unmeasured.FREEZE


@dataclass(frozen=True, slots=True)
class Slo:
    """One objective. Several of one document share its name in `declared`, and are told apart by `objective_name`,
    their display name, and by their place in it. `window_ns` is the nominal length where there is a `calendar`."""

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
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)  # where each value was written
    calendar: Calendar | None = None
    budgeting: Budgeting = OCCURRENCES
    unmeasured: Unmeasured = Unmeasured.FREEZE
    declared: str = ""  # name of the document
    objective_name: str = ""
    objective_at: int = 0
    grouping: Grouping | None = None  # of a definition whose groups are objectives of their own; it is their sum
    group: Labels = ()  # of such an objective, what tells it from the others

    @property
    def stream(self) -> Stream:
        return Stream(self.pipeline, self.indicator, self.slice_width_ns, self.budgeting.identity, self.group)

    @property
    def measured(self) -> tuple[str, ...]:
        """Ids of the streams that collectors write for it: its own, or those of its members."""
        return tuple(self.member_stream(member).id for member in self.members) or (self.stream.id,)

    @property
    def counted(self) -> str:
        """Id of the stream whose cells its budget is made of: what was measured, or slices made of that. Those of a
        composite also follow from what is asked of its members, which its stream does not tell."""
        if isinstance(self.budgeting, Occurrences):
            return self.stream.id
        asked = "|".join(f"{member.asked} {member.weight}" for member in self.members)
        told = f".{hashlib.sha256(asked.encode()).hexdigest()[:8]}" if asked else ""
        return f"{self.stream.id}{told}.slices"

    def member_stream(self, member: Member) -> Stream:
        return Stream(self.pipeline, member.indicator, self.slice_width_ns)

    @property
    def members(self) -> tuple[Member, ...]:
        """The parts of a composite; none of anything else."""
        return self.indicator.members if isinstance(self.indicator, Composite) else ()

    @property
    def importance(self) -> str:
        return self.labels.get("importance", "")


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An SLO that is declared and cannot be judged by this version. Nothing is said of how it fares."""

    slo: Slo
    reason: str
