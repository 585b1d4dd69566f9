"""Apache Kafka: one broker that is its own controller (KRaft), from Maven Central's jars under the system's Java."""

from tests.services.kafka.broker import Kafka

__all__ = ["Kafka"]
