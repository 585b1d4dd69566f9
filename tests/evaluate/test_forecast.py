"""When a budget will be spent at the pace of now, and when it comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.budgeting import Calendar
from slo_service.domain.calendar import window_of
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to
from slo_service.domain.slo import Slo
from slo_service.domain.status import Budget, Reading, State, Status
from slo_service.domain.tally import Tally
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.outlook.forecast import Outlook, Pace, comes_back, forecast
from tests.evaluate.timeline import START, an_slo

QUARTER = 15 * MINUTE
WINDOW = 28 * DAY
SLOTS = WINDOW // QUARTER
PER_SLOT = 10_000  # so that each slot brings ten allowed failures
ALLOWED = SLOTS * PER_SLOT // 1000
NOW = START
SLO = an_slo(window_ns=WINDOW)
HORIZON = 5 * SECOND


def past_of(failed: dict[int, int]) -> Past:
    """Failures by slot, counted back from the newest, which is 1."""
    bad = np.zeros(SLOTS, np.int64)
    for ago, count in failed.items():
        bad[-ago] += count
    return Past(NOW - WINDOW, QUARTER, PER_SLOT - bad, bad, np.zeros(SLOTS, np.int64))


def a_reading(length_ns: int, bad: int, total: int) -> Reading:
    burn = SLO.objective.burn_rate(Tally(total - bad, bad))
    return Reading(length_ns, Tally(total - bad, bad), Fraction(0), Fraction(1), burn)


def a_status(failed: int, burn: Fraction = Fraction(0), slo: Slo = SLO) -> Status:
    """A window with so many failures, of which the last hours hold as many as the burn says."""
    readings = {n: a_reading(n, int(burn * (n // QUARTER) * 10), n // QUARTER * PER_SLOT) for n in (HOUR, 6 * HOUR)}
    whole = a_reading(slo.window_ns, failed, SLOTS * PER_SLOT)
    budget = Budget(whole, 1 - Fraction(failed, ALLOWED), False, Fraction(ALLOWED))
    return Status(slo.name, "s", NOW + HORIZON, NOW, NOW, State.HEALTHY, NOW, budget, readings, ())


def hourly(status: Status, past: Past | None = None, slo: Slo = SLO) -> Pace:
    pace = forecast(slo, status, past).paces[0]
    assert pace.length_ns == HOUR
    return pace


def every(unit: str) -> Calendar:
    return Calendar(datetime(2026, 1, 5), "Europe/Berlin", 1, unit)  # noqa: DTZ001 -- a local time has no zone of its own


def test_a_fresh_budget_lasts_as_long_as_the_window_divided_by_the_burn() -> None:
    pace = hourly(a_status(0, Fraction(14)), past_of({}))
    assert (pace.outlook, pace.after_ns, pace.at_least) == (Outlook.EXHAUSTS, 2 * DAY, False)
    low, high = pace.burn_interval or (0, 0)
    assert low < 14 < high
    assert (pace.earliest_ns, pace.latest_ns) == (pytest.approx(WINDOW / high), pytest.approx(WINDOW / low))


def test_half_a_budget_lasts_half_as_long_while_nothing_old_leaves() -> None:
    spent = ALLOWED // 2
    assert hourly(a_status(spent, Fraction(14)), past_of({1: spent})).after_ns == DAY


def test_failures_that_leave_the_window_meanwhile_put_it_off() -> None:
    spent = ALLOWED // 2
    pace = hourly(a_status(spent, Fraction(14)), past_of({SLOTS - 4 * 12 + 1: spent}))  # they leave in twelve hours
    assert pace.after_ns == 2 * DAY


def test_a_budget_that_old_failures_refill_in_time_is_not_spent_at_this_pace() -> None:
    spent = ALLOWED * 9 // 10
    refilled = hourly(a_status(spent, Fraction(1, 2)), past_of({SLOTS - 4 * 24: spent}))  # they leave in a day
    assert (refilled.outlook, refilled.after_ns) == (Outlook.NOT_AT_THIS_PACE, None)
    young = hourly(a_status(spent, Fraction(1, 2)), past_of({1: spent}))  # they stay for four weeks
    assert (young.outlook, young.after_ns) == (Outlook.EXHAUSTS, WINDOW // 5)


def test_a_steady_burn_of_at_most_one_earns_what_it_spends() -> None:
    steady = past_of(dict.fromkeys(range(1, SLOTS + 1), 8))
    assert hourly(a_status(ALLOWED * 8 // 10, Fraction(8, 10)), steady).outlook is Outlook.NOT_AT_THIS_PACE
    assert hourly(a_status(0, Fraction(1)), past_of({})).outlook is Outlook.NOT_AT_THIS_PACE


def test_without_knowing_what_leaves_only_the_earliest_moment_is_told() -> None:
    pace = hourly(a_status(ALLOWED // 2, Fraction(14)))
    assert (pace.outlook, pace.after_ns, pace.at_least) == (Outlook.EXHAUSTS, DAY, True)
    assert hourly(a_status(ALLOWED // 2, Fraction(1, 2))).outlook is Outlook.NOT_AT_THIS_PACE


def test_no_failures_never_spend_it_and_few_may_at_worst() -> None:
    pace = hourly(a_status(0), past_of({}))
    assert (pace.outlook, pace.after_ns, pace.latest_ns) == (Outlook.NOT_AT_THIS_PACE, None, None)
    few = hourly(a_status(ALLOWED * 9 // 10, Fraction(1, 40)), past_of({1: ALLOWED * 9 // 10}))
    assert few.after_ns is None
    assert few.earliest_ns is not None


def test_an_overspent_budget_is_exhausted_already() -> None:
    assert hourly(a_status(ALLOWED + 1, Fraction(2)), past_of({1: ALLOWED + 1})).outlook is Outlook.EXHAUSTED


def test_a_calendar_window_that_ends_first_is_not_exhausted() -> None:
    weekly = replace(SLO, window_ns=7 * DAY, calendar=every("w"))
    ends = window_of(every("w"), NOW)
    left = ends.to_ns - NOW
    fast, slow = Fraction(2 * 7 * DAY, left), Fraction(7 * DAY, 2 * left)
    soon = forecast(weekly, a_status(0, fast, weekly))
    assert soon.window_ends_ns == ends.to_ns
    assert soon.paces[0].outlook is Outlook.EXHAUSTS
    assert not soon.paces[0].at_least
    assert hourly(a_status(0, slow, weekly), slo=weekly).outlook is Outlook.NOT_AT_THIS_PACE


def test_what_is_not_measured_is_not_forecast() -> None:
    status = a_status(0, Fraction(2))
    missing = forecast(SLO, status).paces[2]  # nothing was read of three days
    assert (missing.length_ns, missing.outlook, missing.reason) == (3 * DAY, Outlook.UNKNOWN, "nothing was measured")
    provisional = hourly(replace(status, budget=replace(status.budget, provisional=True)))
    assert (provisional.outlook, provisional.reason) == (Outlook.UNKNOWN, "too little of the window was measured")
    blind = hourly(replace(status, watermark_ns=None))
    assert (blind.outlook, blind.after_ns) == (Outlook.UNKNOWN, None)
    assert [pace.length_ns for pace in forecast(SLO, status).paces] == [HOUR, 6 * HOUR, 3 * DAY]


def test_no_date_is_given_where_too_little_was_measured() -> None:
    status = a_status(ALLOWED)
    provisional = replace(status, budget=replace(status.budget, provisional=True))
    back = comes_back(SLO, provisional, past_of({1: ALLOWED}), Fraction(1, 10))
    assert (back.at_ns, back.reason) == (None, "too little of the window was measured")
    blind = comes_back(SLO, replace(status, watermark_ns=None), past_of({}), Fraction(1, 10))
    assert (blind.at_ns, blind.reason) == (None, "nothing was measured")


def test_a_budget_is_back_when_enough_has_left_the_window() -> None:
    spent = ALLOWED * 6 // 10
    past = past_of({SLOTS - 9: spent, SLOTS - 19: spent, 1: 7})
    back = comes_back(SLO, a_status(2 * spent + 7), past, Fraction(1, 10))
    assert back.at_ns == NOW + HORIZON + 10 * QUARTER
    assert back.bad == spent
    assert [(episode.from_ns, episode.bad) for episode in back.rolls_off] == [(NOW - WINDOW + 9 * QUARTER, spent)]


def test_a_mark_is_passed_and_not_only_reached() -> None:
    tenth = ALLOWED // 10
    exactly = comes_back(SLO, a_status(2 * tenth), past_of({SLOTS: tenth, 1: tenth}), Fraction(9, 10))
    assert exactly.at_ns == NOW + HORIZON + WINDOW
    below = comes_back(SLO, a_status(2 * tenth), past_of({SLOTS: tenth, 1: tenth}), Fraction(89, 100))
    assert below.at_ns == NOW + HORIZON + QUARTER
    at_it = comes_back(SLO, a_status(tenth), past_of({1: tenth}), Fraction(9, 10))
    assert at_it.at_ns == NOW + HORIZON + WINDOW


def test_a_budget_above_the_mark_is_back_now_and_one_above_whole_never() -> None:
    assert comes_back(SLO, a_status(0), past_of({}), Fraction(1, 10)).at_ns == NOW + HORIZON
    never = comes_back(SLO, a_status(1), past_of({1: 1}), Fraction(1))
    assert (never.at_ns, never.reason) == (None, "a budget is never more than whole")


def test_a_date_that_rests_on_counts_no_longer_kept_is_not_told() -> None:
    lost = comes_back(SLO, a_status(2 * ALLOWED), past_of({1: 5}), Fraction(1, 10))
    assert (lost.at_ns, lost.reason) == (None, "what failed is not among the counts that are kept")


def test_a_calendar_budget_is_back_at_the_boundary() -> None:
    daily = replace(SLO, calendar=every("d"))
    span = window_of(every("d"), NOW)
    inside = (NOW - span.from_ns) // QUARTER
    back = comes_back(daily, a_status(2 * ALLOWED, slo=daily), past_of({1: 70, inside + 1: 9}), Fraction(1, 10))
    assert (back.at_ns, back.bad) == (span.to_ns + HORIZON, 70)


@given(
    st.dictionaries(st.integers(1, SLOTS), st.integers(1, ALLOWED // 3), max_size=6),
    st.fractions(Fraction(-1), Fraction(49, 50), max_denominator=50),
    st.integers(0, QUARTER - 1),
)
def test_it_is_back_at_the_first_instant_above_the_mark_and_not_before(failed, share: Fraction, into: int) -> None:
    past = past_of(failed)
    mark = NOW - into
    status = replace(a_status(sum(failed.values())), watermark_ns=mark, at_ns=mark)
    back = comes_back(SLO, status, past, share)

    def remaining(at_ns: int) -> Fraction:
        tail = floor_to(at_ns - WINDOW, QUARTER)
        left = sum(count for ago, count in failed.items() if NOW - ago * QUARTER >= tail)
        return 1 - Fraction(left, ALLOWED)

    assert back.at_ns is not None
    assert remaining(back.at_ns) > share
    if back.at_ns > mark:
        assert remaining(back.at_ns - 1) <= share


@given(
    st.dictionaries(st.integers(1, SLOTS), st.integers(1, ALLOWED // 6), max_size=5),
    st.fractions(Fraction(1, 50), Fraction(20), max_denominator=50),
)
def test_it_is_spent_at_the_first_instant_without_budget_and_not_before(failed, burn: Fraction) -> None:
    pace = hourly(a_status(sum(failed.values()), burn), past_of(failed))
    per_ns = Fraction(pace.burn or 0) / WINDOW

    def remaining(after_ns: int) -> Fraction:
        left = sum(count for ago, count in failed.items() if NOW - ago * QUARTER + WINDOW > NOW + after_ns - QUARTER)
        return 1 - Fraction(left, ALLOWED) - per_ns * after_ns

    leaves = sorted((SLOTS - ago + 1) * QUARTER for ago in failed)
    until = WINDOW if pace.after_ns is None else pace.after_ns
    assert all(remaining(at - 1) > -Fraction(1, 10**9) for at in leaves if at < until)
    if pace.after_ns is None:
        assert per_ns * WINDOW <= 1
        assert remaining(WINDOW - 1) > 0
    else:
        assert abs(remaining(pace.after_ns)) < Fraction(1, 10**9)
