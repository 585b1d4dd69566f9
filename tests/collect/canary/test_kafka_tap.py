from __future__ import annotations

import itertools

from confluent_kafka import Producer

from slo_service.collect.canary.envelope import CanaryId, Envelope, region_hash
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_tap import KafkaTap
from slo_service.collect.canary.report import Haul, Moment, Report
from slo_service.domain.instant import MILLISECOND
from tests.collect.canary.fakes import mock_cluster, until

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
