"""The derived past of objectives, kept for a while: a page that is watched asks every second, and a past of weeks does
not change that fast."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.show.counted import window_span
from slo_service.show.ports import Records
from slo_service.show.retrospect import Retrospect, gather, retrospect

KEPT_NS = 20 * SECOND
_MOST = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    slo: Slo
    catalogue: Catalogue
    at_ns: int
    work: asyncio.Task[Retrospect]


class Looked:
    """Bounded; the one longest not asked for is forgotten first. Those who ask at once wait for the same work."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._kept: dict[str, _Kept] = {}

    async def of(self, catalogue: Catalogue, slo: Slo, status: Status, now_ns: int) -> Retrospect:
        """Raises `StoreUnavailable`."""
        kept = self._kept.pop(slo.name, None)
        same = kept is not None and kept.slo is slo and kept.catalogue is catalogue
        if kept is None or not same or not 0 <= now_ns - kept.at_ns < KEPT_NS or _failed(kept.work):
            kept = _Kept(slo, catalogue, now_ns, asyncio.ensure_future(self._look(catalogue, slo, status)))
        self._kept[slo.name] = kept
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return await asyncio.shield(kept.work)

    async def _look(self, catalogue: Catalogue, slo: Slo, status: Status) -> Retrospect:
        span = window_span(slo, status)
        material = await gather(self._records, catalogue, slo, status, span, finest=False)
        return await asyncio.to_thread(retrospect, material, stays=False)


def _failed(work: asyncio.Task[Retrospect]) -> bool:
    return work.done() and (work.cancelled() or work.exception() is not None)
