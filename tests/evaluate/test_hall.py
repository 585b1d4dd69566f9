"""A hall at each tick: how far its tracks are judged, and which of its objectives are named to be judged exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.signs import Signs
from tests.evaluate.test_screen import slo

T0 = 1_800_000_000 * SECOND
STEP = 10 * SECOND
GRACE = 30 * SECOND
FAST = Tier("fast", Severity.PAGE, 2 * MINUTE, 30 * SECOND, Fraction(1, 50), burn=Fraction(10))
SLOW = Tier("slow", Severity.TICKET, 4 * MINUTE, MINUTE, Fraction(1, 10), burn=Fraction(90))
NO_SIGNS = replace(Alerting().signals, partition_tier=None, early=None)
MAX = np.iinfo(np.int64).max


def own(name: str, *tiers: Tier, stream: str = "", grace_ns: int = GRACE, **more: object) -> Slo:
    alerting = Alerting("own", tiers or (FAST,), signals=NO_SIGNS)
    fresh = Freshness(stream or name, SECOND)
    plain = slo(name, "0.99", alerting=alerting, indicator=fresh, timing=Timing(0, grace_ns))
    return replace(plain, **more)  # type: ignore[arg-type] # fields of an Slo


A, B, C = own("a"), own("b", FAST, SLOW), own("c", FAST, SLOW)
NONE: Mapping[str, int] = {}
STEADY = 18  # steps until nothing changes any more, before the first hour is over


class Stage:
    """A second's event a second of each stream, judged every ten seconds."""

    def __init__(self, *slos: Slo, few: int = 0, sources: int = 1) -> None:
        self.hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few)
        self.now = T0
        self.tracks: dict[TrackKey, Track] = {}
        self.put(*slos, sources=sources)

    def put(self, *slos: Slo, sources: int = 1) -> None:
        for each in slos:
            key = TrackKey.of(each)
            track = self.hall.track(key, filled=True)
            if key not in self.tracks:
                track.expects(Schedule(key.stream, T0, Fraction(1), sources))
                self.hall.reschedule(track)
            self.tracks[key] = track
        self.slos = {each.name: each for each in slos}
        self.hall.put([(each, self.tracks[TrackKey.of(each)]) for each in slos])

    def track(self, name: str) -> Track:
        return self.tracks[TrackKey.of(self.slos[name])]

    def step(self, bad: Mapping[str, int] = NONE, silent: str = "") -> list[str]:
        """Who is named. `bad`: so many of the ten events of an objective's stream; `silent` ones are not looked at."""
        start, self.now = self.now, self.now + STEP
        self.hall.bank.roll(self.now)
        lost = {self.slos[name].stream.id: count for name, count in bad.items()}
        quiet = {self.slos[name].stream.id for name in silent}
        seen = [(key.stream, track) for key, track in self.tracks.items() if key.stream not in quiet]
        self.hall.add([(t, Delta(s, start, 10 - lost.get(s, 0), lost.get(s, 0), 1, "x/0")) for s, t in seen])
        for stream, track in seen:
            self.hall.looked(track, Progress(stream, "x/0", self.now))
        return self.tick()

    def tick(self) -> list[str]:
        named = [self.hall.slos[at].name for at in self.hall.advance(self.now)]
        for name in named:
            self.hall.wake(name, None)
        return named

    def steps(self, count: int, bad: Mapping[str, int] = NONE, silent: str = "") -> list[str]:
        return ["".join(self.step(bad, silent)) for _ in range(count)]


def steady(*slos: Slo) -> Stage:
    stage = Stage(*slos)
    stage.steps(STEADY)
    return stage


# --- who is named -----------------------------------------------------------------------------------------------------


def test_all_are_named_at_first_and_nobody_once_nothing_changes() -> None:
    stage = Stage(A, B, C)
    found = stage.steps(STEADY + 20)
    assert found[:7] == ["abc", "", "abc", "bc", "abc", "abc", "abc"]  # windows that fill, and are measured by halves
    assert found[7:STEADY] == ["", "", "", "", "bc", "bc", "", "", "", "", "abc"]  # at last none is new any more
    assert found[STEADY:] == [""] * 20


def test_only_those_are_named_who_begin_to_burn_or_end() -> None:
    stage = steady(A, B, C)
    assert stage.steps(3, bad={"b": 4}) == ["", "", "b"]  # 12 of 120 are the limit, which floats cannot tell
    assert stage.steps(1, bad={"b": 4}) == ["b"]
    assert stage.steps(12, bad={"b": 4}) == ["", "", "", "", *[""] * 8]
    ended = stage.steps(20)
    assert [at for at, named in enumerate(ended) if named] == [2, 8, 9]  # the short window; then, as it came, the long
    assert "".join(ended) == "bbb"


def test_only_those_are_named_of_whom_nobody_speaks_any_more() -> None:
    stage = steady(A, B, C)
    named = stage.steps(12, silent="c")
    assert set("".join(named)) == {"c"}
    assert named[0] == ""


def test_who_is_to_wake_is_named_from_that_watermark_on_at_every_tick() -> None:
    stage = steady(A, B, C)
    stage.hall.wake("b", stage.now + 2 * STEP)
    assert stage.step() == []
    for _ in range(2):
        assert stage.step() == ["b"]
        stage.hall.wake("b", stage.now)
    stage.hall.wake("b", None)
    assert stage.steps(3) == ["", "", ""]


def test_who_is_stirred_is_named_once() -> None:
    stage = steady(A, B, C)
    stage.hall.stir(["c", "unknown"])
    assert stage.steps(3) == ["c", "", ""]


def test_the_same_objectives_in_another_order_are_not_looked_at_anew() -> None:
    stage = steady(A, B, C)
    stage.steps(10, bad={"b": 4})  # of its tiers one burns and the other does not
    stage.hall.wake("c", stage.now + 2 * STEP)
    stage.put(C, B, A)
    assert stage.steps(3, bad={"b": 4}) == ["", "c", ""]
    stage.put(B, A)
    assert stage.steps(1, bad={"b": 4}) == [""]


def test_an_objective_that_is_new_or_another_one_is_looked_at_and_no_other() -> None:
    stage = steady(A, B, C)
    bare = replace(own("e", stream="a"), alerting=Alerting("none", (), signals=NO_SIGNS))
    stage.put(own("d", stream="a"), A, replace(B, objective=Objective(Fraction(98, 100))), C, bare)
    assert stage.steps(2) == ["dbe", ""]


def test_an_objective_that_stands_on_another_track_is_looked_at() -> None:
    stage = steady(A, B, C)
    other = stage.hall.track(replace(TrackKey.of(B), adjustments=("x",)), filled=True)
    other.expects(Schedule(B.stream.id, T0, Fraction(1), 1))
    other.stand_at(stage.track("b").watermark_ns)
    stage.hall.put([(A, stage.track("a")), (B, other), (C, stage.track("c"))])
    assert stage.tick() == ["b"]


def test_a_schedule_that_changes_nothing_of_the_verdicts_names_nobody() -> None:
    stage = steady(A, B, C)
    before = stage.hall._screen
    stage.track("b").expects(Schedule(B.stream.id, stage.now, Fraction(99, 100), 1))
    stage.hall.reschedule(stage.track("b"))
    assert stage.steps(3) == ["", "", ""]
    made = stage.hall._screen
    assert made is not before
    stage.steps(3)
    assert stage.hall._screen is made  # and is not made anew at every tick


def test_a_schedule_that_makes_a_window_dark_names_whose_it_is() -> None:
    stage = steady(A, B, C)
    stage.track("b").expects(Schedule(B.stream.id, stage.now - HOUR, Fraction(10), 1))
    stage.hall.reschedule(stage.track("b"))
    assert stage.step()[:1] == ["b"]


def test_a_clock_that_was_set_back_names_all() -> None:
    stage = steady(A, B, C)
    stage.step()
    stage.now -= 1
    assert stage.tick() == ["a", "b", "c"]
    stage.now += 2
    assert stage.tick() == []


def test_few_objectives_are_all_named_at_every_tick_and_have_no_figures() -> None:
    stage = Stage(A, B, C, few=3)
    assert stage.steps(20) == ["abc"] * 20
    assert stage.hall.figures() is None
    screened = Stage(A, B, C, few=2)
    screened.steps(STEADY)
    assert screened.step() == []
    figures = screened.hall.figures()
    assert figures is not None
    assert figures.names == ("a", "b", "c")
    screened.put(A, B)
    assert screened.hall.figures() is None
    assert screened.step() == ["a", "b"]


def test_signs_move_whose_they_are() -> None:
    listening = replace(A, name="d", alerting=replace(A.alerting, signals=Alerting().signals))
    stage = Stage(A, B, listening)
    stage.steps(STEADY)
    assert stage.hall.signs("d") == Signs(None, (), alarmed=False)
    assert stage.hall.signs("a") == Signs()
    stage.hall.alarm("d")
    assert stage.hall.signs("d").alarmed
    assert stage.hall.alarm_left("d") == 1800
    assert stage.steps(2) == ["d", ""]
