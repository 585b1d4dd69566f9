"""Until when nothing can change, so that the ticks before it need not be run: exact, or not claimed at all.

While what comes in is good and complete, the bad events of a window only leave it. So a window that is not over its
limit stays so, and one that is over it now and at a later instant was so in between. The number of events in a window
moves by the width of its tail's slot and by one round; a verdict that this could turn is not still."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.budgeting import Occurrences
from slo_service.domain.instant import HOUR, SECOND
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    Burning,
    Condition,
    ExhaustedWithin,
    NoData,
    Not,
    QuietFor,
)
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Reading, State, Status, TierState
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.counts.window import Window
from slo_service.rehearse.feed import Rhythm

_SAFELY_COVERED = Fraction(95, 100)  # above what clears a tier by more than the tail's slot can move it

_BOUND_MOVES = Fraction(1, 100)  # of the spend: well over what a slot more or less of events moves a bound of it


@dataclass(frozen=True, slots=True)
class Still:
    """One SLO after a tick at which what came in had long been good and complete. `until_ns` is the first instant at
    which something else may come in, `start_ns` that before which nothing was bad. `conditions` are those of the rules
    about it."""

    slo: Slo
    stream: Track
    beat: Rhythm
    status: Status
    until_ns: int
    start_ns: int
    conditions: tuple[Condition, ...]
    alarm_left: int  # good rounds of canaries that it takes to end an early alarm

    def last_ns(self) -> int:
        """The last instant up to which every tick would change nothing but the numbers; now if that is not known."""
        now, status = self.status.at_ns, self.status
        if self.slo.calendar is not None or not isinstance(self.slo.budgeting, Occurrences):
            return now
        if status.watermark_ns is None or status.state in (State.FROZEN, State.WARMING):
            return now
        ends = [self.until_ns, *(self._wake(condition) for condition in self.conditions)]
        if status.budget.reading.tally.bad:  # all of it came after the start, and leaves when the window has passed it
            ends.append(self.start_ns + self.slo.window_ns if self._budget_is_far_from(Fraction(0)) else now)
        for sign in status.signals:  # each ends by a rule of its own
            if sign.firing and sign.tier.kind is Kind.EARLY:
                ends.append(now + int((self.alarm_left - 2) * self.beat.sources / self.beat.rate * SECOND))
            elif sign.firing or sign.waits:
                return now
        burning: list[TierState] = []
        for tier in status.tiers:
            if tier.frozen_since_ns is not None or tier.burning is None or tier.waits or tier.held_back:
                return now
            if tier.burning:
                burning.append(tier)
            elif not self._stays_clear(tier):
                return now
            elif tier.firing:
                ends.append(now + self.slo.alerting.keep_firing_ns[tier.tier.severity] - tier.quiet_ns)
        last = max(now, min(ends) - 1)
        return now + self._while_burning(burning, last - now) if burning else last

    def _while_burning(self, burning: Sequence[TierState], longest_ns: int) -> int:
        """How much later, in whole seconds and at most so long, all of these tiers surely still burn."""
        low, high = 0, longest_ns // SECOND
        while low < high:
            middle = (low + high + 1) // 2
            if all(self._surely_burns(tier, middle * SECOND) for tier in burning):
                low = middle
            else:
                high = middle - 1
        return low * SECOND

    def _surely_burns(self, tier: TierState, later_ns: int) -> bool:
        share = tier.factor * self.slo.objective.budget
        for reading in (tier.long, tier.short):
            assert self.status.watermark_ns is not None
            _, sums = self.stream.window(self.status.watermark_ns + later_ns, Window(reading.length_ns))
            if sums.tally.bad <= share * self._most(reading):
                return False
        return True

    def _stays_clear(self, tier: TierState) -> bool:
        share = tier.factor * self.slo.objective.budget
        windows = (tier.long, tier.short)
        clear = operator.lt if tier.tier.inclusive else operator.le
        return any(w.coverage >= _SAFELY_COVERED and clear(w.tally.bad, share * self._fewest(w)) for w in windows)

    def _fewest(self, reading: Reading) -> Fraction:
        """Events that the window holds from now on at the least: what is unmeasured in it only leaves."""
        scheduled = self.beat.rate * reading.length_ns / SECOND - 2 * self.beat.sources
        return max(Fraction(0), scheduled - reading.unmeasured_events)

    def _most(self, reading: Reading) -> Fraction:
        slot = self.stream.bank.slots.width_for(reading.length_ns)
        return self.beat.rate * (reading.length_ns + slot) / SECOND + 2 * self.beat.sources

    def _wake(self, condition: Condition) -> int:
        """The instant at which the condition may turn while nothing but time goes on; now if that is not known."""
        now = self.status.at_ns
        match condition:
            case Burning() | NoData():
                return self.until_ns
            case QuietFor(for_ns):
                if any(tier.firing for tier in self.status.tiers):  # none is quiet before that one is
                    return self.until_ns
                quiet = [t.quiet_ns for t in self.status.tiers if t.last_burned_ns is not None]
                return min((now + for_ns - q for q in quiet if q < for_ns), default=self.until_ns)
            case BudgetRemainingBelow(share) | BudgetRemainingAbove(share):
                known = self.status.budget.reading.coverage >= _SAFELY_COVERED
                return self.until_ns if known and self._budget_is_far_from(share) else now
            case ExhaustedWithin():
                hour, left = self.status.readings[HOUR], self.status.budget.remaining
                known = hour.coverage >= _SAFELY_COVERED and self.status.budget.reading.coverage >= _SAFELY_COVERED
                if left is None or not known or not self._budget_is_far_from(Fraction(0)):
                    return now
                return self.until_ns if left < 0 or not hour.tally.bad else now
            case All(of) | AnyOf(of):
                return min((self._wake(part) for part in of), default=self.until_ns)
            case Not(of):
                return self._wake(of)
            case _:
                return now

    def _budget_is_far_from(self, share: Fraction) -> bool:
        budget = self.status.budget
        scheduled = self.beat.rate * budget.reading.length_ns / SECOND - 2 * self.beat.sources
        if budget.remaining is None or scheduled <= 0:
            return False
        bounds = budget.interval or ()
        if any(abs(bound - share) <= _BOUND_MOVES * abs(1 - bound) for bound in bounds):
            return False
        spent = budget.reading.tally.bad / self.slo.objective.budget
        return not 1 - spent / scheduled <= share <= 1 - spent / self._most(budget.reading)
