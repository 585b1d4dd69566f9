"""A past of one stream: its slots, and windows of it against sums of fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import HOUR, SECOND
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.reading import is_jitter
from slo_service.evaluate.history.past import SAFE, Past, Sums, _largest_jitter, roomy, top

WIDTH = 10 * SECOND
BEGIN = 1000 * WIDTH
SLOTS = 12
NINES = Objective(Fraction(99, 100))


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def a_past(start: int, width: int, *good: int) -> Past:
    """Twice as many are bad, three times as many observed."""
    return Past(start, width, ints(*good), 2 * ints(*good), 3 * ints(*good))


def told(past: Past) -> tuple[int, int, int, list[int]]:
    good = past.good.tolist()
    assert {part.dtype for part in (past.good, past.bad, past.observed)} == {np.dtype(np.int64)}
    assert past.bad.tolist() == [2 * each for each in good]
    assert past.observed.tolist() == [3 * each for each in good]
    return past.start_ns, past.width_ns, past.end_ns, good


def rows(*starts: int) -> list[Delta]:
    return [Delta("s", start, number, 2 * number, 3 * number) for number, start in enumerate(starts, start=1)]


# --- slots --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(20, 40, (20, 10, 40, [3, 4]), id="whole slots"),
        pytest.param(29, 41, (20, 10, 50, [3, 4, 5]), id="slots that the range touches"),
        pytest.param(20, 20, (20, 10, 20, []), id="none"),
        pytest.param(40, 10, (40, 10, 40, []), id="none of a range that ends before it begins"),
        pytest.param(50, 80, (50, 10, 80, [0, 0, 0]), id="nothing is kept"),
        pytest.param(-10, 20, (-10, 10, 20, [0, 1, 2]), id="before the epoch"),
    ],
)
def test_of_stored_rows_those_are_taken_that_lie_in_the_range(
    since: int, until: int, expected: tuple[int, int, int, list[int]]
) -> None:
    assert told(Past.of(rows(0, 10, 20, 30, 40), 10, since, until)) == expected


def test_rows_of_one_slot_are_added_up() -> None:
    assert told(Past.of(rows(10, 10, 20), 10, 0, 30)) == (0, 10, 30, [0, 3, 3])


def test_a_past_that_does_not_begin_with_a_slot_or_lacks_counts_is_refused() -> None:
    with pytest.raises(ValueError, match="a past starts with a slot of 10 ns, got 5"):
        a_past(5, 10, 1)
    for short in range(3):
        parts = [ints(1, 2) if part != short else ints(1) for part in range(3)]
        with pytest.raises(ValueError, match="of the same slots"):
            Past(0, 10, *parts)


@pytest.mark.parametrize(
    ("older", "expected"),
    [
        pytest.param(a_past(0, 30, 7, 8, 9), (0, 10, 80, [7, 0, 0, 8, 0, 0, 1, 2]), id="wider slots"),
        pytest.param(a_past(40, 10, 5, 6, 7), (40, 10, 80, [5, 6, 1, 2]), id="slots as wide"),
        pytest.param(a_past(0, 30, 7), (0, 10, 80, [7, 0, 0, 0, 0, 0, 1, 2]), id="it ends long before"),
        pytest.param(a_past(0, 60, 7), (0, 10, 80, [7, 0, 0, 0, 0, 0, 1, 2]), id="it meets"),
        pytest.param(a_past(60, 30, 7), (60, 10, 80, [1, 2]), id="it begins with it"),
        pytest.param(a_past(90, 30, 7), (60, 10, 80, [1, 2]), id="it begins after it"),
    ],
)
def test_what_is_older_comes_before(older: Past, expected: tuple[int, int, int, list[int]]) -> None:
    assert told(a_past(60, 10, 1, 2).preceded_by(older)) == expected


@pytest.mark.parametrize("older", [a_past(0, 15, 1), a_past(20, 20, 1), a_past(0, 5, 1)])
def test_slots_that_do_not_meet_are_refused(older: Past) -> None:
    with pytest.raises(ValueError, match="do not meet those of 10 ns"):
        a_past(70, 10, 1, 2).preceded_by(older)


@pytest.mark.parametrize(("back_to", "empty"), [(60, 0), (99, 0), (59, 1), (50, 1), (49, 2), (0, 6), (-1, 7)])
def test_a_past_reaches_back_by_empty_slots(back_to: int, empty: int) -> None:
    assert told(a_past(60, 10, 1, 2).reaching(back_to)) == (60 - 10 * empty, 10, 80, [0] * empty + [1, 2])


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (60, 90, (60, 10, 90, [1, 2, 3])),
        (61, 81, (70, 10, 90, [2, 3])),
        (70, 80, (70, 10, 80, [2])),
        (0, 71, (60, 10, 80, [1, 2])),
        (0, 500, (60, 10, 90, [1, 2, 3])),
        (80, 70, (80, 10, 80, [])),
        (500, 600, (90, 10, 90, [])),
        (0, 50, (60, 10, 60, [])),
    ],
)
def test_slots_between_two_instants_are_those_that_begin_there(
    since: int, until: int, expected: tuple[int, int, int, list[int]]
) -> None:
    assert told(a_past(60, 10, 1, 2, 3).between(since, until)) == expected


# --- windows ------------------------------------------------------------------------------------------------------


def by_hand(past: Past, expectation: Expectation, basis: Basis, cell_ns: int, ends: tuple[int, int]) -> Reading:
    tail, head = ends
    start, end = (past.start_ns + at * past.width_ns for at in ends)
    good, bad, looked = (sum(part[tail:head].tolist()) for part in (past.good, past.bad, past.observed))
    expected = expectation.events(start, end)
    if basis is Basis.EVENTS:
        held = [s.sources for s in expectation.schedules if s.since_ns <= end] or [expectation.schedules[0].sources]
        short = expected - good - bad
        missing = Fraction(0) if is_jitter(short, held[-1]) else short
        coverage = (expected - missing) / expected if expected else Fraction(0)
    else:
        cells = expectation.cells(start, end, cell_ns)
        coverage = min(Fraction(1), looked / cells) if cells else Fraction(0)
        missing = (1 - coverage) * expected
    tally = Tally(good, bad)
    return Reading(HOUR, tally, missing, coverage, NINES.burn_rate(tally))


def compare(past: Past, expectation: Expectation, basis: Basis, cell_ns: int) -> None:
    sums = Sums(past, expectation, basis, cell_ns)
    ends = [(tail, head) for head in range(len(past.bad) + 1) for tail in range(head + 1)]
    read = sums.read(ints(*(tail for tail, _ in ends)), ints(*(head for _, head in ends)))
    wanted = [by_hand(past, expectation, basis, cell_ns, each) for each in ends]
    found = [read.at(at, HOUR, NINES) for at in range(len(ends))]
    some = [at for at, each in enumerate(wanted) if basis is Basis.SLICES or _whole(expectation, past, ends[at])]
    assert [found[at].tally for at in range(len(ends))] == [each.tally for each in wanted]
    assert [found[at] for at in some] == [wanted[at] for at in some]
    for share in (Fraction(1, 2), Fraction(9, 10), Fraction(1)):
        said = read.covered(share).tolist()
        assert [said[at] for at in some] == [wanted[at].coverage >= share for at in some]


def _whole(expectation: Expectation, past: Past, ends: tuple[int, int]) -> bool:
    """Whether anything is expected at all; else no more is said than that nothing is missing."""
    start, end = (past.start_ns + at * past.width_ns for at in ends)
    return expectation.events(start, end) > 0


RATES = st.builds(Fraction, st.integers(0, 40), st.integers(1, 7))
SCHEDULES = st.lists(st.tuples(st.integers(-30, 150), RATES, st.integers(1, 30)), min_size=1, max_size=3)
COUNTS = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(0, 12)), min_size=SLOTS, max_size=SLOTS)
HOLES = st.lists(st.tuples(st.integers(-20, 130), st.integers(1, 20)), max_size=2)


def expectation_of(
    schedules: Sequence[tuple[int, Fraction, int]], holes: Sequence[tuple[int, int]] = (), times: int = 1
) -> Expectation:
    said = [Schedule("s", BEGIN + at * SECOND, rate * times, sources) for at, rate, sources in sorted(schedules)]
    spans = [Span(BEGIN + at * SECOND, BEGIN + (at + length) * SECOND) for at, length in sorted(holes)]
    apart = [span for n, span in enumerate(spans) if n == 0 or spans[n - 1].to_ns < span.from_ns]
    return Expectation(said, apart)


@settings(max_examples=30, deadline=None)
@given(SCHEDULES, HOLES, COUNTS, st.sampled_from(Basis), st.sampled_from([1, 10**13 + 1, (1 << 50) + 1]))
def test_windows_say_what_fractions_say(schedules, holes, counts, basis: Basis, times: int) -> None:
    table = np.array(counts, np.int64).T * np.array([[times], [times], [1]])
    past = Past(BEGIN, WIDTH, table[0], table[1], table[2])
    compare(past, expectation_of(schedules, holes, times), basis, WIDTH)


@pytest.mark.parametrize("basis", list(Basis))
def test_what_was_expected_may_change_within_a_slot_and_at_its_edge(basis: Basis) -> None:
    table = np.array([[9] * SLOTS, [1] * SLOTS, [2] * SLOTS], np.int64)
    past = Past(BEGIN, WIDTH, table[0], table[1], table[2])
    for second in (29, 30, 31):
        schedules = [(-5, Fraction(1), 1), (second, Fraction(3), 9), (second + 20, Fraction(2, 3), 4)]
        compare(past, expectation_of(schedules), basis, WIDTH)
        compare(past, expectation_of(schedules), basis, 3 * WIDTH)


def test_jitter_is_that_of_the_sources_expected_at_the_end_of_a_window() -> None:
    """Eight events are missing: jitter of a hundred sources, and not of two."""
    past = Past(BEGIN, WIDTH, ints(*[8] * 4), ints(*[0] * 4), ints(*[1] * 4))
    for second, missing in ((20, [0, 4, 0, 0, 0]), (21, [0, 4, 8 - 4, 0, 0])):
        expectation = expectation_of([(-100, Fraction(12, 10), 2), (second, Fraction(12, 10), 100)])
        read = Sums(past, expectation, Basis.EVENTS, WIDTH).read(ints(0, 0, 1, 0, 2), ints(0, 1, 2, 3, 4))
        found = [Fraction(int(u), int(s)) for u, s in zip(read.unmeasured, read.scale, strict=True)]
        assert found == missing


@pytest.mark.parametrize("sources", [0, 1, 2, 3, 8, 9, 10, 11, 100, 10_000])
@pytest.mark.parametrize("scale", [1, 3, 7, 10**6, 1 << 70])
def test_the_largest_jitter_is_the_last_shortfall_that_is_one(sources: int, scale: int) -> None:
    largest = _largest_jitter(sources, scale)
    assert is_jitter(Fraction(largest, scale), sources)
    assert not is_jitter(Fraction(largest + 1, scale), sources)


def test_numbers_stay_narrow_as_long_as_their_products_are_safe() -> None:
    assert SAFE == 1 << 62
    assert top(ints()) == 0
    assert top(ints(3, 7, 5)) == 7
    narrow, other = roomy(2, ints(SAFE // 2 - 1), ints(1))
    assert (narrow.dtype, other.dtype) == (np.int64, np.int64)
    for parts in ((ints(SAFE // 2), ints(1)), (ints(1), ints(SAFE // 2)), (np.array([1], object), ints(1))):
        wide = roomy(2, *parts)
        assert [part.dtype for part in wide] == [np.dtype(object)] * 2
        assert [part.tolist() for part in wide] == [part.tolist() for part in parts]


@pytest.mark.parametrize(("times", "kind"), [(1, np.int64), (1 << 60, object)])
@pytest.mark.parametrize("basis", list(Basis))
def test_windows_are_read_in_64_bits_where_these_suffice(basis: Basis, times: int, kind: type) -> None:
    past = Past(BEGIN, WIDTH, ints(*[9] * 4), ints(*[1] * 4), ints(*[1] * 4))
    read = Sums(past, expectation_of([(0, Fraction(7, 3), 1)], times=times), basis, WIDTH).read(ints(0, 1), ints(3, 4))
    assert (read.bad.dtype, read.total.dtype) == (np.int64, np.int64)
    assert read.unmeasured.dtype == kind
