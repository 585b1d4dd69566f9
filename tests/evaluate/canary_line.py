"""Canaries to several partitions, tick by tick, through the real evaluator with every rule that it has by default."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Change, Transition
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.signals import PARTITION
from slo_service.domain.slo import Alerting, Kind, Severity, Slo
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.evaluator import Evaluator
from tests.evaluate.timeline import START, an_slo

SLICE = 10  # seconds
Fails = Callable[[int], bool]
"""Whether the canaries of this partition fail."""


def none(_partition: int) -> bool:
    return False


def every(_partition: int) -> bool:
    return True


def only(partition: int) -> Fails:
    return lambda each: each == partition


class CanaryLine:
    """Each partition gets a canary every `period` seconds, the first partition at the end of each period and the others
    evenly before it. `missing` is the share of cells that were never looked at, at random; 30 days at 99.9 % and the
    workbook's tiers, unless `slo` says otherwise. It stands at START, after four days in which all was well."""

    def __init__(self, partitions: int, period: int, missing: float = 0, seed: int = 0, slo: Slo | None = None) -> None:
        self.slo = slo or an_slo(alerting=Alerting())
        self.partitions, self.period = partitions, period
        self.evaluator = Evaluator(Catalogue(slos={self.slo.name: self.slo}))
        self.transitions: list[Transition] = []
        self.status: Status | None = None
        self.failed = 0  # canaries that were looked at
        self._missing, self._rng = missing, np.random.default_rng(seed)
        self._due: dict[int, list[int]] = {}
        for partition in range(partitions):
            self._due.setdefault(period - 1 - partition * period // partitions, []).append(partition)
        self._seen: dict[tuple[int, int], bool] = {}
        rate = Fraction(partitions, period)
        begins = START - 4 * DAY
        self.evaluator.apply(schedules=[Schedule(self.slo.stream.id, begins, rate, partitions)])
        self.now = START - 2 * max(300, 10 * period) // SLICE * SLICE * SECOND
        self._fill(begins)
        self.run((START - self.now) // SECOND, tick=SLICE)

    def _fill(self, begins: int) -> None:
        """Whole slices, of all partitions together."""
        starts = range(begins, self.now, SLICE * SECOND)
        sent = [sum(len(self._due.get((at // SECOND + s) % self.period, ())) for s in range(SLICE))
                for at in range(begins, begins + self.period * SLICE * SECOND, SLICE * SECOND)]  # fmt: skip
        counts = [sent[n % self.period] for n in range(len(starts))]
        seen = self._rng.binomial(counts, 1 - self._missing) if self._missing else counts
        stream = self.slo.stream.id
        self.evaluator.apply(Delta(stream, at, int(n), 0, 1) for at, n in zip(starts, seen, strict=True) if n)

    def run(self, seconds: int, fails: Fails = none, tick: int = 1) -> None:
        for _ in range(0, seconds, tick):
            self._look(tick, fails)
            self._judge()

    def blind(self, seconds: int) -> None:
        """Nobody looks, and nobody says that they do."""
        for _ in range(0, seconds, SLICE):
            self.now += SLICE * SECOND
            self._judge()

    def seconds_to_page(self, tier: str, fails: Fails, within: int) -> int | None:
        """After how long this tier fires; None if it does not within `within`."""
        begun = self.now
        while self.now < begun + within * SECOND:
            self.run(1, fails)
            if any(row.tier.tier.name == tier for row in self.paged):
                return (self.now - begun) // SECOND
        return None

    @property
    def paged(self) -> list[Transition]:
        return [t for t in self.transitions if t.severity is Severity.PAGE and t.change is Change.FIRED]

    @property
    def episodes(self) -> int:
        """Of pages."""
        return sum(row.opens for row in self.paged)

    @property
    def page_tiers(self) -> list[TierState]:
        assert self.status is not None
        return [state for state in self.status.tiers if state.tier.severity is Severity.PAGE]

    @property
    def partition_tier(self) -> TierState:
        assert self.status is not None
        (state,) = (state for state in self.status.signals if state.tier.kind is Kind.PARTITION)
        assert state.tier.name == PARTITION
        return state

    def _look(self, tick: int, fails: Fails) -> None:
        found: dict[tuple[int, int], list[int]] = {}
        for second in range(self.now // SECOND, self.now // SECOND + tick):
            for partition in self._due.get(second % self.period, ()):
                cell = partition, second // SLICE
                new = cell not in self._seen
                if new:
                    self._seen[cell] = not self._missing or self._rng.random() >= self._missing
                if self._seen[cell]:
                    counts = found.setdefault(cell, [0, 0, 0])
                    counts[fails(partition)] += 1
                    counts[2] += new
                    self.failed += fails(partition)
        self.now += tick * SECOND
        stream = self.slo.stream.id
        self.evaluator.apply(
            [
                Delta(stream, at * SLICE * SECOND, good, bad, new, f"canary/eu/{partition}")
                for (partition, at), (good, bad, new) in found.items()
            ],
            [Progress(stream, f"canary/eu/{partition}", self.now) for partition in range(self.partitions)],
        )

    def _judge(self) -> None:
        evaluation = self.evaluator.tick(self.now)
        self.transitions += evaluation.transitions
        self.status = evaluation.statuses[self.slo.name]
