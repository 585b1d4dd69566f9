"""What pages, API and metrics read of the running service: the in-memory side of `show`'s ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.domain.status import State, Status
from slo_service.evaluate.judge.figures import Figures, Standing
from slo_service.evaluate.statuses import Glance, glance
from slo_service.show.ports import Health, JobView

STALE_NS = 10 * SECOND
LASTING = frozenset({State.BURNING, State.FROZEN})  # words that hold on when judging has stopped


@dataclass(slots=True)
class Sources:
    """Where the panel looks; each is asked anew every time, and none blocks."""

    now_ns: Callable[[], int]
    mono_ns: Callable[[], int]
    catalogue: Callable[[], Catalogue]
    health: Callable[[], Health]
    groups: Callable[[], Sequence[GroupAge]]
    jobs: Callable[[], Mapping[str, JobView]]
    canaries: Callable[[str, int], Sequence[CanaryTrace]]


@dataclass(slots=True)
class Panel:
    """`Live` and `Pulse` of `show/ports.py`. `publish` is called once a tick."""

    _sources: Sources
    _statuses: Mapping[str, Status] = field(default_factory=dict)
    _published_ns: int = 0  # monotonic
    _published_at_ns: int = 0  # by the clock
    _beat: int = 0
    _stopped: bool = False
    _waiting: set[asyncio.Future[None]] = field(default_factory=set)

    def now_ns(self) -> int:
        return self._sources.now_ns()

    def catalogue(self) -> Catalogue:
        return self._sources.catalogue()

    def statuses(self) -> Mapping[str, Status]:
        """As judged last. When judging has stopped, what was healthy is frozen, since nobody knows."""
        if self._sources.mono_ns() - self._published_ns <= STALE_NS:
            return self._statuses
        return Stopped(glance(self._statuses), self._published_at_ns)

    def health(self) -> Health:
        return self._sources.health()

    def groups(self) -> Sequence[GroupAge]:
        return self._sources.groups()

    def jobs(self) -> Mapping[str, JobView]:
        return self._sources.jobs()

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        return self._sources.canaries(canary, since_ns)

    def publish(self, statuses: Mapping[str, Status]) -> None:
        self._statuses, self._published_ns = statuses, self._sources.mono_ns()
        self._published_at_ns = self._sources.now_ns()
        self._beat += 1
        self._wake()

    def stop(self) -> None:
        """Ends every stream of beats."""
        self._stopped = True
        self._wake()

    async def beats(self) -> AsyncIterator[int]:
        """The tick number after every tick; a slow reader skips numbers."""
        seen = self._beat
        while not self._stopped:
            if self._beat == seen:
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiting.discard(waiter)
                continue
            seen = self._beat
            yield seen

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)


class Stopped(Glance):
    """The last statuses, of which nobody knows any more whether they hold. `at_ns` is when they were judged."""

    def __init__(self, last: Glance, at_ns: int) -> None:
        self._last, self._at_ns = last, at_ns

    def __getitem__(self, name: str) -> Status:
        status = self._last[name]
        return status if status.state in LASTING else replace(status, state=State.FROZEN, since_ns=status.at_ns)

    def standing(self, name: str) -> Standing | None:
        last = self._last.standing(name)
        if last is None or last.state in LASTING:
            return last
        return replace(last, state=State.FROZEN, since_ns=self._at_ns)

    def figures(self) -> Sequence[Figures]:
        return self._last.figures()

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)
