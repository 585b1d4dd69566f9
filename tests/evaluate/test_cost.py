"""What one failure costs, and what is left."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.status import Budget, Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.outlook.cost import balance, price_of_canary
from tests.evaluate.timeline import an_slo

THREE_NINES = Objective(Fraction(999, 1000))
FOUR_WEEKS = 28 * DAY


@pytest.mark.parametrize(
    ("every_ns", "partitions", "percent"),
    [
        pytest.param(MINUTE, 1, "2.48", id="one a minute"),
        pytest.param(10 * SECOND, 1, "0.41", id="one every 10 s"),
        pytest.param(MINUTE, 48, "0.05", id="one a minute to each of 48 partitions"),
    ],
)
def test_a_failed_canary_costs_its_share_of_the_budget(every_ns: int, partitions: int, percent: str) -> None:
    price = price_of_canary(THREE_NINES, FOUR_WEEKS, every_ns, partitions)
    assert f"{float(price.one_failure * 100):.2f}" == percent
    assert price.one_failure * price.allowed_events == 1
    assert price.one_failure * partitions == price_of_canary(THREE_NINES, FOUR_WEEKS, every_ns).one_failure


def test_a_minute_of_total_outage_costs_what_all_its_canaries_cost() -> None:
    price = price_of_canary(THREE_NINES, FOUR_WEEKS, 10 * SECOND, 3)
    assert price.one_minute == 6 * 3 * price.one_failure == Fraction(1000, 28 * 1440)


def test_canaries_that_are_never_sent_have_no_price() -> None:
    with pytest.raises(ValueError, match="above 0"):
        price_of_canary(THREE_NINES, FOUR_WEEKS, 0)


def a_budget(bad: int = 60, allowed: int = 40, interval: tuple[float, float] | None = (-1.0, 0.25)) -> Budget:
    reading = Reading(FOUR_WEEKS, Tally(1000 * allowed - bad, bad), Fraction(0), Fraction(1), None)
    return Budget(reading, 1 - Fraction(bad, allowed), False, Fraction(allowed), interval)


def test_what_is_left_is_signed_in_every_unit() -> None:
    left = balance(an_slo(window_ns=FOUR_WEEKS), a_budget())
    assert (left.share, left.minutes, left.events) == (Fraction(-1, 2), Fraction(-2016, 100), -20)
    assert left.share_interval == (-1.0, 0.25)
    assert left.minutes_interval == pytest.approx((-40.32, 10.08))
    assert left.events_interval == pytest.approx((-40.0, 10.0))
    assert left.price is not None
    assert left.price.one_failure == Fraction(1, 40)


def test_nothing_measured_is_nothing_known_rather_than_nothing_spent() -> None:
    empty = Reading(FOUR_WEEKS, Tally(), Fraction(0), Fraction(0), None)
    left = balance(an_slo(window_ns=FOUR_WEEKS), Budget(empty, None, True, Fraction(0)))
    assert (left.share, left.minutes, left.events, left.share_interval, left.price) == (None,) * 5
    assert left.provisional


def test_the_events_of_a_time_sliced_budget_are_slices() -> None:
    slo = replace(an_slo(window_ns=FOUR_WEEKS), budgeting=RatioTimeslices(MINUTE))
    left = balance(slo, a_budget(0, 40_320_000_000, None))
    assert (left.events, left.price.allowed_events) == (Fraction("40.32"), Fraction("40.32"))  # type: ignore[union-attr] # events are expected
    counted = replace(slo, budgeting=Timeslices(Fraction(99, 100), MINUTE))
    assert balance(counted, a_budget(0, 40, None)).events == 40
