"""How long a service takes until it can judge again: from its snapshots, and from nothing but its cells."""

import asyncio
import logging
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import structlog

from benchmarks.objectives import EVERY_NS, NOW, SLICE_NS, objectives
from slo_service.collect.ports import Batch
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.tally import Tally
from slo_service.evaluate.ports import Sweep
from slo_service.runtime.heap import standing
from slo_service.runtime.judgement import Judgement
from slo_service.runtime.recovery import Rings
from slo_service.store.sql.store import open_store

REBUILT = 200
SINCE = 30  # slices of every stream that came after the snapshot, as many as come until the next one

WIDTHS = (("cells", SLICE_NS, 7 * HOUR), ("cells_1m", MINUTE, 3 * DAY + HOUR), ("cells_15m", 15 * MINUTE, 31 * DAY))


@dataclass(frozen=True, slots=True)
class Rebuilt:
    streams: int
    rows: int
    seconds: float
    cpu_seconds: float


def rebuilt_from_cells(count: int) -> Rebuilt:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return asyncio.run(_rebuilt(objectives(count), Path(folder) / "slo.db"))


async def _rebuilt(catalogue: Catalogue, file: Path) -> Rebuilt:
    streams = [slo.stream.id for slo in catalogue.slos.values()]
    store = await open_store(f"sqlite:///{file}", lambda: NOW)
    await store.leadership.acquire("benchmark", NOW, DAY)
    await store.ingest(
        Batch(
            progress=tuple(Progress(stream, "canary/main/0", NOW) for stream in streams),
            schedules=tuple(Schedule(stream, NOW - 31 * DAY, Fraction(SECOND, EVERY_NS), 1) for stream in streams),
        )
    )
    rows = await asyncio.to_thread(write_cells, file, streams)
    rings = Rings(store.snapshots, store.changes, store.sweeper, store.history)
    judgement = Judgement(catalogue, 0, store.journal, store.cells, tuple, rings=rings)
    begun, cpu = time.perf_counter(), time.process_time()
    with standing():
        await judgement.start(NOW)
    judgement.evaluate(NOW)
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    await store.close()
    return Rebuilt(len(streams), rows, seconds, spent)


@dataclass(frozen=True, slots=True)
class Restored:
    """Seconds until the first tick is done, which judges all exactly; of these, that tick alone; and CPU seconds."""

    seconds: float
    first_tick_seconds: float
    cpu_seconds: float


def from_snapshots(count: int) -> Restored:
    """A start with so many objectives: the newest snapshot, and what came in the five minutes after it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return asyncio.run(_from_snapshots(objectives(count), Path(folder) / "slo.db"))


async def _from_snapshots(catalogue: Catalogue, file: Path) -> Restored:
    streams = [slo.stream.id for slo in catalogue.slos.values()]
    store = await open_store(f"sqlite:///{file}", lambda: NOW)
    await store.leadership.acquire("benchmark", NOW, DAY)
    await store.ingest(
        Batch(
            progress=tuple(Progress(stream, "canary/main/0", NOW) for stream in streams),
            schedules=tuple(Schedule(stream, NOW - 31 * DAY, Fraction(SECOND, EVERY_NS), 1) for stream in streams),
        )
    )
    made = Rings(store.snapshots, store.changes, Made(streams), store.history)
    before = Judgement(catalogue, 0, store.journal, store.cells, tuple, rings=made)
    await before.start(NOW)
    saving = asyncio.create_task(before.save(NOW))
    await asyncio.sleep(0.1)
    before.evaluate(NOW)
    await before.act(NOW)  # where the tiers stand is on record, as it is wherever somebody judged
    await saving
    del before
    for at in range(SINCE):
        key = partial(CellKey, source="canary/main/0", slice_start_ns=NOW + at * SLICE_NS)
        samples = tuple(Sample(key(stream), Tally(1, 0), Revision(1, at)) for stream in streams)
        await store.ingest(Batch(samples=samples))
    now_ns = NOW + SINCE * SLICE_NS
    rings = Rings(store.snapshots, store.changes, store.sweeper, store.history)
    begun, cpu = time.perf_counter(), time.process_time()
    with standing():
        after = Judgement(catalogue, 0, store.journal, store.cells, tuple, rings=rings)
        await after.start(now_ns, now_ns - 5 * SECOND)
    held = time.perf_counter()
    statuses = after.evaluate(now_ns)
    ticked, spent = time.perf_counter(), time.process_time() - cpu
    budget = statuses[next(iter(catalogue.slos))].budget.reading
    assert budget.tally.good == 30 * DAY // EVERY_NS + SINCE, budget  # none is missing, and none is counted twice
    await store.close()
    return Restored(ticked - begun, ticked - held, spent)


class Made:
    """A `Sweeper` of canaries that all arrived, which nobody has had to store first."""

    def __init__(self, streams: Sequence[str]) -> None:
        self._streams = streams

    async def sweep(
        self, width_ns: int, since_ns: int, until_ns: int, streams: Collection[str] | None = None
    ) -> AsyncIterator[Sweep]:
        wanted = [stream for stream in self._streams if streams is None or stream in streams]
        for at in range(0, len(wanted), 100):
            part = wanted[at : at + 100]
            starts = np.arange(-(-since_ns // width_ns) * width_ns, min(NOW, until_ns), width_ns, dtype=np.int64)
            stream = np.repeat(np.arange(len(part), dtype=np.int64), starts.size)
            good = np.full(stream.size, width_ns // EVERY_NS, np.int64)
            yield Sweep(part, stream, np.tile(starts, len(part)), good, np.zeros_like(good), good)


def write_cells(file: Path, streams: list[str]) -> int:
    """Straight into the tables; the ingest would take hours. Rows written."""
    written = 0
    with sqlite3.connect(file) as connection:
        ids = list(enumerate(streams, 1))
        connection.executemany("INSERT INTO series (id, stream, source) VALUES (?, ?, 'canary/main/0')", ids)
        for table, width_ns, reach_ns in WIDTHS:
            columns = len(list(connection.execute(f"SELECT * FROM {table} LIMIT 0").description))  # noqa: S608 - the names of tables stand above, nobody can put one in
            marks = ", ".join("?" * columns)
            rows = cells(len(streams), width_ns, reach_ns, columns)
            written += connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows).rowcount  # noqa: S608 - the names of tables stand above, nobody can put one in
    connection.close()
    return written


def cells(series: int, width_ns: int, reach_ns: int, columns: int) -> Iterator[tuple[int, ...]]:
    """(series, start, good, bad), and ones for what else a table has: revision, change or observed."""
    rest = (1,) * (columns - 4)
    for number in range(1, series + 1):
        for at_ns in range(NOW - reach_ns, NOW, width_ns):
            yield (number, at_ns, width_ns // EVERY_NS, 0, *rest)
