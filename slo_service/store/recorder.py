"""Between the collectors and the evaluator: what was committed is told, and only that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from slo_service.collect.ports import Batch
from slo_service.domain.cell import Delta

OnCommit = Callable[[Batch, tuple[Delta, ...]], None]


class Ingesting(Protocol):
    async def ingest(self, batch: Batch) -> tuple[Delta, ...]: ...


class AnnouncingRecorder:
    """`Recorder`. `on_commit` runs right after the commit, before anything else can run; it must not raise.

    `quiet` keeps batches waiting while the evaluator reads from the store what they would change, so that no difference
    is counted twice or left out."""

    def __init__(self, store: Ingesting, on_commit: OnCommit) -> None:
        self._store = store
        self._on_commit = on_commit
        self.quiet = asyncio.Lock()

    async def commit(self, batch: Batch) -> None:
        async with self.quiet:
            self._on_commit(batch, await self._store.ingest(batch))
