"""The one writer: a batch is committed, and only then do the evaluator and the counters hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from slo_service.collect.ports import Batch
from slo_service.domain.cell import Delta


class Ingesting(Protocol):
    async def ingest(self, batch: Batch) -> tuple[Delta, ...]: ...


class Ingest:
    """The collectors' `Recorder`. `quiet` keeps batches waiting while the evaluator reads from the store what they
    would change, so that no difference is counted twice or left out."""

    def __init__(self, store: Ingesting, told: Callable[[Batch, tuple[Delta, ...]], None]) -> None:
        self._store, self._told = store, told
        self.quiet = asyncio.Lock()

    async def commit(self, batch: Batch) -> None:
        async with self.quiet:
            deltas = await self._store.ingest(batch)
            self._told(batch, deltas)
