"""The actors of the stories, on the servers of the stories."""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from confluent_kafka import Producer

from slo_service.collect.canary.envelope import CanaryId, Envelope, region_hash

RUN = uuid.uuid4().hex
SENT = 40


@contextmanager
def actor(name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", f"tests.stories.actors.{name}", *arguments])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def canary(seq: int) -> CanaryId:
    return CanaryId("orders-canary", RUN, 0, seq, 1_800_000_000_000_000_000)


def send(bootstrap: str, numbers: range) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for seq in numbers:
        envelope = Envelope(canary(seq), "orders", region_hash("main"), 0, 0)
        body = json.dumps({"event_id": canary(seq).text, "amount": 0})
        producer.produce("orders.raw", body, partition=0, headers=dict(envelope.headers()))
    assert producer.flush(20) == 0


async def rows(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('orders_live')") is None:
            return []
        return [row["event_id"] for row in await connection.fetch("SELECT event_id FROM orders_live")]
    finally:
        await connection.close()


def wait_for(done: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_what_reaches_the_table_is_what_was_sent_but_for_the_named_numbers(kafka, postgres, tmp_path):
    for topic in ("orders.raw", "orders.enriched"):
        kafka.create_topic(topic, 1)
    url = postgres.url(postgres.create_database()).replace("postgresql+asyncpg://", "postgresql://")
    (tmp_path / "drop").write_text('{"partition": 0, "seq": 3}\n')
    (tmp_path / "twice").write_text('{"partition": 0, "seq": 7}\n{"partition": 1, "seq": 8}\n')
    enricher = (
        *("--bootstrap", kafka.bootstrap, "--group", "enrich", "--source", "orders.raw", "--output", "orders.enriched"),
        *("--drop-seqs", f"{tmp_path / 'drop'}", "--duplicate-seqs", f"{tmp_path / 'twice'}"),
        *("--injected", f"{tmp_path / 'injected'}"),
    )
    loader = (
        *("--bootstrap", kafka.bootstrap, "--group", "sink", "--topic", "orders.enriched"),
        *("--url", url, "--table", "orders_live"),
    )
    send(kafka.bootstrap, range(SENT // 2))
    with actor("loader", *loader):
        with actor("enricher", *enricher) as first:
            wait_for(lambda: (tmp_path / "injected").exists() and "duplicate" in (tmp_path / "injected").read_text())
            first.terminate()
            assert first.wait(20) == 0
        send(kafka.bootstrap, range(SENT // 2, SENT))
        with actor("enricher", *enricher):
            expected = sorted([*(canary(seq).text for seq in range(SENT) if seq != 3), canary(7).text])
            wait_for(lambda: sorted(asyncio.run(rows(url))) == expected)
    injected = [json.loads(line) for line in (tmp_path / "injected").read_text().splitlines()]
    assert [(row["kind"], row["run"], row["partition"], row["seq"]) for row in injected] == [
        ("drop", RUN, 0, 3),
        ("duplicate", RUN, 0, 7),
    ]
