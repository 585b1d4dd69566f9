"""The servers do what the tests will ask of them."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, Message, Producer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.services.alertmanager import Alertmanager
from tests.services.chromium import Chromium
from tests.services.kafka import Kafka
from tests.services.plugin import PrometheusFactory
from tests.services.postgres import Postgres


def produce(kafka: Kafka, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    producer.produce(topic, value, key=b"k", headers=[("slo-canary", b"1")], partition=2)
    assert producer.flush(20) == 0


def consume_one(kafka: Kafka, topic: str, group: str) -> Message:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        message = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        consumer.commit(message=message, asynchronous=False)
        return message
    finally:
        consumer.close()


async def eventually(claim: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.1)


def test_kafka_carries_a_message_with_headers_to_a_consumer_group(kafka: Kafka) -> None:
    kafka.create_topic("round-trip", partitions=3)
    produce(kafka, "round-trip", b"hello")
    message = consume_one(kafka, "round-trip", "readers")
    assert (message.value(), message.partition()) == (b"hello", 2)
    assert message.headers() == [("slo-canary", b"1")]


@pytest.mark.parametrize("end", [Kafka.stop, Kafka.kill])
def test_kafka_started_again_has_its_address_and_its_data(kafka: Kafka, end: Callable[[Kafka], None]) -> None:
    topic = f"kept-after-{end.__name__}"
    kafka.create_topic(topic, partitions=3)
    produce(kafka, topic, b"kept")
    end(kafka)
    kafka.start()
    assert consume_one(kafka, topic, f"readers-after-{end.__name__}").value() == b"kept"


async def test_postgres_gives_an_empty_database_to_each_who_asks(postgres: Postgres) -> None:
    for _ in range(2):
        engine = create_async_engine(postgres.url(postgres.create_database()))
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE cells (good bigint)"))
            assert (await connection.execute(text("SELECT count(*) FROM cells"))).scalar_one() == 0
        await engine.dispose()


async def test_prometheus_scrapes_what_it_is_told_and_runs_rules(prometheus: PrometheusFactory, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: g, rules: [{record: 'one:more', expr: 'sum(up) + 1'}]}]")
    server = prometheus([{"job_name": "itself", "static_configs": [{"targets": ["127.0.0.1:1"]}]}], [rules])
    await eventually(lambda: [one.value for one in server.query("one:more")] == [1.0])
    assert server.query("up")[0].labels["job"] == "itself"


def test_alertmanager_takes_an_alert(alertmanager: Alertmanager) -> None:
    alert = {"labels": {"alertname": "Burning"}, "startsAt": datetime.now(UTC).isoformat()}
    httpx.post(f"{alertmanager.url}/api/v2/alerts", json=[alert]).raise_for_status()
    assert [one["labels"] for one in alertmanager.alerts()] == [{"alertname": "Burning"}]


async def test_chromium_renders_a_page_and_reports_what_it_complains_of(chromium: Chromium) -> None:
    page = "data:text/html,<h1>99.9</h1><script>document.title = 'slo'; console.error('boo')</script>"
    async with chromium.visit(page) as visit:
        assert await visit.page.title() == "slo"
        assert await visit.page.inner_text("h1") == "99.9"
    assert visit.complaints == ["boo"]
    assert visit.foreign_requests == []
