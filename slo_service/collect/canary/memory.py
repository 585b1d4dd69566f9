"""The ledger's way to the store: reads it back at the start and page by page, and commits what changed. A store that is
away is asked again until it answers; meanwhile the readers fill their bounded inbox and then wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import structlog

from slo_service.collect.canary.batch import reader_name
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.canary.page import ARRIVED, SENT
from slo_service.collect.canary.shelf import MEMORY_NS, Leaf
from slo_service.collect.ports import Batch, Ledger, LedgerPage, Recorder, StoreUnavailable
from slo_service.domain.instant import SECOND

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5
_LISTEN_NS = 2 * SECOND

T = TypeVar("T")


class Memory:
    """`answered_ns` (monotonic): when the store last answered us, a witness that our own path is up."""

    def __init__(self, canary: str, recorder: Recorder, store: Ledger, mono_ns: Callable[[], int]) -> None:
        self._canary, self._recorder, self._store, self._mono_ns = canary, recorder, store, mono_ns
        self.answered_ns: int | None = None
        self.error = ""
        self.giving_up = False  # set when we stop: what cannot be written then is read from the logs again

    async def positions(self, hop: str) -> Mapping[str, str]:
        return await self._insist(lambda: self._store.positions(reader_name(self._canary, hop)))

    async def restore(self, ledger: CanaryLedger, now_ns: int) -> int:
        """Returns from when on all pages are in memory."""
        since_ns = ledger.shelf.complete_since(now_ns - MEMORY_NS)
        pages = await self._insist(lambda: self._store.pages(self._canary, since_ns))
        leaves = {ledger.restore(page) for page in pages}
        for leaf in leaves:
            if leaf.start_ns < since_ns:
                await self._load(ledger, (one for one in ledger.shelf.span(leaf) if one not in leaves))
                ledger.shelf.loaded(leaf)
        _log.info("canary_ledger_restored", canary=self._canary, pages=len(pages))
        return since_ns

    async def fetch(self, ledger: CanaryLedger, wanted: Iterable[Leaf]) -> None:
        for leaf in sorted(wanted):
            if not ledger.shelf.holds(leaf):
                await self._load(ledger, ledger.shelf.span(leaf))
                ledger.shelf.loaded(leaf)

    async def commit(self, batch: Batch) -> None:
        await self._insist(lambda: self._recorder.commit(batch))

    async def listen(self) -> None:
        """Asks the store for a word when nothing else did for a while."""
        if self.answered_ns is None or self._mono_ns() - self.answered_ns > _LISTEN_NS:
            try:
                await self._store.positions(reader_name(self._canary, "-"))
                self._answered()
            except StoreUnavailable as away:
                self.error = f"the store does not answer: {away}"

    async def _load(self, ledger: CanaryLedger, leaves: Iterable[Leaf]) -> None:
        for leaf in leaves:
            page = await self._insist(partial(self._page, leaf))
            if page is not None:
                ledger.restore(page)

    async def _page(self, leaf: Leaf) -> LedgerPage | None:
        if leaf.hop:
            return await self._store.page(self._canary, ARRIVED, f"{leaf.hop}/{leaf.partition}", leaf.start_ns)
        return await self._store.page(self._canary, SENT, str(leaf.partition), leaf.start_ns)

    async def _insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                answer = await ask()
            except StoreUnavailable as away:
                if not self.error:
                    _log.warning("canary_store_lost", canary=self._canary, error=str(away))
                self.error = f"the store does not answer: {away}"
                if self.giving_up:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._answered()
                return answer

    def _answered(self) -> None:
        self.answered_ns, self.error = self._mono_ns(), ""
