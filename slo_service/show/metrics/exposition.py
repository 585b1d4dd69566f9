"""The scrape: one pass over memory, in a registry of its own, as text or OpenMetrics by what the scraper accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from slo_service.domain.catalogue import Catalogue
from slo_service.show.metrics.counters import EventCounters
from slo_service.show.metrics.families import FAMILIES, Family
from slo_service.show.metrics.series import Series, pipeline_series, service_series, slo_series
from slo_service.show.ports import Live, Pulse


class LiveCollector(Collector):
    """Holds no figure itself, so a removed SLO's series are gone with the next scrape."""

    def __init__(self, live: Live, pulse: Pulse, counters: EventCounters) -> None:
        self._live, self._pulse, self._counters = live, pulse, counters
        self._streams_of: Catalogue | None = None
        self._streams: dict[str, str] = {}

    def describe(self) -> Iterable[Metric]:
        return ()  # an unchecked collector: registering it must not read anything

    def collect(self) -> Iterator[Metric]:
        metrics: dict[str, Metric] = {family.name: _empty(family) for family in FAMILIES}
        for series in self._series():
            if series.family.name not in metrics:
                metrics[series.family.name] = _empty(series.family)
            metric = metrics[series.family.name]
            labels = dict(zip(series.family.labels, series.labels, strict=True))
            metric.add_sample(series.family.name, labels, float(series.value))
        return (metric for metric in metrics.values() if metric.samples)

    def _series(self) -> Iterator[Series]:
        catalogue, statuses = self._live.catalogue(), self._live.statuses()
        streams = self._stream_ids(catalogue)
        for name, slo in catalogue.slos.items():
            yield from slo_series(slo, statuses.get(name), self._counters.of(streams[name]))
        yield from pipeline_series(self._live, self._pulse)
        yield from service_series(self._live.health())

    def _stream_ids(self, catalogue: Catalogue) -> dict[str, str]:
        if catalogue is not self._streams_of:  # an id is a digest: worth keeping from scrape to scrape
            self._streams = {name: slo.stream.id for name, slo in catalogue.slos.items()}
            self._streams_of = catalogue
        return self._streams


def _empty(family: Family) -> Metric:
    if family.kind == "counter":
        return CounterMetricFamily(family.name.removesuffix("_total"), family.help)
    return GaugeMetricFamily(family.name, family.help)


def registry(live: Live, pulse: Pulse, counters: EventCounters) -> CollectorRegistry:
    own = CollectorRegistry(auto_describe=False)
    own.register(LiveCollector(live, pulse, counters))
    return own


def exposition(live: Live, pulse: Pulse, counters: EventCounters, accept: str = "") -> tuple[bytes, str]:
    """The body of a scrape and its content type: OpenMetrics when `accept` asks for it, else Prometheus text."""
    encode, content_type = choose_encoder(accept)
    return encode(registry(live, pulse, counters)), content_type


def metrics(live: Live, pulse: Pulse, counters: EventCounters) -> APIRouter:
    """`GET /metrics`."""
    router, own = APIRouter(), registry(live, pulse, counters)

    async def scrape(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(own), headers={"Content-Type": content_type})

    router.add_api_route("/metrics", scrape, include_in_schema=False)
    return router
