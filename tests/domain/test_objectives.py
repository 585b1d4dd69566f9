from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import NOMINAL_NS, Occurrences, RatioTimeslices, SliceInput, Slicing, Timeslices
from slo_service.domain.indicator import Composite, Freshness, Lag, Member, Stream, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import WORKBOOK, Alerting, Kind, Severity, Slo, Tier, tier_name
from slo_service.domain.tally import Objective

FRESH, LAGGING = Freshness("c", 30 * SECOND), Lag("cleaning", MINUTE)
SLO = Slo(
    name="fresh",
    display_name="",
    description="",
    service="orders",
    pipeline="orders",
    indicator=FRESH,
    objective=Objective(Fraction(999, 1000)),
    window_ns=28 * DAY,
    alerting=Alerting(),
    timing=Timing(5 * MINUTE, 3 * SECOND),
)
SLICED = Timeslices(Fraction(9, 10), MINUTE)


def composite(weight: int = 1, target: Fraction = Fraction(9, 10)) -> Composite:
    return Composite((Member("a", FRESH, target, Fraction(weight)), Member("b", LAGGING, target)))


@pytest.mark.parametrize(
    ("window_ns", "factors"),
    [
        pytest.param(30 * DAY, [Fraction(144, 10), 6, 3, 1], id="the table of the workbook"),
        pytest.param(28 * DAY, [Fraction(1344, 100), Fraction(56, 10), Fraction(28, 10), 1], id="four weeks"),
        pytest.param(DAY, [1, 1, 1, 1], id="never below one"),
    ],
)
def test_factors_are_the_share_of_the_budget_spent_within_the_long_window(
    window_ns: int, factors: list[Fraction]
) -> None:
    assert [tier.factor(window_ns) for tier in WORKBOOK] == factors


def test_the_workbooks_tiers_have_its_windows_shares_and_names() -> None:
    assert [(tier.name, tier.severity, tier.long_ns, tier.short_ns, tier.budget_share) for tier in WORKBOOK] == [
        ("page-1h", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(2, 100)),
        ("page-6h", Severity.PAGE, 6 * HOUR, 30 * MINUTE, Fraction(5, 100)),
        ("ticket-1d", Severity.TICKET, 24 * HOUR, 2 * HOUR, Fraction(10, 100)),
        ("ticket-3d", Severity.TICKET, 72 * HOUR, 6 * HOUR, Fraction(10, 100)),
    ]
    assert tier_name(Severity.PAGE, 90 * MINUTE) == "page-1h30m"


def test_a_declared_factor_stands_whatever_the_window_and_tells_its_share() -> None:
    tier = Tier("mine", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), burn=Fraction(1, 2))
    assert [tier.factor(days * DAY) for days in (1, 30)] == [Fraction(1, 2), Fraction(1, 2)]
    assert tier.share(10 * HOUR) == Fraction(1, 20)
    assert WORKBOOK[0].share(30 * DAY) == Fraction(2, 100)


def test_a_tier_burns_above_its_factor_and_fires_at_once_unless_it_says_otherwise() -> None:
    tier = WORKBOOK[0]
    assert (tier.burn, tier.inclusive, tier.after_ns, tier.kind) == (None, False, 0, Kind.BURN)


def test_pages_keep_firing_a_quarter_of_an_hour_and_tickets_a_day() -> None:
    assert Alerting().keep_firing_ns == {Severity.PAGE: 15 * MINUTE, Severity.TICKET: DAY}
    assert Alerting().tiers == WORKBOOK


@pytest.mark.parametrize("kind", list(Kind))
def test_only_no_data_and_coverage_tell_of_measuring(kind: Kind) -> None:
    assert kind.tells_of_measuring is (kind.value in {"no-data", "coverage"})


def test_an_objective_on_events_counts_the_very_stream_that_is_measured() -> None:
    assert SLO.counted == SLO.stream.id == Stream("orders", FRESH).id
    assert SLO.measured == (SLO.counted,)
    assert (SLO.members, SLO.importance) == ((), "")
    assert replace(SLO, labels={"importance": "high"}).importance == "high"


def test_slices_of_a_stream_are_kept_apart_from_its_events() -> None:
    sliced = replace(SLO, budgeting=SLICED)
    assert sliced.counted == f"{sliced.stream.id}.slices"
    assert sliced.stream.id != SLO.stream.id


def test_a_composite_is_measured_by_its_members_streams() -> None:
    slo = replace(SLO, indicator=composite(), slice_width_ns=30 * SECOND)
    assert slo.measured == (Stream("orders", FRESH, 30 * SECOND).id, Stream("orders", LAGGING, 30 * SECOND).id)


def test_slices_of_a_composite_follow_from_what_is_asked_of_its_members() -> None:
    declared = [composite(), composite(weight=2), composite(target=Fraction(8, 10))]
    counted = [replace(SLO, indicator=each, budgeting=SLICED).counted for each in declared]
    assert len(set(counted)) == len(declared)
    assert all(
        name.startswith(f"{replace(SLO, indicator=composite(), budgeting=SLICED).stream.id}.") for name in counted
    )
    assert all(name.endswith(".slices") for name in counted)


def test_ways_of_budgeting_are_told_apart_in_words_that_stay() -> None:
    assert Occurrences().identity == "Occurrences"
    assert SLICED.identity == "Timeslices 9/10 1m"
    assert RatioTimeslices(5 * MINUTE).identity == "RatioTimeslices 5m"
    assert (SLICED.unit, RatioTimeslices(MINUTE).unit) == (1, 10**9)


@pytest.mark.parametrize("slice_ns", [1, 48 * HOUR])
def test_a_slice_may_be_as_long_as_cells_are_kept(slice_ns: int) -> None:
    method = RatioTimeslices(slice_ns)
    assert Slicing("sliced", method, (SliceInput("raw", Fraction(9, 10)),)).inputs[0].weight == 1


@pytest.mark.parametrize("slice_ns", [0, 48 * HOUR + 1])
def test_a_slice_without_length_or_longer_than_cells_are_kept_is_refused(slice_ns: int) -> None:
    with pytest.raises(ValueError, match="a slice is longer than nothing and at most 2d long"):
        Slicing("sliced", RatioTimeslices(slice_ns), (SliceInput("raw", Fraction(9, 10)),))


@pytest.mark.parametrize("inputs", [(), (SliceInput("raw", Fraction(9, 10)), SliceInput("sliced", Fraction(9, 10)))])
def test_slices_are_never_reckoned_from_themselves_or_from_nothing(inputs: tuple[SliceInput, ...]) -> None:
    with pytest.raises(ValueError, match="slices are reckoned from other streams, of which sliced needs at least one"):
        Slicing("sliced", SLICED, inputs)


def test_units_of_the_calendar_have_nominal_lengths_where_a_length_is_asked_for() -> None:
    days = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
    assert {"m": MINUTE, "h": HOUR, **{unit: count * DAY for unit, count in days.items()}} == NOMINAL_NS
