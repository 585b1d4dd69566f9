"""`/metrics`: everything the service knows, as Prometheus reads it. What is unknown is an absent series."""

from slo_service.show.metrics.counters import EventCounters
from slo_service.show.metrics.exposition import exposition, metrics

__all__ = ["EventCounters", "exposition", "metrics"]
