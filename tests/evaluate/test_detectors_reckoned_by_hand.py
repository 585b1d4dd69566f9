"""The early detector at budgets of every size, canary by canary in plain floats."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, log

import numpy as np
import pytest

from slo_service.domain.instant import DAY, MINUTE
from slo_service.evaluate.chance.early import Detectors

OUT_OF_REACH = 10**15
BUDGETS = ["0.0001", "0.001", "0.02", "0.3", "0.4", "0.49", "0.5", "0.7", "0.97", "0.99"]


def rates(budget: float) -> list[float]:
    """From twice the budget to an outage of which one in fifty gets through, or half way to what is left of it."""
    highest = max(0.98, (1 + budget) / 2)
    lowest = min(2 * budget, (budget + highest) / 2)
    return [lowest * (highest / lowest) ** (step / 13) for step in range(14)]


def by_hand(canaries: Sequence[bool], budget: float) -> list[float]:
    """`canaries`: whether each failed."""
    statistics = [0.0] * 14
    for failed in canaries:
        likelier = [r / budget if failed else (1 - r) / (1 - budget) for r in rates(budget)]
        statistics = [(1 + each) * by for each, by in zip(statistics, likelier, strict=True)]
    return statistics


def one(budget: str = "0.001", canaries: Fraction | int = OUT_OF_REACH, **more: int) -> Detectors:
    return Detectors([Fraction(budget)], [canaries], **more)


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("batches", [[(0, 1)], [(1, 0)], [(5, 2), (0, 1), (40, 0), (1, 3)]])
def test_statistics_of_any_budget_are_those_of_the_canaries_one_by_one(
    budget: str, batches: list[tuple[int, int]]
) -> None:
    detectors = one(budget)
    for good, bad in batches:
        detectors.update([0], [good], [bad])
    canaries = [failed for good, bad in batches for failed in [False] * good + [True] * bad]
    found = np.exp(detectors.state().log_statistics[:, 0]).tolist()
    assert found == pytest.approx(by_hand(canaries, float(budget)), rel=1e-9)


@pytest.mark.parametrize("budget", ["0.001", "0.02"])
@pytest.mark.parametrize("over", [True, False])
def test_an_alarm_is_raised_where_the_mean_statistic_is_a_hundred_times_the_canaries_of_a_month(
    budget: str, over: bool
) -> None:
    mean = sum(by_hand([True] * 4, float(budget))) / 14
    canaries = Fraction(mean / 100) * (1 + Fraction(-1 if over else 1, 10**9))
    assert (one(budget, canaries).update([0], [0], [4]).tolist() == [0]) is over


def test_fewer_than_one_canary_a_month_is_taken_for_one() -> None:
    budget = "0.3"
    first = next(n for n in range(1, 40) if sum(by_hand([True] * n, 0.3)) / 14 >= 100)
    for canaries in (0, Fraction(1, 1000), 1):
        assert one(budget, canaries).update([0], [0], [first - 1]).size == 0
        assert one(budget, canaries).update([0], [0], [first]).tolist() == [0]


def test_an_alarm_begins_with_no_good_canary_and_the_statistic_anew() -> None:
    detectors = one(canaries=259_200)
    detectors.update([0], [50], [3])
    state = detectors.state()
    assert (state.alarmed.tolist(), state.good_run.tolist()) == ([True], [0.0])
    assert np.isneginf(state.log_statistics).all()
    assert detectors.left(0) == 180


@pytest.mark.parametrize(
    ("canaries", "quiet", "left"),
    [
        pytest.param(259_200, {}, 180, id="half an hour of one every ten seconds"),
        pytest.param(259_200, {"quiet_after_ns": 10 * MINUTE}, 60, id="as long as is asked for"),
        pytest.param(259_201, {}, 181, id="begun canaries are whole ones"),
        pytest.param(30, {"quiet_after_ns": DAY}, 1, id="one a day"),
        pytest.param(3, {}, 1, id="one at the least"),
    ],
)
def test_good_canaries_of_the_quiet_time_end_an_alarm(canaries: int, quiet: dict[str, int], left: int) -> None:
    detectors = Detectors([Fraction(1, 1000)], [canaries], **quiet)
    detectors.update([0], [0], [9])
    assert detectors.alarmed().tolist() == [True]
    assert detectors.left(0) == left
    if left > 1:
        detectors.update([0], [left - 1], [0])
        assert (detectors.alarmed().tolist(), detectors.left(0)) == ([True], 1)
    detectors.update([0], [1], [0])
    assert detectors.alarmed().tolist() == [False]


@pytest.mark.parametrize("budget", ["0.01", "0.4", "0.7"])
def test_a_failure_takes_away_as_many_good_canaries_as_come_with_one_at_twice_the_budget(budget: str) -> None:
    detectors = one(budget, 10**7)
    needed = 10**7 * (30 * MINUTE) / (30 * DAY)
    detectors.update([0], [1000], [3])
    cost = 1 / rates(float(budget))[0]
    assert detectors.state().good_run[0] == pytest.approx(1000 - 3 * cost, rel=1e-12)
    assert detectors.left(0) == ceil(needed - 1000 + 3 * cost)
    detectors.update([0], [0], [2000])
    assert detectors.state().good_run[0] == 0


def test_no_canary_at_all_changes_nothing() -> None:
    detectors = one()
    detectors.update([0], [0], [1])
    before = detectors.state()
    for good, bad in ((0, 0), (-1, 5), (5, -1), (-2, -3)):
        assert detectors.update([0], [good], [bad]).size == 0
    after = detectors.state()
    assert (before.log_statistics == after.log_statistics).all()
    assert (before.good_run == after.good_run).all()


def test_good_canaries_alone_lead_to_where_their_run_leads() -> None:
    """R ← (R + 1)·g comes to rest at g ÷ (1 − g)."""
    detectors, budget = one("0.02"), 0.02
    detectors.update([0], [10**7], [0])
    likelier = [(1 - rate) / (1 - budget) for rate in rates(budget)]
    found = np.exp(detectors.state().log_statistics[:, 0]).tolist()
    assert found == pytest.approx([g / (1 - g) for g in likelier], rel=1e-9)


def test_a_long_outage_grows_by_its_likelihood() -> None:
    """R ← bᵐ·(R + …): in logarithms m·log b, and the limit of what begins within it."""
    detectors, budget = Detectors([Fraction(1, 2)], [10**300]), 0.5
    detectors.update([0], [0], [900])
    found = detectors.state().log_statistics[:, 0].tolist()
    wanted = [900 * log(r / budget) + log(r / (r - budget)) for r in rates(budget)]
    assert found == pytest.approx(wanted, rel=1e-9)


def test_nobody_is_asked_and_nobody_alarmed() -> None:
    detectors = one()
    assert detectors.update([], [], []).tolist() == detectors.alarmed([]).tolist() == []
    nobody = Detectors([], [])
    detectors.restore([], nobody.state())
    assert nobody.alarmed().tolist() == []


def test_what_is_shown_is_a_copy() -> None:
    detectors = one(canaries=259_200)
    detectors.update([0], [2], [1])
    state, alarmed = detectors.state(), detectors.alarmed()
    state.log_statistics[:], state.good_run[:], state.alarmed[:], alarmed[:] = 5, 5, True, True
    assert detectors.state().log_statistics.max() != 5
    assert detectors.state().good_run.tolist() == [0]
    assert detectors.alarmed().tolist() == detectors.state().alarmed.tolist() == [False]


def test_a_state_is_put_at_its_columns_and_nowhere_else() -> None:
    thousandth = Fraction(1, 1000)
    first, second = Detectors([thousandth] * 2, [259_200] * 2), Detectors([thousandth] * 3, [259_200] * 3)
    first.update([0, 1], [5, 600], [3, 0])
    second.restore([2, 1], first.state())
    assert second.alarmed().tolist() == [False, False, True]
    assert second.alarmed([2, 0]).tolist() == [True, False]
    assert second.state().good_run.tolist() == [0, 600, 0]
    assert np.isneginf(second.state().log_statistics).all(axis=0).tolist() == [True, False, True]
    assert second.update([2, 1, 0], [180, 0, 0], [0, 3, 2]).tolist() == [1]
    assert second.alarmed().tolist() == [False, True, False]
