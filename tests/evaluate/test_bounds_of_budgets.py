"""The bounds that are shown beside a budget and beside burn rates, from those of the true share of failures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.instant import HOUR
from slo_service.domain.status import Budget, MemberStatus, Reading, State, Status
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.interval import bounds, clopper_pearson, with_budget_interval, with_intervals
from tests.domain.test_objectives import SLO

SEEN = Reading(HOUR, Tally(990, 10), Fraction(0), Fraction(1), Fraction(10))
UNSEEN = Reading(HOUR, Tally(), Fraction(0), Fraction(0), None)
LOW, HIGH = clopper_pearson(10, 1000)


def budget(reading: Reading, allowed: int = 2) -> Budget:
    return Budget(reading, Fraction(1, 2), provisional=False, allowed_events=Fraction(allowed))


def status(of: Budget, without: Budget | None = None, **more: object) -> Status:
    plain = Status("fresh", "s", 10, 9, 9, State.HEALTHY, 3, of, {HOUR: SEEN}, (), without=without)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of a Status


def test_a_budget_with_and_without_adjustments_has_its_own_bounds() -> None:
    found = with_budget_interval(status(budget(SEEN), budget(SEEN, allowed=4)))
    assert found.budget.interval == pytest.approx((1 - HIGH * 500, 1 - LOW * 500))
    assert found.without is not None
    assert found.without.interval == pytest.approx((1 - HIGH * 250, 1 - LOW * 250))
    assert with_budget_interval(status(budget(SEEN))).without is None


def test_where_nothing_was_seen_or_nothing_is_allowed_there_are_no_bounds() -> None:
    assert with_budget_interval(status(budget(UNSEEN))).budget.interval is None
    assert with_budget_interval(status(budget(SEEN, allowed=0))).budget.interval is None


def test_burn_rates_have_bounds_by_the_budget_they_burn() -> None:
    members = (
        MemberStatus("a", Fraction(9, 10), 9, {HOUR: SEEN}),
        MemberStatus("b", Fraction(1, 2), 9, {HOUR: UNSEEN}),
    )
    found = with_intervals(status(budget(SEEN), members=members), SLO.objective)
    assert found.readings[HOUR].interval == pytest.approx((LOW * 1000, HIGH * 1000))
    assert found.members[0].readings[HOUR].interval == pytest.approx((LOW * 10, HIGH * 10))
    assert found.members[1].readings[HOUR].interval is None
    assert found.budget.interval is not None


@pytest.mark.parametrize(
    ("tally", "unit", "trials"),
    [
        pytest.param(Tally(990, 10), 1, (10, 10, 1000), id="events"),
        pytest.param(Tally(990, 10), 10, (1, 1, 100), id="whole slices"),
        pytest.param(Tally(985, 15), 10, (1, 2, 100), id="parts of slices, rounded away from the middle"),
        pytest.param(Tally(0, 15), 10, (1, 1, 1), id="never more bad slices than slices"),
    ],
)
def test_slices_that_are_good_in_part_are_rounded_away_from_the_middle(tally, unit, trials) -> None:
    low, high, total = trials
    reading = replace(SEEN, tally=tally, unit=unit)
    assert bounds(reading) == (clopper_pearson(low, total)[0], clopper_pearson(high, total)[1])


@pytest.mark.parametrize("reading", [UNSEEN, replace(SEEN, unit=None), replace(SEEN, unit=1001)])
def test_counts_that_make_no_trial_have_no_bounds(reading: Reading) -> None:
    assert bounds(reading) is None
