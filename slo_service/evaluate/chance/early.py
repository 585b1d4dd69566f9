"""The early detector: says within a few canaries that failures come faster than the budget allows. It informs.

A mixture of Shiryaev–Roberts statistics (M. Pollak, Optimal detection of a change in distribution, 1985). While the
objective is met, R after n canaries less n is a martingale, so that a threshold of a hundred times the canaries of
30 days bounds the chance of a false alarm within 30 days by 1 %, whatever the alternatives (Doob's inequality)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from slo_service.domain.instant import DAY, MINUTE

ALTERNATIVES = 14
HIGHEST = 0.98  # the failure rate of a total outage of which something still gets through
MONTHS_PER_FALSE_ALARM = 100
MONTH_NS = 30 * DAY
QUIET_AFTER_NS = 30 * MINUTE

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DetectorState:
    """All that a start needs to go on: the statistic's logarithm by alternative and column (14 × n, −∞ at the start),
    and by column whether it is alarmed and how many good canaries it has seen towards its end."""

    log_statistics: Floats
    alarmed: Flags
    good_run: Floats


class Detectors:
    """One detector a column. `budgets` lie strictly between 0 and 1; `canaries` are those expected in 30 days; all are
    canaries of one source, or rounds of them where sources fail together. `quiet_after_ns` is in measured time."""

    def __init__(
        self, budgets: Sequence[Fraction], canaries: Sequence[Fraction | int], quiet_after_ns: int = QUIET_AFTER_NS
    ) -> None:
        budget: Floats = np.array([float(each) for each in budgets])
        expected: Floats = np.array([float(each) for each in canaries])
        highest = np.maximum(HIGHEST, (1 + budget) / 2)
        lowest = np.minimum(2 * budget, (budget + highest) / 2)  # a budget near a half has no room for its double
        steps = np.linspace(0, 1, ALTERNATIVES)[:, None]
        rates = lowest * (highest / lowest) ** steps
        self._log_good: Floats = np.log1p(-rates) - np.log1p(-budget)
        self._log_bad: Floats = np.log(rates / budget)
        self._log_good_limit: Floats = np.log((1 - rates) / (rates - budget))  # where a run of good canaries leads
        self._log_bad_limit: Floats = np.log(rates / (rates - budget))
        self._log_threshold: Floats = np.log(np.maximum(expected, 1) * MONTHS_PER_FALSE_ALARM * ALTERNATIVES)
        self._cost_of_bad: Floats = 1 / lowest
        self._good_needed: Floats = np.maximum(expected * (quiet_after_ns / MONTH_NS), 1)
        self._log: Floats = np.full((ALTERNATIVES, len(budget)), -np.inf)
        self._alarmed: Flags = np.zeros(len(budget), bool)
        self._good_run: Floats = np.zeros(len(budget))

    def update(self, columns: npt.ArrayLike, good: npt.ArrayLike, bad: npt.ArrayLike) -> Integers:
        """Takes one batch for each of these distinct columns, its good canaries before its bad ones, as first judged;
        a batch with a negative count is a correction, and is left alone. Returns the columns that raised an alarm.

        O(1) a column, whatever its counts. An alarm is raised by a failure only, starts the statistic anew, and takes
        the rest of its batch with it."""
        at, goods, bads = np.asarray(columns, np.int64), np.asarray(good, np.int64), np.asarray(bad, np.int64)
        first = (goods >= 0) & (bads >= 0) & (goods + bads > 0)
        at, goods, bads = at[first], goods[first], bads[first]
        self._see_good(at, goods)
        failed = bads > 0
        return self._see_bad(at[failed], bads[failed])

    def alarmed(self, columns: npt.ArrayLike | None = None) -> Flags:
        """Of these columns, or of all. An alarm ends after half an hour of good canaries, from which every failure
        takes away as many as come with one failure at twice the budget: at the objective it ends even where
        canaries are so dense that half an hour without a failure never comes."""
        return self._alarmed.copy() if columns is None else self._alarmed[np.asarray(columns, np.int64)]

    def left(self, column: int) -> int:
        """So many good canaries at the least end its alarm."""
        return math.ceil(float(self._good_needed[column] - self._good_run[column]))

    def state(self) -> DetectorState:
        return DetectorState(self._log.copy(), self._alarmed.copy(), self._good_run.copy())

    def restore(self, columns: npt.ArrayLike, state: DetectorState) -> None:
        """Puts a state's columns, in their order, at these columns. ValueError when their numbers differ."""
        at = np.asarray(columns, np.int64)
        if state.log_statistics.shape != (ALTERNATIVES, len(at)):
            raise ValueError(f"a state of shape {state.log_statistics.shape} does not fit {len(at)} columns")
        self._log[:, at], self._alarmed[at], self._good_run[at] = state.log_statistics, state.alarmed, state.good_run

    def _see_good(self, at: Integers, goods: Integers) -> None:
        """R ← gᵐ·R + (1 − gᵐ)·g ÷ (1 − g), m canaries at once; R is no huge number, since it is below its threshold."""
        run = self._log_good[:, at] * goods
        passed = np.exp(run + self._log[:, at]) - np.expm1(run) * np.exp(self._log_good_limit[:, at])
        with np.errstate(divide="ignore"):  # no canary yet: the logarithm of nothing
            self._log[:, at] = np.log(passed)
        self._good_run[at] += goods
        self._alarmed[at] &= self._good_run[at] < self._good_needed[at]

    def _see_bad(self, at: Integers, bads: Integers) -> Integers:
        """R ← bᵐ·R + (bᵐ − 1)·b ÷ (b − 1), in logarithms: bᵐ of a long outage is beyond all floats."""
        run = self._log_bad[:, at] * bads
        grown = np.logaddexp(run + self._log[:, at], run + np.log1p(-np.exp(-run)) + self._log_bad_limit[:, at])
        over = np.logaddexp.reduce(grown, axis=0) >= self._log_threshold[at]
        self._log[:, at] = np.where(over, -np.inf, grown)
        self._good_run[at] = np.maximum(self._good_run[at] - bads * self._cost_of_bad[at], 0)
        raised: Integers = at[over]
        self._alarmed[raised] = True
        self._good_run[raised] = 0
        return raised
