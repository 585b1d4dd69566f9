"""A made incident behind the ports of the pages, the same on every run. Time stands where a test puts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Decision, Transition
from slo_service.domain.indicator import SINK, SOURCE, Schedule
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.status import Status
from slo_service.show.ports import Chain, CollectorHealth, Health, JobView, LoadReport, TaskHealth
from tests.show.web.declared import ENRICH, NOON, THRESHOLD, catalogue
from tests.show.web.events import after_the_page
from tests.show.web.judged import statuses
from tests.show.web.measured import flat, incident, traces


@dataclass(slots=True)
class Seeded:
    """Live, Pulse and History in one; tests change its fields and call `beat`."""

    now: int = NOON
    incident: bool = True
    known: Catalogue = field(default_factory=catalogue)
    load: LoadReport = field(default_factory=lambda: LoadReport(214, NOON - 88 * MINUTE, ok=True))
    stalled_ns: int = 0  # an age added to the enricher's partition 3, and to its canaries
    collectors: tuple[CollectorHealth, ...] = (
        CollectorHealth("orders-canary sender", "canary", NOON - SECOND, samples=0, detail="6 partitions"),
        CollectorHealth("orders-canary verifier", "canary", NOON - SECOND, samples=118_240),
        CollectorHealth("orders-enricher", "kafka lag", NOON - 2 * SECOND, samples=9_120),
        CollectorHealth("stock-canary verifier", "canary", NOON - 28 * MINUTE, error="connection refused"),
    )
    number: int = 0
    asked_at: list[int] = field(default_factory=list)  # until when cells were asked for
    stopped: bool = False
    _beaten: asyncio.Condition = field(default_factory=asyncio.Condition)

    def now_ns(self) -> int:
        return self.now

    def catalogue(self) -> Catalogue:
        return self.known

    def statuses(self) -> Mapping[str, Status]:
        return {
            name: each for name, each in statuses(self.now, incident=self.incident).items() if name in self.known.slos
        }

    def health(self) -> Health:
        tasks = (
            TaskHealth("evaluator", running=True, restarts=0),
            TaskHealth("worker", running=True, restarts=1, last_error="TimeoutError: webhook"),
            TaskHealth("verifier", running=True, restarts=0),
        )
        return Health(
            "0.1.0",
            NOON - 5 * DAY,
            self.load,
            self.collectors,
            tasks,
            {"samples_too_late_total": 0, "sample_conflicts_total": 0, "delivery_retries_total": 2},
        )

    def groups(self) -> Sequence[GroupAge]:
        ages = [900_000_000, 700_000_000, 400_000_000, 1_400_000_000 + self.stalled_ns, 0, 200_000_000]
        enrich = tuple(
            PartitionAge(index, 100, 100 + age // SECOND, age // SECOND * 17, age) for index, age in enumerate(ages)
        )
        sink = tuple(PartitionAge(index, 100, 100, 0, age // 3) for index, age in enumerate(ages[:3] * 2))
        return (
            GroupAge("orders", ENRICH, "orders-enricher", "orders.raw", self.now, enrich),
            GroupAge("orders", SINK, "orders-live-sink", "orders.enriched", self.now, sink),
        )

    def jobs(self) -> Mapping[str, JobView]:
        views = {
            "orders-enricher": JobView("orders-enricher", "running", self.now - SECOND, None, ()),
            "orders-search-reindex": JobView("orders-search-reindex", "paused", self.now - SECOND, None, ()),
        }
        for name in ("orders-lake-export", "orders-feature-backfill"):
            chain = next(each for each in self._chains() if each.decision.target == f"job:{name}")
            held = chain.hold if self.incident else None
            views[name] = JobView(
                name,
                "paused" if held else "running",
                self.now - SECOND,
                chain.wanted[-1] if held else None,
                (held,) if held else (),
            )
        return views

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        if canary != "orders-canary":
            return ()
        found = [trace for trace in traces(self.now) if trace.sent_ns >= since_ns]
        if not self.stalled_ns:
            return found
        since = self.now - self.stalled_ns
        return [self._stall(trace) if trace.partition == 3 and trace.sent_ns >= since else trace for trace in found]

    def _stall(self, trace: CanaryTrace) -> CanaryTrace:
        seen = {SOURCE: trace.sent_ns + 40_000_000}
        verdict = "overdue" if self.now - trace.sent_ns > THRESHOLD else "pending"
        return replace(trace, seen_ns=seen, copies={SOURCE: 1}, verdict=verdict)

    async def beats(self) -> AsyncIterator[int]:
        while not self.stopped:
            async with self._beaten:
                await self._beaten.wait()
            if not self.stopped:
                yield self.number

    async def beat(self) -> None:
        async with self._beaten:
            self.number += 1
            self._beaten.notify_all()

    async def stop(self) -> None:
        async with self._beaten:
            self.stopped = True
            self._beaten.notify_all()

    def _events(self) -> tuple[Sequence[Transition], Sequence[Chain]]:
        status = statuses(NOON)["orders-freshness"]
        return after_the_page(status.tiers[0], status.tiers[1])

    def _chains(self) -> Sequence[Chain]:
        return self._events()[1]

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]:
        found = [each for each in self._events()[0] if slo in (None, each.slo)]
        return found[:limit] if before_ns is None else [each for each in found if each.event_ns < before_ns][:limit]

    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]:
        found = [each.decision for each in self._chains() if slo in (None, each.decision.slo)]
        return found[:limit] if before_ns is None else [each for each in found if each.at_ns < before_ns][:limit]

    async def chain(self, decision: str) -> Chain | None:
        return next((each for each in self._chains() if each.decision.id == decision), None)

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        """Six partitions, a canary every ten seconds on each."""
        return {stream: [Schedule(stream, NOON - 60 * DAY, Fraction(6, 10), 6)] for stream in streams}

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        """Earlier days have a few bad ones; the stall is filed under the time of sending."""
        self.asked_at.append(until_ns)
        known = {each.stream.id: each.name for each in catalogue().slos.values()}
        if known.get(stream) not in {"orders-freshness", "orders-completeness", "clickstream-freshness"}:
            return flat(stream, width_ns, since_ns, until_ns)
        return incident(stream, width_ns, since_ns, min(until_ns, self.now))
