"""One track: what it takes from the store and for how long back, what of it is adjusted, and which windows it tells."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.tally import Tally
from slo_service.evaluate.adjust.adjusted import Correction, Effects
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import SLACK_NS, Slots
from slo_service.evaluate.counts.track import Sums, Track, TrackKey
from slo_service.evaluate.counts.window import Window
from tests.domain.test_objectives import SLO

NOW = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % DAY
WIDTH, QUARTER = 10 * SECOND, 15 * MINUTE
LOOKS = replace(SLO, indicator=Lag("cleaning", MINUTE))
STREAM = SLO.stream.id
HOLE = Effects(excluded=(Span(NOW - HOUR, NOW - HOUR + MINUTE),))


def a_track(slo: Slo = SLO, *adjustments: str, reach_ns: int = 30 * DAY, rolled: bool = True) -> Track:
    key = TrackKey.of(slo, adjustments)
    bank = Bank(Slots.of_width(key.slice_ns), 0, 0, reach_ns)
    bank.reserve(2)
    bank.take()
    track = Track(key, bank, bank.take())
    if rolled:
        bank.roll(NOW)
    return track


def row(ago_ns: int, good: int, bad: int = 0, observed: int = 1) -> Delta:
    return Delta(STREAM, NOW - ago_ns, good, bad, observed)


def held(track: Track) -> list[list[int]]:
    """All that each ring keeps of it."""
    everything = (0, NOW, np.array([track.column]))
    return [ring.between(*everything)[:, 0].tolist() for ring in track.bank.rings]


@pytest.mark.parametrize(
    ("slo", "back"),
    [
        pytest.param(SLO, {WIDTH: 48 * HOUR, MINUTE: 14 * DAY, QUARTER: None}, id="cells of ten seconds"),
        pytest.param(
            replace(SLO, budgeting=Timeslices(Fraction(9, 10), 5 * MINUTE)),
            {5 * MINUTE: 14 * DAY, QUARTER: None},
            id="slices of five minutes",
        ),
        pytest.param(replace(SLO, budgeting=Timeslices(Fraction(9, 10), HOUR)), {HOUR: None}, id="slices of an hour"),
    ],
)
def test_finer_rows_are_needed_for_longer_where_adjustments_cut_them(slo: Slo, back: dict[int, int | None]) -> None:
    track = a_track(slo, "upgrade")
    plain = {ring.width_ns: (ring.newest or 0) * ring.width_ns - (ring.rows - 1) * ring.width_ns
             for ring in track.bank.rings}  # fmt: skip
    assert track.needs(NOW) == plain
    assert max(plain.values()) < NOW - 6 * HOUR
    track.effects = HOLE
    assert track.needs(NOW) == {width: plain[width] if ago is None else NOW - ago for width, ago in back.items()}


def test_short_budgets_need_no_rows_that_they_do_not_keep() -> None:
    track = a_track(reach_ns=DAY)
    track.effects = HOLE
    assert {width: NOW - since for width, since in track.needs(NOW).items()} == {
        WIDTH: 48 * HOUR,
        MINUTE: 14 * DAY,
        QUARTER: NOW - track.bank.rings[2].oldest_ns,
    }


def test_stored_rows_take_the_place_of_all_that_was_there() -> None:
    track = a_track()
    bank = track.bank
    bank.index_of(Window(HOUR))
    bank.add(np.array([NOW // WIDTH - 1] * 2), np.array([0, track.column]), np.full((3, 2), 99))
    bank.advance(np.array([NOW, NOW]))
    track.first_ns, track.filled = 5, False
    rows = {WIDTH: [row(WIDTH, 5, 1), row(40 * SECOND, 2)], MINUTE: [row(MINUTE, 7, 1, 2), row(DAY, 4)],
            QUARTER: [row(QUARTER, 7, 1, 2), row(20 * DAY, 30, 0, 9)]}  # fmt: skip
    track.fill(rows)
    assert held(track) == [[7, 1, 2], [11, 1, 3], [37, 1, 11]]
    assert (track.first_ns, track.filled, track.watermark_ns) == (NOW - 20 * DAY, True, NOW)
    assert track.sums(Window(HOUR)) == (NOW - HOUR, Sums(Tally(7, 1), 2))
    assert bank.sums[:, 0, 0].tolist() == [99, 99, 99]
    track.fill({})
    assert (held(track), track.first_ns) == ([[0, 0, 0]] * 3, None)


def test_a_track_that_was_never_judged_is_filled_and_not_judged() -> None:
    track = a_track()
    track.fill({WIDTH: [row(WIDTH, 5)]})
    assert (track.watermark_ns, track.first_ns) == (None, NOW - WIDTH)
    assert held(track)[0] == [5, 0, 1]


def test_stored_rows_that_lie_ahead_wait() -> None:
    track = a_track()
    ahead = NOW + SLACK_NS + WIDTH
    track.fill({WIDTH: [Delta(STREAM, ahead, 3, 0, 1)], MINUTE: [Delta(STREAM, ahead - WIDTH, 3, 0, 1)]})
    assert track.bank.waiting == {track.column}
    assert held(track)[:2] == [[0, 0, 0], [0, 0, 0]]


def test_of_an_adjusted_stream_the_events_are_what_was_measured() -> None:
    track = a_track(SLO, "upgrade")
    track.fill({WIDTH: [row(WIDTH, 5, 2, 1)]})
    assert held(track)[0] == [5, 2, 7]
    looks = a_track(LOOKS, "upgrade")
    looks.fill({WIDTH: [row(WIDTH, 5, 2, 1)]})
    assert held(looks)[0] == [5, 2, 1]


def test_stored_rows_are_adjusted_and_a_correction_counts_where_nothing_is_stored() -> None:
    track = a_track(SLO, "upgrade")
    span, other = Span(NOW - 2 * HOUR, NOW - HOUR), Span(NOW - 3 * HOUR, NOW - 3 * HOUR + MINUTE)
    track.effects = Effects((other,), (Correction(span, 70, 7, span.from_ns),))
    track.fill({WIDTH: [row(3 * HOUR, 5), row(90 * MINUTE, 9, 9), row(WIDTH, 4, 1)], MINUTE: [], QUARTER: []})
    assert held(track) == [[74, 8, 5 + 18], [70, 7, 0], [70, 7, 0]]
    assert track.first_ns == span.from_ns
    track.effects = Effects((), (Correction(span, 70, 7, None),))
    track.fill({WIDTH: [row(WIDTH, 4, 1)]})
    assert held(track)[0] == [4, 1, 5]


def test_what_is_left_out_does_not_count() -> None:
    track = a_track(SLO, "upgrade")
    delta = row(HOUR, 3, 1, 1)
    assert track.counted(delta) == replace(delta, observed=4)
    track.effects = HOLE
    assert track.counted(delta) is None
    assert track.counted(row(2 * HOUR, 3, 1, 1)) == replace(row(2 * HOUR, 3, 1), observed=4)


NEWEST_END = (NOW + SLACK_NS) // WIDTH * WIDTH + WIDTH


@pytest.mark.parametrize(
    ("effects", "anew", "filled"),
    [
        pytest.param(HOLE, True, False, id="of the past"),
        pytest.param(HOLE, False, True, id="that nobody asks to count anew"),
        pytest.param(Effects((Span(NEWEST_END - 1, NEWEST_END + 1),)), True, False, id="from the newest slot on"),
        pytest.param(Effects((Span(NEWEST_END, NEWEST_END + 1),)), True, True, id="of the time to come"),
        pytest.param(
            Effects((), (Correction(Span(NEWEST_END, NEWEST_END + 9), 1, 1, NEWEST_END),)),
            *(True, False),
            id="counts in place of those to come",
        ),
        pytest.param(Effects(replays=(Span(1, 2),)), True, True, id="that changes no count"),
    ],
)
def test_counts_are_filled_in_anew_where_an_adjustment_changes_them(effects: Effects, anew: bool, filled: bool) -> None:
    track = a_track(SLO, "upgrade")
    track.expects(Schedule(STREAM, NOW - DAY, Fraction(1), 1))
    assert track.adjust(effects, anew=anew)
    assert (track.filled, track.effects) == (filled, effects)
    hole = next(iter(effects.excluded), Span(NOW - HOUR, NOW - HOUR + MINUTE))
    missing = sum(each.to_ns - each.from_ns for each in effects.excluded) / Fraction(SECOND)
    length = Fraction(hole.to_ns - hole.from_ns, SECOND)
    assert track.expectation.events(hole.from_ns, hole.to_ns) == length - missing
    track.filled = True
    assert not track.adjust(effects, anew=True)
    assert track.filled


def test_an_adjustment_of_what_waits_or_of_a_bank_that_was_never_rolled_counts_anew() -> None:
    to_come = Effects((Span(NOW + DAY, NOW + 2 * DAY),))
    waits = a_track(SLO, "upgrade")
    waits.bank.add(np.array([(NOW + DAY) // WIDTH]), np.array([waits.column]), np.ones((3, 1), np.int64))
    for track in (waits, a_track(SLO, "upgrade", rolled=False)):
        assert track.adjust(to_come, anew=True)
        assert not track.filled


def test_of_looks_the_slice_that_the_watermark_cuts_counts_only_once_it_ends() -> None:
    track = a_track(LOOKS)
    track.bank.index_of(Window(HOUR))
    track.bank.add(
        np.array([NOW // WIDTH - 1, NOW // WIDTH]), np.full(2, track.column), np.array([[1, 2], [3, 4], [5, 6]])
    )
    for mark, looked in ((NOW, 5), (NOW + 1, 5), (NOW + WIDTH - 1, 5), (NOW + WIDTH, 11)):
        track.stand_at(mark)
        bad = 3 if mark == NOW else 7
        _, sums = track.sums(Window(HOUR))
        assert (sums.tally.bad, sums.observed) == (bad, looked)
        _, sums = track.window(mark, Window(5 * MINUTE))
        assert (sums.tally, sums.observed) == (Tally(1 if bad == 3 else 3, bad), looked)


def test_of_events_every_cell_counts_as_soon_as_it_has_begun() -> None:
    track = a_track()
    track.bank.add(np.array([NOW // WIDTH]), np.array([track.column]), np.array([[1], [2], [3]]))
    assert track.window(NOW + 1, Window(HOUR)) == (NOW - HOUR, Sums(Tally(1, 2), 3))
    assert track.window(NOW, Window(HOUR)) == (NOW - HOUR, Sums(Tally(), 0))
    assert track.window(NOW + WIDTH - 1, Window(HOUR))[0] == NOW - HOUR
    assert track.window(NOW + WIDTH, Window(HOUR))[0] == NOW - HOUR + WIDTH


def test_a_track_begins_with_nothing_heard_and_nothing_seen() -> None:
    track = a_track()
    assert (track.first_ns, track.filled, track.begun_ns, track.watermark_ns) == (None, True, NEVER, None)
    assert (track.effects, track.expectation.known, list(track.feeds)) == (Effects(), False, [STREAM])
    assert (track.slice_ns, track.is_heard(NOW), track.progress_ns(NOW), track.hurries(NOW)) == (
        WIDTH,
        False,
        None,
        False,
    )
