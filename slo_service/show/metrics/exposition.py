"""The scrape: one pass over memory, family by family, as text or OpenMetrics by what the scraper accepts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder

from slo_service.evaluate.statuses import glance
from slo_service.show.metrics.counters import EventCounters
from slo_service.show.metrics.families import FAMILIES, Family
from slo_service.show.metrics.register import Register, escaped
from slo_service.show.metrics.series import pipeline_series, service_series
from slo_service.show.metrics.sheet import Lines, Sheet
from slo_service.show.ports import Live, Pulse


class Exposition:
    """Holds no figure itself, so a removed SLO's series are gone with the next scrape."""

    def __init__(self, live: Live, pulse: Pulse, counters: EventCounters) -> None:
        self._live, self._pulse, self._counters = live, pulse, counters
        self._register = Register()

    def chunks(self, *, open_metrics: bool) -> Iterator[bytes]:
        """A family each, so that thousands of objectives are never held as text all at once."""
        for family, lines in self._families():
            if lines:
                yield f"{_head(family, open_metrics=open_metrics)}{''.join(lines)}".encode()
        if open_metrics:
            yield b"# EOF\n"

    def _families(self) -> Iterator[Lines]:
        self._register.follow(self._live.catalogue())
        sheet = Sheet(self._register, glance(self._live.statuses()), self._counters.of)
        yield from sheet.families()
        rest: dict[Family, list[str]] = {family: [] for family in FAMILIES}
        for series in (*pipeline_series(self._live, self._pulse), *service_series(self._live.health())):
            pairs = zip(series.family.labels, series.labels, strict=True)
            labels = ",".join(f'{label}="{escaped(value)}"' for label, value in pairs)
            line = f"{series.family.name}{{{labels}}} {float(series.value)!r}\n"
            rest.setdefault(series.family, []).append(line)
        yield from rest.items()


def _head(family: Family, *, open_metrics: bool) -> str:
    """In OpenMetrics a counter is called without the `_total` of its series."""
    name = family.name.removesuffix("_total") if open_metrics and family.kind == "counter" else family.name
    said = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {name} {said}\n# TYPE {name} {family.kind}\n"


def exposition(live: Live, pulse: Pulse, counters: EventCounters, accept: str = "") -> tuple[bytes, str]:
    """The body of a scrape and its content type: OpenMetrics when `accept` asks for it, else Prometheus text."""
    content_type, open_metrics = _accepted(accept)
    return b"".join(Exposition(live, pulse, counters).chunks(open_metrics=open_metrics)), content_type


def _accepted(accept: str) -> tuple[str, bool]:
    _, content_type = choose_encoder(accept)
    open_metrics = content_type.startswith("application/openmetrics-text")
    return content_type if open_metrics else CONTENT_TYPE_PLAIN_0_0_4, open_metrics


def metrics(live: Live, pulse: Pulse, counters: EventCounters) -> APIRouter:
    """`GET /metrics`."""
    router, own = APIRouter(), Exposition(live, pulse, counters)

    async def scrape(request: Request) -> Response:
        content_type, open_metrics = _accepted(request.headers.get("accept", ""))
        return StreamingResponse(
            _yielding(own.chunks(open_metrics=open_metrics)), headers={"Content-Type": content_type}
        )

    router.add_api_route("/metrics", scrape, include_in_schema=False)
    return router


async def _yielding(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Lets everything else in the loop have its turn after each family."""
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)
