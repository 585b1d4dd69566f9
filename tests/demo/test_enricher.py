import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from slo_service.demo.cluster import ENRICHED, RAW, DemoCluster
from slo_service.demo.enricher import GROUP, Enricher, Lane, enrich
from slo_service.demo.faults import HOT_WORK_NS, Fault, Injection
from slo_service.domain.instant import SECOND


def test_an_order_keeps_its_fields_and_gains_its_amount_in_euros():
    assert json.loads(enrich(b'{"event_id": "e", "amount": 10, "currency": "GBP"}') or b"") == {
        "event_id": "e", "amount": 10, "currency": "GBP", "amount_eur": 11.7,
    }  # fmt: skip


@pytest.mark.parametrize("value", [b"not json", b"[1]", None])
def test_what_is_no_order_passes_as_it_is(value):
    assert enrich(value) == value


def test_an_unknown_currency_has_no_amount_in_euros_rather_than_a_wrong_one():
    assert json.loads(enrich(b'{"amount": 10, "currency": "XXX"}') or b"")["amount_eur"] is None


def test_a_hot_lane_works_off_forty_events_a_second_and_no_more():
    message = cast("Message", object())
    lane = Lane()
    lane.held.extend((0, message) for _ in range(1_000))
    taken = 0
    for now_ns in range(0, 10 * SECOND, SECOND // 50):
        while lane.next_due(now_ns, 0, HOT_WORK_NS):
            taken += 1
    assert taken == pytest.approx(400, abs=4)


def test_a_delay_holds_each_event_back_from_its_own_arrival():
    message = cast("Message", object())
    lane = Lane()
    lane.held.append((3 * SECOND, message))
    assert lane.next_due(10 * SECOND, 8 * SECOND, 0) is None
    assert lane.next_due(11 * SECOND, 8 * SECOND, 0) is message


@dataclass
class Bench:
    """A cluster, an enricher in a thread, and what came out of it."""

    cluster: DemoCluster = field(default_factory=DemoCluster)
    on: frozenset[Fault] = frozenset()
    hit: list[Injection] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        enricher = Enricher(
            self.cluster.bootstrap, lambda: self.on, self.hit.append, time.monotonic_ns, random.Random(5)
        )  # fmt: skip
        stopping = threading.Event()
        thread = threading.Thread(target=enricher.run, args=(stopping,))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(10)

    def send(self, count: int) -> list[str]:
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap, "log_level": 2})
        names = [f"e{number}" for number in range(count)]
        for name in names:
            producer.produce(RAW, json.dumps({"event_id": name}), key=name, headers={"slo-canary": b"1"})
        assert producer.flush(10) == 0
        return names

    def arrived(self, at_least: int, seconds: float = 20) -> list[Message]:
        reader = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": "reader", "log_level": 2})
        reader.assign([TopicPartition(ENRICHED, partition, 0) for partition in range(4)])
        found: list[Message] = []
        deadline = time.monotonic() + seconds
        while len(found) < at_least and time.monotonic() < deadline:
            found += [one for one in reader.consume(500, 0.2) if one.error() is None]
        found += [one for one in reader.consume(500, 0.5) if one.error() is None]
        reader.close()
        return found

    def committed(self) -> int:
        reader = Consumer({"bootstrap.servers": self.cluster.bootstrap, "group.id": GROUP, "log_level": 2})
        offsets = reader.committed([TopicPartition(RAW, partition) for partition in range(4)], timeout=10)
        reader.close()
        return sum(max(0, one.offset) for one in offsets)


def event_id(message: Message) -> str:
    return str(json.loads(message.value() or b"{}")["event_id"])


def test_everything_passes_with_its_headers_key_and_partition_and_is_committed():
    bench = Bench()
    sent = bench.send(40)
    with bench.running():
        arrived = bench.arrived(40)
    assert sorted(map(event_id, arrived)) == sorted(sent)
    assert {str(one.headers()) for one in arrived} == {"[('slo-canary', b'1')]"}
    assert bench.committed() == 40
    assert bench.hit == []


def test_what_is_dropped_is_recorded_event_for_event():
    bench = Bench(on=frozenset({Fault.DROP}))
    sent = bench.send(400)
    with bench.running():
        arrived = bench.arrived(300)
    dropped = {one.event_id for one in bench.hit}
    assert 5 <= len(dropped) <= 50
    assert sorted(map(event_id, arrived)) == sorted(set(sent) - dropped)
    assert all(one.canary for one in bench.hit)


def test_what_is_duplicated_is_recorded_event_for_event():
    bench = Bench(on=frozenset({Fault.DUPLICATE}))
    sent = bench.send(400)
    with bench.running():
        arrived = bench.arrived(400)
    twice = [one.event_id for one in bench.hit]
    assert twice
    assert sorted(map(event_id, arrived)) == sorted([*sent, *twice])


def test_a_stalled_enricher_reads_nothing_and_catches_up_without_loss():
    bench = Bench(on=frozenset({Fault.STALL}))
    sent = bench.send(20)
    with bench.running():
        assert bench.arrived(1, seconds=5) == []
        bench.on = frozenset()
        assert sorted(map(event_id, bench.arrived(20))) == sorted(sent)
