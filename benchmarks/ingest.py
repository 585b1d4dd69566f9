"""How many cells a second the store takes on SQLite, every commit on the disk."""

import asyncio
import logging
import statistics
import tempfile
import time

import structlog

from benchmarks.measurement import Measurement
from slo_service.collect.ports import Batch
from slo_service.domain.cell import CellKey, Revision, Sample
from slo_service.domain.instant import SECOND
from slo_service.domain.tally import Tally
from slo_service.store.sql.store import open_store

NOW = 1_800_000_000 * SECOND
CELLS, BATCHES = 1_000, 30


def batch(number: int) -> Batch:
    """Ten streams of ten sources over ten slices; half of the slices are revised by the next batch."""
    return Batch(
        samples=tuple(
            Sample(
                CellKey(f"stream-{n % 10}", f"canary/eu/{n // 10 % 10}", NOW + (number * 5 + n // 100) * 10 * SECOND),
                Tally(9 + number % 2, 1),
                Revision(1, number),
            )
            for n in range(CELLS)
        )
    )


async def rates(folder: str) -> list[float]:
    store = await open_store(f"sqlite:///{folder}/slo.db", lambda: NOW)
    await store.leadership.acquire("benchmark", NOW, SECOND)
    measured = []
    for number in range(BATCHES):
        said = batch(number)
        begun = time.perf_counter()
        await store.ingest(said)
        measured.append(CELLS / (time.perf_counter() - begun))
    await store.close()
    return measured


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        value = statistics.median(asyncio.run(rates(folder)))
    load = f"SQLite, synchronous=FULL, {BATCHES} batches of {CELLS} cells, half of them corrections"
    print(Measurement("store.ingest_cells_per_s", value, "cells/s", load).line())


if __name__ == "__main__":
    main()
