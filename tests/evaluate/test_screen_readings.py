"""What the screen reads of every window side by side is what is read of each exactly, but for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from math import sqrt

import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar, RatioTimeslices, Unmeasured
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Lag, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.evaluate.adjust.adjusted import Effects
from slo_service.evaluate.counts.reading import read
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.screen import Screen, basis_of
from slo_service.evaluate.judge.subject import Plain
from tests.evaluate.test_screen_in_floats import own

T0 = 1_800_000_000 * SECOND
WIDTH = 10 * SECOND
EVENTS = own("events", window_ns=2 * DAY, timing=Timing(0, 3 * SECOND))
LOOKS = replace(EVENTS, name="looks", indicator=Lag("enrich", 30 * SECOND))
PARTS = replace(EVENTS, name="parts", budgeting=RatioTimeslices(MINUTE))
DAYS = Calendar(datetime(2026, 1, 1), "Europe/Berlin", 1, "d")  # noqa: DTZ001 - its zone stands beside it
BY_THE_DAY = replace(EVENTS, name="day", window_ns=DAY, calendar=DAYS)


def steady(since: int, good: int = 10, bad: int = 0, observed: int = 1, every: int = 1) -> list[Delta]:
    return [Delta("s", at, good, bad, observed) for at in range(T0 - since, T0, every * WIDTH)]


def judged(
    of: Slo, cells: Sequence[Delta], *schedules: tuple[int, Fraction | int, int], mark: int = T0,
    adjusted: bool = False, holes: Sequence[Span] = (),
) -> tuple[Hall, Track]:  # fmt: skip
    """`schedules`: since how long before T0, events a second, and sources."""
    hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)
    track = hall.track(TrackKey.of(of, ("upgrade",) if adjusted else ()), filled=True)
    for since, often, sources in schedules:
        track.expects(Schedule(track.key.inputs[0], T0 - since, Fraction(often), sources))
    track.adjust(Effects(excluded=tuple(holes)), anew=False)
    hall.put([(of, track)])
    hall.bank.roll(mark)
    hall.add([(track, cell) for cell in cells])
    hall.looked(track, Progress(track.key.inputs[0], "x", mark))
    list(hall.advance(mark))
    return hall, track


def screen_of(hall: Hall) -> Screen:
    assert hall._screen is not None
    return hall._screen


def compare(hall: Hall, track: Track, of: Slo) -> None:
    made, mark = screen_of(hall), track.watermark_ns
    assert mark is not None
    found = made._read(hall._facts)
    for at, window in enumerate(hall.bank.windows):
        start, _ = track.sums(window)
        exact = read(track, window, of.objective)
        assert (found.bad[at, 0], found.total[at, 0]) == (exact.tally.bad, exact.tally.total)
        assert found.missing[at, 0] == pytest.approx(float(exact.unmeasured_events), abs=1e-6)
        assert found.coverage[at, 0] == pytest.approx(float(exact.coverage))
        expected = track.expectation.events(start, mark)
        assert found.excused[at, 0] == pytest.approx(
            float(track.expectation.excused(start, mark)) if track.key.knows_events and track.expectation.known else 0
        )
        edge = min(track.expectation.sources, sqrt(9 * track.expectation.sources))
        if track.key.basis == "events":
            assert found.slack[at, 0] == pytest.approx(edge / float(expected) if expected else 1)
            assert bool(found.doubt[at, 0]) is (
                track.expectation.known and abs(float(expected) - exact.tally.total - edge) < 1e-9
            )
        else:
            assert not found.doubt[at, 0]
    budget = Plain(of, track).budget()
    figures = made.figures
    assert figures is not None
    assert figures.allowed[0] == pytest.approx(float(budget.allowed_events))
    if budget.remaining is not None:
        assert 1 - figures.spent[0] / figures.allowed[0] == pytest.approx(float(budget.remaining))


Asked = tuple[int, Fraction | int, int]
ONCE: Asked = (DAY, 1, 1)
CASES: dict[str, tuple[Slo, list[Delta], *tuple[Asked, ...]]] = {
    "all measured": (EVENTS, steady(HOUR), ONCE),
    "a tenth bad, a fifth missing": (EVENTS, steady(HOUR, 7, 1), ONCE),
    "more than expected": (EVENTS, steady(HOUR, 15), ONCE),
    "a second more than jitter": (EVENTS, [*steady(HOUR)[:-1], Delta("s", T0 - WIDTH, 8, 0, 1)], ONCE),
    "just as much as jitter": (EVENTS, [*steady(HOUR)[:-1], Delta("s", T0 - WIDTH, 9, 0, 1)], ONCE),
    "as much as the jitter of many sources": (EVENTS, [*steady(HOUR)[:-1], Delta("s", T0 - WIDTH, 980, 0, 1),
        *[Delta("s", d.slice_start_ns, 990, 0, 1) for d in steady(HOUR)[:-1]]], (DAY, 100, 100)),
    "seldom": (EVENTS, steady(HOUR, 1, every=6), (DAY, Fraction(1, 60), 1)),
    "looked at half of the time": (LOOKS, steady(HOUR, every=2), (DAY, Fraction(1, 10), 1)),
    "looked at all the time": (LOOKS, steady(DAY), (DAY, Fraction(1, 10), 1)),
    "one of two looks": (LOOKS, steady(HOUR, 5, 1), (DAY, Fraction(1, 10), 2)),
    "never looked at": (LOOKS, [], (DAY, Fraction(1, 10), 1)),
    "slices of which parts are good": (PARTS, steady(2 * HOUR, 10**9, 0, 10**9, every=6), ONCE),
    "more was expected in between": (EVENTS, steady(2 * HOUR), (DAY, 1, 1), (HOUR, 2, 2), (MINUTE, 1, 1)),
    "nothing is expected": (EVENTS, steady(HOUR), (DAY, 0, 1)),
    "nothing is expected any more": (EVENTS, steady(HOUR), (DAY, 1, 1), (MINUTE, 0, 1)),
    "a calendar's day": (BY_THE_DAY, steady(HOUR), ONCE),
    "a calendar's day of which more is expected later": (BY_THE_DAY, steady(HOUR), ONCE, (-HOUR, 3, 1)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ahead", [0, 3 * SECOND], ids=["at a slice's end", "within a slice"])
def test_what_is_read_side_by_side_is_what_is_read_exactly(case: str, ahead: int) -> None:
    of, cells, *schedules = CASES[case]
    more = [replace(cells[-1], slice_start_ns=T0)] if ahead and cells else []
    hall, track = judged(of, [*cells, *more], *schedules, mark=T0 + ahead)
    compare(hall, track, of)
    assert basis_of(track) is (of is not EVENTS and of is not BY_THE_DAY)


def test_streams_of_events_and_of_looks_are_read_beside_each_other() -> None:
    hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)
    kinds = [(EVENTS, 10, Fraction(1)), (LOOKS, 1, Fraction(1, 10)), (PARTS, 1, Fraction(1))]
    tracks = [hall.track(TrackKey.of(each), filled=True) for each, _, _ in kinds]
    for track, (_, count, often) in zip(tracks, kinds, strict=True):
        track.expects(Schedule(track.key.inputs[0], T0 - DAY, often, 1))
        hall.looked(track, Progress(track.key.inputs[0], "x", T0))
        hall.bank.roll(T0)
        hall.add([(track, replace(cell, good=count)) for cell in steady(HOUR, every=2)])
    hall.put([(of, track) for (of, _, _), track in zip(kinds, tracks, strict=True)])
    list(hall.advance(T0))
    found = screen_of(hall)._read(hall._facts)
    for at, window in enumerate(hall.bank.windows):
        exact = [read(track, window, EVENTS.objective) for track in tracks]
        assert found.coverage[at].tolist() == pytest.approx([float(each.coverage) for each in exact])
        assert found.missing[at].tolist() == pytest.approx([float(each.unmeasured_events) for each in exact], abs=1e-6)
        assert found.excused[at].tolist() == [0, 0, 0]
        assert found.doubt[at].tolist() == [False, False, False]


def test_of_a_stream_that_was_never_scheduled_nothing_is_read() -> None:
    """It is not judged before anything is; one that was judged, and is not scheduled, is taken from a saved past."""
    hall, track = judged(EVENTS, steady(HOUR))
    assert track.watermark_ns is None
    track.stand_at(T0)
    hall._outline.follow({0: track})
    found = screen_of(hall)._read(hall._facts)
    for part in (found.bad, found.total, found.missing, found.coverage, found.excused):
        assert not part.any()


@pytest.mark.parametrize("of", [EVENTS, LOOKS, PARTS, BY_THE_DAY], ids=lambda each: each.name)
def test_excluded_time_is_read_as_excused(of: Slo) -> None:
    holes = (Span(T0 - 50 * MINUTE, T0 - 40 * MINUTE), Span(T0 - 2 * MINUTE, T0 - MINUTE), Span(T0 + HOUR, T0 + DAY))
    hall, track = judged(of, steady(HOUR, 9, 1, every=2), ONCE, adjusted=True, holes=holes)
    made = screen_of(hall)
    found = made._read(hall._facts)
    for at, window in enumerate(hall.bank.windows):
        exact = read(track, window, of.objective)
        assert found.missing[at, 0] == pytest.approx(float(exact.unmeasured_events), abs=1e-6)
        assert found.coverage[at, 0] == pytest.approx(float(exact.coverage))
    figures, budget = made.figures, Plain(of, track).budget()
    assert figures is not None
    assert figures.allowed[0] == pytest.approx(float(budget.allowed_events))


def test_where_counts_are_corrected_what_was_measured_is_told_beside_them() -> None:
    cells = [replace(cell, observed=4) for cell in steady(HOUR)]
    hall, track = judged(EVENTS, cells, ONCE, adjusted=True)
    found = screen_of(hall)._read(hall._facts)
    at = hall.bank.index_of(screen_of(hall).rows[0].lately)
    exact = read(track, screen_of(hall).rows[0].lately, EVENTS.objective)
    assert (found.total[at, 0], found.missing[at, 0]) == (30, pytest.approx(18))
    assert exact.unmeasured_events == 18


def test_missing_events_are_spent_where_they_count_as_bad() -> None:
    for unmeasured, spent in ((Unmeasured.BAD, True), (Unmeasured.GOOD, False), (Unmeasured.FREEZE, False)):
        of = replace(EVENTS, unmeasured=unmeasured)
        hall, track = judged(of, steady(HOUR, 7, 1), ONCE)
        figures, budget = screen_of(hall).figures, Plain(of, track).budget()
        assert figures is not None
        assert budget.remaining is not None
        assert 1 - figures.spent[0] / figures.allowed[0] == pytest.approx(float(budget.remaining))
        assert bool(figures.spent[0] > 360) is spent


def test_of_a_calendar_window_less_is_to_come_with_every_tick_until_the_next_begins() -> None:
    hall, track = judged(BY_THE_DAY, steady(HOUR), ONCE)
    allowed = []
    for later in (0, 6, 12, 18, 24):
        now = T0 + later * HOUR
        hall.looked(track, Progress(track.key.inputs[0], "x", now))
        list(hall.advance(now))
        figures = screen_of(hall).figures
        assert figures is not None
        budget = Plain(BY_THE_DAY, track).budget()
        assert figures.allowed[0] == pytest.approx(float(budget.allowed_events))
        allowed.append(float(budget.to_come_events))
    assert allowed[0] > allowed[1] > allowed[2]
    assert max(allowed[3:]) > allowed[2]


def test_before_anything_was_judged_nothing_is_allowed_nor_spent() -> None:
    hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)
    slos = (BY_THE_DAY, replace(EVENTS, indicator=Freshness("dark", SECOND)))
    tracks = [hall.track(TrackKey.of(each), filled=True) for each in slos]
    for of, track in zip(slos, tracks, strict=True):
        track.expects(Schedule(of.stream.id, T0 - DAY, Fraction(1), 1))
    hall.put(list(zip(slos, tracks, strict=True)))
    assert list(hall.advance(T0)) == [0, 1]
    figures = screen_of(hall).figures
    assert figures is not None
    assert (figures.spent.tolist(), figures.allowed.tolist()) == ([0, 0], [0, 0])
    assert (figures.budget.coverage.tolist(), figures.budget.slack.tolist()) == ([0, 0], [1, 1])
    side = figures.window(HOUR)
    assert side is not None
    for part in (side.bad, side.total, side.missing, side.coverage, side.doubt):
        assert not part.any()
    assert side.slack.tolist() == [1, 1]
    assert figures.window(7 * MINUTE) is None
    assert figures.columns.tolist() == [0, 1]
