"""Snapshots of what the evaluator holds, written while it goes on counting."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from slo_service.evaluate.counts.ring import Ring
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.ports import Block, RingSnapshots
from slo_service.evaluate.snapshot import Header, Spot, bank_name, packed
from slo_service.runtime.recovery import Taken

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the store has of a bank: its header as text, of which change, and under which part each block is. Blocks are
    `reusable` while its `columns` still mean the same tracks."""

    text: str
    change: int
    saved_ns: int
    parts: Mapping[Spot, str]
    columns: frozenset[int]
    reusable: bool = True

    @property
    def keys(self) -> set[tuple[str, int]]:
        return _keys(self.parts)


class Saving:
    """A block is copied at once, compressed in a thread, and written under a new name; the header that names it comes
    last, in one transaction with the removal of what it replaces. So a crash at any moment leaves the snapshot before
    as it was."""

    def __init__(self, evaluator: Evaluator, snapshots: RingSnapshots, batch_bytes: int) -> None:
        self._evaluator, self._snapshots, self._batch_bytes = evaluator, snapshots, batch_bytes
        self._stored: dict[str, _Stored] = {}
        self._number = 0

    def resume(self, taken: Mapping[str, Taken]) -> None:
        """After a start from these: their blocks need not be written again."""
        for bank, each in taken.items():
            columns = frozenset(saved.column for saved in each.header.tracks.values())
            parts = each.header.parts
            self._stored[bank] = _Stored(each.text, each.change, each.saved_ns, parts, columns, each.in_place)
        for key, hall in self._evaluator.floor.halls.items():
            if bank_name(key) in taken:
                hall.bank.emptied.clear()

    async def save(self, change: int, now_ns: int) -> None:
        """`change`: all ingests up to it are counted. Raises `StoreUnavailable` and `Deposed`."""
        self._number += 1
        names = {bank_name(key) for key in self._evaluator.floor.halls}
        self._stored = {bank: stored for bank, stored in self._stored.items() if bank in names}
        await self._snapshots.forget(names)
        for key, hall in list(self._evaluator.floor.halls.items()):
            if any(track.filled for track in hall.tracks):
                await self._save(key, hall, change, now_ns)

    async def _save(self, key: HallKey, hall: Hall, change: int, now_ns: int) -> None:
        bank = bank_name(key)
        emptied, hall.bank.emptied = hall.bank.emptied, set()
        header = Header.of(hall, bank, {})
        columns = frozenset(saved.column for saved in header.tracks.values())
        before = self._stored.get(bank, _Stored("", change, now_ns, {}, columns))
        reused = before.parts if before.reusable and not emptied & (before.columns | columns) else {}
        write = _Write(self._snapshots, bank, before, f"@{now_ns}.{self._number}", self._batch_bytes)
        done = False
        try:
            parts = await write.blocks(hall.bank.rings, reused)
            if not hall.bank.emptied and self._evaluator.floor.halls.get(key) is hall:  # columns mean what they meant
                stored = _Stored(replace(header, parts=parts).text(), change, now_ns, parts, columns)
                await write.complete(stored)
                self._stored[bank], done = stored, True
        finally:
            if not done:
                hall.bank.emptied |= emptied
                write.undo()


class _Write:
    """The blocks of one bank on their way."""

    def __init__(self, snapshots: RingSnapshots, bank: str, before: _Stored, name: str, batch_bytes: int) -> None:
        self._snapshots, self._bank, self._before = snapshots, bank, before
        self._name, self._batch_bytes = name, batch_bytes
        self._copied: list[tuple[Ring, int]] = []
        self._batch: list[Block] = []
        self._staged: set[tuple[str, int]] = set()

    async def blocks(self, rings: Sequence[Ring], reused: Mapping[Spot, str]) -> Mapping[Spot, str]:
        """Where each block is from now on."""
        parts: dict[Spot, str] = {}
        for ring in rings:
            for number in ring.blocks():
                spot = (ring.width_ns, number)
                if number not in ring.dirty and spot in reused:
                    parts[spot] = reused[spot]
                    continue
                ring.dirty.discard(number)
                self._copied.append((ring, number))
                parts[spot] = f"{ring.width_ns}{self._name}"
                body = await asyncio.to_thread(packed, *spot, ring.block(number))
                self._batch.append(Block(parts[spot], number, body))
                if sum(len(block.body) for block in self._batch) >= self._batch_bytes:
                    await self._stage()
        return parts

    async def _stage(self) -> None:
        """Beside what is there, which stays valid."""
        before, keep = self._before, self._before.keys | self._staged
        await self._snapshots.save(self._bank, self._batch, before.change, before.saved_ns, before.text, keep)
        self._staged |= {(block.part, block.block) for block in self._batch}
        self._batch = []

    async def complete(self, stored: _Stored) -> None:
        keep = stored.keys - {(block.part, block.block) for block in self._batch}
        await self._snapshots.save(self._bank, self._batch, stored.change, stored.saved_ns, stored.text, keep)
        log.debug("snapshot_saved", bank=self._bank, blocks=len(self._copied), change=stored.change)

    def undo(self) -> None:
        for ring, number in self._copied:
            ring.dirty.add(number)


def _keys(parts: Mapping[Spot, str]) -> set[tuple[str, int]]:
    return {(part, number) for (_, number), part in parts.items()}
