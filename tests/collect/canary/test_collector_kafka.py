"""The same on a real broker, where logs have control records, ids, stamps of their own, and hang."""

from __future__ import annotations

import asyncio
import copy
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from slo_service.collect.canary.envelope import CanaryId
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import KafkaTopic, Pipeline, Stage
from tests.collect.canary.fakes import COMPLETE, FRESH, SINGLE, TAKEN, FakeStore, canary, collector, running, until
from tests.collect.canary.flow import Fate, Mover, pass_all
from tests.services.kafka import Kafka

pytestmark = pytest.mark.services
PARTITIONS = 6
KIND = canary(deadline_ns=6 * SECOND)


@dataclass(frozen=True)
class Flow:
    kafka: Kafka
    pipeline: Pipeline
    address: dict[str, str]

    def mover(self, number: int, fate: object = pass_all) -> Mover:
        names = [self.pipeline.source.topic, self.pipeline.stages[0].output.topic, self.sink]
        return Mover(self.address, names[number], names[number + 1], partitions=PARTITIONS, fate=fate)  # type: ignore[arg-type]  # a function of a canary

    @property
    def sink(self) -> str:
        assert isinstance(self.pipeline.sink, KafkaTopic)
        return self.pipeline.sink.topic


@pytest.fixture
def flow(kafka: Kafka) -> Iterator[Flow]:
    mark = uuid.uuid4().hex[:8]
    raw, enriched, live = (KafkaTopic("main", f"{name}.{mark}") for name in ("raw", "enriched", "live"))
    kafka.create_topic(raw.topic, PARTITIONS)
    kafka.create_topic(enriched.topic, PARTITIONS)
    kafka.create_topic(live.topic, PARTITIONS, {"message.timestamp.type": "LogAppendTime"})
    made = Pipeline("orders", "", "data", raw, (Stage("enrich", enriched),), live)
    yield Flow(kafka, made, {"bootstrap.servers": kafka.bootstrap, "log_level": "0"})
    delete(kafka.bootstrap, raw.topic, enriched.topic, live.topic)


def delete(bootstrap: str, *topics: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_topics(list(topics)).values():
        future.result(10)


def some(who: CanaryId) -> Fate:
    match (who.seq * PARTITIONS + who.partition) % 11:
        case 4:
            return Fate.DROP
        case 8:
            return Fate.DOUBLE
        case _:
            return Fate.PASS


async def test_a_crash_in_the_middle_keeps_every_count_exact(flow: Flow) -> None:
    store = FakeStore()
    with ExitStack() as stack:
        enrich = stack.enter_context(flow.mover(0, some))
        stack.enter_context(flow.mover(1))
        async with running(collector(store, flow.address, flow.pipeline, kind=KIND)):
            await until(lambda: len(enrich.met) >= 40)
            left_behind = copy.deepcopy(store)  # what a kill -9 at this moment leaves
            await asyncio.sleep(1)  # sent and seen by the dead one, and written down nowhere
        async with running(collector(left_behind, flow.address, flow.pipeline, kind=KIND, epoch=2)) as again:
            await until(lambda: len(enrich.met) >= 120)
            met = dict(enrich.met)
            newest = max(who.sent_ns for who in met)
            settled = {"on_time", "late", "lost"}
            await until(lambda: all(t.verdict in settled for t in again.recent(0) if t.sent_ns <= newest))
            traces = {(t.run, t.partition, t.seq): t for t in again.recent(0) if t.sent_ns <= newest}
    assert {who.key for who in met} == set(traces)
    dropped = {who.key for who, fate in met.items() if fate is Fate.DROP}
    doubled = {who.key for who, fate in met.items() if fate is Fate.DOUBLE}
    assert {key for key, trace in traces.items() if trace.verdict == "lost"} == dropped
    assert {key for key, trace in traces.items() if trace.copies.get("sink") == 2} == doubled
    for trace in traces.values():  # by the log's own stamps, which are in milliseconds: no verdict is a crash's doing
        transit_ns = trace.seen_ns.get("sink", trace.sent_ns) - trace.sent_ns
        assert (
            transit_ns <= SECOND
            if trace.verdict == "on_time"
            else trace.verdict != "late" or transit_ns > 0.999 * SECOND
        )
    assert left_behind.tally(TAKEN).bad == left_behind.conflicts == 0


async def test_a_broker_that_hangs_makes_nobody_overdue(flow: Flow) -> None:
    store = FakeStore()
    with ExitStack() as stack:
        stack.enter_context(flow.mover(0))
        stack.enter_context(flow.mover(1))
        async with running(collector(store, flow.address, flow.pipeline, kind=KIND)) as measured:
            await until(lambda: store.tally(COMPLETE).good >= 30)
            through = max(progress.through_ns for key, progress in store.progress.items() if key[0] == FRESH.stream.id)
            paused_ns = time.time_ns()
            flow.kafka.pause()  # longer than freshness allows, shorter than the deadline
            try:
                await asyncio.sleep(1.8)
                hung = [trace for trace in measured.recent(0) if trace.sent_ns + SECOND > paused_ns]
                newest = max(p.through_ns for key, p in store.progress.items() if key[0] == FRESH.stream.id)
            finally:
                flow.kafka.resume()
            await until(lambda: store.tally(COMPLETE).good >= 60)
    assert {trace.verdict for trace in hung} <= {"pending", "on_time"}
    assert len(hung) >= 2 * PARTITIONS
    assert newest - through < SECOND
    assert store.tally(COMPLETE).bad == store.tally(SINGLE).bad == 0


async def test_the_readers_reach_the_end_of_a_log_that_ends_with_a_transactions_marker(flow: Flow) -> None:
    store = FakeStore()
    writer = Producer({**flow.address, "transactional.id": flow.sink})
    writer.init_transactions()
    for commit in (True, False):
        writer.begin_transaction()
        for partition in range(PARTITIONS):
            writer.produce(flow.sink, b"{}", partition=partition)
        writer.flush()
        if commit:
            writer.commit_transaction()
        else:
            writer.abort_transaction()
    at_sink = replace(flow.pipeline, stages=())
    async with running(collector(store, flow.address, at_sink, kind=KIND)):
        await until(lambda: store.tally(FRESH).bad >= PARTITIONS)
        writer.begin_transaction()
        writer.produce(flow.sink, b"{}", partition=0)
        writer.commit_transaction()
        bad = store.tally(FRESH).bad
        await until(lambda: store.tally(FRESH).bad >= bad + 2 * PARTITIONS)
    assert store.tally(FRESH).good == 0


async def test_a_sink_created_anew_is_an_event_and_no_loss(flow: Flow) -> None:
    store = FakeStore()
    direct = replace(flow.pipeline, stages=())
    with Mover(flow.address, direct.source.topic, flow.sink, partitions=PARTITIONS) as mover:
        async with running(collector(store, flow.address, direct, kind=KIND)):
            await until(lambda: store.tally(COMPLETE).good >= 20)
            mover.hold.set()
            await asyncio.sleep(0.7)  # some are under way
    delete(flow.kafka.bootstrap, flow.sink)
    flow.kafka.create_topic(flow.sink, PARTITIONS)
    async with running(collector(store, flow.address, direct, kind=KIND, epoch=2)) as again:
        await until(lambda: again.health().counters["missed_records"] == 1)
        under_way = [t for t in again.recent(0) if t.verdict == "unobservable"]
        await asyncio.sleep(KIND.deadline_ns / SECOND + 1)
        verdicts = {(t.run, t.partition, t.seq): t.verdict for t in again.recent(0)}
    assert len(under_way) >= PARTITIONS
    assert {verdicts[t.run, t.partition, t.seq] for t in under_way} == {"unobservable"}
