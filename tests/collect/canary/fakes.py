"""A store in memory that holds the collector to the rules of cells, and a mock cluster to send through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from fractions import Fraction

from confluent_kafka import Producer

from slo_service.collect.canary.collector import CanaryCollector
from slo_service.collect.ports import Batch, LedgerPage, StoreUnavailable
from slo_service.domain.cell import CellKey, Progress, Sample
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Indicator, Intake, Schedule, Timing
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Canary, KafkaTopic, Pipeline, SqlTable, Stage
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.tally import Objective, Tally


class FakeStore:
    """Recorder and ledger in one. `away` makes it refuse everything."""

    def __init__(self) -> None:
        self.cells: dict[CellKey, Sample] = {}
        self.progress: dict[tuple[str, str], Progress] = {}
        self.schedules: list[Schedule] = []
        self.kept: dict[tuple[str, str, str, int], LedgerPage] = {}
        self.places: dict[tuple[str, str], str] = {}
        self.conflicts = 0
        self.commits = 0
        self.away = False

    async def commit(self, batch: Batch) -> None:
        self._must_answer()
        self.commits += 1
        for sample in batch.samples:
            before = self.cells.get(sample.key)
            if before is None or sample.revision > before.revision:
                self.cells[sample.key] = sample
            else:
                self.conflicts += 1
        for progress in batch.progress:
            self.progress[progress.stream, progress.source] = progress
        self.schedules += batch.schedules
        for page in batch.pages:
            self.kept[page.canary, page.kind, page.key, page.slice_start_ns] = page
        for position in batch.positions:
            self.places[position.reader, position.name] = position.value

    async def pages(self, canary: str, since_ns: int) -> Sequence[LedgerPage]:
        self._must_answer()
        found = [p for p in self.kept.values() if p.canary == canary and (p.open or p.slice_start_ns >= since_ns)]
        return sorted(found, key=lambda page: page.slice_start_ns)

    async def page(self, canary: str, kind: str, key: str, slice_start_ns: int) -> LedgerPage | None:
        self._must_answer()
        return self.kept.get((canary, kind, key, slice_start_ns))

    async def positions(self, reader: str) -> Mapping[str, str]:
        self._must_answer()
        return {name: value for (owner, name), value in self.places.items() if owner == reader}

    def tally(self, slo: Slo) -> Tally:
        """Over all cells of the SLO's stream."""
        mine = (sample.tally for key, sample in self.cells.items() if key.stream == slo.stream.id)
        return sum(mine, Tally())

    def _must_answer(self) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")


SOURCE_TOPIC, MIDDLE_TOPIC, SINK_TOPIC = "orders.raw", "orders.enriched", "orders.live"


def pipeline(sink: KafkaTopic | SqlTable | None = None) -> Pipeline:
    stage = Stage("enrich", KafkaTopic("main", MIDDLE_TOPIC))
    return Pipeline(
        "orders", "", "data", KafkaTopic("main", SOURCE_TOPIC), (stage,), sink or KafkaTopic("main", SINK_TOPIC)
    )


def canary(every_ns: int = SECOND // 5, deadline_ns: int = 3 * SECOND) -> Canary:
    template = {"event_id": "${canary.id}", "amount": 0}
    return Canary("orders-canary", "orders", every_ns, template, "source_system", deadline_ns, poll_ns=SECOND // 10)


def slo(name: str, indicator: Indicator, horizon_ns: int = SECOND) -> Slo:
    timing = Timing(horizon_ns, SECOND)
    return Slo(
        name,
        name,
        "",
        "orders",
        "orders",
        indicator,
        Objective(Fraction(999, 1000)),
        86_400 * SECOND,
        Alerting(),
        timing,
    )


FRESH = slo("fresh", Freshness("orders-canary", SECOND))
COMPLETE = slo("complete", Completeness("orders-canary", 3 * SECOND))
SINGLE = slo("single", Duplicates("orders-canary"))
TAKEN = slo("taken", Intake("orders-canary"), horizon_ns=0)
SLOS = (FRESH, COMPLETE, SINGLE, TAKEN)


class MockBroker:
    """A broker inside this process, with four partitions a topic and one ordinary record in each."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._owner: Producer | None = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "-", "log_level": 0})
        broker = next(iter(self._owner.list_topics(timeout=5).brokers.values()))
        self.address = {"bootstrap.servers": f"{broker.host}:{broker.port}", "log_level": "0"}
        writer = Producer({**self.address})
        for topic in topics:
            for partition in range(4):
                writer.produce(topic, b'{"order_id": 1}', partition=partition)
        assert writer.flush(10) == 0

    def stop(self) -> None:
        """It is gone for good."""
        self._owner = None


@contextmanager
def mock_cluster(topics: Sequence[str]) -> Iterator[Mapping[str, str]]:
    broker = MockBroker(topics)
    try:
        yield broker.address
    finally:
        broker.stop()


async def until(claim: Callable[[], bool], seconds: float = 15.0) -> None:
    """Returns once the claim holds; fails when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        if claim():
            return
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(collector: CanaryCollector) -> AsyncIterator[CanaryCollector]:
    task = asyncio.create_task(collector.run())
    try:
        yield collector
    finally:
        await collector.stop()
        await task


def collector(
    store: FakeStore,
    address: Mapping[str, str],
    flow: Pipeline,
    *,
    epoch: int = 1,
    slos: Sequence[Slo] = SLOS,
    kind: Canary | None = None,
    witness: Callable[[], bool] | None = None,
    wall_ns: Callable[[], int] = time.time_ns,
) -> CanaryCollector:
    return CanaryCollector(
        flow,
        kind or canary(),
        slos,
        {"main": address},
        store,
        store,
        wall_ns=wall_ns,
        mono_ns=time.monotonic_ns,
        epoch=epoch,
        seed=7,
        witness=witness,
    )
