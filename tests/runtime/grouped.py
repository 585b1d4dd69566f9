"""A grouped definition from a query to its judgement: a Prometheus that is asked over a fake transport, what its answer
is filed as, a store in memory, and the judgement over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import httpx

from slo_service.collect.grouping import Groups, Labelled
from slo_service.collect.ports import Batch
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Revision
from slo_service.domain.grouping import Grouping
from slo_service.domain.indicator import Metric, Ratio, Side, Timing
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.status import Status
from slo_service.domain.tally import Tally
from slo_service.runtime.expansion import EVERY_NS, Expansion
from slo_service.runtime.judgement import Judgement
from slo_service.runtime.recovery import Rings
from slo_service.runtime.slicing import slicing_rules
from slo_service.store.memory import MemoryStore
from tests.evaluate.timeline import START, an_slo

SLICE = 10 * SECOND
SOURCE = "prometheus/main"
Vector = Mapping[tuple[str, ...], tuple[int, int]]
"""Good and bad events of ten seconds, by the values of the labels."""


def grouped(most: int = 1000, keys: tuple[str, ...] = ("tenant", "region"), window_ns: int = 7 * DAY) -> Slo:
    query = Ratio(
        Side.BAD, Metric.of("prometheus", "main", {"query": "bad"}), Metric.of("prometheus", "main", {"query": "all"})
    )
    return replace(
        an_slo(window_ns=window_ns, alerting=Alerting(signals=Signals(partition_tier=None, early=None))),
        name="errors",
        display_name="Errors",
        indicator=query,
        pipeline="",
        timing=Timing(0, 15 * SECOND),
        labels={"team": "web"},
        defined_at="errors.yaml:1",
        grouping=Grouping(keys, most),
    )


class Prometheus:
    """Answers an instant query with a vector, each sample with the labels that the definition groups by and others."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.vector: Vector = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        bad = request.url.params["query"] == "bad"
        result = [
            {
                "metric": {**dict(zip(self.keys, values, strict=True)), "job": "web"},
                "value": [0, str(counts[1] if bad else sum(counts))],
            }
            for values, counts in self.vector.items()
        ]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})
        return httpx.Response(200, content=body)


class World:
    """Like the service: it hears of groups after the commit, and takes them in at a tick."""

    def __init__(self, slo: Slo, store: MemoryStore | None = None, now: int = START) -> None:
        assert slo.grouping is not None
        self.slo, self.now, self.declared = slo, now, Catalogue(slos={slo.name: slo})
        self.store = store or MemoryStore(lambda: self.now)
        self.prometheus = Prometheus(slo.grouping.keys)
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self.prometheus), base_url="http://prometheus")
        self.recorder = self.store.recorder(self._committed)
        self.polls = 0
        self.expanded: list[int] = []

    async def start(self) -> World:
        known = await self.store.groups.known()
        self.expansion = Expansion(self.declared, known)
        rings = Rings(self.store.snapshots, self.store.changes, self.store.sweeper, self.store.history)
        catalogue = self.expansion.catalogue
        self.judgement = Judgement(
            catalogue, 1, self.store.journal, self.store.cells, tuple, rings=rings, quiet=asyncio.Lock()
        )
        self.store.slicing(slicing_rules(catalogue))
        await self.judgement.start(self.now, self.now)
        assert self.slo.grouping is not None
        self.groups = Groups(
            self.slo.stream, self.slo.grouping, known, source=SOURCE, keep_ns=self.slo.window_ns,
            events_per_second=Fraction(10),
        )  # fmt: skip
        return self

    async def poll(self, vector: Vector) -> None:
        """What happened in the ten seconds up to now."""
        self.prometheus.vector = vector
        self.polls += 1
        found = await self._asked()
        batch = self.groups.file(self.now - SLICE, found, Revision(1, self.polls + self.now), self.now)
        await self.recorder.commit(batch)
        self.groups.recorded(batch)

    async def step(self, vector: Vector | None, times: int = 1) -> Mapping[str, Status]:
        """Ten seconds at a time, then a poll that sees this; none at all for None."""
        statuses: Mapping[str, Status] = {}
        for _ in range(times):
            self.now += SLICE
            if vector is not None:
                await self.poll(vector)
            statuses = await self.tick()
        return statuses

    async def tick(self) -> Mapping[str, Status]:
        if (grown := self.expansion.due(self.now)) is not None:
            self.store.slicing(slicing_rules(grown))
            self.judgement.reload(grown, 1, self.now, grown=True)
            self.expanded.append(self.now)
        if self.judgement.adjust(self.now):
            await self.judgement.fill(self.now)
        statuses = self.judgement.evaluate(self.now)
        await self.judgement.act(self.now)
        return statuses

    async def settle(self, vector: Vector) -> Mapping[str, Status]:
        return await self.step(vector, 1 + EVERY_NS // SLICE)

    def _committed(self, batch: Batch, deltas: tuple[Delta, ...]) -> None:
        self.expansion.note(batch.groups)
        self.judgement.committed(batch, deltas)

    async def _asked(self) -> list[Labelled]:
        bad, every = await self._query("bad"), await self._query("all")
        return [(dict(labels), Tally(every[labels] - bad[labels], bad[labels])) for labels in every]

    async def _query(self, query: str) -> dict[tuple[tuple[str, str], ...], int]:
        answer = (await self.client.get("/api/v1/query", params={"query": query})).json()
        return {tuple(sample["metric"].items()): int(sample["value"][1]) for sample in answer["data"]["result"]}
