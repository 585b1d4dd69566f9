"""What the word for an objective hangs on besides its windows: each thing moves a mark of its own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Tier
from slo_service.evaluate.counts.facts import Facts
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.counts.window import Window
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.figures import Figures, Side
from slo_service.evaluate.judge.measuring import Patience
from tests.evaluate.test_screen import slo
from tests.evaluate.test_screen_in_floats import AS_BAD, FREEZE, T0, TENFOLD, Seen, own, readings, screen, seen

FULL = seen(0, 100, slack=0.0)


def flagged(
    *,
    now_ns: int = T0,
    progress: int = T0,
    mark: int = T0,
    first: int = T0 - DAY,
    lately: Seen = FULL,
    spent: tuple[float, float] = (0, 10),
    budget: Seen = FULL,
    unmeasured: Unmeasured = FREEZE,
) -> tuple[int, bool]:
    made = screen(own(unmeasured=unmeasured))
    facts = Facts()
    facts.fit(1)
    facts.firsts[0] = first
    looked = readings(made, (int(made._lately[0]), 0, lately))
    side = Side(*(np.array([each]) for each in budget))
    figures = Figures(
        ("own",), [own()], np.array([mark]), np.array([progress]), np.array([float(spent[0])]),
        np.array([float(spent[1])]), side, looked, made.columns, {},
    )  # fmt: skip
    flags, doubt = made._flags(figures, now_ns, facts)
    assert flags.dtype == np.int16
    return int(flags[0]), bool(doubt[0])


MEASURED, NEW, OVER, UNBORN = 1, 2, 4, 8


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        pytest.param({}, MEASURED, id="measured and well"),
        pytest.param({"now_ns": T0 + 10 * SECOND}, MEASURED, id="silent for as long as it may be"),
        pytest.param({"now_ns": T0 + 10 * SECOND + 1}, 0, id="silent for longer"),
        pytest.param({"progress": NEVER}, 0, id="nobody has looked"),
        pytest.param({"lately": seen(0, 49, 51)}, 0, id="less than half measured"),
        pytest.param({"lately": seen(0, 51, 49)}, MEASURED, id="more than half"),
        pytest.param({"lately": seen(0, 1, coverage=1.0, slack=0.0)}, MEASURED, id="one event"),
        pytest.param({"lately": seen(0, 0, coverage=1.0, slack=0.0)}, 0, id="no event"),
        pytest.param({"first": T0 - MINUTE + 1}, MEASURED + NEW, id="twice the stretch is not over yet"),
        pytest.param({"first": T0 - MINUTE}, MEASURED, id="twice the stretch is over"),
        pytest.param({"first": NEVER}, MEASURED, id="nothing is no beginning"),
        pytest.param({"spent": (11, 10)}, MEASURED + OVER, id="overspent"),
        pytest.param({"spent": (9, 10)}, MEASURED, id="not yet"),
        pytest.param({"spent": (1, 0)}, MEASURED + OVER, id="of nothing"),
        pytest.param({"spent": (0, 0)}, MEASURED, id="nothing of nothing"),
        pytest.param({"mark": NEVER, "first": NEVER}, MEASURED + UNBORN, id="not judged yet"),
        pytest.param({"mark": NEVER, "lately": seen(0, 50, 50)}, MEASURED + UNBORN, id="and then nothing is in doubt"),
    ],
)
def test_each_thing_that_the_word_hangs_on_has_a_mark_of_its_own(given: dict[str, object], flags: int) -> None:
    assert flagged(**given) == (flags, False)  # type: ignore[arg-type] # keywords of the same function


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        pytest.param({"lately": seen(0, 50, 50)}, True, id="half measured"),
        pytest.param({"lately": seen(0, 50, 50, 0.5 + 2e-9)}, False, id="a little more"),
        pytest.param({"lately": seen(0, 95, 5, doubt=True, slack=0.499)}, True, id="jitter of half a stretch"),
        pytest.param({"lately": seen(0, 95, 5, doubt=True, slack=0.498)}, False, id="jitter of less"),
        pytest.param({"lately": seen(0, 95, 5, slack=0.6)}, False, id="no jitter"),
        pytest.param({"spent": (10, 10)}, True, id="as much spent as allowed"),
        pytest.param({"spent": (10 + 1e-7, 10)}, False, id="a little more than that"),
        pytest.param({"spent": (0, 0)}, False, id="nothing of nothing"),
        pytest.param({"budget": seen(1, 95, doubt=True)}, True, id="jitter in the budget"),
        pytest.param({"budget": seen(0, 95, doubt=True)}, False, id="of which nothing is spent"),
        pytest.param({"budget": seen(0, 95, doubt=True), "unmeasured": AS_BAD}, True, id="unless missing is spent"),
        pytest.param({"budget": seen(0, 95), "unmeasured": AS_BAD}, False, id="no jitter there"),
    ],
)
def test_what_rounding_or_jitter_may_decide_is_in_doubt(given: dict[str, object], doubt: bool) -> None:
    assert flagged(**given)[1] is doubt  # type: ignore[arg-type] # keywords of the same function


# --- what tiers of measuring hang on ---------------------------------------------------------------------------------

PATIENCE = Patience(MINUTE, 30 * MINUTE, Fraction(9, 10))


def measuring(
    silent: int = 0,
    age: int | None = 0,
    hour: float = 1.0,
    day: float = 1.0,
    *,
    begun: int = NEVER,
    judged: bool = True,
) -> tuple[int, bool]:
    made = screen(own(), patience=PATIENCE)
    facts = Facts()
    facts.fit(1)
    facts.firsts[0] = NEVER if age is None else T0 - age
    facts.begun[0], facts.progress[0] = (T0 - silent, NEVER) if begun == NEVER else (begun, T0 - silent)
    made.bank.watermarks[0] = T0 if judged else NEVER
    index = made.bank.index_of
    looked = readings(
        made,
        (index(Window(HOUR)), 0, seen(0, 100, coverage=hour)),
        (index(Window(DAY)), 0, seen(0, 100, coverage=day)),
    )
    flags, doubt = made._measuring(looked, T0, facts)
    assert flags.dtype == np.int16
    return int(flags[0]), bool(doubt[0])


QUIET, DARK, AN_HOUR, HOUR_LOW, A_DAY, DAY_LOW = 16, 32, 64, 128, 256, 512


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        pytest.param({}, 0, id="young, and somebody speaks"),
        pytest.param({"silent": MINUTE - 1}, 0, id="silent for less than a minute"),
        pytest.param({"silent": MINUTE}, QUIET, id="for a minute"),
        pytest.param({"silent": 30 * MINUTE - 1}, QUIET, id="for less than half an hour"),
        pytest.param({"silent": 30 * MINUTE}, QUIET + DARK, id="for half an hour"),
        pytest.param({"silent": HOUR, "begun": T0 - 1}, 0, id="silence before the first tick is not theirs"),
        pytest.param({"silent": 1, "begun": T0 - HOUR}, 0, id="and ends when they speak"),
        pytest.param({"age": HOUR - 1, "hour": 0.5, "day": 0.5}, 0, id="too young for any window"),
        pytest.param({"age": HOUR, "day": 0.5}, AN_HOUR, id="an hour old"),
        pytest.param({"age": HOUR, "hour": 0.89}, AN_HOUR + HOUR_LOW, id="of which too little was measured"),
        pytest.param({"age": DAY}, AN_HOUR + A_DAY, id="a day old"),
        pytest.param({"age": DAY, "day": 0.89}, AN_HOUR + A_DAY + DAY_LOW, id="of which too little was measured too"),
        pytest.param({"age": DAY, "hour": 0.89}, AN_HOUR + HOUR_LOW + A_DAY, id="too little of the hour alone"),
        pytest.param({"age": None, "hour": 0.1}, 0, id="nothing came ever"),
        pytest.param({"age": DAY, "hour": 0.1, "judged": False}, 0, id="nothing was judged yet"),
    ],
)
def test_each_tier_of_measuring_has_a_mark_of_its_own(given: dict[str, int], flags: int) -> None:
    assert measuring(**given) == (flags, False)  # type: ignore[arg-type] # keywords of the same function


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        pytest.param({"age": DAY, "hour": 0.9}, True, id="the hour just at the floor"),
        pytest.param({"age": DAY, "day": 0.9}, True, id="the day just at the floor"),
        pytest.param({"age": HOUR, "day": 0.9}, False, id="which is not a day old"),
        pytest.param({"age": HOUR, "hour": 0.9 - 2e-9}, False, id="further away than floats err"),
    ],
)
def test_coverage_just_at_the_floor_is_in_doubt(given: dict[str, int], doubt: bool) -> None:
    assert measuring(**given)[1] is doubt  # type: ignore[arg-type] # keywords of the same function


# --- the shape of it --------------------------------------------------------------------------------------------------


def test_objectives_at_least_at_a_limit_or_with_no_limit_are_looked_at_exactly_at_every_tick() -> None:
    inclusive, none = replace(TENFOLD, inclusive=True), replace(TENFOLD, name="any", burn=Fraction(0))
    made = screen(own("a"), own("b", TENFOLD, inclusive), own("c", none), slo("d", "0.9", alerting=Alerting("no", ())))
    assert made.always.tolist() == [False, True, True, False]


def test_the_windows_of_every_tier_budget_and_stretch_are_summed_and_those_that_are_shown() -> None:
    odd = Tier("odd", Severity.TICKET, 7 * MINUTE, 3 * MINUTE, Fraction(1, 50), burn=Fraction(10))
    made = screen(own("a", TENFOLD, odd), own("b", window_ns=2 * DAY))
    minutes = {window.length_ns / MINUTE for window in made.bank.windows}
    assert minutes == {0.5, 2, 3, 5, 7, 60, 6 * 60, 24 * 60, 2 * 24 * 60, 3 * 24 * 60}


def test_a_timing_of_its_own_makes_a_stretch_of_its_own() -> None:
    slow = own(timing=Timing(horizon_ns=0, grace_ns=MINUTE))
    hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)
    track = hall.track(TrackKey.of(slow), filled=True)
    track.expects(Schedule(slow.stream.id, T0, Fraction(1, 300), 1))
    hall.put([(slow, track)])
    (row,) = hall._watch().rows
    assert (row.lately, row.silent_ns) == (Window(15 * MINUTE), 3 * MINUTE)
    assert row.patience == Patience(10 * MINUTE, 1 << 62, Fraction(9, 10))


def test_without_any_tier_nobody_is_judged_by_one_and_without_objectives_nobody_is_named() -> None:
    bare = slo("bare", "0.99", alerting=Alerting("none", ()))
    for made, named in ((screen(bare), [0]), (screen(), [])):
        facts = Facts()
        facts.fit(made.bank.columns)
        facts.begun[:] = facts.progress[:] = T0
        assert made.figures is None
        made.outline.follow({row.track.column: row.track for row in made.rows})
        codes = np.zeros(len(made.rows), np.int64)
        assert made.stirred(T0, facts, codes).tolist() == named
        made.wake[:] = np.iinfo(np.int64).max
        assert made.stirred(T0, facts, codes).tolist() == []
        assert (made.verdicts.tolist(), made.always.tolist()) == ([], [False] * len(named))
