"""What chance alone does with few events: how likely so many failures are while the objective is met, and whether a
tier may therefore fire. Without a known number of sources traffic is continuous, and the gates are off."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p, pi

import numpy as np
import numpy.typing as npt

from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.interval import clopper_pearson

STRETCH_NS = 300_000_000_000  # of time, over which dispersion is reckoned
OVERDISPERSED = 2  # a dispersion above it makes intervals optimistic
OFTEN = 0.1  # of windows, from which a share says more than how rarely
MANY = 10  # failures that a budget allows within a window, from which a ticket needs 99 % confidence

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_NEGLIGIBLE = -40.0  # exponent


def tail(k: int, n: int, p: float) -> float:
    """P(Binomial(n, p) ≥ k), to a relative error below 10⁻⁹ for n ≤ 2⁴⁵ and results ≥ 10⁻³⁰⁰.

    Of the tail and its complement the one beyond the mean is reckoned: P(X ≥ k) = k·pmf(k)/p · ∫₀^p
    (1 − u/p)^(k−1)·(1 + u/q)^(n−k) du (NIST DLMF 8.17), whose integrand falls from 1 without a further hump."""
    if k <= 0 or p >= 1:
        return 1.0 if k <= n else 0.0
    if k > n or p <= 0:
        return 0.0
    if k == 1:
        return -expm1(n * log1p(-p))
    return _upper(k, n, p, 1 - p) if k >= n * p + 1 - p else 1 - _upper(n - k + 1, n, 1 - p, p)


def _upper(k: int, n: int, p: float, q: float) -> float:
    if k == n:
        return exp(n * log(p))

    def exponent(u: float) -> float:
        return (k - 1) * log1p(-u / p) + (n - k) * log1p(u / q)

    reach = p
    while exponent(reach / 2) < _NEGLIGIBLE:
        reach /= 2
    u = reach * (_NODES + 1) / 2
    integrand = np.exp((k - 1) * np.log1p(-u / p) + (n - k) * np.log1p(u / q))
    integral = reach / 2 * float(_WEIGHTS @ integrand)
    return exp(log(k / p * integral) + _log_pmf(k, n, p, q))


def _log_pmf(k: int, n: int, p: float, q: float) -> float:
    """Log of P(X = k), 0 < k < n, by deviances instead of differences of huge logarithms (C. Loader, Fast and accurate
    computation of binomial probabilities, 2000)."""
    excess = float(k - n * Fraction(p) if p < q else n * Fraction(q) - (n - k))  # n·p of 2⁴⁵ trials has no room for 1
    spread = 0.5 * log(n / (2 * pi * k * (n - k)))
    remainders = _stirling(n) - _stirling(k) - _stirling(n - k)
    return remainders - _deviance(k, n * p, excess) - _deviance(n - k, n * q, -excess) + spread


def _stirling(n: int) -> float:
    """log n! − log(√(2πn)·(n/e)ⁿ)."""
    if n < 16:
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * pi)
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n


def _deviance(x: int, mean: float, excess: float) -> float:
    """x·log(x/mean) + mean − x, where x − mean is the excess."""
    v = excess / (x + mean)
    if abs(v) >= 0.1:
        return x * log(x / mean) - excess
    result, term = excess * v, 2 * x * v
    for odd in range(3, 1000, 2):
        term *= v * v
        result, before = result + term / odd, result
        if result == before:
            break
    return result


@lru_cache(maxsize=1 << 16)
def failures_needed(n: int, budget: Fraction, significance: Fraction) -> int:
    """The fewest failures of n whose p-value against "at most the budget fails" is below the significance; n + 1 where
    not even n failures are enough."""
    p, limit = float(budget), float(significance)
    low, high, step = 0, int(n * p) + 1, 1
    while high <= n and tail(high, n, p) >= limit:
        low, high, step = high, high + step, 2 * step
    return _first(low, min(high, n + 1), lambda k: tail(k, n, p) < limit)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The smallest number above `low` at which a claim holds that holds from somewhere up to `high` on."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def rounds(tally: Tally, sources: int) -> tuple[int, int]:
    """(trials, bad ones). A trial is a round of canaries over all `sources` ≥ 1, bad by the share of it that failed:
    partitions fail together, and 48 of them are not 48 independent witnesses."""
    if sources < 1:
        raise ValueError(f"a round has at least one source, got {sources}")
    return -(-tally.total // sources), tally.bad // sources


def page_gate(long: Tally, sources: int, budget: Fraction, significance: Fraction) -> str:
    """Why chance could explain what the long window of a page tier holds, in a sentence; empty when the tier may fire.
    Empty also for continuous traffic: `sources` 0, or no schedule known."""
    if sources < 1:
        return ""
    trials, bad = rounds(long, sources)
    needed = failures_needed(trials, budget, significance)
    if bad >= needed:
        return ""
    likely = tail(bad, trials, float(budget))
    if needed > trials:
        return f"{told(bad, trials, sources)}; so few can fail by chance even if all of them do"
    return f"{told(bad, trials, sources)}; chance alone gives that {often(likely)}; it pages from {needed}"


def ticket_gate(long: Tally, sources: int, budget: Fraction, window_ns: int, round_ns: int) -> str:
    """Why chance could explain what the long window of a ticket tier of factor ≤ 1 holds; empty when it may fire, which
    is when the one-sided Clopper–Pearson lower bound of its ratio is above the budget: at 99 % where the budget allows
    ten failures or more within `window_ns` (at one round each `round_ns`), else at 95 %. Empty also for continuous
    traffic: `sources` 0, or no schedule known (`round_ns` 0)."""
    if sources < 1 or round_ns < 1:
        return ""
    doubt = Fraction(1, 100) if budget * window_ns >= MANY * round_ns else Fraction(1, 20)
    trials, bad = rounds(long, sources)
    if tail(bad, trials, float(budget)) < doubt:  # the bound is the p at which this probability is the doubt
        return ""
    low, _ = clopper_pearson(bad, trials, float(1 - 2 * doubt))
    return (
        f"{told(bad, trials, sources)}; with {float(1 - doubt):.0%} confidence that is a failure rate of "
        f"{low:.3g} at least, which is not above the budget of {float(budget):.3g}"
    )


def told(bad: int, trials: int, sources: int) -> str:
    """The rounds of so many canaries, in words."""
    return f"{bad} of {trials} {'canaries' if sources == 1 else f'rounds of {sources} canaries'} failed"


def often(likely: float) -> str:
    """How often chance gives something at the objective, in words: two digits, and never more seldom than it is."""
    if likely >= OFTEN:
        return f"in {likely:.0%} of such windows"
    number = int(1 / likely)
    unit = 10 ** max(0, len(str(number)) - 2)
    return f"once in {number // unit * unit:,} such windows"


def dispersion(bad_per_slot: npt.NDArray[np.integer]) -> float | None:
    """Variance-to-mean of the failures in stretches of five minutes (1-d, a count each): 1 for independent ones, more
    for bursts. None with fewer than two stretches, or without any failure."""
    if len(bad_per_slot) < 2 or not bad_per_slot.any():
        return None
    return float(np.var(bad_per_slot, ddof=1) / np.mean(bad_per_slot))
