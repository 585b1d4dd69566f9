"""How often chance alone pages while the objective is exactly met, and how soon a total outage does.

Canaries of one partition fail independently; only the failures are drawn. What is likely is counted over many months;
what is rare is found by drawing windows that hold enough failures and weighing them by how rare those are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

from benchmarks.measurement import Measurement
from benchmarks.verdicts import Verdicts, an_slo
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.signals import PartitionTier, Signals
from slo_service.domain.slo import WORKBOOK, Severity
from slo_service.evaluate.chance.binomial import failures_needed, tail
from slo_service.evaluate.chance.early import Detectors
from slo_service.evaluate.chance.partition import AT_ONCE

MONTH_NS = 30 * DAY
RARE = 0.05  # expected failures that page in a month, below which windows are drawn instead of months
NEGLIGIBLE = 1e-7
DRAWN = 20_000_000  # failures a figure may draw

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Case:
    objective: str  # per cent
    every_ns: int
    budget_window_ns: int = 30 * DAY

    @property
    def budget(self) -> Fraction:
        return 1 - Fraction(self.objective) / 100

    @property
    def canaries(self) -> int:
        return MONTH_NS // self.every_ns

    def __str__(self) -> str:
        return f"{self.objective} %, a canary every {self.every_ns / SECOND:g} s, P = {self.budget_window_ns // DAY} d"


@dataclass(frozen=True, slots=True)
class Promise:
    """A row of the table people read: probabilities of a false page in 30 days for P = 30 d and 28 d, and the failures
    needed for a page, plain and gated."""

    case: Case
    plain: tuple[float, float]
    gated: tuple[float, float]
    needed: tuple[int, int]


PROMISED = tuple(
    Promise(Case(objective, every * SECOND), plain, gated, needed)
    for objective, every, plain, gated, needed in (
        ("99", 10, (0, 0), (0, 0), (52, 52)),
        ("99.5", 60, (0.048, 0.045), (0.003, 0.003), (5, 6)),
        ("99.9", 1, (0, 0), (0, 0), (52, 52)),
        ("99.9", 5, (2e-6, 3e-5), (2e-6, 3e-5), (11, 11)),
        ("99.9", 10, (0.009, 0.10), (0.001, 0.001), (6, 7)),
        ("99.9", 60, (1, 1), (0.0015, 0.0015), (1, 4)),
        ("99.95", 5, (0.009, 0.10), (0.001, 0.001), (6, 7)),
        ("99.95", 10, (0.82, 0.80), (0.005, 0.005), (3, 5)),
        ("99.95", 60, (1, 1), (0.001, 0.001), (1, 4)),
        ("99.99", 10, (1, 1), (0.0003, 0.0003), (1, 4)),
    )
)
OBJECTIVES = ("99", "99.5", "99.9", "99.95", "99.99")


@dataclass(frozen=True, slots=True)
class Pair:
    """Canaries in both windows of a tier, and how many of them must fail."""

    long: int
    short: int
    long_bad: int
    short_bad: int


def page_pairs(case: Case, significance: Fraction | None) -> tuple[Pair, ...]:
    """Of the workbook's page tiers, as the evaluator judges them; without a significance the gate is off."""
    slo = an_slo(case.budget, case.budget_window_ns, significance)
    asked = [Verdicts(slo, tier, case.every_ns) for tier in WORKBOOK if tier.severity is Severity.PAGE]
    return tuple(Pair(each.long, each.short, each.long_bad(), each.short_bad()) for each in asked)


def failures_to_page(pairs: tuple[Pair, ...]) -> int:
    """Of a total outage that begins after a clean time."""
    return min(max(pair.long_bad, pair.short_bad) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Probability of at least one false page in 30 days, its standard error, and how many are expected."""

    probability: float
    error: float
    pages: float


def estimate(rng: np.random.Generator, case: Case, pairs: tuple[Pair, ...], drawn: int = DRAWN) -> Estimate:
    failures, p = float(case.canaries * case.budget), float(case.budget)
    expected = sum(failures * tail(pair.long_bad - 1, pair.long - 1, p) for pair in pairs)
    if expected < NEGLIGIBLE:
        return Estimate(expected, 0.0, expected)
    if expected > RARE:
        return by_months(rng, case, pairs, max(200, min(200_000, int(drawn / failures))))
    rates = [clumps(rng, case, pair, max(1_000, min(200_000, drawn // 100))) for pair in pairs]
    rate, error = sum(rate for rate, _ in rates), sqrt(sum(error**2 for _, error in rates))
    return Estimate(1 - exp(-rate), error, rate)


def by_months(rng: np.random.Generator, case: Case, pairs: tuple[Pair, ...], months: int) -> Estimate:
    """One long row of months, of which each is looked at by itself."""
    failed = _failures(rng, case, months)
    starts, ends = [], []
    for pair in pairs:
        at = page_hits(failed, pair)
        starts.append(failed[at])
        ends.append(
            np.minimum(failed[at - pair.long_bad + 1] + pair.long, failed[at - pair.short_bad + 1] + pair.short)
        )
    begun, _ = _merged(np.concatenate(starts), np.concatenate(ends))
    probability = len(np.unique(np.concatenate(starts) // case.canaries)) / months
    return Estimate(probability, sqrt(max(probability * (1 - probability), 1 / months) / months), len(begun) / months)


def _failures(rng: np.random.Generator, case: Case, months: int) -> Ints:
    expected, end = case.canaries * months * float(case.budget), case.canaries * months
    failed: Ints = np.cumsum(rng.geometric(float(case.budget), int(expected + 6 * sqrt(expected) + 10)))
    return failed[failed < end]


def clumps(rng: np.random.Generator, case: Case, pair: Pair, rows: int) -> tuple[float, float]:
    """(expected number in 30 days, standard error) of failures that page while none within the long window before did:
    rows of windows that end with a failure and hold `long_bad` of them or more, each after a window of the usual."""
    p, least, places = float(case.budget), pair.long_bad - 1, pair.long - 1
    weight = float(case.canaries) * p * tail(least, places, p)
    if weight < NEGLIGIBLE:
        return weight, 0.0
    upto = min(places, least + 30)
    likely = np.array([tail(k, places, p) - tail(k + 1, places, p) for k in range(least, upto + 1)])
    counts = rng.choice(np.arange(least, upto + 1), rows, p=likely / likely.sum())
    within = _distinct(rng, counts, places)
    before = _distinct(rng, rng.binomial(places, p, rows), places)
    before[before > -(10**12)] -= places
    failed = np.sort(np.concatenate([before, within, np.zeros((rows, 1), np.int64)], axis=1), axis=1)
    hits = _hits(failed, pair)
    first = hits[:, -1] & ~(hits[:, :-1] & (failed[:, :-1] > -pair.long)).any(axis=1)
    share = float(first.mean())
    return weight * share, weight * sqrt(share * (1 - share) / rows)


def page_hits(failed: Ints, pair: Pair) -> Ints:
    """Places of the failures (canaries by number, ascending) at which the pair pages."""
    return np.flatnonzero(_hits(failed[None, :], pair)[0])


def _hits(failed: Ints, pair: Pair) -> Flags:
    """Which failures (ascending along each row) page, by both windows."""
    hits: Flags = np.ones(failed.shape, bool)
    for bad, length in ((pair.long_bad, pair.long), (pair.short_bad, pair.short)):
        hits[:, : bad - 1] = False
        hits[:, bad - 1 :] &= failed[:, bad - 1 :] - failed[:, : max(0, failed.shape[1] - bad + 1)] < length
    return hits


def _distinct(rng: np.random.Generator, counts: Ints, places: int) -> Ints:
    """So many different places of −1 … −places in each row; what is not asked for lies far before them, far apart."""
    width = int(counts.max(initial=0))
    far = -(10**12) * np.arange(2, width + 2)
    drawn = np.tile(far, (len(counts), 1))
    todo = np.arange(len(counts))
    while len(todo):
        asked = np.arange(width) < counts[todo, None]
        drawn[todo] = np.where(asked, -rng.integers(1, places + 1, (len(todo), width)), far)
        ordered = np.sort(drawn[todo], axis=1)
        todo = todo[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
    return drawn


def _merged(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The spans that overlapping ones make together."""
    if not len(starts):
        return starts, ends
    order = np.argsort(starts, kind="stable")
    starts, latest = starts[order], np.maximum.accumulate(ends[order])
    new = np.flatnonzero(np.concatenate([[True], starts[1:] > latest[:-1]]))
    return starts[new], latest[np.append(new[1:] - 1, len(starts) - 1)]


def early_alarms(rng: np.random.Generator, case: Case, months: int) -> float:
    """The share of months at the objective in which the early detector raises an alarm."""
    detectors = Detectors([case.budget] * months, [case.canaries] * months)
    passed, alarms = np.zeros(months, np.int64), np.zeros(months, bool)
    live = np.arange(months)
    while len(live):
        gap = rng.geometric(float(case.budget), len(live))
        passed[live] += gap
        within = passed[live] <= case.canaries
        live, gap = live[within], gap[within]
        alarms[detectors.update(live, gap - 1, np.ones(len(live), np.int64))] = True
    return float(alarms.mean())


def early_detection(case: Case) -> int:
    """Canaries of a total outage until the early detector raises its alarm, after 30 clean days."""
    detectors, canaries = Detectors([case.budget], [case.canaries]), 0
    detectors.update([0], [case.canaries], [0])
    while not detectors.alarmed()[0]:
        detectors.update([0], [0], [1])
        canaries += 1
    return canaries


def partition_pages(rng: np.random.Generator, case: Case, partitions: int, drawn: int) -> Estimate:
    """Of the partition tier: those that many failures cause at once, and those of a few that last, in 30 days."""
    tier = PartitionTier()
    length = max(tier.after_ns, tier.canaries * case.every_ns) // case.every_ns
    few, many = (failures_needed(length, case.budget, tier.significance / partitions / k) for k in (1, AT_ONCE))
    many = max(many, tier.canaries)
    partition_months = max(partitions, int(drawn / (case.canaries * case.budget)))
    failed = _failures(rng, case, partition_months)
    rate, error = clumps(rng, case, Pair(length, length, many, 1), max(1_000, drawn // 100))
    at = page_hits(failed, Pair(length, length, few, 1))
    begun, _ = _merged(failed[at], failed[at - few + 1] + length)
    newest = failed[at]
    since = begun[np.searchsorted(begun, newest, side="right") - 1] if len(begun) else newest
    held = newest[(newest - since) * case.every_ns >= tier.after_ns]
    months = len(np.unique(held // case.canaries))
    rate, error = rate + months / partition_months, sqrt(error**2 + max(months, 1) / partition_months**2)
    return Estimate(1 - exp(-rate * partitions), error * partitions, rate * partitions)


def sweep(rng: np.random.Generator, periods: int, drawn: int) -> Iterator[tuple[Estimate, Case]]:
    """Gated, for periods from 0.5 to 600 s (and the round ones), both budget windows, all objectives."""
    between = np.geomspace(0.5, 600, periods)
    for seconds in sorted({*(round(float(x), 2) for x in between), 1, 2, 5, 10, 15, 20, 30, 60, 120, 300}):
        for objective in OBJECTIVES:
            for days in (28, 30):
                case = Case(objective, round(seconds * SECOND), days * DAY)
                yield estimate(rng, case, page_pairs(case, Signals().significance), drawn), case


def lines(rng: np.random.Generator, drawn: int, periods: int, months: int) -> Iterator[Measurement]:
    gate = Signals().significance
    for promise in PROMISED:
        case = promise.case
        for days, plain, gated in zip((30, 28), promise.plain, promise.gated, strict=True):
            of = Case(case.objective, case.every_ns, days * DAY)
            yield _told("plain", of, estimate(rng, of, page_pairs(of, None), drawn), plain)
            yield _told("gated", of, estimate(rng, of, page_pairs(of, gate), drawn), gated)
        for name, significance, promised in zip(("plain", "gated"), (None, gate), promise.needed, strict=True):
            needed = failures_to_page(page_pairs(case, significance))
            yield Measurement(f"false_pages.{name}_failures", needed, "failures", str(case), "promised", promised)
            seconds = needed * case.every_ns / SECOND
            yield Measurement(f"false_pages.{name}_outage_s", seconds, "s", f"{case}, total outage")
        alarms = early_alarms(rng, case, max(100, min(months, int(months * 300 / (case.canaries * case.budget)))))
        yield Measurement("early.false_alarms", alarms, "months with one", str(case), "promised at most", 0.01)
        yield Measurement("early.outage_s", early_detection(case) * case.every_ns / SECOND, "s", str(case))
    worst, where = max(sweep(rng, periods, drawn), key=lambda found: found[0].probability)
    load = f"worst of 0.5–600 s and five objectives: {where}; standard error {worst.error:.2g}"
    yield Measurement("false_pages.worst_gated", worst.probability, "P(≥ 1 in 30 d)", load, "promised at most", 0.01)
    for partitions in (1, 48, 200):
        found = [
            (partition_pages(rng, case, partitions, drawn // 4), case)
            for objective in OBJECTIVES
            for case in (Case(objective, seconds * SECOND) for seconds in (1, 2, 5, 10, 30, 60))
        ]
        most, case = max(found, key=lambda each: each[0].probability)
        load = f"worst of 1–60 s and five objectives: {case}, {partitions} partitions; standard error {most.error:.2g}"
        yield Measurement("partition.false_pages", most.probability, "P(≥ 1 in 30 d)", load)


def _told(name: str, case: Case, found: Estimate, promised: float) -> Measurement:
    load = f"{case}; standard error {found.error:.2g}; {found.pages:.3g} pages expected"
    return Measurement(f"false_pages.{name}", found.probability, "P(≥ 1 in 30 d)", load, "promised", promised)


def main() -> None:
    rng = np.random.default_rng(20_261_122)
    for line in lines(rng, DRAWN, periods=40, months=10_000):
        print(line.line())
        sys.stdout.flush()


if __name__ == "__main__":
    main()
