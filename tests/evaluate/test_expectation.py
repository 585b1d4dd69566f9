"""What is expected of a stream, against a sum over single seconds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.adjustment import Span
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import SECOND
from slo_service.evaluate.counts.expectation import Course, Expectation

NOTHING = Fraction(0)


def schedule(since: int, events: Fraction | int = 1, sources: int = 1) -> Schedule:
    return Schedule("s", since * SECOND, Fraction(events), sources)


def second_by_second(schedules: list[Schedule], holes: list[Span], start: int, end: int) -> Fraction:
    total = NOTHING
    for second in range(start, end):
        at = second * SECOND
        if not any(hole.from_ns <= at < hole.to_ns for hole in holes):
            total += ([s for s in schedules if s.since_ns <= at] or schedules[:1])[-1].events_per_second
    return total


SCHEDULES = st.lists(st.tuples(st.integers(1, 9), st.fractions(0, 3, max_denominator=4)), min_size=1, max_size=4)
HOLES = st.lists(st.integers(1, 6), max_size=6)


@given(SCHEDULES, HOLES, st.integers(-10, 60), st.integers(-10, 60))
@settings(max_examples=60)
def test_expected_events_are_the_sum_of_what_every_second_was_to_give(steps, gaps, start: int, end: int) -> None:
    schedules: list[Schedule] = []
    for step, often in steps:
        schedules.append(schedule((schedules[-1].since_ns // SECOND if schedules else 0) + step, often))
    edges = [sum(gaps[: at + 1]) for at in range(len(gaps) // 2 * 2)]
    holes = [Span(first * SECOND, last * SECOND) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    expectation = Expectation(schedules, holes)
    wanted, whole = (second_by_second(schedules, each, start, end) for each in (holes, []))
    assert expectation.events(start * SECOND, end * SECOND) == wanted
    assert expectation.excused(start * SECOND, end * SECOND) == whole - wanted
    assert Fraction(*expectation.event_course.ratio(start * SECOND, end * SECOND)) == wanted


def test_cells_are_expected_of_every_source_and_none_in_a_hole() -> None:
    expectation = Expectation([schedule(0, sources=2), schedule(20, sources=3)], [Span(5 * SECOND, 10 * SECOND)])
    assert expectation.cells(0, 40 * SECOND, 5 * SECOND) == 2 * 3 + 3 * 4


def test_nothing_is_expected_of_what_was_never_scheduled() -> None:
    nothing = Expectation()
    assert (nothing.events(0, SECOND), nothing.excused(0, SECOND), nothing.cells(0, SECOND, 1)) == (0, 0, 0)
    assert (nothing.known, nothing.sources, nothing.round_ns, nothing.schedules) == (False, 0, 0, ())
    assert Expectation([], [Span(0, 1)]).events(0, SECOND) == 0


def test_a_schedule_that_changes_nothing_is_dropped() -> None:
    expectation = Expectation([schedule(0, 2, sources=3)])
    assert not expectation.append(schedule(9, 2, sources=3))
    assert expectation.append(schedule(9, 2, sources=4))
    assert expectation.append(schedule(19, 3, sources=4))
    assert [each.since_ns // SECOND for each in expectation.schedules] == [0, 9, 19]


@pytest.mark.parametrize("since", [4, 9])
def test_a_schedule_not_later_than_the_newest_takes_its_place(since: int) -> None:
    expectation = Expectation([schedule(0, 1), schedule(9, 2)])
    assert expectation.append(schedule(since, 5))
    assert expectation.schedules == (schedule(0, 1), schedule(9, 5))
    assert expectation.events(0, 10 * SECOND) == 9 + 5


def test_what_was_reckoned_before_a_new_schedule_is_reckoned_anew() -> None:
    expectation = Expectation([schedule(0, 1)])
    assert expectation.events(0, 10 * SECOND) == 10
    expectation.append(schedule(5, 3))
    assert expectation.events(0, 10 * SECOND) == 5 + 15


def test_a_round_is_the_time_in_which_every_source_gives_one_event() -> None:
    assert Expectation([schedule(0, Fraction(1, 5), sources=3)]).round_ns == 15 * SECOND
    assert Expectation([schedule(0, 0, sources=3)]).round_ns == 0
    assert Expectation([schedule(0, 1), schedule(1, 2, sources=6)]).round_ns == 3 * SECOND


def test_other_holes_leave_the_schedules_as_they_were() -> None:
    expectation = Expectation([schedule(0, 1)], [Span(0, 5 * SECOND)])
    moved = expectation.with_holes([Span(5 * SECOND, 6 * SECOND)])
    assert (expectation.events(0, 10 * SECOND), moved.events(0, 10 * SECOND)) == (5, 9)
    assert (moved.known, moved.sources) == (True, 1)


def test_one_line_always_holds_and_of_several_each_until_the_next() -> None:
    single = Course([(100, Fraction(2))])
    assert single.only is not None
    assert (single.only.since_ns, single.only.level, single.only.slope) == (100, 0, 2)
    assert [single.line(at)[1] for at in (0, 100, 200)] == [None, None, None]
    course = Course([(100, Fraction(2)), (200, Fraction(3)), (300, NOTHING)])
    assert course.only is None
    assert [(course.line(at)[0].since_ns, course.line(at)[1]) for at in (99, 100, 199, 200, 300, 400)] == [
        (100, 100),
        (100, 200),
        (100, 200),
        (200, 300),
        (300, None),
        (300, None),
    ]
    assert [course.at(at) for at in (50, 100, 200, 300, 400)] == [-100, 0, 200, 500, 500]
