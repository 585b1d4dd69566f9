"""The demo's Kafka: librdkafka's own in-process cluster. It speaks the protocol over loopback, so everything that talks
to it is the code that talks to a real one. It knows no transactions and keeps some megabytes a partition."""

from __future__ import annotations

from confluent_kafka import Producer

RAW, ENRICHED = "orders.raw", "orders.enriched"
PARTITIONS = 4  # what the in-process cluster gives every topic


class DemoCluster:
    """Lives as long as this object; `bootstrap` is its address."""

    def __init__(self) -> None:
        self._holder = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 2})
        brokers = self._holder.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        for topic in (RAW, ENRICHED):
            self._holder.list_topics(topic, timeout=10)  # a topic appears when it is first asked for
