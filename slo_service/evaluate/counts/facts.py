"""What a bank's tracks are and how far they were looked at, as arrays by column."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from slo_service.domain.indicator import Basis
from slo_service.evaluate.counts.ring import NEVER, Bools, Ints
from slo_service.evaluate.counts.track import TrackKey


def _never() -> Ints:
    return np.full(0, NEVER, np.int64)


def _ones() -> Ints:
    return np.ones(0, np.int64)


@dataclass(slots=True)
class Facts:
    """Instants and durations in nanoseconds; `NEVER` where there is none. `begun` is the first tick: silence before it
    is not the collector's. `by_slices`: coverage is that of cells looked at, of `widths`."""

    progress: Ints = field(default_factory=_never)
    firsts: Ints = field(default_factory=_never)
    begun: Ints = field(default_factory=_never)
    grace: Ints = field(default_factory=_ones)
    grain: Ints = field(default_factory=_ones)
    sources: Ints = field(default_factory=_ones)
    widths: Ints = field(default_factory=_ones)
    by_slices: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    knows_events: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    tells_measured: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    filled: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    heard: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))

    def fit(self, columns: int) -> None:
        more = columns - self.progress.size
        if more <= 0:
            return
        for name in ("progress", "firsts", "begun"):
            setattr(self, name, np.append(getattr(self, name), np.full(more, NEVER, np.int64)))
        for name in ("grace", "grain", "sources", "widths"):
            setattr(self, name, np.append(getattr(self, name), np.ones(more, np.int64)))
        for name in ("by_slices", "knows_events", "tells_measured", "filled", "heard"):
            setattr(self, name, np.append(getattr(self, name), np.zeros(more, np.bool_)))

    def begin(self, column: int, key: TrackKey) -> None:
        """An empty track."""
        self.progress[column] = self.firsts[column] = self.begun[column] = NEVER
        self.filled[column] = self.heard[column] = False
        self.grace[column], self.grain[column], self.sources[column] = key.grace_ns, key.grain_ns, 0
        self.widths[column], self.by_slices[column] = key.slice_ns, key.basis is Basis.SLICES
        self.knows_events[column], self.tells_measured[column] = key.knows_events, key.tells_measured
