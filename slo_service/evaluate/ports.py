"""What the evaluator asks of a store to start again where it stood: what it saved itself and what changed since, or
all that was counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import StateChange, TierState

Ints: TypeAlias = NDArray[np.int64]
Slot: TypeAlias = tuple[str, int]  # a stream, and where one of its rows starts (ns)


class CellReader(Protocol):
    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        """Sums over sources of the rows of this width (10 s, 1 min or 15 min), oldest first."""
        ...

    async def progress(self, streams: Sequence[str]) -> Sequence[Progress]: ...

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        """Each stream's schedules, oldest first."""
        ...

    async def tier_states(self) -> Sequence[TierState]:
        """The newest recorded state of every tier of every SLO."""
        ...


@dataclass(frozen=True, slots=True)
class Touched:
    """A slice in which a cell changed."""

    stream: str
    slice_start_ns: int


class ChangesForgotten(Exception):
    """What changed since is not all known any more: only a rebuild from the cells is exact."""


class ChangeReader(Protocol):
    """What ingests changed, by their numbers. Hold the recorder's `quiet` where a number and counts must agree."""

    async def change(self) -> int:
        """The number of the last ingest; 0 before the first."""
        ...

    async def touched(self, since_change: int) -> Sequence[Touched]:
        """The slices of all cells that ingests with a higher number changed, each once. Raises `ChangesForgotten`."""
        ...

    async def slots(self, width_ns: int, keys: Sequence[Slot]) -> Sequence[Delta]:
        """Sums over sources of the rows of this width that start exactly there, in the order of the keys; those that
        do not exist are left out."""
        ...

    async def slots_by_source(self, keys: Sequence[Slot]) -> Sequence[Delta]:
        """The same rows of the finest width, by source."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Sums over sources of rows of many streams, an element a row: `stream` is an index into `streams`. In no order."""

    streams: Sequence[str]
    stream: Ints
    start_ns: Ints
    good: Ints
    bad: Ints
    observed: Ints


class Sweeper(Protocol):
    def sweep(
        self, width_ns: int, since_ns: int, until_ns: int, streams: Collection[str] | None = None
    ) -> AsyncIterator[Sweep]:
        """The rows of this width of these streams, or of all, as of one moment: a stream's all in one part, and about
        a million a part. Close the iterator where it is left early."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """A numbered piece of a part of a bank. The store does not look into its body."""

    part: str
    block: int
    body: bytes

    def __post_init__(self) -> None:
        if not self.part:
            raise ValueError("a block belongs to a part that has a name")


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """`text` says what the blocks are. They contain all ingests up to the number `change` and none after it."""

    text: str
    change: int
    saved_ns: int


class RingSnapshots(Protocol):
    """The evaluator's sums as it saved them, one snapshot a bank."""

    async def save(
        self,
        bank: str,
        blocks: Sequence[Block],
        change: int,
        saved_ns: int,
        header: str = "",
        keep: Collection[tuple[str, int]] = (),
    ) -> None:
        """Replaces the bank's snapshot in one transaction. Of what was saved before, the blocks of these parts and
        numbers stay; none of them is among the new ones."""
        ...

    async def header(self, bank: str) -> SnapshotHeader | None:
        """None where no snapshot was saved."""
        ...

    async def load(self, bank: str) -> Sequence[Block]:
        """By part and number; none where no snapshot was saved."""
        ...

    async def forget(self, banks_to_keep: Collection[str]) -> None:
        """Removes the snapshots of all other banks."""
        ...


class StateReader(Protocol):
    async def newest_states(self) -> Sequence[StateChange]:
        """The one that is in force of every SLO that has ever had one."""
        ...
