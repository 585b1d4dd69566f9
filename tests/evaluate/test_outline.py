"""What windows should hold, told by straight lines, against the exact sum over the same stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar, Timeslices
from slo_service.domain.calendar import window_of
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.outline import ALL_EVENTS, CELLS, EVENTS, Outline
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import Window
from tests.domain.test_objectives import SLO

T0 = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % DAY
WEEKS = Calendar(datetime(2026, 1, 5), "UTC", 1, "w")  # noqa: DTZ001 - its zone stands beside it
WINDOWS = (Window(5 * MINUTE), Window(HOUR), Window(7 * DAY, WEEKS), Window(3 * DAY))
LOOKS = replace(SLO, indicator=Lag("cleaning", MINUTE))
SLICED = replace(SLO, budgeting=Timeslices(Fraction(9, 10), MINUTE))
FAR = np.iinfo(np.int64).max


class Counted(Outline):
    """Tells which columns were drawn."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank)
        self.drawn: list[int] = []

    def _draw(self, track: Track, watermark_ns: int) -> None:
        self.drawn.append(track.column)
        super()._draw(track, watermark_ns)


def a_bank(windows: Sequence[Window] = WINDOWS, columns: int = 3) -> Bank:
    bank = Bank(Slots(), 0, 0, 8 * DAY)
    bank.reserve(columns)
    for window in windows:
        bank.index_of(window)
    return bank


def a_track(bank: Bank, schedules: Sequence[Schedule], holes: Sequence[Span] = (), slo: Slo = SLO) -> Track:
    return Track(TrackKey.of(slo), bank, bank.take(), Expectation(schedules, holes))


def said(since_ns: int, often: Fraction | int, sources: int = 1) -> Schedule:
    return Schedule(SLO.stream.id, since_ns, Fraction(often), sources)


def shown(bank: Bank, outline: Outline, kind: int) -> list[list[float]]:
    """Windows × columns."""
    starts, marks = bank.starts(), bank.watermarks
    found: list[list[float]] = outline.between(kind, starts, np.where(marks == NEVER, 0, marks)).tolist()
    return found


def exact(bank: Bank, track: Track, kind: int) -> list[float]:
    expectation, mark = track.expectation, int(bank.watermarks[track.column])
    course = (expectation.event_course, expectation.cell_course(track.key.cell_ns), expectation.whole_course)[kind]
    return [float(course.between(int(start), mark)) for start in bank.starts()[:, track.column]]


STORIES = {
    "one that never changes": ([said(T0 - 30 * DAY, Fraction(1, 3), 2)], []),
    "one before the first": ([said(T0 + 10 * DAY, 2)], []),
    "changes between the tails": (
        [said(T0 - 10 * DAY, 1), said(T0 - 40 * MINUTE, 3, 2), said(T0 + 20 * MINUTE, 5)],
        [],
    ),
    "holes": ([said(T0 - DAY, 2, 3)], [Span(T0 - 2 * HOUR, T0 - HOUR), Span(T0 + 10 * MINUTE, T0 + 11 * MINUTE)]),
    "holes and a change": ([said(T0 - DAY, 2), said(T0, 4, 7)], [Span(T0 - 2 * MINUTE, T0 + 3 * MINUTE)]),
}


@pytest.mark.parametrize("slo", [SLO, LOOKS, SLICED], ids=["events", "looks", "slices"])
def test_what_windows_should_hold_is_the_exact_sum_wherever_the_watermark_stands(slo: Slo) -> None:
    bank = a_bank(columns=len(STORIES) + 1)
    tracks = [a_track(bank, *story, slo) for story in STORIES.values()]
    outline, by_column = Outline(bank), {each.column: each for each in tracks}
    for mark in [T0 + offset * SECOND for offset in (0, 1, 59, 61, 660, 1199, 1200, 3600, 4900, 100, 95_000, 700_000)]:
        marks = np.full(bank.columns, NEVER, np.int64)
        marks[list(by_column)] = mark + np.arange(len(tracks)) * 7 * SECOND
        bank.advance(marks)
        outline.follow(by_column)
        for kind in (EVENTS, CELLS, ALL_EVENTS):
            found = shown(bank, outline, kind)
            for track in tracks:
                assert [row[track.column] for row in found] == pytest.approx(exact(bank, track, kind), rel=1e-12)


def test_decades_of_dense_events_leave_a_short_window_its_digits() -> None:
    bank = a_bank([Window(5 * MINUTE)])
    track = a_track(bank, [said(0, 10**6 + Fraction(1, 3)), said(T0 - MINUTE, 10**6)])
    outline = Outline(bank)
    bank.advance_one(track.column, T0 + 7)
    outline.follow({track.column: track})
    for kind in (EVENTS, CELLS, ALL_EVENTS):
        assert shown(bank, outline, kind)[0][track.column] == pytest.approx(exact(bank, track, kind)[0], rel=1e-14)


def test_a_line_that_always_holds_is_drawn_once() -> None:
    bank = a_bank()
    track, outline = a_track(bank, [said(T0, 1)]), Counted(bank)
    for mark in (T0, T0 + SECOND, T0 + DAY, T0 + 900 * DAY):
        bank.advance_one(track.column, mark)
        outline.follow({track.column: track})
    assert outline.drawn == [track.column]
    assert outline.turns[track.column] == FAR
    bank.advance_one(track.column, T0 - 1)  # and once more for a watermark that goes back
    outline.follow({track.column: track})
    outline.follow({track.column: track})
    assert outline.drawn == [track.column] * 2


@pytest.mark.parametrize(
    ("window", "changes_ns", "holds_to_ns"),
    [
        pytest.param(Window(HOUR), T0 + 30 * MINUTE, T0 + 30 * MINUTE, id="until the head comes to it"),
        pytest.param(Window(HOUR), T0 - 30 * MINUTE, T0 + 30 * MINUTE, id="until the tail does"),
        pytest.param(Window(7 * DAY, WEEKS), T0 + DAY, T0 + DAY, id="until the head of a calendar window does"),
        pytest.param(
            Window(7 * DAY, WEEKS), T0 - DAY, window_of(WEEKS, T0).to_ns, id="until a calendar window is over"
        ),
    ],
)
def test_lines_hold_until_an_end_of_a_window_comes_to_a_change(
    window: Window, changes_ns: int, holds_to_ns: int
) -> None:
    bank = a_bank([window])
    schedules = [said(T0 - 30 * DAY, 1), said(changes_ns, 2)]
    track, outline = a_track(bank, schedules), Counted(bank)
    drawn = []
    for mark in (T0, T0 + 1, holds_to_ns - 1, holds_to_ns):
        bank.advance_one(track.column, mark)
        outline.follow({track.column: track})
        drawn.append(len(outline.drawn))
    assert drawn == [1, 1, 1, 2]


def test_the_line_at_the_head_turns_where_the_schedule_changes_and_not_where_a_hole_begins() -> None:
    bank = a_bank()
    schedules = [said(T0 - DAY, 1), said(T0 + HOUR, 2), said(T0 + 2 * HOUR, 4)]
    track = a_track(bank, schedules, [Span(T0 + MINUTE, T0 + 2 * MINUTE)])
    outline, turns = Outline(bank), []
    for mark in (T0, T0 + HOUR, T0 + 2 * HOUR, T0):
        bank.advance_one(track.column, mark)
        outline.follow({track.column: track})
        turns.append(int(outline.turns[track.column]))
    assert turns == [T0 + HOUR, T0 + 2 * HOUR, FAR, T0 + HOUR]


def test_of_slices_the_line_turns_with_the_slice_that_has_begun() -> None:
    bank = a_bank()
    schedules = [said(T0 - DAY, 1), said(T0 + 5 * SECOND, 2)]
    track, outline = a_track(bank, schedules, slo=LOOKS), Outline(bank)
    bank.advance_one(track.column, T0 + 7 * SECOND)
    outline.follow({track.column: track})
    assert outline.turns[track.column] == T0 + 5 * SECOND
    assert floor_to(T0 + 7 * SECOND, track.slice_ns) == T0


def test_only_the_tracks_that_were_rescheduled_are_drawn_anew() -> None:
    bank = a_bank()
    one, other = (a_track(bank, [said(T0 - DAY, 1)]) for _ in range(2))
    by_column, outline = {each.column: each for each in (one, other)}, Counted(bank)
    bank.advance_one(one.column, T0)
    bank.advance_one(other.column, T0)
    outline.follow(by_column)
    assert outline.drawn == [one.column, other.column]
    other.expects(said(T0 - HOUR, 3))
    outline.redraw([other])
    outline.follow(by_column)
    assert outline.drawn[2:] == [other.column]
    for track in (one, other):
        assert [row[track.column] for row in shown(bank, outline, EVENTS)] == pytest.approx(exact(bank, track, EVENTS))


def test_nothing_is_expected_where_nothing_is_known_and_it_says_so() -> None:
    bank = a_bank()
    track, outline = a_track(bank, [said(T0 - DAY, 1), said(T0 - HOUR, 2)]), Counted(bank)
    bank.advance_one(track.column, T0)
    outline.follow({track.column: track})
    assert outline.known.tolist() == [True, False, False]
    assert outline.epoch.tolist() == [T0, 0, 0]
    track.expectation = Expectation()
    outline.redraw([track])
    outline.follow({track.column: track})
    assert outline.known.tolist() == [False] * 3
    assert [row[track.column] for row in shown(bank, outline, EVENTS)] == [0.0] * len(WINDOWS)
    assert outline.turns[track.column] == FAR
    bank.advance_one(track.column, T0 + DAY)
    outline.follow({track.column: track})
    assert len(outline.drawn) == 2


def test_columns_without_a_watermark_or_a_track_are_left_alone() -> None:
    bank = a_bank()
    track, outline = a_track(bank, [said(T0 - DAY, 1)]), Counted(bank)
    outline.follow({track.column: track})
    assert outline.drawn == []
    bank.advance_one(2, T0)
    outline.follow({track.column: track})
    assert outline.drawn == []
    bank.advance_one(track.column, T0)
    outline.follow({track.column: track})
    assert outline.drawn == [track.column]


def test_a_new_window_or_column_has_all_drawn_anew() -> None:
    bank = a_bank()
    track, outline = a_track(bank, [said(T0 - DAY, 1), said(T0 - HOUR, 2)]), Counted(bank)
    bank.advance_one(track.column, T0)
    for change in (lambda: bank.index_of(Window(6 * HOUR)), lambda: bank.reserve(9), lambda: None):
        outline.follow({track.column: track})
        assert [row[track.column] for row in shown(bank, outline, EVENTS)] == pytest.approx(exact(bank, track, EVENTS))
        change()
    outline.follow({track.column: track})
    assert outline.drawn == [track.column] * 3
    assert outline.slope.shape == outline.level.shape == (3, len(WINDOWS) + 2, bank.columns)
