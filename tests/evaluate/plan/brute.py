"""The same probabilities without any formula: every sequence, every state of a window, or many sequences by chance."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from slo_service.evaluate.plan.crossing import Pair


def burns(pair: Pair, rounds: Sequence[int], at: int) -> bool:
    """After round `at` (from 0); rounds before the first were good."""
    long, short = (sum(rounds[max(0, at + 1 - length) : at + 1]) for length in (pair.long, pair.short))
    return long >= pair.failures and short >= pair.short_failures


def over_all_sequences(length: int, p: float, claim) -> float:
    return sum(
        p ** sum(rounds) * (1 - p) ** (length - sum(rounds))
        for rounds in product((0, 1), repeat=length)
        if claim(rounds)
    )


def by_states(pairs: Sequence[Pair], p: float, rounds: int) -> float:
    """At least one page: a chain over the last rounds as bits, in which those that page are left out."""
    longest = max(pair.long for pair in pairs)
    states = np.arange(1 << longest)

    def failures(length: int):
        return sum((states >> bit) & 1 for bit in range(length))

    quiet = np.ones(len(states), bool)
    for pair in pairs:
        quiet &= (failures(pair.long) < pair.failures) | (failures(pair.short) < pair.short_failures)
    good, bad = (states << 1) & (len(states) - 1), ((states << 1) & (len(states) - 1)) | 1
    weights = np.zeros(len(states))
    weights[0] = 1.0
    for _ in range(rounds):
        following = np.zeros(len(states))
        np.add.at(following, good, weights * (1 - p))
        np.add.at(following, bad, weights * p)
        weights = following * quiet
    return float(1 - weights.sum())


def by_chance(pairs: Sequence[Pair], p: float, rounds: int, months: int, seed: int) -> tuple[float, float]:
    """The share of so many months with a page, and its standard error."""
    rng = np.random.default_rng(seed)
    at = np.cumsum(rng.geometric(p, int(months * rounds * p * 1.1) + 1000))
    at = at[at < months * rounds]
    month = at // rounds
    at = at + month * max(pair.long for pair in pairs)  # windows of a month hold nothing of the one before
    paged = np.zeros(months, bool)
    for pair in pairs:
        hit = _within(at, pair.failures, pair.long) & _within(at, pair.short_failures, pair.short)
        paged[month[hit]] = True
    share = float(paged.mean())
    return share, max(1e-9, (share * (1 - share) / months) ** 0.5)


def _within(at, failures: int, rounds: int):
    """Whether each failure is the last of so many within so many rounds."""
    found = np.zeros(len(at), bool)
    found[failures - 1 :] = at[failures - 1 :] - at[: len(at) - failures + 1] < rounds
    return found
