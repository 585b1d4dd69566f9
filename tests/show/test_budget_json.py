from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Calendar, RatioTimeslices, Timeslices
from slo_service.domain.indicator import Composite, Member
from slo_service.domain.instant import DAY, MINUTE, from_rfc3339
from slo_service.domain.status import Budget, Reading, State
from slo_service.domain.tally import Tally
from slo_service.show.budget_json import budget_json, budgeting_json, window_json
from tests.show.fakes import FRESHNESS, WATERMARK, status

WHOLE = Reading(28 * DAY, Tally(990, 10), Fraction(0), Fraction(1), Fraction(10))


def test_what_is_left_is_signed_and_told_as_share_minutes_and_events_with_their_intervals() -> None:
    said = budget_json(FRESHNESS, Budget(WHOLE, Fraction(-1, 2), False, Fraction(40), (-1.0, 0.25)))
    assert (said["remaining"], said["remaining_minutes"], said["remaining_events"]) == (-0.5, -20.16, -20.0)
    assert said["remaining_minutes_interval"] == pytest.approx([-40.32, 10.08])
    assert said["remaining_events_interval"] == [-40.0, 10.0]
    assert (said["allowed_events"], said["allowed_minutes"]) == (40.0, 40.32)


def test_one_failure_costs_its_share_of_all_that_may_fail() -> None:
    said = budget_json(FRESHNESS, Budget(WHOLE, Fraction(1), False, Fraction(40)))
    assert (said["spent_by_one_failure"], said["spent_by_one_minute"]) == (0.025, pytest.approx(1 / 40.32))


def test_excused_and_coming_events_are_told_beside_those_counted() -> None:
    budget = Budget(WHOLE, Fraction(1), False, Fraction(40), None, Fraction(360), Fraction(1440))
    said = budget_json(FRESHNESS, budget)
    assert (said["excused_events"], said["to_come_events"]) == (360.0, 1440.0)


def test_of_nothing_measured_or_expected_no_figure_is_zero() -> None:
    said = budget_json(FRESHNESS, Budget(WHOLE, None, True, Fraction(0)))
    figures = {key: said[key] for key in said if key.startswith(("remaining", "allowed_events", "spent"))}
    assert set(figures.values()) == {None}


def test_several_indicators_as_one_have_no_events_in_common() -> None:
    member = Member("a", FRESHNESS.indicator, Fraction(999, 1000))
    whole = replace(FRESHNESS, indicator=Composite((member,)))
    said = budget_json(whole, Budget(WHOLE, Fraction(1, 2), False, Fraction(0)))
    assert (said["remaining"], said["remaining_events"], said["allowed_events"]) == (0.5, None, None)
    assert (said["excused_events"], said["spent_by_one_failure"]) == (None, None)


def test_ratios_of_slices_are_counted_in_slices() -> None:
    slices = replace(FRESHNESS, budgeting=RatioTimeslices(5 * MINUTE))
    said = budget_json(slices, Budget(WHOLE, Fraction(1, 2), False, Fraction(8 * 10**9)))
    assert (said["allowed_events"], said["remaining_events"]) == (8.0, 4.0)
    assert budgeting_json(slices) == {"method": "RatioTimeslices", "counts": "slices", "slice_seconds": 300.0}
    assert budgeting_json(replace(FRESHNESS, budgeting=Timeslices(Fraction(1, 2), MINUTE)))["counts"] == "slices"
    assert budgeting_json(FRESHNESS)["counts"] == "events"


def test_a_calendar_window_is_told_with_its_zone_and_both_its_bounds() -> None:
    november = replace(FRESHNESS, calendar=Calendar(datetime(2026, 11, 1), "Europe/Berlin", 1, "M"))  # noqa: DTZ001 - local time
    assert window_json(november, status(FRESHNESS, State.HEALTHY)) == {
        "kind": "calendar",
        "length": "1M",
        "zone": "Europe/Berlin",
        "from": "2026-10-31T23:00:00Z",
        "to": "2026-11-30T23:00:00Z",
    }


def test_a_rolling_window_ends_at_the_watermark_and_without_a_status_nobody_knows_where() -> None:
    said = window_json(FRESHNESS, status(FRESHNESS, State.HEALTHY))
    assert (said["kind"], said["zone"]) == ("rolling", None)
    assert (said["from"], said["to"]) == ("2026-10-23T09:40:00Z", "2026-11-20T09:40:00Z")
    assert from_rfc3339(str(said["to"])) == WATERMARK
    assert (window_json(FRESHNESS, None)["from"], window_json(FRESHNESS, None)["to"]) == (None, None)
