"""How likely at least one false page is, between two bounds that are proved.

Let Q(t) be the probability that no page came in the first t rounds, n the rounds of the long window, and h the
probability that one begins at a round after n quiet ones. A round more needs that nothing began in the n before it.
What lies further back than 2n is independent of that, and of what lies between, its own quiet only favours it (Harris
1960). So h·Q(t − n) ≤ Q(t − 1) − Q(t) ≤ h·Q(t − 2n), which bounds every ratio Q(t) ÷ Q(t − 1); for one window, see
Glaz and Naus, Annals of Applied Probability 1, 1991. The first 2n are known exactly. Time begins with empty windows."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, log1p

import numpy as np

from slo_service.evaluate.chance.binomial import tail
from slo_service.evaluate.plan.crossing import Pair, binomial, crossings, paging_crossings, reached_in_two

_TURNS = 200
_MANY = 10_000  # failures, beyond which a bound that is slow to reckon adds nothing


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which a probability, or an expected number, is known to lie."""

    low: float
    high: float


NEVER = Bounds(0.0, 0.0)


def chance_of_page(pair: Pair | None, p: float, rounds: int) -> Bounds:
    """At least one page of the pair in so many rounds that fail independently with probability p. None never pages."""
    if pair is None:
        return NEVER
    return Bounds(_at_least(pair, p, rounds), at_most(pair, p, rounds))


def _at_least(pair: Pair, p: float, rounds: int) -> float:
    n, g = pair.long, paging_crossings(pair, p)
    left = rounds - 2 * n
    if g <= 0 or left < 0:
        return 0.0
    hazard, log_none = g, log1p(-min(n * g, 0.5))
    while left > 0:
        stretch = min(n, left)
        log_none, left = log_none + stretch * log1p(-hazard), left - stretch
        before, hazard = hazard, g / (1 - hazard) ** (n - 1)
        if hazard - before <= 1e-15 * hazard:
            log_none, left = log_none + left * log1p(-hazard), 0
    return -expm1(log_none)


def at_most(pair: Pair | None, p: float, rounds: int) -> float:
    """The upper bound alone; it takes every crossing of the long window for a page."""
    if pair is None:
        return 0.0
    n, h, start = pair.long, crossings(pair, p), reached_in_two(pair, p)
    if start >= 1:
        return 1.0
    if rounds <= 2 * n:
        return start
    hazard = least = h / (1 - start)
    for _ in range(_TURNS):
        if hazard * 2 * n > 1:
            return 1.0
        before, hazard = hazard, least / (1 - hazard) ** (2 * n - 1)
        if hazard - before <= 1e-15 * hazard:
            return -expm1(log1p(-start) + (rounds - 2 * n) * log1p(-hazard))
    return 1.0


def either(first: Pair | None, second: Pair | None, p: float, rounds: int) -> Bounds:
    """At least one page of either pair; the first has the shorter windows.

    Above: staying without a page of one favours staying without one of the other. Below: pages of the first, and those
    of the second whose window has no failures so close that they could be one of the first."""
    one, other = chance_of_page(first, p, rounds), chance_of_page(second, p, rounds)
    high = 1 - (1 - one.high) * (1 - other.high) if max(one.high, other.high) > 1e-9 else one.high + other.high
    low = max(one.low, other.low)
    if first is not None and second is not None and rounds > 2 * second.long:
        alone = max(0.0, paging_crossings(second, p) - _with_first(first, second, p))
        low = max(low, one.low + (rounds - 2 * second.long) * alone * (1 - one.high) * (1 - other.high))
    return Bounds(low, max(low, high))


def _with_first(first: Pair, second: Pair, p: float) -> float:
    """At most so likely does the second's window fill at a given round with failures that page by the first as well:
    its other failures lie anywhere in it, and each may be the last of so many within the first's window; so may one in
    the first's window after it."""
    others, trials = second.failures - 1, second.long - 1
    even = others / max(1, trials)
    if first.long > trials or not 0 < even < 1 or others > _MANY:
        return 1.0
    full = p * float(binomial(trials, p, others)[others])
    inside = binomial(first.long, even, others) * binomial(trials - first.long, even, others)[::-1]
    near = inside / inside.sum()  # how many of the others lie within the first's window: hypergeometric
    upto = np.cumsum(binomial(first.long, p, first.failures)[::-1])[::-1]
    beyond = tail(first.failures + 1, first.long, p)
    chance = np.minimum(1.0, upto + beyond)  # of so many failures or more outside
    missing = first.failures - 1 - np.arange(others + 1)
    within = float(near @ chance[np.maximum(missing, 0)])
    after = float(near @ chance[np.maximum(missing - 1, 0)])
    return full * min(1.0, second.failures * within + first.long * p * after)
