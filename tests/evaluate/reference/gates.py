"""Few events: whether chance alone could explain what a long window holds. Plain binomial sums."""

from __future__ import annotations

from fractions import Fraction

from scipy.stats import binom

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Severity, Slo, Tier
from tests.evaluate.reference.cells import Expected
from tests.evaluate.reference.windows import Window


def lets_fire(slo: Slo, tier: Tier, long: Window, expected: Expected) -> bool:
    """A trial is a round over all partitions; a round that is not whole is no witness, and no excuse either."""
    significance, beta, partitions = slo.alerting.signals.significance, slo.objective.budget, expected.sources
    at_the_objective = tier.severity is Severity.TICKET and tier.factor(slo.window_ns) <= 1
    if significance >= 1 or not partitions or not (at_the_objective or tier.severity is Severity.PAGE):
        return True
    bad = long.bad + (int(long.unmeasured) if slo.unmeasured is Unmeasured.BAD else 0)
    rounds, failed = -(-(long.good + bad) // partitions), bad // partitions
    by_chance = float(binom.sf(failed - 1, rounds, float(beta)))
    if tier.severity is Severity.PAGE:
        return by_chance < significance
    period_ns = partitions * SECOND / expected.rate
    return by_chance < (Fraction(1, 100) if beta * tier.long_ns / period_ns >= 10 else Fraction(1, 20))
