"""A plan run: the real evaluator, tick by tick, over a made timeline. Ticks that can change nothing are left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change
from slo_service.domain.instant import HOUR, floor_to
from slo_service.domain.slo import Kind, Tier
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.counts.slots import SLACK_NS
from slo_service.evaluate.evaluator import Evaluation, Evaluator
from slo_service.rehearse.simulate.outcome import Simulation, Turn, drawn_up
from slo_service.rehearse.simulate.plan import Plan
from slo_service.rehearse.simulate.traffic import CanaryRounds, Continuous, Traffic, progress

Heard = Callable[[int], None]
"""Told how much of the timeline has passed, in nanoseconds."""


class Unforeseen(Exception):
    """A tier changed after ticks that were left out, so that it may have done so at one of them."""


def traffic_of(plan: Plan, stream: str) -> Traffic:
    if plan.canaries is None:
        return Continuous(plan, stream)
    return CanaryRounds(plan, plan.canaries, stream)


def simulate(plan: Plan, heard: Heard | None = None, of: Callable[[Plan, str], Traffic] = traffic_of) -> Simulation:
    """The outage and what came of it. Each transition was seen by the evaluator at its tick, and was not there at the
    tick before."""
    try:
        return _simulate(partial(Run, plan, of, heard, every_tick=plan.every_tick))
    except Unforeseen:
        return _simulate(partial(Run, plan, of, heard, every_tick=True))


def _simulate(begun: Callable[[], Run]) -> Simulation:
    run = begun()
    plan = run.plan
    if plan.outage_ns is not None:
        outage = plan.ticks(plan.outage_ns)
    else:
        run.until_all_have_fired()
        outage = run.last_fired or run.tick
    if outage < run.tick:  # it went on, to see whether others would fire
        run = begun()
    run.recover(outage)
    return drawn_up(plan, outage * plan.tick_ns, run.tiers, run.turns, run.ticks)


class Run:
    """Stands at a tick; ticks before it are over."""

    def __init__(
        self, plan: Plan, of: Callable[[Plan, str], Traffic], heard: Heard | None, *, every_tick: bool
    ) -> None:
        self.plan, self._every_tick, self._heard = plan, every_tick, heard
        slo = plan.slo()
        self._slo, self._stream = slo, slo.stream.id
        self._traffic = of(plan, self._stream)
        self._evaluator = Evaluator(Catalogue(slos={slo.name: slo}), slots=plan.slots)
        self._states: dict[str, TierState] = {}
        self._fill()
        self.turns: list[Turn] = []
        self.ticks, self.tick, self.last_fired = 0, 0, 0
        self._firing: set[str] = set()
        self.tiers = self._first_tick()

    def _fill(self) -> None:
        start, counted = self.plan.start_ns, self._slo.counted
        self._evaluator.apply(schedules=[self.plan.schedule(self._stream)])
        needs = self._evaluator.needs(counted, start)
        rows = {width: self._traffic.past(floor_to(since_ns, width), width) for width, since_ns in needs.items()}
        self._evaluator.fill(counted, rows, start)

    def _first_tick(self) -> tuple[Tier, ...]:
        status = self._judge(0)
        states = (*status.tiers, *status.signals)
        return tuple(state.tier for state in states if not state.tier.kind.tells_of_measuring)

    def until_all_have_fired(self) -> None:
        """As long as a tier that has not fired still may; then the windows hold nothing but the outage."""
        ends = {tier.name: self._settled(tier) for tier in self.tiers if tier.kind is Kind.BURN}
        fired: set[str] = set()
        while any(self.tick < end for name, end in ends.items() if name not in fired):
            self._step(max(end for name, end in ends.items() if name not in fired))
            fired |= self._firing

    def _settled(self, tier: Tier) -> int:
        """The tick from which on a tier that has not fired yet never does."""
        length_ns = max(tier.long_ns, tier.short_ns)
        if self.plan.canaries is not None:  # an uneven share of bad rounds repeats
            length_ns += min(length_ns, self.plan.error_ratio.denominator * self.plan.canaries.every_ns)
        return self.plan.ticks(length_ns + tier.after_ns) + 2

    def recover(self, outage: int) -> None:
        """On to the outage's end, and from there until all is quiet and stays so."""
        alerting = self._slo.alerting
        self._traffic.end(outage)
        clean = outage + self.plan.ticks(max(t.short_ns + t.after_ns for t in alerting.tiers)) + 1
        last = clean + self.plan.ticks(max(alerting.keep_firing_ns.values(), default=0) + HOUR)
        while self.tick < clean or (self._firing and self.tick < last):
            self._step(clean if self.tick < clean else last)

    def _step(self, until: int) -> None:
        tick = self.tick + 1 if self._every_tick else max(self.tick + 1, min(until, self._next()))
        self._judge(tick)

    def _next(self) -> int:
        """The next tick worth running: one before which nothing changes, or the one before it to show that."""
        event, change = self._traffic.next_event(self.tick), self._traffic.next_change(self.tick)
        if self._on_the_brink():
            change = event
        if change > max(event, self.tick + 1):
            change -= 1
        timers = [due - 1 if due - 1 > self.tick else due for due in self._due()]
        ahead = max(1, SLACK_NS // self.plan.tick_ns - 1)  # the evaluator has no room for more at once
        return min([change, self.tick + ahead, *timers])

    def _on_the_brink(self) -> bool:
        """Whether more than burn rates decides: a tier that burns may not fire yet, or another kind of tier fires."""
        tiers = {tier.name: tier for tier in self.tiers}
        few = self.plan.canaries is not None
        return few and any(
            (state.burning and not state.firing) or (state.firing and tiers[name].kind is not Kind.BURN)
            for name, state in self._states.items()
            if name in tiers
        )

    def _due(self) -> list[int]:
        """Ticks at which a tier that has burned, or been quiet, for long enough changes."""
        due, keep_ns = [], self._slo.alerting.keep_firing_ns
        for state in self._states.values():
            left_ns = None
            if state.waits:
                left_ns = state.tier.after_ns - state.burned_ns
            elif state.firing and state.burning is False:
                left_ns = keep_ns.get(state.tier.severity, 0) - state.quiet_ns
            if left_ns is not None:
                due.append(self.plan.ticks(state.judged_at_ns - self.plan.start_ns + left_ns))
        return [tick for tick in due if tick > self.tick]

    def _judge(self, tick: int) -> Status:
        now_ns = self.plan.start_ns + tick * self.plan.tick_ns
        self._evaluator.apply(self._traffic.deltas(self.tick, tick), progress(self._traffic, self._stream, now_ns))
        evaluation = self._evaluator.tick(now_ns)
        self._take(evaluation, tick)
        self.ticks += 1
        self.tick = tick
        if self._heard is not None:
            self._heard(tick * self.plan.tick_ns)
        return evaluation.statuses[self._slo.name]

    def _take(self, evaluation: Evaluation, tick: int) -> None:
        rows = [row for row in evaluation.transitions if row.change in {Change.FIRED, Change.CLEARED}]
        rows = [row for row in rows if not row.tier.tier.kind.tells_of_measuring]
        if rows and tick > max(self.tick + 1, self._traffic.next_event(self.tick)):
            raise Unforeseen
        for state in evaluation.tier_states:
            self._states[state.tier.name] = state
        if not rows:
            return
        left = evaluation.statuses[self._slo.name].budget.remaining
        for row in rows:
            self.turns.append(Turn.of(row, self.plan.start_ns, None if left is None else 1 - left))
            if row.change is Change.FIRED:
                self._firing.add(row.tier.tier.name)
                self.last_fired = tick
            else:
                self._firing.discard(row.tier.tier.name)
