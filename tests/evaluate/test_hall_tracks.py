"""The tracks of a hall: how far each is judged, since when, and what is made of its past."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Slo
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.tier import Verdict
from tests.evaluate.test_hall import GRACE, STEP, T0, A, B, C, Stage, own


def marks(stage: Stage) -> list[int | None]:
    return [None if mark is None else mark - T0 for mark in (stage.track(n).watermark_ns for n in stage.slos)]


def test_a_watermark_is_where_the_reader_stands_and_waits_for_it_no_longer_than_the_grace() -> None:
    stage = Stage(own("a"), own("b", grace_ns=MINUTE))
    stage.steps(2)
    assert marks(stage) == [2 * STEP, 2 * STEP]
    found = []
    for _ in range(8):
        stage.step(silent="b")
        found.append(marks(stage))
    seconds = [(20, 30), (20, 40), (20, 50), (20, 60), (20, 70), (20, 80), (30, 90), (40, 100)]
    assert found == [[a * SECOND, b * SECOND] for b, a in seconds]


@pytest.mark.parametrize(
    ("now", "progress", "horizon", "mark"),
    [
        pytest.param(100, 100, 0, 100, id="it has looked at all"),
        pytest.param(100, 95, 0, 95, id="as far as it looked"),
        pytest.param(100, 95, 20, 75, id="less the horizon"),
        pytest.param(100, 60, 0, 70, id="or up to the grace before now"),
        pytest.param(100, 60, 20, 50, id="less the horizon as well"),
        pytest.param(100, 100.5, 0, 100, id="not ahead of now"),
        pytest.param(100, None, 0, None, id="nobody has looked ever"),
    ],
)
def test_how_far_a_track_is_judged(now: int, progress: float | None, horizon: int, mark: int | None) -> None:
    hall = Hall(HallKey(Slots(), horizon * SECOND, MINUTE, DAY), 0)
    track = hall.track(TrackKey.of(A), filled=True)
    track.expects(Schedule(A.stream.id, T0, Fraction(1), 1))
    if progress is not None:
        hall.looked(track, Progress(A.stream.id, "x/0", T0 + int(progress * SECOND)))
    list(hall.advance(T0 + now * SECOND))
    assert track.watermark_ns == (None if mark is None else T0 + mark * SECOND)
    assert hall.previous_ns(track) is None


def test_a_grain_holds_the_watermark_at_its_steps() -> None:
    hall = Hall(HallKey(Slots(), 0, MINUTE, DAY), 0)
    track = hall.track(replace(TrackKey.of(A), grain_ns=7 * SECOND), filled=True)
    track.expects(Schedule(A.stream.id, T0, Fraction(1), 1))
    hall.looked(track, Progress(A.stream.id, "x/0", T0 + 20 * SECOND))
    list(hall.advance(T0 + 20 * SECOND))
    assert track.watermark_ns == (T0 + 20 * SECOND) // (7 * SECOND) * (7 * SECOND)


def test_how_far_tracks_are_judged_is_worked_out_without_moving_any() -> None:
    stage = Stage(A, B)
    stage.steps(3)
    before = stage.hall.bank.watermarks.copy()
    assert (stage.hall._watermarks(stage.now + STEP) == stage.now).all()
    assert (stage.hall.bank.watermarks == before).all()


def test_a_track_that_is_not_filled_when_it_is_made_is_not_judged_before_it_is() -> None:
    hall = Hall(HallKey(Slots(), 0, MINUTE, DAY), 0)
    track = hall.track(TrackKey.of(A), filled=False)
    assert not track.filled
    track.expects(Schedule(A.stream.id, T0, Fraction(1), 1))
    hall.looked(track, Progress(A.stream.id, "x/0", T0 + STEP))
    list(hall.advance(T0 + STEP))
    assert track.watermark_ns is None


def test_a_watermark_does_not_go_back_unless_the_clock_did() -> None:
    stage = Stage(A)
    stage.steps(3)
    stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/0", T0 + STEP))
    stage.tick()
    assert marks(stage) == [3 * STEP]
    assert stage.hall.previous_ns(stage.track("a")) == T0 + 3 * STEP
    stage.now -= STEP
    stage.tick()
    assert marks(stage) == [STEP]


def test_one_source_of_several_is_waited_for_no_longer_than_the_grace() -> None:
    stage = Stage(A, sources=2)
    stage.step()
    assert marks(stage) == [STEP - GRACE]
    stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/1", stage.now))
    stage.tick()
    assert marks(stage) == [STEP]
    stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/1", stage.now))
    stage.step()
    assert marks(stage) == [STEP]


def test_a_mark_from_the_future_says_nothing_until_its_time_has_come() -> None:
    stage = Stage(A)
    stage.step()
    stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/0", stage.now + 2 * STEP))
    found = []
    for _ in range(4):
        stage.now += STEP
        stage.tick()
        found.append(marks(stage))
    assert found == [[STEP], [3 * STEP], [3 * STEP], [3 * STEP]]


def test_a_mark_just_ahead_of_the_tick_counts() -> None:
    stage = Stage(A)
    stage.step()
    for ahead, judged in ((SECOND, 2 * STEP), (SECOND + 1, 2 * STEP)):
        stage.now = T0 + 2 * STEP
        stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/0", stage.now + ahead))
        stage.tick()
        assert marks(stage) == [judged]
    assert stage.hall._facts.progress.tolist()[0] == NEVER


def test_a_track_that_is_not_filled_is_judged_once_it_is_and_keeps_where_it_stood() -> None:
    stage = Stage(A, B)
    stage.steps(3)
    track = stage.track("a")
    track.filled = False
    stage.hall.refilled(track)
    stage.step()
    assert marks(stage)[1] == 4 * STEP
    assert marks(stage)[0] is None
    track.fill({10 * SECOND: [Delta(A.stream.id, T0 - HOUR, 10, 0, 1)]})
    stage.hall.refilled(track)
    assert stage.hall._facts.firsts.tolist()[track.column] == T0 - HOUR
    stage.step()
    assert marks(stage) == [5 * STEP, 5 * STEP]


# --- its tracks -------------------------------------------------------------------------------------------------------


def test_a_key_has_one_track_and_a_column_that_is_given_back_is_empty_for_the_next() -> None:
    stage = Stage(A, B)
    stage.steps(3)
    hall, first = stage.hall, stage.track("a")
    assert hall.track(TrackKey.of(A), filled=False) is first
    assert hall.tracks == (first, stage.track("b"))
    assert hall.keys == {TrackKey.of(A), TrackKey.of(B)}
    assert hall.holds(TrackKey.of(A))
    hall.looked(first, Progress(A.stream.id, "x/0", stage.now))
    hall.drop(TrackKey.of(A))
    assert not hall.holds(TrackKey.of(A))
    other = hall.track(TrackKey.of(C), filled=True)
    assert other.column == first.column
    facts = hall._facts
    assert [int(each[other.column]) for each in (facts.progress, facts.firsts, facts.begun)] == [NEVER] * 3
    stage.slos = {"b": B}
    hall.put([(B, stage.track("b"))])
    del stage.tracks[TrackKey.of(A)]
    stage.step()
    assert (other.watermark_ns, other.first_ns) == (None, None)


def test_a_column_that_was_given_back_long_ago_is_empty_for_the_next_too() -> None:
    """Else the next stream would be judged before any collector of it has reported."""
    stage = Stage(A, B)
    stage.steps(3)
    column = stage.track("a").column
    stage.hall.looked(stage.track("a"), Progress(A.stream.id, "x/0", stage.now))
    stage.hall.drop(TrackKey.of(A))
    del stage.tracks[TrackKey.of(A)]
    stage.slos = {"b": B}
    stage.hall.put([(B, stage.track("b"))])
    stage.step()
    other = stage.hall.track(TrackKey.of(C), filled=True)
    assert (other.column, other.watermark_ns) == (column, None)
    other.expects(Schedule(C.stream.id, T0, Fraction(1), 1))
    stage.hall.reschedule(other)
    stage.step()
    assert other.watermark_ns is None


def test_a_track_that_is_dropped_before_its_first_tick_is_no_longer_waited_for() -> None:
    stage = Stage(A, B)
    track = stage.track("b")
    stage.hall.drop(TrackKey.of(B))
    del stage.tracks[TrackKey.of(B)]
    stage.slos = {"a": A}
    stage.hall.put([(A, stage.track("a"))])
    stage.step()
    assert (track.begun_ns, stage.track("a").begun_ns) == (NEVER, T0 + STEP)


def test_silence_is_counted_from_the_first_tick_of_a_track() -> None:
    stage = Stage(A)
    stage.steps(2)
    stage.put(A, B)
    stage.steps(2)
    facts = stage.hall._facts
    assert [stage.track(name).begun_ns - T0 for name in "ab"] == [STEP, 3 * STEP]
    assert [int(facts.begun[stage.track(name).column]) - T0 for name in "ab"] == [STEP, 3 * STEP]


def test_the_oldest_slice_that_was_measured_is_kept_whatever_order_slices_come_in() -> None:
    stage = Stage(A, B)
    hall, (a, b) = stage.hall, (stage.track("a"), stage.track("b"))
    hall.bank.roll(T0)
    hall.add([])
    starts = [(a, T0 - MINUTE), (b, T0 - STEP), (a, T0 - HOUR), (a, T0 - 2 * MINUTE)]
    hall.add([(track, Delta("s", start, 1, 0, 1)) for track, start in starts])
    hall.add([(b, Delta("s", T0, 1, 0, 1))])
    assert (a.first_ns, b.first_ns) == (T0 - HOUR, T0 - STEP)
    assert hall._facts.firsts[[a.column, b.column]].tolist() == [T0 - HOUR, T0 - STEP]


# --- partitions -------------------------------------------------------------------------------------------------------

WATCHED = replace(A, name="w", alerting=replace(A.alerting, signals=Alerting().signals))
PATIENT = replace(WATCHED, name="p", timing=Timing(0, 90 * SECOND))


def partitions(slos: tuple[Slo, ...] = (WATCHED, A, B), sources: int = 2) -> Stage:
    stage = Stage(*slos)
    for key, track in stage.tracks.items():
        track.expects(Schedule(key.stream, T0, Fraction(sources, 10), sources))
        stage.hall.reschedule(track)
    return stage


def lost(count: int) -> list[Delta]:
    return [Delta(A.stream.id, T0 + n * STEP, int(p), int(not p), 1, f"x/{p}") for n in range(count) for p in range(2)]


def test_tracks_whose_partitions_are_watched_say_how_far_back_they_matter_by_the_newest_schedule() -> None:
    stage = partitions()
    assert stage.hall.partitioned() == {stage.track("w"): 10 * MINUTE}
    stage.track("w").expects(Schedule(A.stream.id, T0, Fraction(2, 60), 2))
    stage.hall.reschedule(stage.track("w"))
    assert stage.hall.partitioned() == {stage.track("w"): 20 * MINUTE}
    assert partitions(sources=1).hall.partitioned() == {}


def test_a_new_schedule_is_taken_in_once_and_parts_of_rounds_wait_for_the_rest_over_ticks() -> None:
    stage = partitions(slos=(WATCHED,))
    stage.tick()
    stage.hall.alarm("w")
    left = []
    for n in range(4):
        stage.hall.add([(stage.track("w"), Delta("s", T0 + n * STEP, 1, 0, 1, "x/0"))])
        stage.now += STEP
        stage.tick()
        left.append(stage.hall.alarm_left("w"))
    assert left == [180, 179, 179, 178]  # a round is one canary of each of the two


@pytest.mark.parametrize(("ns", "verdict"), [(0, Verdict.BURNS), (-1, Verdict.UNKNOWN)])
def test_a_past_is_lived_through_as_far_as_it_would_have_been_judged(ns: int, verdict: Verdict) -> None:
    """Ten lost canaries burn: at the end of the tenth slice, the horizon, the grace and a grain after it."""
    slo_, hall = replace(WATCHED, timing=Timing(5 * SECOND, GRACE)), Hall(HallKey(Slots(), 5 * SECOND, MINUTE, DAY), 0)
    track = hall.track(TrackKey.of(slo_), filled=True)
    track.expects(Schedule(A.stream.id, T0, Fraction(2, 10), 2))
    hall.put([(slo_, track)])
    hall.relive({A.stream.id: lost(12), B.stream.id: lost(12)}, T0 + 10 * STEP + 5 * SECOND + GRACE + 1 + ns)
    assert hall.signs("w").partitions is verdict


def test_each_objective_on_a_stream_lives_through_it_by_its_own_grace_and_others_not_at_all() -> None:
    stage = partitions(slos=(PATIENT, A, WATCHED, replace(WATCHED, name="v", indicator=Freshness("v", SECOND))))
    stage.hall.relive({A.stream.id: lost(12)}, T0 + 10 * STEP + GRACE + 1)
    found = {name: stage.hall.signs(name).partitions for name in "wpv"}
    assert found == {"w": Verdict.BURNS, "p": Verdict.UNKNOWN, "v": Verdict.UNKNOWN}
    assert stage.hall.signs("w").burning == ("x/0",)
