"""Objectives side by side in floats: what a glance at thousands of them needs, and who deserves an exact look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo_service.domain.slo import Slo
from slo_service.domain.status import State, TierState
from slo_service.evaluate.counts.ring import NEVER, Bools, Columns, Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """One window of each of many tiers or objectives, gathered."""

    bad: Floats
    total: Floats
    missing: Floats
    coverage: Floats
    doubt: Bools
    slack: Floats


@dataclass(slots=True)
class Readings:
    """windows × columns. `doubt`: where it may differ from the exact reading by more than floats err, because it hangs
    on a shortfall of just as much as jitter explains; `slack` is that as a share of the expected."""

    bad: Floats
    total: Floats
    missing: Floats
    coverage: Floats
    doubt: Bools
    excused: Floats
    slack: Floats

    def take(self, windows: Columns, columns: Columns) -> Side:
        at = (windows, columns)
        parts = (self.bad[at], self.total[at], self.missing[at], self.coverage[at])
        return Side(*parts, self.doubt[at], self.slack[at])


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an objective without looking at its windows: the word for it, since when, and the states of its
    tiers. Their phases hold now; their readings are those of when something last changed."""

    state: State
    since_ns: int
    tiers: tuple[TierState, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the objectives of one bank at the newest tick, by number. `watermarks` and `progress` are instants or `NEVER`.
    `spent` of the `allowed` bad events are gone; nothing is allowed where no budget can be told. Each differs from the
    exact number by rounding alone, save where `doubt` says otherwise of `budget` or of a window."""

    names: tuple[str, ...]
    slos: Sequence[Slo]
    watermarks: Ints
    progress: Ints
    spent: Floats
    allowed: Floats
    budget: Side
    readings: Readings
    columns: Columns
    numbers: Mapping[int, int]  # of rolling windows, by length

    def window(self, length_ns: int) -> Side | None:
        """One rolling window of every objective; None where it is not summed. Empty where nothing was judged yet."""
        at = self.numbers.get(length_ns)
        if at is None:
            return None
        side = self.readings.take(np.full(self.columns.size, at, np.intp), self.columns)
        return unborn_are_empty(side, self.watermarks)


def unborn_are_empty(side: Side, watermarks: Ints) -> Side:
    born = watermarks != NEVER
    if born.all():
        return side
    bad, total, missing, coverage = (
        np.where(born, part, 0.0) for part in (side.bad, side.total, side.missing, side.coverage)
    )
    return Side(bad, total, missing, coverage, side.doubt & born, np.where(born, side.slack, 1.0))
