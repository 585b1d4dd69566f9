"""Lag of Kafka consumer groups as an age: how long the first unread record has been waiting. The second witness beside
the canaries, from another source of truth: committed offsets."""

from slo_service.collect.kafka_lag.collector import LagCollector, LagHealth

__all__ = ["LagCollector", "LagHealth"]
