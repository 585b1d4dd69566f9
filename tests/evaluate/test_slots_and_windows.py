"""How finely time is kept and which part of it a window takes in."""

from __future__ import annotations

from datetime import datetime

import pytest

from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.evaluate.counts.slots import Slots, stored_width
from slo_service.evaluate.counts.window import SHOWN_NS, Window


@pytest.mark.parametrize(
    ("length_ns", "width_ns"),
    [
        (5 * MINUTE, 10 * SECOND),
        (6 * HOUR, 10 * SECOND),
        (6 * HOUR + 1, MINUTE),
        (3 * DAY, MINUTE),
        (3 * DAY + 1, 15 * MINUTE),
        (30 * DAY, 15 * MINUTE),
    ],
)
def test_a_longer_window_moves_in_wider_steps(length_ns: int, width_ns: int) -> None:
    assert Slots().width_for(length_ns) == width_ns


@pytest.mark.parametrize(
    ("slice_ns", "widths"),
    [
        (10 * SECOND, (10 * SECOND, MINUTE, 15 * MINUTE)),
        (5 * MINUTE, (5 * MINUTE, 5 * MINUTE, 15 * MINUTE)),
        (HOUR, (HOUR, HOUR, HOUR)),
    ],
)
def test_slots_are_never_narrower_than_a_slice(slice_ns: int, widths: tuple[int, int, int]) -> None:
    slots = Slots.of_width(slice_ns)
    assert (slots.fine_ns, slots.middle_ns, slots.coarse_ns) == widths
    assert (slots.fine_reach_ns, slots.middle_reach_ns) == (6 * HOUR, 3 * DAY)


@pytest.mark.parametrize(
    ("tick_ns", "coarse_ns"),
    [(SECOND, 15 * MINUTE), (15 * MINUTE, 15 * MINUTE), (7 * MINUTE, 21 * MINUTE), (HOUR, HOUR)],
)
def test_one_tick_is_the_step_of_every_alert_window_and_goes_into_the_coarse_step(tick_ns: int, coarse_ns: int) -> None:
    slots = Slots.every(tick_ns, 3 * DAY)
    assert [slots.width_for(length) for length in (MINUTE, 3 * DAY, 3 * DAY + 1)] == [tick_ns, tick_ns, coarse_ns]


@pytest.mark.parametrize(
    ("width_ns", "stored_ns"),
    [
        (SECOND, SECOND),
        (10 * SECOND, 10 * SECOND),
        (30 * SECOND, 10 * SECOND),
        (MINUTE, MINUTE),
        (5 * MINUTE, MINUTE),
        (16 * MINUTE, MINUTE),
        (15 * MINUTE, 15 * MINUTE),
        (HOUR, 15 * MINUTE),
    ],
)
def test_slots_are_read_from_the_widest_stored_rows_that_go_into_them(width_ns: int, stored_ns: int) -> None:
    assert stored_width(width_ns) == stored_ns


def test_a_rolling_window_ends_at_the_watermark() -> None:
    window = Window(HOUR)
    assert (window.start_ns(5 * HOUR), window.end_ns(5 * HOUR), window.reach_ns) == (4 * HOUR, 5 * HOUR, HOUR)


def test_a_calendar_window_starts_and_ends_at_its_boundaries_and_reaches_over_its_longest_month() -> None:
    month = Window(30 * DAY, Calendar(datetime.fromisoformat("2026-01-01"), "Europe/Berlin", 1, "M"))
    at = from_rfc3339("2026-03-31T20:00:00Z")
    assert month.start_ns(at) == from_rfc3339("2026-02-28T23:00:00Z")
    assert month.end_ns(at) == from_rfc3339("2026-03-31T22:00:00Z")
    assert month.reach_ns >= 31 * DAY + HOUR


@pytest.mark.parametrize(
    ("count", "unit", "nominal_ns"), [(1, "M", 30 * DAY), (1, "Q", 90 * DAY), (1, "Y", 365 * DAY), (1, "d", DAY)]
)
def test_no_calendar_window_is_longer_than_its_reach(count: int, unit: str, nominal_ns: int) -> None:
    window = Window(nominal_ns, Calendar(datetime.fromisoformat("2024-01-01"), "Europe/Berlin", count, unit))
    start = from_rfc3339("2024-01-01T12:00:00Z")
    lengths = [window.end_ns(at) - window.start_ns(at) for at in range(start, start + 370 * DAY, 5 * DAY)]
    assert max(lengths) <= window.reach_ns < 2 * nominal_ns + 2 * DAY


def test_what_is_shown_of_every_objective_goes_from_five_minutes_to_three_days() -> None:
    assert SHOWN_NS == (5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY)
