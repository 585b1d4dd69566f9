import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from confluent_kafka import KafkaException

from slo_service.collect.kafka_lag import LagCollector
from slo_service.collect.kafka_lag.cluster import KafkaOffsets
from slo_service.collect.kafka_lag.offsets import (
    DataRecord,
    FirstUnread,
    GroupOffsets,
    OffsetSource,
    OffsetsUnavailable,
    PartitionOffsets,
    Stamp,
)
from slo_service.collect.kafka_lag.slices import BAD, GOOD
from slo_service.collect.ports import Batch, StoreUnavailable
from slo_service.domain.cell import Progress, Sample
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import MILLISECOND, SECOND
from slo_service.domain.pipeline import KafkaTopic, Pipeline, Stage
from tests.collect.kafka_lag.objectives import lag_slo

PIPELINE = Pipeline(
    name="orders",
    description="",
    owner="payments",
    source=KafkaTopic("main", "orders.raw"),
    stages=(Stage("enrich", KafkaTopic("main", "orders.enriched"), "orders-enricher"),),
    sink=KafkaTopic("main", "orders.done"),
    sink_group="orders-sink",
)
SLO = lag_slo("enrich", within_ns=SECOND, slice_width_ns=SECOND)
CLUSTERS = {"main": {"bootstrap.servers": "127.0.0.1:1"}}
EPOCH = 7


@dataclass
class Recorded:
    """A store that remembers; `away` makes it refuse."""

    away: bool = False
    batches: list[Batch] = field(default_factory=list)

    async def commit(self, batch: Batch) -> None:
        if self.away:
            raise StoreUnavailable("disk full")
        self.batches.append(batch)

    @property
    def samples(self) -> list[Sample]:
        return [sample for batch in self.batches for sample in batch.samples]

    @property
    def schedules(self) -> list[Schedule]:
        return [schedule for batch in self.batches for schedule in batch.schedules]

    @property
    def progress(self) -> list[Progress]:
        return [one for batch in self.batches for one in batch.progress]


@dataclass
class World:
    """A group that is up to date, stalled, or behind a cluster that does not answer."""

    stalled: bool = False
    gone: bool = False
    end: int = 0
    committed: int = 0
    closed: int = 0

    def read(self, group: str, topic: str) -> GroupOffsets:  # noqa: ARG002  one log is all groups and topics here
        if self.gone:
            raise OffsetsUnavailable("no answer within 3 s")
        self.end += 10
        if not self.stalled:
            self.committed = self.end
        at = Stamp(time.time_ns(), time.monotonic_ns())
        return GroupOffsets(at, (PartitionOffsets(0, self.committed, self.end),))

    def first_unread(
        self,
        topic: str,  # noqa: ARG002  as above
        committed: Mapping[int, int],
    ) -> Mapping[int, FirstUnread]:
        return {partition: DataRecord(offset) for partition, offset in committed.items()}

    def close(self) -> None:
        self.closed += 1


@dataclass
class Bench:
    world: World = field(default_factory=World)
    recorded: Recorded = field(default_factory=Recorded)

    def __post_init__(self) -> None:
        self.collector = LagCollector(
            PIPELINE,
            (SLO, replace(SLO, name="same-stream")),
            CLUSTERS,
            self.recorded,
            wall_ns=time.time_ns,
            mono_ns=time.monotonic_ns,
            epoch=EPOCH,
            poll_ns=50 * MILLISECOND,
            connect=lambda _: self.world,
        )

    async def watch(self, seconds: float) -> None:
        running = asyncio.create_task(self.collector.run())
        await asyncio.sleep(seconds)
        await self.collector.stop()
        await running


async def test_a_group_in_time_yields_one_good_cell_a_slice():
    bench = Bench()
    await bench.watch(2.4)
    samples = bench.recorded.samples
    assert {sample.tally for sample in samples} == {GOOD}
    assert len(samples) == len({sample.key for sample in samples}) in {1, 2}
    assert {sample.key.source for sample in samples} == {"orders-enricher/orders.raw"}
    assert {sample.revision.epoch for sample in samples} == {EPOCH}


async def test_a_stalled_group_makes_its_slice_bad_before_the_slice_ends():
    bench = Bench()
    running = asyncio.create_task(bench.collector.run())
    await asyncio.sleep(0.3)
    bench.world.stalled = True
    await asyncio.sleep(2.2)
    await bench.collector.stop()
    await running
    bad = [sample for sample in bench.recorded.samples if sample.tally == BAD]
    assert bad
    assert bad[-1].key.stream == SLO.stream.id
    assert bench.collector.groups()[0].age_ns is not None


async def test_the_schedule_is_one_verdict_a_slice_from_one_source_and_written_once():
    bench = Bench()
    await bench.watch(0.3)
    (schedule,) = bench.recorded.schedules
    assert schedule.expected_events(SLO.slice_width_ns) == 1
    assert schedule.sources == 1


async def test_a_cluster_that_does_not_answer_is_an_error_without_progress_or_cells():
    bench = Bench(World(gone=True))
    await bench.watch(1.2)
    assert [age.error for age in bench.collector.groups()] == ["no answer within 3 s"] * 2
    assert bench.recorded.progress == []
    assert bench.recorded.samples == []
    assert "no answer" in bench.collector.health().error
    assert bench.collector.health().last_success_ns is None


async def test_nothing_is_lost_while_the_store_is_away():
    bench = Bench(recorded=Recorded(away=True))
    running = asyncio.create_task(bench.collector.run())
    await asyncio.sleep(2.2)
    assert "disk full" in bench.collector.health().error
    bench.recorded.away = False
    await asyncio.sleep(0.2)
    await bench.collector.stop()
    await running
    assert len(bench.recorded.samples) >= 1
    assert len(bench.recorded.schedules) == 1


async def test_a_collector_that_is_run_again_opens_its_clients_again():
    bench = Bench()
    await bench.watch(0.1)
    assert bench.world.closed == 2


async def test_a_client_that_cannot_be_built_is_said_and_does_not_keep_anybody_from_stopping():
    opened = World()
    made = iter([opened])

    def connect(config: Mapping[str, str]) -> OffsetSource:
        return next(made, None) or KafkaOffsets(config, time.time_ns, time.monotonic_ns)

    collector = LagCollector(
        PIPELINE,
        (SLO,),
        {"main": {"bootstrap.servers": "127.0.0.1:1", "no.such.property": "1"}},
        Recorded(),
        wall_ns=time.time_ns,
        mono_ns=time.monotonic_ns,
        epoch=EPOCH,
        connect=connect,
    )
    with pytest.raises(KafkaException, match=r"no\.such\.property"):
        await collector.run()
    assert "no.such.property" in collector.health().error
    assert opened.closed == 1
    await asyncio.wait_for(collector.stop(), 5)


def test_a_cluster_without_an_address_is_named():
    with pytest.raises(ValueError, match="cluster main"):
        LagCollector(
            PIPELINE, (), {}, Recorded(), wall_ns=time.time_ns, mono_ns=time.monotonic_ns, epoch=1
        )  # fmt: skip


def test_an_objective_on_a_stage_without_a_group_is_named():
    slo = replace(SLO, indicator=Lag("transform", SECOND))
    with pytest.raises(ValueError, match="transform"):
        LagCollector(
            PIPELINE, (slo,), CLUSTERS, Recorded(), wall_ns=time.time_ns, mono_ns=time.monotonic_ns, epoch=1
        )  # fmt: skip
