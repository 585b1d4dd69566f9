from __future__ import annotations

from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.false_pages import Case, early_alarms, early_detection
from slo_service.domain.instant import SECOND
from slo_service.evaluate.chance.early import Detectors

THOUSANDTH = Fraction(1, 1000)
TEN_SECONDS = 259_200  # canaries in 30 days, one every 10 s


@pytest.mark.parametrize(
    ("objective", "every", "seconds"),
    [
        ("99", 10, 50),
        ("99.5", 60, 240),
        ("99.9", 1, 4),
        ("99.9", 5, 15),
        ("99.9", 10, 30),
        ("99.9", 60, 180),
        ("99.95", 5, 15),
        ("99.95", 10, 30),
        ("99.95", 60, 180),
        ("99.99", 10, 30),
    ],
)
def test_a_total_outage_is_said_within_five_canaries(objective: str, every: int, seconds: int) -> None:
    assert early_detection(Case(objective, every * SECOND)) * every == seconds


@pytest.mark.parametrize(("objective", "every"), [("99.5", 60), ("99.99", 10)])
def test_at_most_one_month_in_a_hundred_at_the_objective_has_a_false_alarm(objective: str, every: int) -> None:
    months = 1_000  # 10 alarms are promised at most; 22 and more would come by chance in one run of a thousand
    assert early_alarms(np.random.default_rng(7), Case(objective, every * SECOND), months) * months < 22


def test_a_burn_of_a_tenth_is_said_within_minutes() -> None:
    detectors = Detectors([THOUSANDTH], [TEN_SECONDS])
    detectors.update([0], [TEN_SECONDS], [0])
    rounds = 0
    while not detectors.alarmed()[0]:
        detectors.update([0], [9], [1])
        rounds += 1
    assert rounds * 100 <= 600  # seconds


def by_hand(counts: list[tuple[int, int]], budget: float) -> list[float]:
    """The sum of the statistics, canary by canary, in plain floats."""
    rates = [2 * budget * (0.98 / (2 * budget)) ** (step / 13) for step in range(14)]
    statistics = [0.0] * 14
    for good, bad in counts:
        for failed in [False] * good + [True] * bad:
            likelier = [(r / budget) if failed else (1 - r) / (1 - budget) for r in rates]
            statistics = [(1 + each) * by for each, by in zip(statistics, likelier, strict=True)]
    return statistics


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1)), min_size=1, max_size=6))
def test_a_run_in_one_step_is_its_canaries_one_by_one(counts: list[tuple[int, int]]) -> None:
    detectors = Detectors([Fraction(1, 50)], [10**15])  # a threshold out of reach
    for good, bad in counts:
        detectors.update([0], [good], [bad])
    found = np.exp(detectors.state().log_statistics[:, 0])
    assert found == pytest.approx(by_hand(counts, 0.02), rel=1e-9)


@pytest.mark.parametrize("failures", [2, 3])
def test_the_alarm_is_raised_when_the_mixture_reaches_its_threshold(failures: int) -> None:
    mean = sum(by_hand([(0, failures)], 0.001)) / 14
    for canaries, over in ((int(mean / 100) - 1, True), (int(mean / 100) + 1, False)):
        detectors = Detectors([THOUSANDTH], [canaries])
        assert (detectors.update([0], [0], [failures]).tolist() == [0]) is over


def test_a_million_failures_at_once_are_no_overflow() -> None:
    detectors = Detectors([THOUSANDTH], [TEN_SECONDS])
    assert detectors.update([0], [0], [10**9]).tolist() == [0]
    assert detectors.state().log_statistics.max() < log(1)  # and it starts anew


def test_an_alarm_ends_after_thirty_good_minutes() -> None:
    detectors = Detectors([THOUSANDTH], [TEN_SECONDS])
    detectors.update([0], [0], [3])
    detectors.update([0], [179], [0])
    assert detectors.alarmed([0]).tolist() == [True]
    detectors.update([0], [1], [0])
    assert detectors.alarmed([0]).tolist() == [False]


def test_a_failure_begins_the_good_minutes_anew() -> None:
    detectors = Detectors([THOUSANDTH], [TEN_SECONDS])
    detectors.update([0], [0], [3])
    detectors.update([0], [179], [1])
    detectors.update([0], [179], [0])
    assert detectors.alarmed([0]).tolist() == [True]


def test_canaries_so_dense_that_no_half_hour_is_without_a_failure_still_end_an_alarm() -> None:
    detectors = Detectors([Fraction(1, 100)], [30 * 86_400])
    detectors.update([0], [0], [10])
    for _ in range(60):  # an hour at the objective
        detectors.update([0], [99], [1])
    assert detectors.alarmed([0]).tolist() == [False]


def test_a_correction_is_left_alone() -> None:
    detectors = Detectors([THOUSANDTH], [TEN_SECONDS])
    detectors.update([0], [100], [1])
    before = detectors.state()
    detectors.update([0], [-1], [1])
    assert (detectors.state().log_statistics == before.log_statistics).all()


def test_columns_do_not_see_each_other() -> None:
    detectors = Detectors([THOUSANDTH] * 3, [TEN_SECONDS] * 3)
    assert detectors.update([2, 0], [10, 0], [0, 3]).tolist() == [0]
    assert detectors.alarmed().tolist() == [True, False, False]
    assert np.isneginf(detectors.state().log_statistics[:, 1]).all()


def test_a_restored_detector_goes_on_where_it_stood() -> None:
    first, second = Detectors([THOUSANDTH] * 2, [TEN_SECONDS] * 2), Detectors([THOUSANDTH] * 2, [TEN_SECONDS] * 2)
    first.update([0, 1], [5, 5], [2, 0])
    second.restore([1, 0], first.state())
    assert second.update([0, 1], [0, 0], [1, 1]).tolist() == [1]


def test_a_state_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit 1 columns"):
        Detectors([THOUSANDTH], [1]).restore([0], Detectors([THOUSANDTH] * 2, [1, 1]).state())


@pytest.mark.parametrize("budget", ["0.00000001", "0.4", "0.7", "0.99"])
def test_any_budget_has_alternatives_above_it(budget: str) -> None:
    detectors = Detectors([Fraction(budget)], [10**15])
    detectors.update([0], [50], [1])
    assert np.isfinite(detectors.state().log_statistics).all()
