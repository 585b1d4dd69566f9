"""What pages, API and metrics read. Live values come from memory, history from the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Chain as Chain  # noqa: PLC0414 -- re-exported: pages know it as part of this port
from slo_service.domain.event import Decision, Hold, Transition, WantedState
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import Status


@dataclass(frozen=True, slots=True)
class CollectorHealth:
    """`last_success_ns` of a collector's poll, send or read; `error` is the last failure since, in words."""

    name: str
    kind: str
    last_success_ns: int | None
    error: str = ""
    samples: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TaskHealth:
    name: str
    running: bool
    restarts: int
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The last attempt at loading the definitions. A folder with a mistake leaves the old set running (`ok` False)."""

    number: int  # of the load in force; grows by one with each that changed something
    at_ns: int
    ok: bool
    findings: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()  # a sentence each: what the load in force changed of the one before it


@dataclass(frozen=True, slots=True)
class Health:
    version: str
    started_ns: int
    load: LoadReport
    collectors: tuple[CollectorHealth, ...] = ()
    tasks: tuple[TaskHealth, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)  # drops, conflicts, too-late samples, retries …


@dataclass(frozen=True, slots=True)
class JobView:
    """`actual`: running | paused | absent | unknown, as last read at `read_ns`; `holds` are live ones."""

    name: str
    actual: str
    read_ns: int | None
    wanted: WantedState | None
    holds: tuple[Hold, ...]
    error: str = ""


class Live(Protocol):
    """In memory, never blocks. `now_ns` is the service's clock, `version` grows with every tick (for SSE and ETags)."""

    def now_ns(self) -> int: ...
    def catalogue(self) -> Catalogue: ...
    def statuses(self) -> Mapping[str, Status]: ...
    def health(self) -> Health: ...


class Pulse(Protocol):
    """More live values, and the beat that wakes server-sent events."""

    def groups(self) -> Sequence[GroupAge]: ...
    def jobs(self) -> Mapping[str, JobView]: ...
    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        """From the verifier's memory (the last 2 h at most), oldest first."""
        ...

    def beats(self) -> AsyncIterator[int]:
        """Yields the tick number after every evaluation, until the service stops; slow readers skip numbers."""
        ...


class History(Protocol):
    """Newest first; `before_ns` pages backwards. A page ends with an instant, never within one, so it may be longer
    than its limit by the other rows of its last instant."""

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]: ...
    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]: ...
    async def chain(self, decision: str) -> Chain | None: ...
    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]: ...


class Timetable(Protocol):
    """What was expected of streams, without which a past stretch cannot be judged."""

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        """Each stream's, oldest first."""
        ...


class Records(History, Timetable, Protocol):
    """What is kept, and what was expected."""
