"""How often a window that slides over rounds of canaries comes to hold k failures, in closed form.

A round fails with probability p, independently of the others. Seen backwards from a round t that failed, let R(j) be
the failures of the last j rounds of the window and B(j) those of the j rounds before it. j rounds ago the window held
k − R(j) + B(j), so it held fewer than k all the way exactly when B stayed below R: two walks that do not meet, counted
by a determinant of two (Karlin and McGregor, Pacific J. Math. 9, 1959; Naus, JASA 77, 1982, for one window)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
_SIGMAS = 12  # what lies beyond is less likely than one in 10³⁰, and leaving it out keeps a lower bound one
_MOST_CASES = 1_000_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Windows of `long` and `short` rounds; it burns when they hold `failures` and `short_failures`."""

    long: int
    short: int
    failures: int
    short_failures: int

    def __post_init__(self) -> None:
        assert 0 < self.short <= self.long
        assert 0 < self.short_failures <= self.failures


def binomial(rounds: int, p: float, upto: int) -> Floats:
    """Probabilities of 0…`upto` failures in so many rounds."""
    x = np.arange(upto, dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(rounds - x, 0) / (x + 1)) + np.log(p) - np.log1p(-p)
    found: Floats = np.exp(rounds * np.log1p(-p) + np.concatenate(([0.0], np.cumsum(steps))))
    return found


def crossings(pair: Pair, p: float) -> float:
    """Probability that the long window reaches its failures at a given round, having held fewer for a window's length.
    The short window is not asked."""
    k = pair.failures
    f = binomial(pair.long - 1, p, k)
    return float(p * (1 - p) * (f[k - 1] * f[:k].sum() - f[k] * f[: k - 1].sum()))


def paging_crossings(pair: Pair, p: float) -> float:
    """The same and the short window holds its failures there: never more than how often the pair begins to burn."""
    if pair.short_failures == 1:  # the failure that crosses is in both windows
        return crossings(pair, p)
    k, rest = pair.failures, pair.long - pair.short
    r, b = _likely(pair.short, p, pair.short_failures, k), _likely(pair.short, p, 0, k)
    if len(r) * len(b) > _MOST_CASES or not len(r):
        return 0.0
    f = binomial(rest, p, k)
    upto = np.cumsum(f)
    left = f[k - r][:, None] * _at(upto, k - 1 - b)[None, :] - f[k - b][None, :] * _at(upto, k - 1 - r)[:, None]
    return float(p * (1 - p) * (_apart(pair.short - 1, p, r, b) * left).sum())


def beginnings(pair: Pair, p: float, quiet: int) -> float:
    """Probability that an episode begins at a given round, after `quiet` rounds in which nothing burned: the round
    failed, and the long window reached its failures, or it held them still and no round failed meanwhile."""
    k, quiet = pair.failures, min(quiet, pair.long)
    if k == 1:
        return float(p * (1 - p) ** quiet)
    r, b = _likely(quiet, p, 1, k), _likely(quiet, p, 0, k)
    if quiet == pair.long or len(r) * len(b) > _MOST_CASES:
        return crossings(pair, p)
    again = p * (1 - p) ** quiet * _tail(pair.long - 1 - quiet, p, k)
    reached = _apart(quiet - 1, p, r, b).sum(axis=1) * binomial(pair.long - quiet, p, k)[k - r]
    return float(p * (1 - p) * reached.sum() + again)


def reached_in_two(pair: Pair, p: float) -> float:
    """Probability that the long window holds its failures somewhere in two windows' length of rounds."""
    k = pair.failures
    f = binomial(pair.long, p, k)
    below = f[:k].sum()
    tail = _tail(pair.long, p, k)
    return float(min(1.0, tail * (1 + below) + f[k] * ((k - 1 - np.arange(k)) * f[:k]).sum()))


def _tail(rounds: int, p: float, k: int) -> float:
    reach = min(rounds, max(k, int(rounds * p)) + _reach(rounds, p, k))
    return float(binomial(rounds, p, reach)[k:].sum())


def _likely(rounds: int, p: float, least: int, most: int) -> Counts:
    """Numbers of failures within `least` and `most` that so many rounds may have."""
    mean = rounds * p
    return np.arange(max(least, int(mean - _SIGMAS * np.sqrt(mean))), min(most, rounds, _reach(rounds, p, least)) + 1)


def _reach(rounds: int, p: float, at_least: int) -> int:
    mean = rounds * p
    return min(rounds, max(at_least, int(mean + _SIGMAS * np.sqrt(mean + 1) + 20)))


def _apart(steps: int, p: float, r: Counts, b: Counts) -> Floats:
    """Both walks after so many more steps, R from 1 to `r` and B from 0 to `b`, without having met."""
    f = binomial(steps, p, int(max(r[-1], b[-1])))
    before_b = np.where(b > 0, f[np.maximum(b - 1, 0)], 0.0)
    met = f[r][:, None] * before_b[None, :]
    apart: Floats = np.where(b[None, :] < r[:, None], f[r - 1][:, None] * f[b][None, :] - met, 0.0)
    return apart


def _at(cumulative: Floats, index: Counts) -> Floats:
    found: Floats = np.where(index >= 0, cumulative[np.maximum(index, 0)], 0.0)
    return found
