"""What collectors hand over, and what they ask of a store. One batch is one transaction: positions and what they
produced stand or fall together, which is what makes every collector exact across a crash."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from slo_service.domain.cell import Progress, Sample
from slo_service.domain.grouping import KnownGroup
from slo_service.domain.indicator import Schedule


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of a canary's durable ledger; `body` is opaque to the store.

    `kind` and `key` say what it covers (`sent` by run and partition, `arrived` by hop and partition), `slice_start_ns`
    the slice of send or arrival time. `open` pages still hold canaries without a final verdict."""

    canary: str
    kind: str
    key: str
    slice_start_ns: int
    body: bytes
    open: bool


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has read: `name` is a partition of a topic (with its topic id) or a table's cursor."""

    reader: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one collector learned since its last batch."""

    samples: tuple[Sample, ...] = ()
    progress: tuple[Progress, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    positions: tuple[Position, ...] = ()
    pages: tuple[LedgerPage, ...] = ()
    groups: tuple[KnownGroup, ...] = ()  # that are new, or were not seen for a while


class Recorder(Protocol):
    """Commits batches. Raises `StoreUnavailable` when nothing was written; the same batch may then be sent again."""

    async def commit(self, batch: Batch) -> None: ...


class Ledger(Protocol):
    """Reads back what batches committed."""

    async def pages(self, canary: str, since_ns: int) -> Sequence[LedgerPage]:
        """Open pages of any age, and all pages whose slice starts at or after `since_ns`, oldest first."""
        ...

    async def page(self, canary: str, kind: str, key: str, slice_start_ns: int) -> LedgerPage | None: ...

    async def positions(self, reader: str) -> Mapping[str, str]: ...


class GroupReader(Protocol):
    """The combinations of labels that batches told of."""

    async def known(self) -> Sequence[KnownGroup]: ...

    async def forget(self, streams: Collection[str]) -> None:
        """They are expired; their counts stay."""
        ...


class StoreUnavailable(Exception):
    """The store cannot record. Collectors keep what they have (bounded) and try again; nobody guesses."""


@dataclass(frozen=True, slots=True)
class PartitionAge:
    """Age of one partition of one consumer group. `age_ns` None: unknown, and `reason` says why.

    `at_least` marks a lower bound (an open transaction, or beyond the recorded points). `waiting` counts unread
    messages; `method` is exact | interpolated | log-append."""

    partition: int
    committed: int | None
    end: int | None
    waiting: int | None
    age_ns: int | None
    at_least: bool = False
    method: str = "exact"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupAge:
    """One poll of one consumer group on one topic. `diagnosis` is STOPPED, STALLED, … or empty."""

    pipeline: str
    stage: str
    group: str
    topic: str
    at_ns: int
    partitions: tuple[PartitionAge, ...]
    error: str = ""
    diagnosis: str = ""

    @property
    def age_ns(self) -> int | None:
        """The worst partition's; None when any is unknown or there is none."""
        ages = [p.age_ns for p in self.partitions]
        return None if not ages or None in ages else max(a for a in ages if a is not None)

    @property
    def waiting(self) -> int | None:
        """Unread messages over all partitions; None when any is unknown."""
        counts = [p.waiting for p in self.partitions]
        return None if not counts or None in counts else sum(c for c in counts if c is not None)
