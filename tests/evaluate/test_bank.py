"""Running sums of a bank against a plain sum over what was added, whatever comes in which order."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.ring import NARROW, Columns
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.window import Window

SLOTS = Slots()
WIDTH = SLOTS.fine_ns
T0 = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % (15 * MINUTE)
LENGTHS = [30 * SECOND, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 30 * DAY]


def a_bank(columns: int = 1) -> Bank:
    bank = Bank(SLOTS, 0, 0, 30 * DAY)
    bank.reserve(columns)
    for _ in range(columns):
        bank.take()
    for length in LENGTHS:
        bank.index_of(Window(length))
    return bank


def add(bank: Bank, at_ns: int, good: int, bad: int, column: int = 0) -> None:
    bank.add(np.array([at_ns // WIDTH]), np.array([column]), np.array([[good], [bad], [1]]))


def sums(bank: Bank, length: int, column: int = 0) -> tuple[int, ...]:
    return tuple(bank.sums[:, bank.index_of(Window(length)), column].tolist())


def plain(cells: list[tuple[int, int, int]], watermark: int, length: int) -> tuple[int, int, int]:
    slot = SLOTS.width_for(length)
    start = (watermark - length) // slot * slot
    inside = [(good, bad) for at, good, bad in cells if start <= at < watermark]
    return sum(good for good, _ in inside), sum(bad for _, bad in inside), len(inside)


steps = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 90), st.integers(0, 40 * 60), st.integers(0, 40 * 86400)),  # seconds gone by
        st.lists(st.tuples(st.integers(-30, 3000), st.integers(0, 50), st.integers(0, 50)), max_size=4),
    ),
    min_size=1,
    max_size=8,
)


@given(steps, st.integers(0, 1))
def test_running_sums_equal_the_sum_over_raw_slices(
    story: list[tuple[int, list[tuple[int, int, int]]]], at: int
) -> None:
    bank, now, cells = a_bank(2), T0, []
    for passed, came in story:
        now += passed * SECOND
        bank.roll(now)
        for ago, good, bad in came:  # a slice may lie ahead of the watermark, or be corrected late
            start = now // WIDTH * WIDTH - ago * WIDTH
            add(bank, start, good, bad, at)
            cells.append((start, good, bad))
        bank.advance(np.array([now, now]))
        for length in LENGTHS:
            assert sums(bank, length, at) == plain(cells, now, length)
            assert sums(bank, length, 1 - at) == (0, 0, 0)


def test_a_calendar_window_that_has_just_begun_holds_what_came_since_its_boundary() -> None:
    days = Window(DAY, Calendar(datetime(2026, 1, 5), "UTC", 1, "d"))  # noqa: DTZ001 - its zone stands beside it
    bank, boundary = a_bank(), days.start_ns(T0)
    bank.index_of(days)
    bank.roll(boundary + HOUR)
    cells = [(boundary + at * WIDTH, 1 + at % 5, at % 3) for at in range(-200, 200)]
    for cell in cells:
        add(bank, *cell)
    for into in (WIDTH, 5 * MINUTE, 15 * MINUTE - 1, 15 * MINUTE, 20 * MINUTE, 0):
        mark = boundary + into
        bank.advance(np.array([mark]))
        inside = [(good, bad) for at, good, bad in cells if boundary <= at < mark]
        wanted = [sum(good for good, _ in inside), sum(bad for _, bad in inside), len(inside)]
        assert bank.sums[:, bank.index_of(days), 0].tolist() == wanted
        start, summed = bank.sum(0, days, mark)
        assert (start, summed.tolist()) == (boundary, wanted)


def test_windows_move_slot_by_slot_and_are_summed_anew_only_after_a_leap() -> None:
    anew: list[int] = []

    class Counted(Bank):
        def _resum(self, at: int, columns: Columns) -> None:
            anew.append(at)
            super()._resum(at, columns)

    days = Window(DAY, Calendar(datetime(2026, 1, 5), "UTC", 1, "d"))  # noqa: DTZ001 - its zone stands beside it
    bank, mark = Counted(SLOTS, 0, 0, 30 * DAY), days.end_ns(T0) - HOUR
    bank.reserve(1)
    for window in (Window(HOUR), Window(DAY), Window(7 * DAY), days):
        bank.index_of(window)
    bank.roll(mark)
    quarter = 15 * MINUTE
    told = []
    for step in (0, quarter, WIDTH, quarter + WIDTH, -1, quarter, quarter - 2 * WIDTH, 1):
        anew.clear()
        mark += step
        bank.advance(np.array([mark]))
        told.append(list(anew))
    everything = [0, 1, 2, 3]
    assert told == [everything, [], [], everything, [0], [], [], [3]]


def test_counts_beyond_32_bits_are_exact() -> None:
    bank = a_bank()
    bank.roll(T0)
    add(bank, T0 - WIDTH, NARROW, 1)
    add(bank, T0 - WIDTH, NARROW, 1)
    add(bank, T0 - WIDTH, 1 << 44, 0)
    bank.advance(np.array([T0]))
    assert sums(bank, HOUR) == (2 * NARROW + (1 << 44), 2, 3)


def test_a_watermark_that_goes_back_takes_the_sums_with_it() -> None:
    bank = a_bank()
    bank.roll(T0)
    add(bank, T0 - WIDTH, 5, 0)
    add(bank, T0 - HOUR - 30 * WIDTH, 7, 0)
    bank.advance(np.array([T0]))
    bank.advance(np.array([T0 - 10 * MINUTE]))
    assert sums(bank, HOUR) == (7, 0, 1)


def test_schedules_are_counted_for_the_time_in_which_they_held() -> None:
    e = Expectation([Schedule("s", T0, Fraction(1), 4), Schedule("s", T0 + 100 * SECOND, Fraction(2), 8)])
    assert e.events(T0 - 50 * SECOND, T0 + 150 * SECOND) == 150 + 100
    assert e.cells(T0, T0 + 200 * SECOND, WIDTH) == 40 + 80


def test_nothing_is_expected_in_a_hole_and_what_would_have_been_is_excused() -> None:
    e = Expectation([Schedule("s", T0, Fraction(1), 1)], [Span(T0 + 10 * SECOND, T0 + 40 * SECOND)])
    assert e.events(T0, T0 + 100 * SECOND) == 70
    assert e.excused(T0, T0 + 100 * SECOND) == 30
    assert e.events(T0 - DAY, T0) == 86400


def test_a_schedule_that_claims_to_be_older_takes_the_place_of_the_newest() -> None:
    e = Expectation([Schedule("s", T0, Fraction(1), 1)])
    assert e.append(Schedule("s", T0 - HOUR, Fraction(2), 1))
    assert e.events(T0, T0 + 10 * SECOND) == 20


def test_tracks_that_come_one_by_one_do_not_each_copy_all_counts() -> None:
    bank, sizes = a_bank(80), set()
    for _ in range(20):
        bank.reserve(1)
        bank.take()
        sizes.add(bank.columns)
    assert len(sizes) == 2
    assert a_bank(80).columns == 80
