"""Forecasts, exhaustion, worst stretches and prices, each field as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Calendar
from slo_service.domain.calendar import window_of
from slo_service.domain.instant import DAY, HOUR
from slo_service.evaluate.chance.interval import bounds
from slo_service.evaluate.outlook.forecast import Forecast, Outlook, Pace, Return, comes_back, forecast
from slo_service.evaluate.outlook.worst import Episode
from tests.evaluate.test_forecast import ALLOWED, HORIZON, NOW, QUARTER, SLOTS, WINDOW, a_reading, a_status, past_of
from tests.evaluate.test_forecast import SLO as FOUR_WEEKS

DAYS = Calendar(datetime(2026, 1, 5), "Europe/Berlin", 1, "d")  # noqa: DTZ001 -- a local time has no zone of its own
NOTHING = "nothing was measured"
TOO_LITTLE = "too little of the window was measured"
NOT_KNOWN = "it is not known which failures leave the window meanwhile"


def at_pace(burn: int | Fraction, length_ns: int = HOUR) -> tuple[float, float]:
    found = bounds(a_status(0, Fraction(burn)).readings[length_ns])
    assert found is not None
    return found[0] * 1000, found[1] * 1000


# --- forecast ---------------------------------------------------------------------------------------------------------


def test_a_forecast_is_told_with_its_moment_and_every_pace() -> None:
    found = forecast(FOUR_WEEKS, a_status(0, Fraction(14)), past_of({}))
    assert (found.at_ns, found.remaining, found.window_ends_ns) == (NOW + HORIZON, 1, None)
    for pace, length_ns in zip(found.paces, (HOUR, 6 * HOUR), strict=False):
        low, high = at_pace(14, length_ns)
        assert (pace.length_ns, pace.burn, pace.outlook, pace.reason) == (length_ns, 14, Outlook.EXHAUSTS, "")
        assert pace.burn_interval == pytest.approx((low, high))
        assert (pace.earliest_ns, pace.after_ns, pace.latest_ns) == (
            *(pytest.approx(WINDOW / high), 2 * DAY),
            pytest.approx(WINDOW / low),
        )
        assert not pace.at_least
    assert found.paces[2] == Pace(3 * DAY, None, None, Outlook.UNKNOWN, reason=NOTHING)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"watermark_ns": None}, NOTHING, id="never judged"),
        pytest.param({"remaining": None}, NOTHING, id="nothing in the window"),
        pytest.param({"provisional": True}, TOO_LITTLE, id="too little"),
    ],
)
def test_what_cannot_be_told_keeps_the_burn_and_says_why(changed: dict[str, object], reason: str) -> None:
    status = a_status(7, Fraction(2))
    ours = {name: value for name, value in changed.items() if name != "watermark_ns"}
    status = replace(status, budget=replace(status.budget, **ours))  # type: ignore[arg-type] # fields of a Budget
    if "watermark_ns" in changed:
        status = replace(status, watermark_ns=None)
    burns = ((HOUR, Fraction(2)), (6 * HOUR, Fraction(2)), (DAY, None))
    unknown = [Pace(n, burn, None, Outlook.UNKNOWN, reason=reason) for n, burn in burns]
    found = forecast(FOUR_WEEKS, status, past_of({}), (HOUR, 6 * HOUR, DAY))
    assert found == Forecast(NOW + HORIZON, status.budget.remaining, None, tuple(unknown))
    assert comes_back(FOUR_WEEKS, status, past_of({}), Fraction(1, 2)) == Return(Fraction(1, 2), None, reason=reason)


def test_a_pace_of_which_nothing_was_seen_is_unknown_by_itself() -> None:
    status = a_status(0, Fraction(2))
    status = replace(status, readings={**status.readings, HOUR: replace(a_reading(HOUR, 0, 0), burn=None)})
    assert forecast(FOUR_WEEKS, status, past_of({})).paces[0] == Pace(HOUR, None, None, Outlook.UNKNOWN, reason=NOTHING)


def test_a_burn_that_nothing_bounds_has_no_earliest_and_no_latest() -> None:
    status = a_status(0, Fraction(2))
    status = replace(status, readings={HOUR: replace(status.readings[HOUR], unit=None)})
    assert forecast(FOUR_WEEKS, status, past_of({})).paces[0] == Pace(
        HOUR, Fraction(2), None, Outlook.EXHAUSTS, after_ns=WINDOW // 2
    )


def test_an_exhausted_budget_tells_its_burn_and_no_moment() -> None:
    found = forecast(FOUR_WEEKS, a_status(ALLOWED, Fraction(2)), past_of({1: ALLOWED})).paces[0]
    assert found == Pace(HOUR, Fraction(2), found.burn_interval, Outlook.EXHAUSTED)
    assert found.burn_interval == pytest.approx(at_pace(2))


@pytest.mark.parametrize(
    ("failed", "burn", "after"),
    [
        pytest.param({}, Fraction(1), None, id="once leaves nothing and spends nothing more"),
        pytest.param({}, Fraction(10_001, 10_000), WINDOW * 10_000 // 10_001 + 1, id="a little more is spent in time"),
        pytest.param({}, Fraction(10**18 + 1, 10**18), WINDOW, id="and however little more, at the end"),
        pytest.param({1: ALLOWED // 2}, Fraction(1), WINDOW // 2, id="half is spent in half the time"),
        pytest.param({SLOTS: ALLOWED // 2}, Fraction(1), None, id="what leaves at once is back"),
        pytest.param({SLOTS // 2: ALLOWED // 2}, Fraction(1), WINDOW // 2, id="what leaves too late is not"),
        pytest.param({SLOTS // 2 + 1: ALLOWED // 2}, Fraction(1), None, id="what leaves just then is"),
    ],
)
def test_a_budget_is_spent_unless_old_failures_leave_in_time(
    failed: dict[int, int], burn: Fraction, after: int | None
) -> None:
    status = a_status(sum(failed.values()), burn)
    wide = replace(status.readings[HOUR], burn=burn)
    pace = forecast(FOUR_WEEKS, replace(status, readings={HOUR: wide}), past_of(failed), (HOUR,)).paces[0]
    assert pace.after_ns == after
    assert pace.outlook is (Outlook.NOT_AT_THIS_PACE if after is None else Outlook.EXHAUSTS)


def test_without_a_past_what_would_come_after_the_window_is_not_told() -> None:
    for burn, after in ((Fraction(1), None), (Fraction(10_001, 10_000), WINDOW * 10_000 // 10_001 + 1)):
        status = a_status(0)
        status = replace(status, readings={HOUR: replace(status.readings[HOUR], burn=burn)})
        pace = forecast(FOUR_WEEKS, status, None, (HOUR,)).paces[0]
        assert (pace.after_ns, pace.at_least) == (after, after is not None)


def test_a_calendar_window_is_spent_by_its_own_length() -> None:
    daily = replace(FOUR_WEEKS, calendar=DAYS, window_ns=DAY)
    span = window_of(DAYS, NOW)
    left = span.to_ns - NOW
    burn = Fraction(2 * (span.to_ns - span.from_ns), left)
    status = a_status(0)
    status = replace(status, readings={HOUR: replace(status.readings[HOUR], burn=burn)})
    found = forecast(daily, status, past_of({1: ALLOWED}), (HOUR,))
    assert found.window_ends_ns == span.to_ns
    assert (found.paces[0].after_ns, found.paces[0].at_least) == (left // 2, False)


def test_a_return_is_told_with_what_rolls_off() -> None:
    past = past_of({SLOTS: 30, SLOTS - 1: 40, SLOTS - 5: 50, 1: 9})
    status = a_status(129)
    share = 1 - Fraction(60, ALLOWED)
    found = comes_back(FOUR_WEEKS, status, past, share)
    start = NOW - WINDOW
    per_slot = 10_000
    assert found == Return(
        share,
        NOW + HORIZON + 2 * QUARTER,
        70,
        (Episode(start, start + 2 * QUARTER, 70, 2 * per_slot, Fraction(70, ALLOWED)),),
    )
    assert (found.reason, found.rolls_off[0].from_ns) == ("", start)
    assert comes_back(FOUR_WEEKS, status, past, 1 - Fraction(59, ALLOWED)).bad == 120
    assert comes_back(FOUR_WEEKS, status, past, Fraction(-1)) == Return(Fraction(-1), NOW + HORIZON)


def test_a_calendar_budget_comes_back_whole_with_what_failed_since_its_window_began() -> None:
    daily = replace(FOUR_WEEKS, calendar=DAYS)
    span = window_of(DAYS, NOW)
    found = comes_back(daily, a_status(ALLOWED, slo=daily), past_of({1: 7, 2: 8}), Fraction(1, 2))
    episode = Episode(NOW - 2 * QUARTER, NOW, 15, 20_000, Fraction(15, ALLOWED))
    assert found == Return(Fraction(1, 2), NOW + HORIZON + span.to_ns - NOW, 15, (episode,))
