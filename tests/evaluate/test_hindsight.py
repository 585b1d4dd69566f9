"""Judging afterwards says what judging at every slot would have said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Change, Transition
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.status import TierState
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.history.hindsight import Stay, judge_past
from slo_service.evaluate.history.past import Past
from tests.evaluate.timeline import START, Timeline, an_slo

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
WIDTH = 10 * SECOND
RATE = 30  # events a second
PER_SLICE = RATE * 10
UNGATED = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)
TIERS = (
    Tier("page-20m", Severity.PAGE, 20 * MINUTE, 2 * MINUTE, Fraction(0), burn=Fraction(14)),
    Tier("page-1h", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), burn=Fraction(6), inclusive=True),
    Tier("ticket-7h", Severity.TICKET, 7 * HOUR, 10 * MINUTE, Fraction(0), burn=Fraction(2), after_ns=3 * MINUTE),
)

Slice = tuple[int, int, int] | None  # good, bad, observed; None is a slice that nobody looked at


def tiered(keep_ns: int, unmeasured: Unmeasured, *, by_slices: bool) -> Slo:
    alerting = Alerting(
        tiers=TIERS, keep_firing_ns={Severity.PAGE: keep_ns, Severity.TICKET: 2 * keep_ns}, signals=UNGATED
    )
    slo = replace(an_slo("0.99", alerting=alerting), unmeasured=unmeasured)
    return replace(slo, indicator=Lag("enrich", 5 * SECOND)) if by_slices else slo


def slices_of(runs: Sequence[tuple[int, int | None]]) -> list[Slice]:
    made: list[Slice] = []
    for slots, bad in runs:
        made += [None if bad is None else (PER_SLICE - bad, bad, 1)] * slots
    return made


class Watched:
    """The real evaluator, asked at the end of every slice."""

    def __init__(self, slo: Slo, history: Sequence[Delta]) -> None:
        self.slo, self.deltas = slo, list(history)
        self.evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
        self.now, self.rows = START, list[Transition]()
        self.evaluator.apply(history, schedules=[Schedule(slo.stream.id, START - 9 * DAY, Fraction(RATE), 1)])
        self._tick()

    def see(self, slices: Sequence[Slice]) -> None:
        for counts in slices:
            if counts is not None:
                delta = Delta(self.slo.stream.id, self.now, *counts)
                self.deltas.append(delta)
                self.evaluator.apply([delta])
            self.now += WIDTH
            self._tick()

    def _tick(self) -> None:
        self.evaluator.apply(progress=[Progress(self.slo.stream.id, "canary/main/0", self.now)])
        self.last = self.evaluator.tick(self.now)
        self.rows += self.last.transitions

    def states(self) -> dict[str, TierState]:
        return {state.tier.name: state for state in self.last.statuses[self.slo.name].tiers}

    def stays(self) -> set[tuple[str, int, int | None, int, int]]:
        """(tier, fired, cleared, bad and events of the long window at firing)."""
        found: set[tuple[str, int, int | None, int, int]] = set()
        for tier in self.slo.alerting.tiers:
            open_: Transition | None = None
            for row in self.rows:
                if row.tier.tier.name != tier.name or row.change not in {Change.FIRED, Change.CLEARED}:
                    continue
                if row.change is Change.CLEARED and open_:
                    found.add(_said(tier, open_, row.event_ns))
                open_ = row if row.change is Change.FIRED else None
            if open_:
                found.add(_said(tier, open_, None))
        return found


def _said(tier: Tier, row: Transition, cleared_ns: int | None) -> tuple[str, int, int | None, int, int]:
    tally = row.tier.long.tally
    return tier.name, row.event_ns, cleared_ns, tally.bad, tally.total


def said(stays: Sequence[Stay]) -> set[tuple[str, int, int | None, int, int]]:
    return {(s.tier.name, s.fired_ns, s.cleared_ns, s.long.tally.bad, s.long.tally.total) for s in stays}


def past_of(watched: Watched) -> Past:
    return Past.of(watched.deltas, WIDTH, START - 8 * HOUR, watched.now)


def expected(slo: Slo) -> Expectation:
    return Expectation([Schedule(slo.stream.id, START - 9 * DAY, Fraction(RATE), 1)])


runs = st.lists(
    st.tuples(st.integers(1, 100), st.one_of(st.none(), st.sampled_from([0, 0, 3, 6, 18, 42, 43, 60, PER_SLICE]))),
    min_size=1,
    max_size=5,
)
slos = st.builds(
    tiered, st.sampled_from([0, 65 * SECOND, 15 * MINUTE]), st.sampled_from(Unmeasured), by_slices=st.booleans()
)


@settings(max_examples=400 if NIGHTLY else 10)
@pytest.mark.timeout(900 if NIGHTLY else 60)
@given(slos, st.booleans(), runs, runs)
def test_judging_afterwards_says_what_judging_at_every_slot_said(slo: Slo, known: bool, first, second) -> None:
    old = [Delta(slo.stream.id, START - ago * MINUTE, 6 * PER_SLICE, 0, 6) for ago in range(1, 8 * 60)]
    watched = Watched(slo, old if known else [])
    watched.see(slices_of(first))
    before, middle = watched.states(), watched.now
    watched.see(slices_of(second))
    whole = judge_past(slo, past_of(watched), expected(slo), START, watched.now)
    assert said(whole) == watched.stays()
    later = judge_past(slo, past_of(watched), expected(slo), middle + WIDTH, watched.now, before)
    touching = {stay for stay in watched.stays() if stay[2] is None or stay[2] > middle}
    assert said([s for s in later if not s.began_before]) == {stay for stay in touching if stay[1] > middle}
    assert {(s.tier.name, s.fired_ns, s.cleared_ns) for s in later} == {stay[:3] for stay in touching}


def test_what_was_expected_may_change_meanwhile() -> None:
    slo = tiered(0, Unmeasured.FREEZE, by_slices=False)
    watched = Watched(slo, [])
    watched.see(slices_of([(100, 0)]))
    more = Schedule(slo.stream.id, watched.now + 3 * SECOND, Fraction(7, 3) * RATE, 1)
    watched.evaluator.apply(schedules=[more])
    watched.see(slices_of([(30, PER_SLICE), (200, 0), (30, 60)]))
    expectation = expected(slo)
    expectation.append(more)
    found = judge_past(slo, past_of(watched), expectation, START, watched.now)
    assert said(found) == watched.stays() != set()


def test_counts_beyond_64_bits_are_judged_exactly() -> None:
    slo = tiered(0, Unmeasured.FREEZE, by_slices=False)
    many = 1 << 45
    alerting = replace(slo.alerting, tiers=(replace(TIERS[0], burn=Fraction(many - 1, many) * 100),))
    slo = replace(slo, alerting=alerting)
    slots = np.full(240, many, np.int64)
    expectation = Expectation([Schedule(slo.stream.id, START, Fraction(many, 10), 1)])
    all_bad = Past(START, WIDTH, np.zeros(240, np.int64), slots, np.ones(240, np.int64))
    one_good = replace(all_bad, good=np.ones(240, np.int64), bad=slots - 1)
    until = START + 240 * WIDTH
    assert [stay.tier.name for stay in judge_past(slo, all_bad, expectation, START, until)] == ["page-20m"]
    assert judge_past(slo, one_good, expectation, START, until) == ()  # exactly at the limit is not over it


def test_nothing_is_said_where_it_is_not_known_what_was_expected() -> None:
    slo = tiered(0, Unmeasured.FREEZE, by_slices=False)
    bad = np.full(100, PER_SLICE, np.int64)
    past = Past(START, WIDTH, np.zeros(100, np.int64), bad, np.ones(100, np.int64))
    assert judge_past(slo, past, Expectation(), START, past.end_ns) == ()


def test_a_gate_that_refuses_keeps_a_tier_from_firing_until_it_agrees() -> None:
    line = Timeline(an_slo())
    slo = replace(line.slo, alerting=replace(line.slo.alerting, tiers=line.slo.alerting.tiers[:1]))
    bad = np.full(60, 300, np.int64)
    past = Past(START, WIDTH, np.zeros(60, np.int64), bad, np.ones(60, np.int64))
    expectation = Expectation([Schedule(slo.stream.id, START, Fraction(RATE), 1)])
    free = judge_past(slo, past, expectation, START, past.end_ns)
    held = judge_past(
        slo, past, expectation, START, past.end_ns, gate=lambda _, long: "few" if long.tally.bad < 3000 else ""
    )
    assert [stay.fired_ns - START for stay in free] == [60 * SECOND]
    assert [stay.fired_ns - START for stay in held] == [100 * SECOND]


def test_a_minute_is_the_step_where_only_minutes_are_kept() -> None:
    slo = an_slo()
    good, bad = np.full(300, 1800, np.int64), np.zeros(300, np.int64)
    bad[100:130], good[100:130] = 1800, 0
    past = Past(START, MINUTE, good, bad, np.full(300, 6, np.int64))
    expectation = Expectation([Schedule(slo.stream.id, START, Fraction(RATE), 1)])
    page = next(s for s in judge_past(slo, past, expectation, START, past.end_ns) if s.tier.name == "page-1h")
    assert page.fired_ns == START + 101 * MINUTE
    assert page.cleared_ns == START + 135 * MINUTE


@pytest.mark.parametrize("older", [MINUTE, 15 * MINUTE])
def test_coarser_history_comes_before_finer(older: int) -> None:
    fine = Past.of([Delta("s", START, 1, 2, 1)], WIDTH, START, START + MINUTE)
    coarse = Past.of([Delta("s", START - older, 30, 4, 6), Delta("s", START, 1, 2, 1)], older, START - HOUR, START + 1)
    both = fine.preceded_by(coarse)
    assert (both.start_ns, both.end_ns) == (START - HOUR, START + MINUTE)
    assert (int(both.good.sum()), int(both.bad.sum()), int(both.observed.sum())) == (31, 6, 7)
    assert int(both.between(START - older, START).bad.sum()) == 4
