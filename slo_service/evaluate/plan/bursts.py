"""Pages from short outages that spend exactly the budget, which no rule for independent failures holds back.

Outages come by chance (Poisson) and last exponentially. Canaries of that time fail, but for those sent less than the
freshness threshold before the end; that leaves fewer outages, again exponential. The sum of a window is a compound
Poisson one, whose distribution is a mixture of Erlang's. A page begins at an outage that makes a pair burn after all
was quiet, or that finds it still over its factor though no outage kept it burning meanwhile. Of one that crosses the
long window's limit it is not asked whether the short window is content, which can only make fewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from slo_service.evaluate.plan.crossing import Floats

_CELLS = 2_000  # into which the longest outage of the shorter window is cut


@dataclass(frozen=True, slots=True)
class Blips:
    """Outages of `mean` seconds that take up a share `budget` of the time; their last `within` seconds do no harm."""

    mean: float
    budget: float
    within: float = 0.0

    @property
    def rate(self) -> float:
        """How many do harm, a second."""
        return self.budget / self.mean * exp(-self.within / self.mean)


@dataclass(frozen=True, slots=True)
class Watch:
    """A page pair, in seconds: it burns once more than `limit` of its long window and `short_limit` of its short one
    failed, and is quiet again `quiet` after the last outage."""

    long: float
    quiet: float
    limit: float
    short_limit: float


def pages(blips: Blips, watches: Sequence[Watch], seconds: float) -> float:
    """Expected pages in so much time, of one pair or of two, the one with the shorter windows first."""
    if not watches:
        return 0.0
    begun = _alone(blips, watches[0]) if len(watches) == 1 else _together(blips, watches[0], watches[1])
    return blips.rate * seconds * max(0.0, begun)  # where limits are out of reach only rounding is left


def _alone(blips: Blips, watch: Watch) -> float:
    """How likely a page begins at an outage: it crosses the limit, or the window was over it and all had been quiet."""
    crossing = _sum_below(blips, watch.long, watch.limit) - _sum_below(blips, watch.long, watch.limit, extra=1)
    return crossing + _once_quiet(blips, watch) * (
        1 - _sum_below(blips, max(0.0, watch.long - watch.quiet), watch.limit)
    )


def _together(blips: Blips, first: Watch, second: Watch) -> float:
    """The same of two pairs: one of them crosses; or the first was over, and not the second; or the second was."""
    more, limits = second.long - first.long, (first.limit, second.limit)
    crossing = _below(blips, first.long, more, *limits) - _below(blips, first.long, more, *limits, extra=1)
    waited = max(0.0, first.long - first.quiet)
    only_first = _sum_below(blips, waited + more, second.limit) - _below(blips, waited, more, *limits)
    over_second = 1 - _sum_below(blips, max(0.0, second.long - second.quiet), second.limit)
    return crossing + _once_quiet(blips, first) * max(0.0, only_first) + _once_quiet(blips, second) * over_second


def _once_quiet(blips: Blips, watch: Watch) -> float:
    """No outage for as long as it takes to be quiet, and then one that the short window alone is content with."""
    return exp(-blips.rate * watch.quiet - watch.short_limit / blips.mean)


def _below(blips: Blips, length: float, more: float, limit: float, both: float, extra: int = 0) -> float:
    """Probability that a window sums to at most `limit`, and with what was `more` time before to at most `both`. One
    outage besides when `extra` is 1."""
    edges = np.linspace(0.0, min(limit, both), _CELLS + 1)
    upto = _distribution(blips, length, edges, extra)
    middle = (edges[1:] + edges[:-1]) / 2
    rest = _distribution(blips, more, np.concatenate(([both], both - middle)), 0)
    return float(upto[0] * rest[0] + np.diff(upto) @ rest[1:])


def _sum_below(blips: Blips, length: float, limit: float, extra: int = 0) -> float:
    return float(_distribution(blips, length, np.array([limit]), extra)[0])


def _distribution(blips: Blips, length: float, sums: Floats, extra: int) -> Floats:
    """P(sum ≤ x): with n outages it takes that n events or more of a Poisson process come in x ÷ mean."""
    arrivals = blips.rate * length
    many = int(arrivals + 12 * np.sqrt(arrivals + 1) + 30)
    count = _poisson(np.array([arrivals]), many)[0]
    fewer = np.cumsum(_poisson(np.maximum(sums, 0.0) / blips.mean, many + extra), axis=1)
    at_least = 1 - np.concatenate((np.zeros((len(sums), 1)), fewer[:, :-1]), axis=1)
    found: Floats = at_least[:, extra : extra + many + 1] @ count[: many + 1]
    return found


def _poisson(means: Floats, upto: int) -> Floats:
    """A row a mean: probabilities of 0…`upto`."""
    n = np.arange(1, upto + 1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.log(means)[:, None] - np.log(n)[None, :]
    exponents = np.concatenate((np.zeros((len(means), 1)), np.cumsum(steps, axis=1)), axis=1) - means[:, None]
    found: Floats = np.exp(exponents)
    return found
