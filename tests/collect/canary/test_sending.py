from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import cast

import pytest
from confluent_kafka import KafkaError, Producer
from structlog.testing import capture_logs

from slo_service.collect.canary.batch import BatchMaker, Standing
from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_errors import outcome_of
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.canary.report import Moment, Outcome
from slo_service.collect.canary.sender import CanarySender
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import KafkaTopic
from slo_service.domain.tally import Tally
from tests.collect.canary.fakes import (
    COMPLETE,
    FRESH,
    SOURCE_TOPIC,
    TAKEN,
    FakeStore,
    MockBroker,
    canary,
    collector,
    mock_cluster,
    pipeline,
    running,
    until,
)


@pytest.mark.parametrize(
    ("code", "stalled", "witnessed", "expected"),
    [
        pytest.param(
            KafkaError._MSG_TIMED_OUT, False, True, Outcome.TIMED_OUT, id="nobody answered, but a witness did"
        ),
        pytest.param(KafkaError._MSG_TIMED_OUT, False, False, Outcome.BLIND, id="nobody answered at all"),
        pytest.param(KafkaError._MSG_TIMED_OUT, True, True, Outcome.BLIND, id="we were held up ourselves"),
        pytest.param(KafkaError.TOPIC_AUTHORIZATION_FAILED, False, True, Outcome.BROKEN, id="we may not write"),
        pytest.param(KafkaError.MSG_SIZE_TOO_LARGE, False, True, Outcome.BROKEN, id="our body is too large"),
        pytest.param(KafkaError.POLICY_VIOLATION, False, False, Outcome.REFUSED, id="refused by the broker"),
        pytest.param(KafkaError._UNKNOWN_TOPIC, False, False, Outcome.REFUSED, id="the topic is gone"),
    ],
)
def test_what_an_error_of_the_client_means(code: int, stalled: bool, witnessed: bool, expected: Outcome) -> None:
    assert outcome_of(code, stalled=stalled, witnessed=witnessed) is expected


@pytest.mark.parametrize(
    ("witness", "verdict"),
    [
        pytest.param(None, "refused", id="the store answers: a producer of the customer would suffer too"),
        pytest.param(lambda: False, "unobservable", id="nobody answers: it may be us"),
    ],
)
async def test_sends_that_nobody_answers(witness: Callable[[], bool] | None, verdict: str) -> None:
    store, broker = FakeStore(), MockBroker([SOURCE_TOPIC])
    hurried = replace(canary(every_ns=SECOND // 2), send_timeout_ns=SECOND // 4)
    alone = replace(pipeline(), stages=(), sink=pipeline().source)
    measuring = running(collector(store, broker.address, alone, kind=hurried, witness=witness))
    with capture_logs() as said:
        async with measuring as measured:
            await until(lambda: store.tally(TAKEN).good >= 4)
            assert store.tally(TAKEN).bad == 0
            broker.stop()
            await until(lambda: sum(trace.verdict == verdict for trace in measured.recent(0)) >= 4)
            failed = sum(trace.verdict == verdict for trace in measured.recent(0))
            assert "source: " in measured.health().error
    assert [entry["event"] for entry in said].count("canary_send_failed") == 1
    assert store.tally(TAKEN).bad >= failed if verdict == "refused" else store.tally(TAKEN).bad == 0
    assert store.tally(COMPLETE).bad == 0


async def test_a_store_that_is_away_costs_nothing_but_time() -> None:
    store = FakeStore()
    alone = replace(pipeline(), stages=(), sink=pipeline().source)
    with mock_cluster([SOURCE_TOPIC]) as address:
        async with running(collector(store, address, alone)) as measured:
            await until(lambda: store.tally(COMPLETE).good >= 4)
            store.away = True
            await until(lambda: "the store does not answer: the disk is full" in measured.health().error)
            await asyncio.sleep(1)
            store.away = False
            await until(lambda: store.tally(COMPLETE).good >= 40)
            assert measured.health().error == ""
        sent = len(measured.recent(0))
    assert store.tally(TAKEN) == Tally(sent, 0)
    assert store.tally(COMPLETE).bad == store.tally(FRESH).bad == 0
    assert store.conflicts == 0


@dataclass
class Metadata:
    """A producer that is only asked for the partitions of topics."""

    count: int

    def list_topics(self, topic: str, timeout: float) -> Metadata:
        assert timeout > 0
        self.topics = {topic: SimpleNamespace(error=None, partitions=dict.fromkeys(range(self.count)))}
        return self


@pytest.mark.parametrize(
    ("looks", "taken"),
    [
        pytest.param((4, 8), 8, id="more: at once"),
        pytest.param((8, 4), 8, id="fewer, seen once: it may be a broker that starts"),
        pytest.param((8, 4, 8, 4), 8, id="fewer, but not twice in a row"),
        pytest.param((8, 4, 4), 4, id="fewer, twice in a row: the topic was made anew"),
    ],
)
def test_which_partitions_are_sent_to(looks: tuple[int, ...], taken: int) -> None:
    sender = CanarySender(
        pipeline(), canary(), {}, run="ab" * 16, clock=lambda: Moment(0, 0), inbox=Inbox(), witness=lambda: True, seed=1
    )
    for count in looks:
        sender._find_partitions(cast("Producer", Metadata(count)))
    assert sender.partitions == tuple(range(taken))


def test_the_schedule_follows_the_number_of_partitions_down_as_well() -> None:
    ledger = CanaryLedger("orders-canary", {"source": [], "sink": []}, 10 * SECOND, 10 * SECOND)
    ledger.partitions = frozenset(range(8))  # those that were once are still judged
    maker = BatchMaker("orders-canary", SECOND, CellBook("orders-canary", "eu", [TAKEN.stream], 1, 0), ledger, {
        TAKEN.stream.id: 0
    })  # fmt: skip
    batches = [maker.make(Standing(through_ns=count, partitions=count), 0, waiting=False) for count in (8, 4)]
    assert [schedule.sources for batch in batches if batch for schedule in batch.schedules] == [8, 4]


async def test_a_client_that_cannot_be_built_is_a_broken_canary_and_not_silence() -> None:
    store = FakeStore()
    address = {"bootstrap.servers": "127.0.0.1:1", "security.protocol": "nonsense"}
    async with running(collector(store, address, pipeline())) as measured:
        await until(lambda: "canaryBroken" in measured.health().error)
    assert "security.protocol" in measured.health().broken
    assert store.cells == {}
    assert store.schedules == []


def test_a_hop_on_a_cluster_without_an_address_is_refused_with_the_remedy() -> None:
    elsewhere = replace(pipeline(), sink=KafkaTopic("backup", "orders.live"))
    with pytest.raises(ValueError, match=r"sink of pipeline orders is on the Kafka cluster backup.*known: main"):
        collector(FakeStore(), {}, elsewhere)


async def test_a_collector_stopped_before_it_began_does_not_begin() -> None:
    stopped = collector(FakeStore(), {"bootstrap.servers": "127.0.0.1:1"}, pipeline())
    await stopped.stop()
    await asyncio.wait_for(stopped.run(), 5)
    assert stopped.health().detail == "not started"
    assert set(stopped.health().counters.values()) == {0}


async def test_a_run_that_fails_is_said_and_does_not_keep_anybody_from_stopping() -> None:
    class Corrupt(FakeStore):
        async def positions(self, reader: str) -> dict[str, str]:
            raise ValueError(f"{reader} cannot be read")

    failing = collector(Corrupt(), {"bootstrap.servers": "127.0.0.1:1"}, pipeline())
    with pytest.raises(ValueError, match="cannot be read"):
        await failing.run()
    assert "ValueError: canary/orders-canary/source cannot be read" in failing.health().error
    await asyncio.wait_for(failing.stop(), 5)
