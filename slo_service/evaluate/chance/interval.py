"""Exact binomial confidence intervals (Clopper and Pearson, Biometrika 26, 1934), in closed form with the regularised
incomplete beta function (continued fraction after Lentz; NIST DLMF 8.17)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p

from slo_service.domain.status import Budget, Reading, Status
from slo_service.domain.tally import Objective

_TINY = 1e-300


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b) for a, b > 0 and 0 ≤ x ≤ 1, to about 14 digits where a + b is below 100, and to ten at a million."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, 1 - x) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    result = d
    for m in range(1, 2000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 + term * d, 1 + term / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result


@lru_cache(maxsize=65_536)
def clopper_pearson(bad: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of the true bad share after seeing `bad` of `total`; (0, 1) when nothing was seen."""
    if total == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if bad == 0 else _quantile(bad, total - bad + 1, tail)
    high = 1.0 if bad == total else _quantile(bad + 1, total - bad, 1 - tail)
    return low, high


def _quantile(a: float, b: float, probability: float) -> float:
    """The x at which I_x(a, b) is the probability: Halley's steps, kept within a bracket that always shrinks."""
    if a == 1:
        return -expm1(log1p(-probability) / b)
    if b == 1:
        return exp(log(probability) / a)
    low, high = 0.0, 1.0
    x = a / (a + b)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    for _ in range(100):
        error = incomplete_beta(a, b, x) - probability
        low, high = (x, high) if error < 0 else (low, x)
        density = exp(scale + (a - 1) * log(x) + (b - 1) * log1p(-x))
        step = error / density if density > _TINY else 1.0
        step /= 1 - max(-1.0, min(1.0, step * ((a - 1) / x - (b - 1) / (1 - x)))) / 2
        following = x - step
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= 1e-12 * following:
            return following
        x = following
    return x


def bounds(reading: Reading) -> tuple[float, float] | None:
    """95 % bounds of the true bad share; None where nothing was seen, or the counts do not say how many trials they
    are. Slices that are good in part vary less than those that are good or bad, so what they lack is rounded away from
    the middle and taken for whole slices."""
    unit, tally = reading.unit, reading.tally
    if unit is None or tally.total < unit:
        return None
    trials = tally.total // unit
    low, _ = clopper_pearson(min(tally.bad // unit, trials), trials)
    _, high = clopper_pearson(min(-(-tally.bad // unit), trials), trials)
    return low, high


def with_intervals(status: Status, objective: Objective) -> Status:
    """The same status with the 95 % bounds of its burn rates and of its remaining budget filled in."""
    readings = {length: _bounded(reading, objective) for length, reading in status.readings.items()}
    tiers = tuple(
        replace(tier, long=readings[tier.long.length_ns], short=readings[tier.short.length_ns])
        if {tier.long.length_ns, tier.short.length_ns} <= readings.keys()
        else tier
        for tier in status.tiers
    )
    members = tuple(
        replace(part, readings={n: _bounded(each, Objective(part.target)) for n, each in part.readings.items()})
        for part in status.members
    )
    return replace(with_budget_interval(status), readings=readings, tiers=tiers, members=members)


def with_budget_interval(status: Status) -> Status:
    """The same status with the 95 % bounds of its remaining budget, on which actions rest."""
    without = None if status.without is None else _bounded_budget(status.without)
    return replace(status, budget=_bounded_budget(status.budget), without=without)


def _bounded_budget(budget: Budget) -> Budget:
    found = bounds(budget.reading)
    if found is None or not budget.allowed_events:
        return budget
    share = float(budget.reading.tally.total / budget.allowed_events)
    return replace(budget, interval=(1 - found[1] * share, 1 - found[0] * share))


def _bounded(reading: Reading, objective: Objective) -> Reading:
    found = bounds(reading)
    if found is None:
        return reading
    return replace(reading, interval=(found[0] / float(objective.budget), found[1] / float(objective.budget)))
