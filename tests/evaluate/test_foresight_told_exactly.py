"""How long budgets last, worst stretches and prices, each field as it is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.budgeting import RatioTimeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.status import Exhaustion, Status
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.chance.interval import clopper_pearson
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.judge.subject import Plain
from slo_service.evaluate.outlook.cost import Balance, Price, balance, price_of_canary
from slo_service.evaluate.outlook.forecast import forecast
from slo_service.evaluate.outlook.foresight import Foreseen, budget_past, exhaustion
from slo_service.evaluate.outlook.worst import episodes, worst
from tests.evaluate.test_forecast import ALLOWED, QUARTER, WINDOW, a_status, past_of
from tests.evaluate.test_forecast import SLO as FOUR_WEEKS
from tests.evaluate.timeline import START, an_slo

NOTHING = "nothing was measured"
TOO_LITTLE = "too little of the window was measured"
NOT_KNOWN = "it is not known which failures leave the window meanwhile"


# --- foresight --------------------------------------------------------------------------------------------------------


def test_how_long_a_budget_lasts_is_the_hourly_pace_with_its_bounds() -> None:
    status = a_status(0, Fraction(14))
    pace = forecast(FOUR_WEEKS, status, past_of({})).paces[0]
    assert exhaustion(FOUR_WEEKS, status, past_of({})) == Exhaustion(HOUR, 2 * DAY, pace.earliest_ns, pace.latest_ns)
    assert pace.earliest_ns is not None
    assert exhaustion(FOUR_WEEKS, status, None) == Exhaustion(HOUR, reason=NOT_KNOWN)


@pytest.mark.parametrize(
    ("status", "found"),
    [
        pytest.param(a_status(ALLOWED, Fraction(2)), Exhaustion(HOUR, 0, 0, 0), id="nothing is left"),
        pytest.param(replace(a_status(0), readings={}), Exhaustion(HOUR, reason=NOTHING), id="no hour was read"),
    ],
)
def test_what_is_spent_lasts_no_time_and_what_is_unknown_says_why(status: Status, found: Exhaustion) -> None:
    assert exhaustion(FOUR_WEEKS, status, past_of({1: ALLOWED})) == found


@pytest.mark.parametrize(("coverage", "told"), [(Fraction(1, 2), True), (Fraction(499, 1000), False)])
def test_half_of_the_last_hour_says_enough(coverage: Fraction, told: bool) -> None:
    status = a_status(0, Fraction(14))
    status = replace(status, readings={HOUR: replace(status.readings[HOUR], coverage=coverage)})
    assert (exhaustion(FOUR_WEEKS, status, past_of({})).after_ns is not None) is told


def test_the_burn_of_several_indicators_is_not_bounded() -> None:
    status = a_status(0, Fraction(14))
    status = replace(status, readings={HOUR: replace(status.readings[HOUR], unit=None)})
    wanted = Exhaustion(HOUR, reason="nothing bounds the burn of several indicators")
    assert exhaustion(FOUR_WEEKS, status, past_of({})) == wanted


def an_evaluator(slo: Slo) -> Evaluator:
    """Of the last hours, in which slot by slot one more was good and every third had a failure."""
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
    evaluator.apply(
        [Delta(slo.stream.id, START - at * QUARTER, at, at % 3, 2) for at in range(1, 9)],
        [Progress(slo.stream.id, "a", START - SECOND)],
        [Schedule(slo.stream.id, START - DAY, Fraction(1), 1)],
    )
    evaluator.tick(START)
    return evaluator


def test_the_past_of_a_budget_is_its_coarsest_slots_from_the_start_of_the_window() -> None:
    slo = an_slo(window_ns=2 * HOUR)
    past = budget_past(an_evaluator(slo).floor, slo)
    assert past is not None
    assert (past.start_ns, past.width_ns) == (START - 2 * HOUR - QUARTER, QUARTER)
    assert past.good.tolist() == [0, 8, 7, 6, 5, 4, 3, 2, 1]
    assert past.bad.tolist() == [0, 2, 1, 0, 2, 1, 0, 2, 1]
    assert past.observed.tolist() == [0, *[2] * 8]


def test_a_window_that_begins_with_the_oldest_slot_is_whole_and_one_slot_longer_is_none() -> None:
    slo = an_slo(window_ns=2 * HOUR)
    floor = an_evaluator(slo).floor
    subject = floor.subject(slo)
    assert isinstance(subject, Plain)
    mark, oldest = subject.watermark_ns, max(subject.track.bank.rings, key=lambda ring: ring.width_ns).oldest_ns
    assert mark is not None
    whole = budget_past(floor, replace(slo, window_ns=mark - oldest))
    assert whole is not None
    assert whole.start_ns == oldest
    assert budget_past(floor, replace(slo, window_ns=mark - oldest + 1)) is None


def test_what_is_foreseen_is_asked_for_once_and_is_else_what_it_was() -> None:
    asked, other = an_slo(window_ns=2 * HOUR), replace(an_slo(window_ns=2 * HOUR), name="other")
    catalogue = Catalogue(slos={each.name: each for each in (asked, other)})
    evaluator = Evaluator(catalogue)
    statuses, looked = evaluator.tick(START).statuses, []

    def past(slo: Slo) -> None:
        looked.append(slo.name)

    foreseen = Foreseen(statuses, catalogue, frozenset({asked.name}), past)
    assert foreseen[asked.name].exhaustion == Exhaustion(HOUR, reason="too little of the last hour was measured")
    assert foreseen[asked.name] is foreseen[asked.name]
    assert replace(foreseen[asked.name], exhaustion=None) == statuses[asked.name]
    assert foreseen["other"] == statuses["other"]
    assert looked == [asked.name]
    assert (sorted(foreseen), len(foreseen), "other" in foreseen, "else" in foreseen) == (
        *(sorted(statuses), 2, True, False),
    )
    assert foreseen.standing("other") == statuses.standing("other")
    assert list(foreseen.figures()) == list(statuses.figures())


# --- worst ------------------------------------------------------------------------------------------------------------


def test_the_worst_stretch_has_its_bounds_its_unit_and_its_length() -> None:
    bad = np.array([0, 3, 1, 0], np.int64)
    past = Past(START, MINUTE, 60 - bad, bad, np.ones(4, np.int64))
    slo = an_slo("0.99")
    found = worst(slo, [past], Expectation([Schedule(slo.stream.id, START, Fraction(1), 1)]), [2 * MINUTE])[2 * MINUTE]
    assert found is not None
    assert (found.from_ns, found.to_ns, found.share) == (START + MINUTE, START + 3 * MINUTE, Fraction(4, 120))
    low, high = clopper_pearson(4, 120)
    assert found.reading.interval == pytest.approx((low * 100, high * 100))
    assert (found.reading.length_ns, found.reading.unit, found.reading.tally) == (2 * MINUTE, 1, Tally(116, 4))
    assert (found.reading.coverage, found.reading.burn) == (1, Fraction(400, 120))


@pytest.mark.parametrize(
    ("length_ns", "known"), [(4 * MINUTE, True), (5 * MINUTE, False), (90 * SECOND, False), (0, False)]
)
def test_a_stretch_as_long_as_all_that_is_kept_is_the_longest(length_ns: int, known: bool) -> None:
    past = Past(START, MINUTE, np.full(4, 60), np.zeros(4, np.int64), np.ones(4, np.int64))
    slo = an_slo("0.99")
    expectation = Expectation([Schedule(slo.stream.id, START, Fraction(1), 1)])
    assert (worst(slo, [past], expectation, [length_ns])[length_ns] is not None) is known


def test_the_worst_stretch_of_slices_counts_slices_as_trials() -> None:
    slo = replace(an_slo("0.9"), budgeting=RatioTimeslices(MINUTE))
    bad = np.full(60, 10**8, np.int64)
    past = Past(START, MINUTE, 10**9 - bad, bad, np.ones(60, np.int64))
    parts = Expectation([Schedule("s", START, Fraction(10**9, 60), 10**9)])
    found = worst(slo, [past], parts, [HOUR])[HOUR]
    assert found is not None
    assert found.reading.unit == 10**9
    low, high = clopper_pearson(6, 60)
    assert found.reading.interval == pytest.approx((low * 10, high * 10))


def test_one_event_makes_a_stretch_compete_and_none_does_not() -> None:
    slo = an_slo("0.99")
    rarely = Expectation([Schedule(slo.stream.id, START, Fraction(1, 120), 1)])
    for good, known in (([0, 0], False), ([0, 1], True)):
        past = Past(START, MINUTE, np.array(good), np.zeros(2, np.int64), np.ones(2, np.int64))
        assert (worst(slo, [past], rarely, [MINUTE])[MINUTE] is not None) is known


def test_of_the_same_share_in_finer_and_coarser_slots_the_newest_is_told() -> None:
    slo = an_slo("0.99")
    expectation = Expectation([Schedule(slo.stream.id, START - DAY, Fraction(1, 60), 1)])
    fine = Past(START, MINUTE, np.array([1, 1]), np.array([0, 0]), np.ones(2, np.int64))
    coarse = Past(START, 2 * MINUTE, np.array([2, 2]), np.array([0, 0]), np.ones(2, np.int64))
    found = worst(slo, [fine, coarse], expectation, [2 * MINUTE])[2 * MINUTE]
    assert found is not None
    assert found.to_ns == START + 4 * MINUTE
    found = worst(slo, [coarse, replace(fine, start_ns=START + 3 * MINUTE)], expectation, [2 * MINUTE])[2 * MINUTE]
    assert found is not None
    assert found.to_ns == START + 5 * MINUTE


def test_failures_five_minutes_apart_are_two_episodes_and_closer_ones_are_one() -> None:
    def told(gap: int) -> list[int]:
        bad = np.array([1, *[0] * gap, 1], np.int64)
        return [each.to_ns - START for each in episodes(Past(START, MINUTE, bad, bad, bad))]

    assert told(4) == [6 * MINUTE]
    assert told(5) == [MINUTE, 7 * MINUTE]
    assert told(0) == [2 * MINUTE]


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)])
def test_a_price_needs_a_window_a_period_and_a_partition(given: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        price_of_canary(Objective(Fraction(9, 10)), *given)
    assert price_of_canary(Objective(Fraction(9, 10)), 1, 1, 1).allowed_events == Fraction(1, 10)


def test_a_balance_says_whether_an_action_may_rest_on_it() -> None:
    slo, status = an_slo(window_ns=WINDOW), a_status(ALLOWED // 4)
    price = Price(Fraction(1, ALLOWED), Fraction(1000 * MINUTE, WINDOW), Fraction(ALLOWED))
    for provisional in (False, True):
        found = balance(slo, replace(status.budget, provisional=provisional))
        left = Fraction(3, 4)
        minutes = left * Fraction(WINDOW, MINUTE) / 1000
        assert found == Balance(left, minutes, left * ALLOWED, None, None, None, provisional, price)
