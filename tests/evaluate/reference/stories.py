"""Stories that Hypothesis makes up: objectives on shared streams, and what happens to them, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from hypothesis import strategies as st

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import (
    NOMINAL_NS,
    OCCURRENCES,
    Budgeting,
    Calendar,
    Occurrences,
    RatioTimeslices,
    SliceInput,
    Slicing,
    Timeslices,
    Unmeasured,
)
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Duplicates, Freshness, Stream, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.signals import Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Slo, Tier
from slo_service.domain.tally import Objective
from tests.evaluate.reference.features import Features
from tests.evaluate.reference.steps import SET_BACK, STEPS, Step
from tests.evaluate.timeline import START

SILENT = Signals(significance=Fraction(2), partition_tier=None, early=None, no_data=None)
SOURCES = ("canary/main/0", "canary/main/1", "canary/main/2")
PAGE, TICKET = Severity.PAGE, Severity.TICKET
OWN = (
    Tier("page-1m", PAGE, MINUTE, 10 * SECOND, Fraction(2, 100), Fraction(2)),
    Tier("page-3m", PAGE, 3 * MINUTE, 30 * SECOND, Fraction(5, 100), Fraction(1), inclusive=True),
    Tier("page-waits", PAGE, 10 * MINUTE, MINUTE, Fraction(2, 100), Fraction(3, 2), after_ns=2 * MINUTE),
    Tier("ticket-10m", TICKET, 10 * MINUTE, 2 * MINUTE, Fraction(10, 100)),
    Tier("ticket-7h", TICKET, 7 * HOUR, 10 * MINUTE, Fraction(10, 100), Fraction(1)),
    Tier("ticket-1d", TICKET, DAY, 7 * HOUR, Fraction(10, 100), Fraction(1, 2), inclusive=True, after_ns=HOUR),
    Tier("ticket-4d", TICKET, 4 * DAY, DAY, Fraction(10, 100), Fraction(3)),
)
TARGETS = tuple(Fraction(text) for text in ("0.5", "0.9", "0.99", "0.999", "0.9999", "2/3"))
WINDOWS = (10 * MINUTE, 7 * HOUR, DAY, 4 * DAY, 28 * DAY, 30 * DAY)
KEEPS = (0, 20 * SECOND, 15 * MINUTE, 24 * HOUR)


@dataclass(frozen=True)
class Measured:
    """A stream: its indicator, slice width and timing, how many events a second it yields, from how many sources."""

    indicator: Freshness | Duplicates
    width_ns: int
    timing: Timing
    rate: Fraction
    sources: int
    budgeting: Budgeting = OCCURRENCES

    @property
    def id(self) -> str:
        return Stream("orders", self.indicator, self.width_ns, self.budgeting.identity).id

    @property
    def slicing(self) -> Slicing | None:
        """How its slices of time are made, where it has any."""
        if isinstance(self.budgeting, Occurrences):
            return None
        target = self.budgeting.target if isinstance(self.budgeting, Timeslices) else Fraction(1)
        return Slicing(f"{self.id}.slices", self.budgeting, (SliceInput(self.id, target),))


@dataclass(frozen=True)
class Plot:
    streams: tuple[Measured, ...]
    catalogues: tuple[Catalogue, ...]  # the first one is in force at the start, the others are loaded by turns

    @property
    def slicings(self) -> Mapping[str, Slicing]:
        return {slicing.stream: slicing for each in self.streams if (slicing := each.slicing) is not None}


BUDGETINGS = st.sampled_from(
    [Timeslices(target, n) for target in (Fraction(9, 10), Fraction(1, 2)) for n in (30 * SECOND, 5 * MINUTE)]
    + [RatioTimeslices(n) for n in (MINUTE, 5 * MINUTE)]
)


def _measured(features: Features) -> st.SearchStrategy[Measured]:
    return st.builds(
        Measured,
        st.sampled_from([Freshness("orders-canary", 5 * SECOND), Duplicates("orders-canary")]),
        st.just(10 * SECOND)
        if features.time_sliced
        else st.sampled_from([10 * SECOND, 10 * SECOND, MINUTE, 5 * MINUTE]),
        st.builds(Timing, st.sampled_from([0, 0, 5 * SECOND, 47 * SECOND]), st.sampled_from([3 * SECOND, 90 * SECOND])),
        st.sampled_from([Fraction(1, 10), Fraction(1), Fraction(10), Fraction(1, 3)]),
        st.sampled_from([1, 1, 1, 2, 3]),
        BUDGETINGS if features.time_sliced else st.just(OCCURRENCES),
    )


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")
CALENDARS = st.builds(
    Calendar,
    st.datetimes(datetime(2026, 8, 1), datetime(2026, 9, 30)).map(  # noqa: DTZ001  # local time of the zone beside it
        lambda at: at.replace(minute=0, second=0, microsecond=0)
    ),
    st.sampled_from(ZONES),
    st.sampled_from([1, 1, 2]),
    st.sampled_from(["d", "w", "M", "Q"]),
)


def _span(from_seconds: int, length_ns: int) -> Span:
    return Span(START + from_seconds * SECOND, START + from_seconds * SECOND + length_ns)


SPANS = st.builds(
    _span,
    st.one_of(st.integers(-300, 3600), st.integers(-90_000, 300_000)),
    st.sampled_from([SECOND, MINUTE, 7 * MINUTE, HOUR, DAY]),
)
ADJUSTMENTS = st.builds(
    Adjustment,
    st.sampled_from(["upgrade", "restart", "recount"]),
    st.just(Selector()),
    st.sampled_from([Category.MAINTENANCE, Category.EXCLUSION, Category.CORRECTION]),
    st.just("ann"),
    st.just("announced"),
    st.lists(SPANS, min_size=1, max_size=2).map(tuple),
    correction=st.fixed_dictionaries({"good": st.integers(0, 500), "bad": st.integers(0, 50)}),
)


def _alerting(tiers: tuple[Tier, ...], page: int, ticket: int, gates: bool) -> Alerting:
    signals = replace(SILENT, significance=Signals().significance) if gates else SILENT
    return Alerting("own", tiers, {PAGE: page, TICKET: ticket}, signals)


TIERS = st.one_of(
    st.just(WORKBOOK), st.lists(st.sampled_from(OWN), min_size=1, max_size=3, unique=True).map(tuple), st.just(OWN)
)


def _can_fire(tier: Tier, objective: Objective, window_ns: int) -> bool:
    """Others are refused when definitions are loaded. A window beyond three days is no longer than the budget's."""
    if tier.long_ns > max(window_ns, 3 * DAY):
        return False
    limit = tier.factor(window_ns) * objective.budget
    return limit < 1 or (tier.inclusive and limit == 1)


def _slo(
    name: str,
    on: Measured,
    target: Fraction,
    window_ns: int,
    alerting: Alerting,
    rest: Unmeasured,
    calendar: Calendar | None,
) -> Slo:
    if calendar is not None:
        window_ns = calendar.count * NOMINAL_NS[calendar.unit]
    objective = Objective(target)
    tiers = tuple(tier for tier in alerting.tiers if _can_fire(tier, objective, window_ns))
    return Slo(
        name=name,
        display_name=name,
        description="",
        service="orders",
        pipeline="orders",
        indicator=on.indicator,
        objective=objective,
        window_ns=window_ns,
        alerting=replace(alerting, tiers=tiers),
        timing=on.timing,
        slice_width_ns=on.width_ns,
        unmeasured=rest,
        calendar=calendar,
        budgeting=on.budgeting,
    )


@st.composite
def plots(draw: st.DrawFn, features: Features) -> Plot:
    streams = tuple(draw(st.lists(_measured(features), min_size=1, max_size=2, unique_by=lambda m: m.id)))
    rests = st.sampled_from([Unmeasured.FREEZE, Unmeasured.BAD, Unmeasured.GOOD])
    some = st.builds(
        _slo,
        name=st.sampled_from(["one", "two", "three"]),
        on=st.sampled_from(streams),
        target=st.sampled_from(TARGETS),
        window_ns=st.sampled_from(WINDOWS),
        alerting=st.builds(_alerting, TIERS, st.sampled_from(KEEPS), st.sampled_from(KEEPS), st.just(features.gates)),
        calendar=st.one_of(st.none(), CALENDARS) if features.calendar else st.none(),
        rest=rests if features.policies else st.just(Unmeasured.FREEZE),
    )
    folders = st.builds(
        _catalogue,
        st.lists(some, min_size=1, max_size=3, unique_by=lambda slo: slo.name),
        st.lists(ADJUSTMENTS, max_size=2, unique_by=lambda each: each.name) if features.adjustments else st.just([]),
    )
    return Plot(streams, tuple(draw(st.lists(folders, min_size=1, max_size=2))))


def _catalogue(slos: list[Slo], adjustments: list[Adjustment]) -> Catalogue:
    return Catalogue(slos={slo.name: slo for slo in slos}, adjustments={each.name: each for each in adjustments})


def stories(features: Features) -> st.SearchStrategy[tuple[Plot, int, list[Step]]]:
    steps: st.SearchStrategy[Step] = STEPS
    if features.clock_back:
        steps = st.one_of(STEPS, STEPS, STEPS, SET_BACK)
    return st.tuples(plots(features), st.integers(0, 1200), st.lists(steps, min_size=2, max_size=24))
