"""Many streams filled at once hold what each of them holds whose cells came one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.slots import stored_width
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.ports import Sweep
from slo_service.evaluate.refill import Group, Refill
from tests.evaluate.timeline import START, an_slo

SLICE = 10 * SECOND
NOW = START + 4 * MINUTE + 7 * SECOND
AHEAD = NOW + 45 * MINUTE - NOW % SLICE  # beyond what is kept of the future
PLAIN = an_slo()
TWIN = replace(PLAIN, name="twin", timing=replace(PLAIN.timing, grace_ns=4 * SECOND))  # the same stream, another track
OTHER = replace(PLAIN, name="other", pipeline="other")
BARE = replace(PLAIN, name="bare", pipeline="bare")  # of which nothing is stored
SLICED = replace(PLAIN, name="sliced", budgeting=Timeslices(Fraction(99, 100), MINUTE))
WIDE = replace(OTHER, name="wide", budgeting=Timeslices(Fraction(99, 100), 5 * MINUTE))
ALL = (PLAIN, TWIN, OTHER, BARE, SLICED, WIDE)
COUNTED = sorted({slo.counted for slo in ALL})


def cells_of(slo: Slo, width_ns: int, seed: int) -> list[Delta]:
    """The oldest begins with a quarter of an hour, which is as much as its row of that width tells."""
    drawn = random.Random(seed)
    ages = {4 * HOUR, *(drawn.randrange(40) * 5 * MINUTE for _ in range(20)), 26 * DAY - HOUR}
    starts = sorted({START - age for age in ages} | {START - n * width_ns for n in range(1, 4)})
    counted = [Delta(slo.counted, at, drawn.randrange(90), drawn.randrange(9), 1) for at in starts]
    return [Delta(slo.counted, START - 26 * DAY, 5, seed, 1), *counted]


CELLS = [
    *cells_of(PLAIN, SLICE, 1),
    *cells_of(OTHER, SLICE, 2),
    *cells_of(SLICED, MINUTE, 3),
    *cells_of(WIDE, 5 * MINUTE, 4),
]
FUTURE = [Delta(PLAIN.counted, AHEAD, 3, 40, 1), Delta(PLAIN.counted, AHEAD + SLICE, 7, 0, 1)]


def stored(cells: Iterable[Delta], width_ns: int) -> list[Delta]:
    """Rows of the width, as a store sums them up."""
    found: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in cells:
        of = found[cell.stream, cell.slice_start_ns // width_ns * width_ns]
        of[0], of[1], of[2] = of[0] + cell.good, of[1] + cell.bad, of[2] + cell.observed
    return [Delta(stream, start, good, bad, seen) for (stream, start), (good, bad, seen) in sorted(found.items())]


def sweep(rows: Sequence[Delta]) -> Sweep:
    """In no order, and with a stream that nobody counts."""
    names = ["nobody's", *sorted({row.stream for row in rows}, reverse=True)]
    mixed = [*rows, Delta("nobody's", START - HOUR, 1000, 1000, 1000)]
    random.Random(5).shuffle(mixed)
    table = np.array([(r.slice_start_ns, r.good, r.bad, r.observed) for r in mixed], np.int64).T
    return Sweep(names, np.array([names.index(row.stream) for row in mixed], np.int64), *table)


def expected(evaluator: Evaluator, now_ns: int = NOW) -> Evaluator:
    inputs = sorted({stream for slo in ALL for stream in slo.measured})
    evaluator.apply(
        progress=[Progress(stream, "canary/main/0", now_ns) for stream in inputs],
        schedules=[Schedule(stream, START - 27 * DAY, Fraction(1), 1) for stream in inputs],
    )
    return evaluator


def an_evaluator(*slos: Slo, stored: bool = True, few: int = 0) -> Evaluator:
    return expected(Evaluator(Catalogue(slos={slo.name: slo for slo in slos or ALL}), stored=stored, few=few))


def swept(evaluator: Evaluator, cells: Sequence[Delta], streams: Sequence[str] = COUNTED, now_ns: int = NOW) -> Refill:
    """Each width in two parts."""
    refill = evaluator.refill(streams, now_ns)
    for width_ns, since_ns in refill.needs().items():
        rows = [row for row in stored(cells, width_ns) if row.slice_start_ns >= since_ns]
        for part in (rows[::2], rows[1::2]):
            refill.take(width_ns, sweep(part))
    refill.done()
    return refill


def one_by_one(evaluator: Evaluator, cells: Sequence[Delta], now_ns: int = NOW) -> None:
    for stream in COUNTED:
        rows = {
            width_ns: [
                row
                for row in stored(cells, stored_width(width_ns))
                if row.stream == stream and row.slice_start_ns >= since
            ]
            for width_ns, since in evaluator.needs(stream, now_ns).items()
        }
        evaluator.fill(stream, rows, now_ns)


def tracks(evaluator: Evaluator) -> list[Track]:
    found = [track for hall in evaluator.floor.halls.values() for track in hall.tracks]
    return sorted(found, key=lambda track: repr(track.key))


def held(evaluator: Evaluator) -> list[object]:
    """All that the tracks hold: every slot of every width, where they stand, and since when they are measured."""
    return [
        (
            track.key,
            [(ring.width_ns, ring.newest, ring.counts[:, :, track.column].tolist()) for ring in track.bank.rings],
            (track.filled, track.first_ns, track.watermark_ns),
        )
        for track in tracks(evaluator)
    ]


@pytest.fixture(scope="module")
def live() -> Evaluator:
    evaluator = an_evaluator(stored=False)
    evaluator.apply(CELLS)
    evaluator.tick(NOW)
    return evaluator


def test_streams_filled_at_once_hold_what_cells_that_came_one_by_one_add_up_to(live: Evaluator) -> None:
    at_once, single = an_evaluator(), an_evaluator()
    refill = swept(at_once, CELLS)
    one_by_one(single, CELLS)
    assert refill.streams == set(COUNTED)
    assert at_once.unfilled() == single.unfilled() == frozenset()
    assert len(tracks(at_once)) == len(ALL)
    found, wanted = at_once.tick(NOW).statuses, live.tick(NOW).statuses
    assert {name: found[name] for name in found} == {name: wanted[name] for name in wanted}
    assert held(at_once) == held(live)
    single.tick(NOW)
    assert held(single) == held(live)
    assert {track.first_ns for track in tracks(at_once) if track.key.stream == BARE.counted} == {None}


def test_what_is_wanted_of_a_width_reaches_back_as_far_as_the_longest_of_its_slots() -> None:
    evaluator = an_evaluator()
    needs = evaluator.refill(COUNTED, NOW).needs()
    rings = [ring for hall in evaluator.floor.halls.values() for ring in hall.bank.rings]
    assert needs == {
        width_ns: min(ring.oldest_ns for ring in rings if stored_width(ring.width_ns) == width_ns)
        for width_ns in (SLICE, MINUTE, 15 * MINUTE)
    }
    assert needs[SLICE] < NOW - 6 * HOUR
    assert needs[15 * MINUTE] < NOW - 30 * DAY


def test_a_stream_that_was_judged_already_goes_on_from_its_watermark_with_what_is_stored(live: Evaluator) -> None:
    evaluator = an_evaluator()
    swept(evaluator, CELLS[:10])
    evaluator.apply([Delta(PLAIN.counted, START, 500, 500, 1), *FUTURE])
    marks = {slo.name: evaluator.tick(NOW).statuses[slo.name].watermark_ns for slo in ALL}
    assert None not in marks.values()
    evaluator.apply([Delta(PLAIN.counted, START, 100, 100, 1)])  # committed, and not counted yet
    swept(evaluator, CELLS)
    assert {slo.name: evaluator.floor.subject(slo).watermark_ns for slo in ALL} == marks
    assert held(evaluator) == held(live)
    for slo in ALL:
        assert evaluator.floor.subject(slo).budget() == live.floor.subject(slo).budget()
    later = NOW + 2 * HOUR
    assert evaluator.tick(later).statuses[PLAIN.name].budget.reading.tally == (
        live.floor.subject(PLAIN).budget().reading.tally
    )


def test_nothing_is_said_of_a_stream_while_it_is_filled() -> None:
    evaluator = an_evaluator()
    swept(evaluator, CELLS)
    assert evaluator.tick(NOW).statuses[PLAIN.name].watermark_ns == NOW
    refill = evaluator.refill([PLAIN.counted], NOW)
    assert evaluator.unfilled() == {PLAIN.counted}
    assert [(t.filled, t.first_ns) for t in tracks(evaluator) if t.key.stream == PLAIN.counted] == [(False, None)] * 2
    said = evaluator.tick(NOW).statuses
    assert (said[PLAIN.name].watermark_ns, said[TWIN.name].watermark_ns) == (None, None)
    assert said[OTHER.name].watermark_ns == NOW
    refill.done()
    assert evaluator.unfilled() == frozenset()


def test_only_the_streams_that_are_named_are_filled_anew(live: Evaluator) -> None:
    evaluator = an_evaluator()
    swept(evaluator, CELLS)
    evaluator.apply([Delta(OTHER.counted, START, 1, 2, 1), Delta(PLAIN.counted, START, 1, 2, 1)])
    swept(evaluator, CELLS, [PLAIN.counted])
    evaluator.tick(NOW)
    (other,) = [track for track in tracks(evaluator) if track.key.stream == OTHER.counted]
    was = live.floor.subject(OTHER).budget().reading.tally
    now = evaluator.floor.subject(OTHER).budget().reading.tally
    assert (now.good, now.bad) == (was.good + 1, was.bad + 2)
    assert evaluator.floor.subject(PLAIN).budget() == live.floor.subject(PLAIN).budget()
    assert other.first_ns == START - 26 * DAY


def test_what_lies_ahead_counts_when_its_time_comes_and_once() -> None:
    live, at_once = an_evaluator(stored=False), an_evaluator()
    live.apply([*CELLS, *FUTURE])
    live.tick(NOW)
    swept(at_once, [*CELLS, *FUTURE])
    at_once.tick(NOW)
    assert held(at_once) == held(live)
    later = AHEAD + MINUTE
    for evaluator in (live, at_once):
        expected(evaluator, later)
    found, wanted = at_once.tick(later).statuses, live.tick(later).statuses
    assert held(at_once) == held(live)
    assert found[PLAIN.name].budget == wanted[PLAIN.name].budget
    assert found[PLAIN.name].budget.reading.tally.bad >= 40


def test_an_adjusted_stream_is_left_out_and_stays_to_be_filled_by_itself() -> None:
    work = Adjustment("work", Selector(names=(OTHER.name,)), Category.MAINTENANCE, "ana", "why", (Span(START, NOW),))
    known = Catalogue(slos={slo.name: slo for slo in (PLAIN, OTHER)}, adjustments={"work": work})
    evaluator = expected(Evaluator(known, stored=True))
    evaluator.adjust(NOW)
    refill = swept(evaluator, CELLS)
    assert OTHER.counted not in refill.streams
    assert PLAIN.counted in refill.streams
    assert evaluator.unfilled() == {OTHER.counted}


def test_clearing_since_an_instant_takes_what_starts_from_then_on_of_these_tracks_alone() -> None:
    evaluator = an_evaluator(PLAIN, TWIN, OTHER)
    cells = [Delta(slo.counted, at, 1, 0, 1) for slo in (PLAIN, OTHER) for at in (START - SLICE, START)]
    swept(evaluator, cells)
    (hall,) = evaluator.floor.halls.values()
    group = Group(hall, [track for track in hall.tracks if track.key.stream == PLAIN.counted])
    group.clear(START)
    for track in hall.tracks:
        kept = [int(ring.counts[0, :, track.column].sum()) for ring in hall.bank.rings]
        assert kept == ([1, 1, 1] if track.key.stream == PLAIN.counted else [2, 2, 2])
    group.clear(START - SLICE + 1)  # within a slot, which stays
    assert [int(ring.counts[0].sum()) for ring in hall.bank.rings] == [4, 4, 4]


def test_tracks_of_different_streams_are_found_in_one_step() -> None:
    evaluator = an_evaluator(PLAIN, TWIN, OTHER, BARE)
    (hall,) = evaluator.floor.halls.values()
    group = Group(hall, hall.tracks)
    assert sorted(len(layer) for layer in group.layers) == [1, 3]
    assert sorted(column for layer in group.layers for column in layer.values()) == sorted(group.columns.tolist())
    evaluator.floor.roll(NOW)
    nobody = Group(hall, [])
    nobody.clear(START)
    nobody.take(SLICE, sweep([Delta(PLAIN.counted, START, 1, 2, 3)]))
    assert (list(nobody.layers), [int(ring.counts.sum()) for ring in hall.bank.rings]) == ([], [0, 0, 0])
