"""What comes in is counted by the tracks that need it, and what is needed to fill them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.floor import Floor
from tests.evaluate.test_floor import OTHER, QUIET, SLICED, SLO, a_floor
from tests.evaluate.timeline import START


def test_what_is_needed_of_a_stream_is_what_the_widest_of_its_tracks_needs() -> None:
    shorter = replace(SLO, name="shorter", timing=Timing(horizon_ns=HOUR, grace_ns=0), window_ns=HOUR, alerting=QUIET)
    both = a_floor(SLO, shorter).needs(SLO.counted, START)
    assert len(a_floor(SLO, shorter).halls) == 2
    wide, narrow = (a_floor(slo).needs(SLO.counted, START) for slo in (SLO, shorter))
    assert both == {width: min(wide[width], narrow[width]) for width in wide}
    assert wide != both != narrow
    assert a_floor(shorter, SLO).needs(SLO.counted, START) == both


def test_a_stream_is_unfilled_until_all_of_its_tracks_are_filled() -> None:
    twin = replace(SLO, name="twin", timing=Timing(horizon_ns=0, grace_ns=4))
    floor = a_floor(SLO, twin, OTHER, stored=True)
    assert floor.unfilled() == {SLO.counted, OTHER.counted}
    for number, (_, track) in enumerate(floor.places(SLO.counted)):
        assert SLO.counted in floor.unfilled(), number
        track.filled = True
    assert floor.unfilled() == {OTHER.counted}
    floor.fill(OTHER.counted, {10 * SECOND: [Delta(OTHER.counted, START - HOUR, 1, 2, 3)]}, START)
    assert floor.unfilled() == frozenset()
    assert floor.subject(OTHER).first_ns == START - HOUR


def test_every_difference_is_counted_by_all_tracks_of_its_stream_and_by_no_other() -> None:
    twin = replace(SLO, name="twin", timing=Timing(horizon_ns=60 * SECOND, grace_ns=4 * SECOND))
    floor = a_floor(SLO, twin, OTHER)
    floor.roll(START)
    floor.add(
        [
            Delta(SLO.counted, START - HOUR, 1, 2, 3),
            Delta("nobody's", START, 9, 9, 9),
            Delta(SLO.counted, START - HOUR, 4, 0, 0),
        ]
    )
    found = {slo.name: floor.places(slo.counted) for slo in (SLO, OTHER)}
    assert len(found[SLO.name]) == 2
    for name, counted in ((SLO.name, [5, 2, 3]), (OTHER.name, [0, 0, 0])):
        for hall, track in found[name]:
            assert hall.bank.fine.counts[:, :, track.column].sum(axis=1).tolist() == counted


def test_where_the_clock_is_set_back_far_all_is_filled_anew_where_there_is_a_store() -> None:
    for stored in (True, False):
        floor = a_floor(SLO, OTHER, stored=stored)
        for stream in (SLO.counted, OTHER.counted):
            floor.fill(stream, {}, START)
        floor.rewind(START - 30 * MINUTE)
        assert floor.unfilled() == frozenset()
        floor.rewind(START - 30 * MINUTE - 1)
        assert floor.unfilled() == ({SLO.counted, OTHER.counted} if stored else frozenset())


@pytest.mark.parametrize(("few", "banks"), [(8, 0), (1, 1), (0, 2)])
def test_figures_are_those_of_banks_with_more_than_a_few_objectives(few: int, banks: int) -> None:
    floor = a_floor(SLO, OTHER, SLICED, few=few)
    list(floor.advance(START))
    assert len(floor.figures()) == banks


def test_before_any_objectives_there_is_nothing() -> None:
    floor = Floor(stored=True, slots=None, few=8)
    assert (floor.streams, floor.halls, floor.figures()) == ({}, {}, ())
    assert (floor.places("s"), floor.counts("s"), floor.needs("s", START)) == ((), False, {})
    assert (floor.unfilled(), list(floor.advance(START))) == (frozenset(), [])
    floor.looked([Progress("s", "a", START)])
    floor.expects([Schedule("s", START, Fraction(1), 1)])
    floor.fill("s", {}, START)
    floor.rewind(START - DAY)
