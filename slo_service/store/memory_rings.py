"""What the evaluator saves and reads again, as plain dictionaries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence

import numpy as np

from slo_service.domain.cell import CellKey, Delta
from slo_service.domain.instant import MINUTE, floor_to
from slo_service.domain.tally import Tally
from slo_service.evaluate.ports import Block, Slot, SnapshotHeader, Sweep, Touched
from slo_service.store.difference import Change, Stored
from slo_service.store.slicing import Span


def summed(
    stored: Mapping[CellKey, Stored], width_ns: int, streams: Collection[str] | None = None
) -> dict[tuple[str, str, int], Delta]:
    """The rows of this width of these streams, or of all, by stream, source and start."""
    rows: dict[tuple[str, str, int], Delta] = {}
    for key, cell in stored.items():
        if streams is not None and key.stream not in streams:
            continue
        start_ns = floor_to(key.slice_start_ns, width_ns) if width_ns >= MINUTE else key.slice_start_ns
        row = Delta(key.stream, start_ns, cell.tally.good, cell.tally.bad, 1, key.source)
        before = rows.get((key.stream, key.source, start_ns))
        rows[key.stream, key.source, start_ns] = row if before is None else added(before, row)
    return rows


def over_sources(rows: Iterable[Delta]) -> dict[Slot, Delta]:
    """The same rows summed over sources, by stream and start."""
    sums: dict[Slot, Delta] = {}
    for row in rows:
        slot = (row.stream, row.slice_start_ns)
        alone = Delta(*slot, row.good, row.bad, row.observed)
        sums[slot] = added(sums[slot], alone) if slot in sums else alone
    return sums


def added(one: Delta, other: Delta) -> Delta:
    good, bad, observed = one.good + other.good, one.bad + other.bad, one.observed + other.observed
    return Delta(other.stream, other.slice_start_ns, good, bad, observed, other.source)


def span_sums(stored: Mapping[CellKey, Stored], spans: Collection[Span]) -> dict[Span, Tally]:
    """Over all sources; a span without a row is missing."""
    of_stream: dict[str, list[Span]] = {}
    for span in spans:
        of_stream.setdefault(span.stream, []).append(span)
    found: dict[Span, Tally] = {}
    for key, cell in stored.items():
        for span in of_stream.get(key.stream, ()):
            if span.from_ns <= key.slice_start_ns < span.to_ns:
                found[span] = found.get(span, Tally()) + cell.tally
    return found


class MemoryChangeReader:
    """`ChangeReader`. It forgets nothing."""

    def __init__(self, stored: Mapping[CellKey, Stored]) -> None:
        self._stored = stored
        self._touched: dict[Slot, int] = {}
        self.number = 0

    def note(self, changes: Iterable[Change]) -> None:
        """One ingest more, and what it changed."""
        self.number += 1
        moved = (change.sample.key for change in changes if change.moves_sums)
        self._touched |= {(key.stream, key.slice_start_ns): self.number for key in moved}

    async def change(self) -> int:
        return self.number

    async def touched(self, since_change: int) -> Sequence[Touched]:
        return [Touched(*slot) for slot, number in sorted(self._touched.items()) if number > since_change]

    async def slots(self, width_ns: int, keys: Sequence[Slot]) -> Sequence[Delta]:
        rows = over_sources(summed(self._stored, width_ns, {stream for stream, _ in keys}).values())
        return [rows[key] for key in keys if key in rows]

    async def slots_by_source(self, keys: Sequence[Slot]) -> Sequence[Delta]:
        rows = summed(self._stored, 1, {stream for stream, _ in keys})
        sources = sorted({(stream, source) for stream, source, _ in rows})
        asked = ((stream, source, start_ns) for stream, start_ns in keys for at, source in sources if at == stream)
        return [rows[key] for key in asked if key in rows]


class MemorySweeper:
    """`Sweeper`, all in one part."""

    def __init__(self, stored: Mapping[CellKey, Stored]) -> None:
        self._stored = stored

    async def sweep(
        self, width_ns: int, since_ns: int, until_ns: int, streams: Collection[str] | None = None
    ) -> AsyncIterator[Sweep]:
        sums = over_sources(summed(self._stored, width_ns, streams).values()).values()
        rows = [row for row in sums if since_ns <= row.slice_start_ns < until_ns]
        if not rows:
            return
        names = sorted({row.stream for row in rows})
        stream, start_ns, good, bad, observed = (
            np.array(line, np.int64)
            for line in zip(
                *((names.index(r.stream), r.slice_start_ns, r.good, r.bad, r.observed) for r in rows), strict=True
            )
        )
        yield Sweep(names, stream, start_ns, good, bad, observed)


class MemoryRingSnapshots:
    """`RingSnapshots`."""

    def __init__(self) -> None:
        self._saved: dict[str, tuple[SnapshotHeader, Sequence[Block]]] = {}

    async def save(
        self,
        bank: str,
        blocks: Sequence[Block],
        change: int,
        saved_ns: int,
        header: str = "",
        keep: Collection[tuple[str, int]] = (),
    ) -> None:
        kept = [block for block in await self.load(bank) if (block.part, block.block) in keep]
        ordered = sorted([*kept, *blocks], key=lambda block: (block.part, block.block))
        self._saved[bank] = SnapshotHeader(header, change, saved_ns), ordered

    async def header(self, bank: str) -> SnapshotHeader | None:
        return self._saved[bank][0] if bank in self._saved else None

    async def load(self, bank: str) -> Sequence[Block]:
        return self._saved[bank][1] if bank in self._saved else []

    async def forget(self, banks_to_keep: Collection[str]) -> None:
        self._saved = {bank: saved for bank, saved in self._saved.items() if bank in banks_to_keep}
