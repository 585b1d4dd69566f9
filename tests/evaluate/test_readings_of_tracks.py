"""Windows of one track read at any instant, and what is expected of them."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.expectation import Course, Expectation
from slo_service.evaluate.counts.facts import Facts
from slo_service.evaluate.counts.reading import read, read_at
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import Window, budget_window
from tests.domain.test_objectives import SLO

NOW = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % DAY
WIDTH = 10 * SECOND
LOOKS = replace(SLO, indicator=Lag("cleaning", MINUTE))
STREAM = SLO.stream.id
FLAGS = {"by_slices", "knows_events", "tells_measured", "filled", "heard"}


def a_track(slo: Slo = SLO, *adjustments: str, reach_ns: int = 30 * DAY, rolled: bool = True) -> Track:
    key = TrackKey.of(slo, adjustments)
    bank = Bank(Slots.of_width(key.slice_ns), 0, 0, reach_ns)
    bank.reserve(2)
    bank.take()
    track = Track(key, bank, bank.take())
    if rolled:
        bank.roll(NOW)
    return track


def test_a_window_is_read_at_the_watermark_and_at_any_other_instant_alike() -> None:
    for slo in (SLO, LOOKS):
        track = a_track(slo)
        track.expects(Schedule(slo.stream.id, NOW - 9 * DAY, Fraction(1), 1))
        slots = np.arange(NOW // WIDTH - 200, NOW // WIDTH)
        track.bank.add(slots, np.full(200, track.column), np.tile([[6], [1], [1]], 200))
        track.stand_at(NOW)
        for window in (Window(5 * MINUTE), Window(HOUR), Window(DAY)):
            track.bank.index_of(window)
            now = read(track, window, slo.objective)
            assert read_at(track, window, slo.objective, NOW) == now
            later = replace(now, unit=now.unit)
            track.stand_at(NOW - 2 * WIDTH)
            assert read_at(track, window, slo.objective, NOW) == later
            assert read(track, window, slo.objective) != now or window.length_ns == 5 * MINUTE
            track.stand_at(NOW)


@pytest.mark.parametrize(
    ("looked", "coverage", "unmeasured"),
    [(360, 1, 0), (400, 1, 0), (359, Fraction(359, 360), 10), (180, Fraction(1, 2), 1800), (0, 0, 3600)],
)
def test_looks_that_are_missing_are_missing_however_few(looked: int, coverage: Fraction, unmeasured: int) -> None:
    track = a_track(LOOKS)
    track.expects(Schedule(LOOKS.stream.id, NOW - DAY, Fraction(1), 1))
    track.bank.index_of(Window(HOUR))
    track.bank.add(np.array([NOW // WIDTH - 9]), np.array([track.column]), np.array([[4], [1], [looked]]))
    track.stand_at(NOW)
    found = read(track, Window(HOUR), Objective(Fraction(9, 10)))
    assert (found.coverage, found.unmeasured_events, found.burn) == (coverage, unmeasured, 2)
    assert type(found.coverage) is type(found.unmeasured_events) is Fraction


def test_a_window_within_the_slice_that_has_begun_covers_nothing() -> None:
    slo = replace(SLO, budgeting=Timeslices(Fraction(9, 10), HOUR))
    track = a_track(slo)
    track.expects(Schedule(slo.measured[0], NOW - DAY, Fraction(1), 1))
    found = read_at(track, Window(MINUTE), slo.objective, NOW + 30 * MINUTE)
    assert (found.coverage, found.unmeasured_events, found.burn) == (0, 0, None)


def test_of_adjusted_events_those_that_were_measured_cover_the_window() -> None:
    track = a_track(SLO, "upgrade")
    track.expects(Schedule(STREAM, NOW - DAY, Fraction(1), 1))
    track.bank.index_of(Window(HOUR))
    track.bank.add(np.array([NOW // WIDTH - 9]), np.array([track.column]), np.array([[40], [5], [1800]]))
    track.stand_at(NOW)
    found = read(track, Window(HOUR), SLO.objective)
    assert (found.tally, found.coverage, found.unmeasured_events) == (Tally(40, 5), Fraction(1, 2), 1800)


def test_the_window_of_a_budget_is_that_of_its_objective() -> None:
    assert budget_window(SLO) == Window(28 * DAY, None)


# --- what is expected -------------------------------------------------------------------------------------------------


def test_a_course_that_begins_nowhere_gives_nothing() -> None:
    assert (Course([]).between(1, 9), Course([]).ratio(1, 9), Course([]).only) == (0, (0, 1), None)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 5)])
def test_nothing_is_expected_of_no_time(start: int, end: int) -> None:
    for course in (Course([(0, Fraction(2))]), Course([(0, Fraction(2)), (7, Fraction(3))])):
        assert course.between(start, end) == 0
        assert Fraction(*course.ratio(start, end)) == 0


def test_the_ratio_of_a_single_line_keeps_its_unit() -> None:
    assert Course([(0, Fraction(2, 6))]).ratio(3, 9) == (6, 3)
    assert Course([(0, Fraction(1, 3)), (6, Fraction(2, 3))]).ratio(3, 9) == (3, 1)


def test_holes_before_between_and_after_schedules_leave_the_rest() -> None:
    schedules = [Schedule("s", at * SECOND, Fraction(often), 1) for at, often in ((10, 1), (20, 2), (30, 4))]
    for holes, expected in (
        ([Span(0, 10)], 10 + 20 + 40),
        ([Span(5, 12)], 8 + 20 + 40),
        ([Span(0, 5), Span(19, 21), Span(38, 50)], 9 + 18 + 32),
        ([Span(10, 20)], 60),
        ([Span(20, 21), Span(21, 22)], 10 + 16 + 40),
    ):
        spans = [Span(each.from_ns * SECOND, each.to_ns * SECOND) for each in holes]
        assert Expectation(schedules, spans).events(10 * SECOND, 40 * SECOND) == expected
    early = Expectation(schedules, [Span(0, 5 * SECOND)])
    assert early.events(-10 * SECOND, 10 * SECOND) == 15
    assert early.excused(-10 * SECOND, 10 * SECOND) == 5


def test_a_schedule_that_replaces_the_newest_begins_with_it() -> None:
    one = Expectation([Schedule("s", 10, Fraction(1), 1)])
    assert one.append(Schedule("s", 10, Fraction(2), 1))
    assert [each.since_ns for each in one.schedules] == [10]
    assert one.append(Schedule("s", 11, Fraction(3), 1))
    assert [(each.since_ns, each.events_per_second) for each in one.schedules] == [(10, 2), (11, 3)]
    assert (one.sources, one.round_ns) == (1, SECOND // 3)


# --- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [[], [2], [1, 3]])
def test_what_is_known_of_columns_are_whole_numbers_and_flags(columns: list[int]) -> None:
    facts = Facts()
    for many in columns:
        facts.fit(many)
    for each in fields(Facts):
        kind = np.bool_ if each.name in FLAGS else np.int64
        assert getattr(facts, each.name).dtype == kind
        assert getattr(facts, each.name).shape == (max(columns, default=0),)
