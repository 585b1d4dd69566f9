"""What the evaluator holds, brought from the store: the newest snapshots and what changed since, or all rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import structlog

from slo_service.domain.cell import Delta
from slo_service.domain.instant import MINUTE, floor_to
from slo_service.evaluate.counts.slots import stored_width
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.hall import Hall
from slo_service.evaluate.ports import (
    CellReader,
    ChangeReader,
    ChangesForgotten,
    RingSnapshots,
    Slot,
    StateReader,
    Sweeper,
    Touched,
)
from slo_service.evaluate.refill import Group
from slo_service.evaluate.snapshot import Header, Refused, bank_name, correct, restore

log = structlog.get_logger()

MANY = 64  # streams that are quicker read all at once
FOREVER_NS = 1 << 62  # what lies ahead of a clock that was set back is kept until its time
OFTEN, LATELY_NS = 5_000, 30 * MINUTE  # so many touched slots of late are quicker read with all that lies between


@dataclass(frozen=True, slots=True)
class Rings:
    """What a store keeps of the evaluator's sums, and of what changed. So many bytes of a snapshot are written in one
    transaction, so that nobody waits long for it."""

    snapshots: RingSnapshots
    changes: ChangeReader
    sweeper: Sweeper
    states: StateReader
    batch_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot as it stands in the store. `in_place`: every track has the column that it had."""

    header: Header
    text: str
    change: int
    saved_ns: int
    in_place: bool


class Recovery:
    """Nothing may be committed while one of these methods runs; all raise `StoreUnavailable` and may be asked again."""

    def __init__(self, evaluator: Evaluator, cells: CellReader, rings: Rings | None) -> None:
        """Without `rings` every stream is read by itself."""
        self._evaluator, self._cells, self._rings = evaluator, cells, rings

    async def restore(self, now_ns: int) -> Mapping[str, Taken]:
        """Takes up the newest snapshots, at a start; by bank. What none of them holds stays unfilled."""
        if self._rings is None or not self._evaluator.unfilled():
            return {}
        self._evaluator.absorb(now_ns)
        taken: dict[str, Taken] = {}
        held: list[tuple[Hall, Sequence[Track]]] = []
        for key, hall in self._evaluator.floor.halls.items():
            found = await self._restored(bank_name(key), hall)
            if found is not None:
                taken[bank_name(key)] = found[0]
                held.append((hall, found[1]))
        if not taken:
            return {}
        try:
            touched = await self._rings.changes.touched(min(each.change for each in taken.values()))
        except ChangesForgotten as why:
            log.warning("snapshots_refused", reason=str(why))
            for _, tracks in held:
                for track in tracks:
                    track.filled = False
            return {}
        for hall, tracks in held:
            await self._correct(hall, tracks, touched)
        log.info("snapshots_restored", banks=len(taken), tracks=sum(len(t) for _, t in held), touched=len(touched))
        return taken

    async def fill(self, now_ns: int) -> None:
        """Reads what streams hold that are not filled yet."""
        fresh = self._evaluator.unfilled()
        if not fresh:
            return
        await self._expect(fresh)
        if self._rings is not None and len(fresh) >= MANY:
            await self._sweep(self._rings.sweeper, fresh, now_ns)
        for name in sorted(self._evaluator.unfilled() & fresh):
            rows = {}
            for width_ns, since_ns in self._evaluator.needs(name, now_ns).items():
                rows[width_ns] = await self._cells.cells(name, stored_width(width_ns), since_ns, FOREVER_NS)
            self._evaluator.fill(name, rows, now_ns)

    async def relive(self, now_ns: int) -> None:
        """Brings what came of single partitions lately, where they are watched."""
        if self._rings is None:
            return
        for hall in self._evaluator.floor.halls.values():
            width = hall.bank.slots.fine_ns
            keys: list[Slot] = []
            for track, reach in hall.partitioned().items():
                starts = range((now_ns - track.key.horizon_ns - reach) // width, now_ns // width + 1)
                keys += [(track.key.stream, number * width) for number in starts]
            found: dict[str, list[Delta]] = {}
            for delta in await self._rings.changes.slots_by_source(keys) if keys else ():
                found.setdefault(delta.stream, []).append(delta)
            hall.relive(found, now_ns)

    async def expect(self) -> None:
        """What was expected of every stream that is not filled yet, and how far it was looked at."""
        if fresh := self._evaluator.unfilled():
            await self._expect(fresh)

    async def _expect(self, streams: Collection[str]) -> None:
        inputs = sorted(self._evaluator.inputs(streams))
        schedules = await self._cells.schedules(inputs)
        marks = await self._cells.progress(inputs)
        self._evaluator.apply(progress=marks, schedules=[s for name in inputs for s in schedules.get(name, ())])

    async def _restored(self, bank: str, hall: Hall) -> tuple[Taken, Sequence[Track]] | None:
        assert self._rings is not None
        saved = await self._rings.snapshots.header(bank)
        if saved is None:
            return None
        try:
            header = Header.read(saved.text, bank)
            tracks = restore(hall, header, await self._rings.snapshots.load(bank))
        except Refused as why:
            log.warning("snapshot_refused", bank=bank, reason=str(why))
            return None
        stands = {name: each.column for name, each in Header.of(hall, bank, {}).tracks.items()}
        in_place = all(stands.get(name) == each.column for name, each in header.tracks.items())
        return Taken(header, saved.text, saved.change, saved.saved_ns, in_place), tracks

    async def _correct(self, hall: Hall, tracks: Sequence[Track], touched: Sequence[Touched]) -> None:
        assert self._rings is not None
        streams = {track.key.stream for track in tracks}
        ours = [(each.stream, each.slice_start_ns) for each in touched if each.stream in streams]
        if not ours:
            return
        firsts: dict[str, int] = {}
        for stream, start in ours:
            firsts[stream] = min(start, firsts.get(stream, start))
        for track in tracks:
            if (first := firsts.get(track.key.stream)) is not None:
                track.saw(first)
                hall.refilled(track)
        newest = hall.bank.fine.newest
        ahead = {stream for stream, start in ours if newest is not None and start // hall.bank.fine.width_ns > newest}
        for track in (track for track in tracks if track.key.stream in ahead):
            track.filled = False  # and is read by itself
        late_ns = max(start for _, start in ours) - LATELY_NS
        since_ns = floor_to(min(start for _, start in ours if start >= late_ns), hall.bank.slots.coarse_ns)
        seldom = [slot for slot in ours if slot[1] < since_ns]
        if len(ours) - len(seldom) >= OFTEN:
            await self._sweep_since(hall, tracks, since_ns)
            ours = seldom
        for ring in hall.bank.rings:
            width, oldest = ring.width_ns, ring.oldest_ns // ring.width_ns
            slots = list(dict.fromkeys((stream, start // width) for stream, start in ours if start // width >= oldest))
            asked = [(stream, number * width) for stream, number in slots]
            correct(hall, tracks, width, slots, await self._rings.changes.slots(stored_width(width), asked))
        hall.bank.resum(np.array([track.column for track in tracks], np.intp))

    async def _sweep_since(self, hall: Hall, tracks: Sequence[Track], since_ns: int) -> None:
        """Replaces all that starts from then on."""
        assert self._rings is not None
        group, streams = Group(hall, tracks), {track.key.stream for track in tracks}
        group.clear(since_ns)
        for width_ns in {stored_width(ring.width_ns) for ring in hall.bank.rings}:
            async for part in self._rings.sweeper.sweep(width_ns, since_ns, FOREVER_NS, streams):
                group.take(width_ns, part)

    async def _sweep(self, sweeper: Sweeper, streams: Collection[str], now_ns: int) -> None:
        refill = self._evaluator.refill(streams, now_ns)
        rows = 0
        for width_ns, since_ns in refill.needs().items():
            async for part in sweeper.sweep(width_ns, since_ns, FOREVER_NS, refill.streams):
                refill.take(width_ns, part)
                rows += part.start_ns.size
        refill.done()
        log.info("streams_filled", streams=len(refill.streams), rows=rows)
