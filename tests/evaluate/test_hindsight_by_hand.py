"""Single tiers through a short past, slot by slot: when they fire, when they clear, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Kind, Severity, Slo, Tier
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.history import hindsight
from slo_service.evaluate.history.hindsight import Stay, judge_past
from slo_service.evaluate.history.past import Past
from tests.evaluate.timeline import START, an_slo

STEP = 10 * SECOND
EACH = 100  # events a slot
TIER = Tier("page-20s", Severity.PAGE, 2 * STEP, STEP, Fraction(0), burn=Fraction(50))  # more than half of two slots
EMPTY = Reading(HOUR, Tally(), Fraction(0), Fraction(0), None)


def an_objective(tier: Tier = TIER, keep_ns: int = 0, unmeasured: Unmeasured = Unmeasured.FREEZE) -> Slo:
    alerting = Alerting(
        tiers=(tier,),
        keep_firing_ns={Severity.PAGE: keep_ns, Severity.TICKET: 0},
        signals=Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None),
    )
    return replace(an_slo("0.99", alerting=alerting), unmeasured=unmeasured)


def a_past(said: str, start: int = START) -> Past:
    """A slot a letter: all good, x all bad, ? not measured, a digit so many tenths bad."""
    bad = np.array([{".": 0, "?": 0, "x": EACH}.get(each, 10 * int(each) if each.isdigit() else 0) for each in said])
    seen = np.array([each != "?" for each in said])
    return Past(start, STEP, np.where(seen, EACH - bad, 0), bad, seen.astype(np.int64))


def expected(slo: Slo) -> Expectation:
    return Expectation([Schedule(slo.stream.id, START - DAY, Fraction(EACH, 10), 1)])


def judged(slo: Slo, said: str, before: TierState | None = None, since: int = 0) -> tuple[Stay, ...]:
    past = a_past(".." + said, START - 2 * STEP)
    states = {before.tier.name: before} if before else None
    return judge_past(slo, past, expected(slo), START + since * STEP, past.end_ns, states)


def times(stays: tuple[Stay, ...]) -> list[tuple[int, int | None]]:
    """In steps after START."""
    return [
        ((stay.fired_ns - START) // STEP, None if stay.cleared_ns is None else (stay.cleared_ns - START) // STEP)
        for stay in stays
    ]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("......", []),
        ("..xx..", [(4, 5)]),  # after two bad slots more than half of the two is bad
        ("..x6..", [(4, 5)]),
        ("..x1..", []),  # the long window burns, and the short one does not
        ("..xxxx", [(4, None)]),
        ("xx.xx.", [(2, 3), (5, 6)]),
        ("..xx??", [(4, None)]),  # frozen: nobody knows whether it is over
        ("..xx?.", [(4, 6)]),
        ("", []),
    ],
)
def test_a_tier_fires_and_clears_at_the_ends_of_slots(said: str, found: list[tuple[int, int | None]]) -> None:
    assert times(judged(an_objective(), said)) == found


@pytest.mark.parametrize(
    ("after", "fired"), [(0, 2), (1, 3), (STEP, 3), (STEP + 1, 4), (3 * STEP, 5), (4 * STEP, 6), (4 * STEP + 1, None)]
)
def test_a_tier_that_asks_for_lasting_burning_fires_once_it_has_burned_for_so_long(
    after: int, fired: int | None
) -> None:
    found = times(judged(an_objective(replace(TIER, after_ns=after)), "xxxxxx.."))
    assert found == ([] if fired is None else [(fired, 7)])


@pytest.mark.parametrize(
    ("keep", "cleared"), [(0, 3), (1, 4), (STEP, 4), (STEP + 1, 5), (3 * STEP, 6), (4 * STEP, None)]
)
def test_a_tier_clears_once_it_was_quiet_for_so_long(keep: int, cleared: int | None) -> None:
    assert times(judged(an_objective(keep_ns=keep), "xx....")) == [(2, cleared)]


@pytest.mark.parametrize(("keep", "cleared"), [(STEP, 4), (2 * STEP, 5), (3 * STEP, 8), (4 * STEP, 9)])
def test_time_that_nobody_judged_counts_neither_as_quiet_nor_as_burned(keep: int, cleared: int) -> None:
    """Quiet from 3 to 5, unknown at 6, and quiet again from 7 on."""
    assert times(judged(an_objective(keep_ns=keep), "xx..??....")) == [(2, cleared)]


def a_state(**changed: object) -> TierState:
    known = TierState(
        slo="orders-freshness", tier=TIER, factor=Fraction(7), phase=Phase.QUIET, since_ns=START - HOUR, burning=False,
        last_burned_ns=None, quiet_ns=0, judged_at_ns=START - STEP, frozen_since_ns=None, episode=None, long=EMPTY,
        short=replace(EMPTY, length_ns=5),
    )  # fmt: skip
    return replace(known, **changed)  # type: ignore[arg-type] # fields of a state


def firing(**changed: object) -> TierState:
    return a_state(**({"phase": Phase.FIRING, "episode": "ep"} | changed))


@pytest.mark.parametrize(
    ("before", "keep", "cleared"),
    [
        pytest.param(firing(quiet_ns=3 * STEP), 5 * STEP, 1, id="quiet before, at the step before"),
        pytest.param(firing(quiet_ns=3 * STEP, judged_at_ns=START - 2 * STEP), 5 * STEP, 0, id="and since two steps"),
        pytest.param(firing(quiet_ns=3 * STEP, judged_at_ns=START), 5 * STEP, 2, id="and at this very moment"),
        pytest.param(firing(quiet_ns=3 * STEP, judged_at_ns=START + HOUR), 5 * STEP, 2, id="and judged later still"),
        pytest.param(firing(quiet_ns=3 * STEP, burning=None), 5 * STEP, 2, id="nobody knew what it did then"),
        pytest.param(firing(burning=True, quiet_ns=0), 5 * STEP, 5, id="it burned then"),
        pytest.param(firing(quiet_ns=9 * STEP), 5 * STEP, 0, id="quiet for long enough"),
    ],
)
def test_a_tier_that_fired_before_clears_after_its_quiet_time_of_then_and_now(
    before: TierState, keep: int, cleared: int
) -> None:
    (stay,) = judged(an_objective(keep_ns=keep), "........", before)
    assert stay.cleared_ns == START + cleared * STEP
    assert stay.began_before
    assert (stay.slo, stay.tier, stay.factor, stay.fired_ns) == ("orders-freshness", TIER, 7, START - HOUR)
    assert (stay.long, stay.short) == (EMPTY, replace(EMPTY, length_ns=5))
    assert stay.severity is Severity.PAGE
    assert stay.cleared is not None
    assert [(each.length_ns, each.tally) for each in stay.cleared] == [(2 * STEP, Tally(200, 0)), (STEP, Tally(100, 0))]


@pytest.mark.parametrize(
    ("before", "fired"),
    [
        pytest.param(a_state(burning=True, burned_ns=STEP), 2, id="burned before, at the step before"),
        pytest.param(a_state(burning=True, burned_ns=STEP, judged_at_ns=START - 3 * STEP), 0, id="and since three"),
        pytest.param(a_state(burning=None, burned_ns=STEP), 3, id="nobody knew what it did then"),
        pytest.param(a_state(burning=False), 4, id="it was quiet then"),
    ],
)
def test_a_tier_that_burned_before_fires_after_its_burning_of_then_and_now(before: TierState, fired: int) -> None:
    slo = an_objective(replace(TIER, after_ns=4 * STEP))
    past = a_past("xxxxxxxx", START - 2 * STEP)
    (stay,) = judge_past(slo, past, expected(slo), START, past.end_ns, {TIER.name: before})
    assert (stay.fired_ns, stay.began_before) == (START + fired * STEP, False)
    assert (stay.slo, stay.tier, stay.factor) == (slo.name, slo.alerting.tiers[0], 50)
    assert (stay.long.tally, stay.short.tally) == (Tally(0, 200), Tally(0, 100))
    assert (stay.cleared_ns, stay.cleared) == (None, None)


@pytest.mark.parametrize(("expectation", "since"), [(False, 0), (True, 99)], ids=["not expected", "no time"])
def test_where_nothing_can_be_said_what_fired_goes_on_firing(expectation: bool, since: int) -> None:
    slo, past = an_objective(), a_past("xxxx....")
    known = expected(slo) if expectation else Expectation()
    for before, stays in ((firing(), 1), (a_state(), 0)):
        found = judge_past(slo, past, known, START + since * STEP, past.end_ns, {TIER.name: before})
        assert [(stay.fired_ns, stay.cleared_ns, stay.began_before) for stay in found] == [
            (START - HOUR, None, True)
        ] * stays
    assert judge_past(slo, past, known, START + 99 * STEP, past.end_ns) == ()


def test_only_tiers_of_burn_rates_are_judged_and_each_by_its_own_past() -> None:
    slower = replace(TIER, name="ticket-40s", severity=Severity.TICKET, long_ns=4 * STEP)
    other = replace(TIER, name="early", kind=Kind.EARLY)
    slo = an_objective()
    slo = replace(slo, alerting=replace(slo.alerting, tiers=(slower, other, TIER)))
    found = judged(slo, "..xxx...")
    assert [(stay.tier.name, *each) for stay, each in zip(found, times(found), strict=True)] == [
        (TIER.name, 4, 6),
        (slower.name, 5, 6),
    ]


@pytest.mark.parametrize(("unmeasured", "found"), [
    (Unmeasured.FREEZE, []), (Unmeasured.GOOD, []), (Unmeasured.BAD, [(4, 6)]),
])  # fmt: skip
def test_silence_is_bad_where_it_is_said_to_be(unmeasured: Unmeasured, found: list[tuple[int, int]]) -> None:
    assert times(judged(an_objective(unmeasured=unmeasured), "..???....")) == found


def test_a_stretch_begins_and_ends_with_its_slots() -> None:
    slo, past = an_objective(), a_past("..xxxx..xx", START)
    for since, until, found in (
        (START, START + 10 * STEP, [(4, 7), (10, None)]),
        (START + 4 * STEP + 1, START + 10 * STEP - 1, [(5, 7)]),
        (START + 5 * STEP, START + 6 * STEP, [(5, None)]),
        (START + 5 * STEP, START + HOUR, [(5, 7), (10, None)]),
    ):
        assert times(judge_past(slo, past, expected(slo), since, until)) == found


def test_a_long_past_is_judged_in_parts_as_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "..xx..xxx?x..?.x7.." * 3
    whole = judged(an_objective(), said)
    for at_once in (1, 3, 7):
        monkeypatch.setattr(hindsight, "AT_ONCE", at_once)
        assert judged(an_objective(), said) == whole != ()


def test_tails_lie_where_the_slots_of_their_length_begin() -> None:
    """Of slots of a minute the window of 20 seconds at 0:40 begins with the minute, and holds what was good in it."""
    slo, past = an_objective(), a_past("......" + "....xx" + "......", START)
    assert times(judge_past(slo, past, expected(slo), START, past.end_ns)) == [(12, 13)]
    coarse = Slots(MINUTE, MINUTE, 15 * MINUTE)
    assert judge_past(slo, past, expected(slo), START, past.end_ns, slots=coarse) == ()


def test_counts_of_looks_are_judged_by_looks() -> None:
    slo = an_objective()
    past = a_past("8888")
    unseen = replace(past, observed=np.zeros(4, np.int64))
    for basis, stays in ((Basis.EVENTS, 1), (Basis.SLICES, 0)):
        assert len(judge_past(slo, unseen, expected(slo), START, past.end_ns, basis=basis)) == stays
    assert len(judge_past(slo, past, expected(slo), START, past.end_ns, basis=Basis.SLICES)) == 1
    assert len(judge_past(slo, past, expected(slo), START, past.end_ns, basis=Basis.SLICES, cell_ns=STEP // 9)) == 0
