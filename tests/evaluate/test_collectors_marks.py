"""How far the collectors of a stream have looked, and what of a stream makes a track of its own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Basis, Duplicates, Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.adjust.adjusted import Effects
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Feed, Track, TrackKey
from slo_service.evaluate.counts.window import Window
from tests.domain.test_objectives import SLO, composite

SLICED = replace(SLO, budgeting=Timeslices(Fraction(9, 10), MINUTE))


def mark(seconds: int, source: str = "a", stream: str = SLO.stream.id) -> Progress:
    return Progress(stream, source, seconds * SECOND)


def track(key: TrackKey) -> Track:
    bank = Bank(Slots.of_width(key.slice_ns), 0, 0, DAY)
    bank.reserve(1)
    bank.index_of(Window(HOUR))
    return Track(key, bank, bank.take())


def test_the_slowest_of_the_expected_sources_says_how_far_was_looked() -> None:
    feed = Feed({"a": 5, "b": 3, "gone": 1}, sources=2)
    assert feed.progress_ns(10) == 3
    assert Feed({"a": 5}, sources=2).progress_ns(10) is None
    assert Feed({"a": 5}).progress_ns(10) is None


def test_a_mark_more_than_a_second_ahead_says_nothing_of_now() -> None:
    feed = Feed({"a": 10 * SECOND}, sources=1)
    assert feed.progress_ns(9 * SECOND) == 10 * SECOND
    assert feed.progress_ns(9 * SECOND - 1) is None
    assert (feed.is_heard(9 * SECOND), feed.is_heard(9 * SECOND - 1)) == (True, False)
    assert not Feed({"a": 1}).is_heard(9)
    assert not Feed(sources=1).is_heard(9)


def test_events_are_counted_as_they_come_and_slices_one_by_one() -> None:
    events, slices = TrackKey.of(SLO), TrackKey.of(SLICED, ("upgrade",))
    assert (events.stream, events.inputs, events.basis) == (SLO.stream.id, (SLO.stream.id,), Basis.EVENTS)
    assert (events.slice_ns, events.grain_ns, events.adjustments) == (10 * SECOND, 1, ())
    assert (slices.stream, slices.inputs, slices.basis) == (SLICED.counted, SLICED.measured, Basis.SLICES)
    assert (slices.slice_ns, slices.grain_ns, slices.adjustments) == (MINUTE, MINUTE, ("upgrade",))
    for key in (events, slices):
        assert (key.horizon_ns, key.grace_ns) == (SLO.timing.horizon_ns, SLO.timing.grace_ns)


@pytest.mark.parametrize(
    ("slo", "adjustments", "tells_measured", "knows_events", "cell_ns"),
    [
        pytest.param(SLO, (), False, True, 10 * SECOND, id="events"),
        pytest.param(SLO, ("a",), True, True, 10 * SECOND, id="adjusted events"),
        pytest.param(replace(SLO, indicator=Lag("x", 1)), ("a",), False, False, 10 * SECOND, id="looks"),
        pytest.param(replace(SLO, indicator=Duplicates("c")), (), False, False, 10 * SECOND, id="sightings"),
        pytest.param(SLICED, ("a",), False, True, MINUTE, id="slices"),
        pytest.param(
            replace(SLO, budgeting=RatioTimeslices(MINUTE)), (), False, True, 10**9 * MINUTE, id="parts of slices"
        ),
    ],
)
def test_what_is_known_of_a_stretch_that_nobody_looks_at(
    slo, adjustments, tells_measured, knows_events, cell_ns
) -> None:
    key = TrackKey.of(slo, adjustments)
    assert (key.tells_measured, key.knows_events, key.cell_ns) == (tells_measured, knows_events, cell_ns)


def test_of_slices_one_is_expected_each_whatever_its_input_yields() -> None:
    said = Schedule("raw", 5, Fraction(7), sources=3)
    assert TrackKey.of(SLO).schedule(said) is said
    assert TrackKey.of(SLICED).schedule(said) == Schedule(SLICED.counted, 5, Fraction(1, 60), 1)
    ratio = replace(SLO, budgeting=RatioTimeslices(MINUTE))
    assert TrackKey.of(ratio).schedule(said) == Schedule(ratio.counted, 5, Fraction(10**9, 60), 10**9)


def test_a_track_of_several_inputs_has_looked_as_far_as_the_slowest() -> None:
    slo = replace(SLO, indicator=composite(), budgeting=Timeslices(Fraction(9, 10), MINUTE))
    one, other = slo.measured
    both = track(TrackKey.of(slo))
    for stream in (one, other):
        both.expects(Schedule(stream, 0, Fraction(1), 1))
    both.looked(mark(9, stream=one))
    assert both.progress_ns(HOUR) is None
    assert both.is_heard(HOUR)
    both.looked(mark(4, stream=other))
    assert both.progress_ns(HOUR) == 4 * SECOND


def test_a_lone_source_says_alone_how_far_was_looked() -> None:
    lone = track(TrackKey.of(SLO))
    assert not lone.looked(mark(1))
    lone.expects(Schedule(SLO.stream.id, 0, Fraction(1), 1))
    assert lone.looked(mark(2))
    assert not lone.looked(mark(2, "b"))
    assert lone.progress_ns(HOUR) == 2 * SECOND


def test_the_newest_word_counts_also_when_it_goes_back() -> None:
    one = track(TrackKey.of(SLO))
    one.expects(Schedule(SLO.stream.id, 0, Fraction(1), 1))
    one.looked(mark(9))
    one.looked(mark(4))
    assert one.progress_ns(HOUR) == 4 * SECOND
    assert not one.hurries(4 * SECOND)
    one.looked(mark(9))
    assert one.hurries(8 * SECOND - 1)
    assert not one.hurries(8 * SECOND)


def test_what_is_expected_is_news_only_when_it_differs() -> None:
    one = track(TrackKey.of(SLO))
    assert one.expects(Schedule(SLO.stream.id, 0, Fraction(1), 1))
    assert not one.expects(Schedule(SLO.stream.id, 5, Fraction(1), 1))
    assert one.expects(Schedule(SLO.stream.id, 9, Fraction(1), 2))


def test_nothing_is_said_of_a_track_before_it_is_filled() -> None:
    one = track(TrackKey.of(SLO))
    one.expects(Schedule(SLO.stream.id, 0, Fraction(1), 1))
    one.looked(mark(9))
    one.filled = False
    assert (one.progress_ns(HOUR), one.is_heard(HOUR)) == (None, False)


def test_a_track_knows_the_oldest_slice_it_saw() -> None:
    one = track(TrackKey.of(SLO))
    assert [one.saw(at) for at in (50, 20, 90)] == [50, 20, 20]


def test_a_track_in_place_of_another_has_heard_what_that_one_heard_and_goes_its_own_way_then() -> None:
    old, new = track(TrackKey.of(SLO)), track(TrackKey.of(SLO, ("upgrade",)))
    old.expects(Schedule(SLO.stream.id, 0, Fraction(2), 1))
    old.looked(mark(9))
    new.hear_of(old)
    new.stand_at(7 * SECOND)
    assert (new.progress_ns(HOUR), new.watermark_ns) == (9 * SECOND, 7 * SECOND)
    assert new.expectation.schedules == old.expectation.schedules
    new.looked(mark(11))
    assert old.progress_ns(HOUR) == 9 * SECOND
    new.stand_at(None)
    assert new.watermark_ns == 7 * SECOND


def test_what_is_measured_of_an_adjusted_stream_is_its_events_not_its_cells() -> None:
    delta = Delta(SLO.stream.id, 0, 5, 2, observed=1)
    assert track(TrackKey.of(SLO)).counted(delta) == delta
    adjusted = track(TrackKey.of(SLO, ("upgrade",)))
    adjusted.effects = Effects()
    assert adjusted.counted(delta) == replace(delta, observed=7)


def test_slots_with_a_bad_event_are_those_that_the_range_touches() -> None:
    one = track(TrackKey.of(SLO))
    bank, width = one.bank, one.bank.slots.fine_ns
    bank.roll(100 * width)
    slots = np.array([50, 51, 52, 53])
    bank.add(slots, np.full(4, one.column), np.array([[1, 1, 1, 1], [1, 0, 2, 1], [1, 1, 1, 1]]))
    assert one.bad_slots(50 * width, 53 * width) == [50 * width, 52 * width]
    assert one.bad_slots(50 * width + 1, 52 * width) == [50 * width]
    assert one.bad_slots(51 * width, 53 * width + 1) == [52 * width, 53 * width]
