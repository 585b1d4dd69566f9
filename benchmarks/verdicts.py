"""How many canaries of a window must fail until the evaluator fires a tier: asked of its own judging and gate."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Slo, Tier
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.chance.gate import gate
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.judge.tier import Limit, Sight, advance, judge

CERTAIN = Fraction(1)  # of chance: a significance that holds nothing back


def an_slo(budget: Fraction, window_ns: int, significance: Fraction | None) -> Slo:
    """Without a significance the rules for few events are off."""
    return Slo(
        name="at-the-objective",
        display_name="",
        description="",
        service="",
        pipeline="",
        indicator=Freshness("canary", SECOND),
        objective=Objective(1 - budget),
        window_ns=window_ns,
        alerting=Alerting(signals=Signals(significance=significance or CERTAIN)),
        timing=Timing(0, SECOND),
    )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of one tier whose windows hold so many canaries of one partition, all of them measured."""

    slo: Slo
    tier: Tier
    every_ns: int

    @property
    def long(self) -> int:
        return max(1, self.tier.long_ns // self.every_ns)

    @property
    def short(self) -> int:
        return max(1, self.tier.short_ns // self.every_ns)

    def fires(self, long_bad: int, short_bad: int) -> bool:
        """With so many failures in each window."""
        expectation = Expectation([Schedule(self.slo.stream.id, 0, Fraction(SECOND, self.every_ns), 1)])
        long = self._reading(self.tier.long_ns, self.long, long_bad)
        short = self._reading(self.tier.short_ns, self.short, short_bad)
        limit = Limit(self.tier.factor(self.slo.window_ns) * self.slo.objective.budget, self.tier.inclusive)
        sight = Sight(judge(limit, long, short), long, short)
        return advance(None, self.slo, self.tier, 0, sight, partial(gate, self.slo, expectation)).firing

    def long_bad(self) -> int:
        """The fewest in the long window; one more than it holds where none are enough."""
        return bisect_left(range(self.long + 1), True, key=lambda bad: self.fires(bad, self.short))

    def short_bad(self) -> int:
        return bisect_left(range(self.short + 1), True, key=lambda bad: self.fires(self.long, bad))

    def _reading(self, length_ns: int, canaries: int, bad: int) -> Reading:
        tally = Tally(canaries - bad, bad)
        return Reading(length_ns, tally, Fraction(0), Fraction(1), self.slo.objective.burn_rate(tally))
