"""What many viewers of one tick need is worked out once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slo_service.domain.instant import SECOND

T = TypeVar("T")
_MOST = 64
_LONGEST_NS = 2 * SECOND  # were the evaluator to stand still, a page would still be drawn anew


@dataclass(frozen=True, slots=True)
class _Work(Generic[T]):
    tick: object
    begun_ns: int
    task: asyncio.Task[T]


class Shared(Generic[T]):
    """Values by key, each for one tick; those who ask while it is being worked out wait for the same work."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._work: dict[str, _Work[T]] = {}

    async def get(self, key: str, tick: object, make: Callable[[], Awaitable[T]]) -> T:
        """`tick` is the same object for as long as nothing was judged anew. What `make` raises, all who wait get."""
        now, work = self._now_ns(), self._work.pop(key, None)
        if work is None or work.tick is not tick or not 0 <= now - work.begun_ns < _LONGEST_NS:
            work = _Work(tick, now, asyncio.ensure_future(_awaited(make)))
        self._work[key] = work
        while len(self._work) > _MOST:
            del self._work[next(iter(self._work))]
        return await asyncio.shield(work.task)  # one viewer who goes away does not end it for the others


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
