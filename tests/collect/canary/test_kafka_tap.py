from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from slo_service.collect.canary.envelope import CanaryId, Envelope, region_hash
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_tap import KafkaTap
from slo_service.collect.canary.log_ends import LogEnds
from slo_service.collect.canary.report import Haul, Moment, Report
from slo_service.domain.instant import MILLISECOND
from tests.collect.canary.fakes import mock_cluster, until
from tests.services.kafka import Kafka

WHO = CanaryId("orders-canary", "ab" * 16, 0, 0, 1_000)


async def hauls(inbox: Inbox, tap: KafkaTap) -> list[Haul]:
    """Everything the tap brings until it has stood at the log's end twice."""
    got: list[Report] = []

    def has_stood() -> bool:
        got.extend(inbox.drain())
        return sum(isinstance(report, Haul) and report.mark is not None for report in got) >= 2

    tap.start()
    try:
        await until(has_stood)
    finally:
        tap.stop()
    return [report for report in got if isinstance(report, Haul)]


async def test_a_reader_that_is_behind_does_not_say_that_it_stands_at_the_end() -> None:
    tick = itertools.count(1)
    with mock_cluster(["busy"]) as address:
        writer = Producer({**address})
        for _ in range(20):
            for _ in range(1_000):
                writer.produce("busy", bytes(100), partition=0)
            writer.flush()
        writer.produce(
            "busy", b"{}", partition=0, headers=[*Envelope(WHO, "orders", region_hash("eu"), 0, 0).headers()]
        )
        writer.flush()
        inbox = Inbox()
        tap = KafkaTap(
            "sink",
            "busy",
            {**address, "fetch.message.max.bytes": "20000"},
            canary="orders-canary",
            id_fields=(),
            stored={f"busy/-/{partition}": "0" for partition in range(4)},
            clock=lambda: Moment(next(tick), next(tick) * 100 * MILLISECOND),
            inbox=inbox,
            interval_ns=50 * MILLISECOND,
        )
        got = await hauls(inbox, tap)
    marked = next(number for number, haul in enumerate(got) if haul.mark is not None)
    seen = next(number for number, haul in enumerate(got) if haul.sightings)
    assert seen <= marked
    assert got[marked].positions["busy/-/0"] == "20002"
    (sighting,) = got[seen].sightings
    assert (sighting.id, sighting.after) == (WHO, None)  # it lay there before we first asked for the end


def new_tap(address: Mapping[str, str], topic: str, inbox: Inbox, stored: Mapping[str, str]) -> KafkaTap:
    return KafkaTap(
        "sink",
        topic,
        address,
        canary="orders-canary",
        id_fields=(),
        stored=stored,
        clock=lambda: Moment(time.time_ns(), time.monotonic_ns()),
        inbox=inbox,
        interval_ns=50 * MILLISECOND,
    )


async def test_a_reader_that_does_not_know_where_a_partition_ends_speaks_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, told = LogEnds.bounds, [False]

    def bounds(self: LogEnds, partitions: Iterable[int]) -> tuple[Mapping[int, int], Mapping[int, int], str]:
        """As while partition 3 has no leader yet."""
        return real(self, [number for number in partitions if told[0] or number != 3])

    monkeypatch.setattr(LogEnds, "bounds", bounds)
    with mock_cluster(["new"]) as address:
        inbox = Inbox()
        tap = new_tap(address, "new", inbox, {})
        tap.start()
        try:
            await until(lambda: len(tap.positions) == 3)
            await asyncio.sleep(1)
            early = inbox.drain()
            assert not tap.ready.is_set()
            told[0] = True
            await until(tap.ready.is_set)
            await until(lambda: tap.last_success_ns is not None)
        finally:
            tap.stop()
    assert [report for report in early if isinstance(report, Haul) and report.mark is not None] == []
    assert set(tap.positions.values()) == {"1"}  # behind the record that was there before us, in the late one too


@pytest.mark.services
async def test_a_partition_that_joins_is_read_from_its_start(kafka: Kafka) -> None:
    topic = "growing"
    kafka.create_topic(topic, 1)
    address = {"bootstrap.servers": kafka.bootstrap, "log_level": "0"}
    inbox = Inbox()
    tap = new_tap(address, topic, inbox, {})
    tap.start()
    try:
        await until(tap.ready.is_set)
        admin = AdminClient({**address})
        admin.create_partitions([NewPartitions(topic, 2)])[topic].result(10)
        writer = Producer({**address})
        headers = Envelope(WHO, "orders", region_hash("eu"), 0, 0).headers()
        writer.produce(topic, b"{}", partition=1, headers=[*headers])
        assert writer.flush(10) == 0
        got: list[Report] = []

        def has_come() -> bool:
            got.extend(inbox.drain())
            return any(isinstance(report, Haul) and report.sightings for report in got)

        await until(has_come)
    finally:
        tap.stop()
        admin.delete_topics([topic])[topic].result(10)
    assert len(tap.positions) == 2
