"""A judgement over any store, whose canaries fail in one partition from the second minute on, and its restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from slo_service.collect.ports import Batch
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.slo import Alerting
from slo_service.domain.status import Status
from slo_service.domain.tally import Tally
from slo_service.runtime.judgement import Judgement
from slo_service.runtime.recovery import Rings
from slo_service.runtime.slicing import slicing_rules
from tests.evaluate.timeline import START, an_slo

PLAIN = replace(an_slo(alerting=Alerting()), name="plain")
SLICED = replace(an_slo("0.9", alerting=Alerting()), name="sliced", budgeting=Timeslices(Fraction(99, 100), MINUTE))
CATALOGUE = Catalogue(slos={slo.name: slo for slo in (PLAIN, SLICED)})
PARTITIONS = 3


class Clock:
    now = START


class Life:
    """A judgement over a store, whose canaries fail in one partition from the second minute on."""

    def __init__(self, store: Any, clock: Clock, catalogue: Catalogue = CATALOGUE, rings: Rings | None = None) -> None:
        self.store, self.clock, self.catalogue = store, clock, catalogue
        self.quiet = asyncio.Lock()
        self.rings = rings or Rings(store.snapshots, store.changes, store.sweeper, store.history)
        store.slicing(slicing_rules(catalogue))
        self.judgement = Judgement(catalogue, 1, store.journal, store.cells, tuple, rings=self.rings, quiet=self.quiet)

    async def start(self, lived_ns: int | None = None) -> Life:
        await self.judgement.start(self.clock.now, lived_ns)
        return self

    async def commit(self, batch: Batch, *others: Life) -> None:
        deltas = await self.store.ingest(batch)
        for life in (self, *others):
            life.judgement.committed(batch, deltas)

    def tick(self) -> Mapping[str, Status]:
        return self.judgement.evaluate(self.clock.now)

    async def second(self, *others: Life) -> Mapping[str, Status]:
        await self.commit(canaries(self.catalogue, self.clock.now), *others)
        self.clock.now += SECOND
        statuses = self.tick()
        await self.judgement.act(self.clock.now)
        return statuses

    async def save(self) -> None:
        saving = asyncio.create_task(self.judgement.save(self.clock.now))
        while not saving.done():
            await asyncio.sleep(0.05)
            self.tick()
        await saving


def canaries(catalogue: Catalogue, now_ns: int) -> Batch:
    """Each partition's canary of the second that begins now, in cells that grow."""
    slice_ns, second = now_ns - now_ns % (10 * SECOND), (now_ns - START) // SECOND
    sent = (now_ns - slice_ns) // SECOND + 1
    samples, progress, schedules = [], [], []
    for slo in catalogue.slos.values():
        for stream in slo.measured:
            for number in range(PARTITIONS):
                source = f"canary/main/{number}"
                fails = number == 1 and second >= 60
                tally = Tally(0, sent) if fails else Tally(sent, 0)
                key = CellKey(stream, source, slice_ns)
                samples.append(Sample(key, tally, Revision(1, second)))
                progress.append(Progress(stream, source, now_ns + SECOND))
            schedules.append(Schedule(stream, START, Fraction(PARTITIONS), PARTITIONS))
    return Batch(samples=tuple(samples), progress=tuple(progress), schedules=tuple(schedules))


def same(one: Status, other: Status) -> None:
    """But for since when a word holds, which a restart knows in event time."""
    assert replace(one, since_ns=0) == replace(other, since_ns=0)
