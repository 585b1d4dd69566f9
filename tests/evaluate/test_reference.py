"""Windows, coverage and budgets against a brute-force sum over raw slices in Fractions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.tally import Objective
from slo_service.evaluate.reading import Expectation, read
from slo_service.evaluate.ring import Rings

WIDTH = 10 * SECOND
T0 = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % (15 * MINUTE)
LENGTHS = [30 * SECOND, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 30 * DAY]


def slot_of(length_ns: int) -> int:
    return WIDTH if length_ns <= 6 * HOUR else MINUTE if length_ns <= 3 * DAY else 15 * MINUTE


changes = st.lists(
    st.tuples(st.one_of(st.integers(0, 400), st.integers(0, 40 * 8640)), st.integers(0, 50), st.integers(0, 50)),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(changes, st.integers(0, 9), st.sampled_from(LENGTHS), st.randoms(use_true_random=False))
def test_windows_equal_the_sum_over_raw_slices(rows: list[tuple[int, int, int]], into: int, length: int, rng) -> None:
    head = T0 + max([ago for ago, _, _ in rows] or [0]) * 0 + into * SECOND
    rings = Rings(WIDTH, 30 * DAY)
    rings.add(T0, 0, 0, 0)
    rng.shuffle(rows)
    for ago, good, bad in rows:
        rings.add(T0 - ago * WIDTH, good, bad, 1)
    expectation = Expectation([Schedule("s", T0, Fraction(3), 1)])
    reading = read(rings, expectation, Basis.EVENTS, Objective(Fraction(999, 1000)), head + 1, length)
    start = (head + 1 - length) // slot_of(length) * slot_of(length)
    inside = [(g, b) for ago, g, b in rows if start <= (T0 - ago * WIDTH) // slot_of(length) * slot_of(length)]
    assert (reading.tally.good, reading.tally.bad) == (sum(g for g, _ in inside), sum(b for _, b in inside))
    expected = Fraction(3) * (head + 1 - start) / SECOND
    missing = expected - reading.tally.total
    assert reading.unmeasured_events == (missing if missing >= 1 else 0)


def test_a_correction_moves_every_window_that_contains_it() -> None:
    rings = Rings(WIDTH, 30 * DAY)
    rings.add(T0 - HOUR, 100, 10, 1)
    rings.add(T0, 100, 0, 1)
    rings.add(T0 - HOUR, 10, -10, 0)
    for length in (2 * HOUR, DAY, 30 * DAY):
        assert rings.window(T0 + WIDTH, length)[1].tally.bad == 0
    assert rings.window(T0 + WIDTH, 30 * DAY)[1].tally.good == 210


def test_counts_older_than_a_ring_fall_out_of_it_alone() -> None:
    rings = Rings(WIDTH, 30 * DAY)
    rings.add(T0 - DAY, 5, 5, 1)
    rings.add(T0, 1, 0, 1)
    assert rings.window(T0 + WIDTH, HOUR)[1].tally.total == 1
    assert rings.window(T0 + WIDTH, 30 * DAY)[1].tally.total == 11


def test_schedules_are_counted_for_the_time_in_which_they_held() -> None:
    e = Expectation([Schedule("s", T0, Fraction(1), 4), Schedule("s", T0 + 100 * SECOND, Fraction(2), 8)])
    assert e.events(T0 - 50 * SECOND, T0 + 150 * SECOND) == 150 + 100
    assert e.cells(T0, T0 + 200 * SECOND, WIDTH) == 40 + 80
