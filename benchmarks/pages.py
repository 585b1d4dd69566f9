"""How long the pipeline page takes: 15 minutes of six canaries a second, every request after another tick, so that each
is drawn anew; and how long the event loop, and with it the evaluator, waits meanwhile."""
# ruff: noqa: ARG002 - the stand-in takes what the ports hand over

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx
from fastapi import FastAPI

from benchmarks.measurement import Measurement
from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.judge import Entry, View
from slo_service.collect.canary.report import Outcome
from slo_service.collect.canary.trace import CanaryTrace, trace
from slo_service.collect.ports import GroupAge
from slo_service.definitions.loading import load_folder
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Chain, Decision, Transition
from slo_service.domain.indicator import SINK, SOURCE, Schedule
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.status import Status
from slo_service.show.ports import Health, JobView, LoadReport
from slo_service.show.web import pages

REQUESTS = 60
A_SECOND, MINUTES = 6, 15
NOW = 1_800_000_000 * SECOND
LATE, DEADLINE = 5 * SECOND, 20 * SECOND
HOPS = (SOURCE, "enrich", SINK)
STALL = (NOW - 5 * MINUTE, NOW - 4 * MINUTE)
FILLED = {
    "ORDERS_DB_URL": "sqlite:///orders.db",
    "ORDERS_WEBHOOK_URL": "http://127.0.0.1:9/",
    "ORDERS_MAIL_TO": "orders-team@demo.example",
    **{f"ORDERS_{job}_PID_FILE": "none.pid" for job in ("EXPORT", "BACKFILL", "ENRICHER")},
}


def entries() -> list[Entry]:
    """As the verifier keeps them, the enricher having stood still for a minute five minutes ago."""
    rng, made = random.Random(6), []  # noqa: S311  a load to measure with needs no secrecy
    for number in range(MINUTES * 60 + 2 * REQUESTS):
        for partition in range(A_SECOND):
            sent_ns = NOW - MINUTES * MINUTE + number * SECOND + int(rng.random() * SECOND)
            transit_ns = int(rng.lognormvariate(-1.2, 0.4) * SECOND)
            seen_ns = max(sent_ns, STALL[1]) if STALL[0] <= sent_ns < STALL[1] else sent_ns
            entry = Entry(CanaryId("orders-canary", "0" * 32, partition, number, sent_ns), Outcome.ACKNOWLEDGED)
            for hop, share in zip(HOPS, (0.1, 0.6, 1.0), strict=True):
                at_ns = sent_ns if hop == SOURCE else seen_ns
                entry.views[hop] = View(seen_ns=at_ns + int(transit_ns * share), certain=True, copies=1)
            made.append(entry)
    return sorted(made, key=lambda entry: entry.id.sent_ns)


class Service:
    """What the pages read, without a store behind it; every tick brings new statuses."""

    def __init__(self) -> None:
        folder = Path(__file__).parents[1] / "slo_definitions"
        loaded = load_folder([folder], FILLED, settings_needed=False)
        assert loaded.catalogue is not None, loaded.findings
        self._catalogue, self._entries = loaded.catalogue, entries()
        self._statuses: Mapping[str, Status] = {}
        self._now_ns = NOW

    def tick(self) -> None:
        self._statuses = {}
        self._now_ns += SECOND

    def now_ns(self) -> int:
        return self._now_ns

    def catalogue(self) -> Catalogue:
        return self._catalogue

    def statuses(self) -> Mapping[str, Status]:
        return self._statuses

    def health(self) -> Health:
        return Health("0", NOW, LoadReport(1, NOW, ok=True))

    def groups(self) -> Sequence[GroupAge]:
        return ()

    def jobs(self) -> Mapping[str, JobView]:
        return {}

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        newest_ns = self._now_ns - SECOND
        sent = [one for one in self._entries if since_ns <= one.id.sent_ns <= newest_ns]
        return [trace(one, HOPS, LATE, DEADLINE) for one in sent]

    async def beats(self) -> AsyncIterator[int]:
        yield 0

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]:
        return ()

    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]:
        return ()

    async def chain(self, decision: str) -> Chain | None:
        return None

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        return {}

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        return ()


async def longest_wait(waits: list[float]) -> None:
    """How much later than asked for a sleeper wakes: what the evaluator's tick would wait."""
    while True:
        asked = time.perf_counter()
        await asyncio.sleep(0.005)
        waits.append(time.perf_counter() - asked - 0.005)


async def measured() -> tuple[list[float], list[float]]:
    service, app = Service(), FastAPI()
    app.include_router(pages(service, service, service))
    taken: list[float] = []
    waits: list[float] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        url = f"/pipelines/orders?minutes={MINUTES}"
        assert "on time 5," in (await client.get(url)).text
        watching = asyncio.create_task(longest_wait(waits))
        for _ in range(REQUESTS):
            service.tick()
            begun = time.perf_counter()
            (await client.get(url)).raise_for_status()
            taken.append(time.perf_counter() - begun)
            await asyncio.sleep(0.02)
        watching.cancel()
    return taken, waits


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    taken, waits = asyncio.run(measured())
    load = f"/pipelines/orders over {MINUTES} min at {A_SECOND} canaries/s, p95 of {REQUESTS} requests, a tick apart"
    print(Measurement("pages.pipeline_ms", p95(taken) * 1000, "ms", load).line())
    held = f"the same requests; longest that another task on the event loop waited, of {len(waits)} looks"
    print(Measurement("pages.loop_held_ms", max(waits) * 1000, "ms", held).line())


if __name__ == "__main__":
    main()
