"""The one writer of cells: a batch becomes rows in one transaction, and the differences it made are its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.collect.ports import Batch
from slo_service.domain.budgeting import Slicing
from slo_service.domain.cell import CellKey, Delta, Revision
from slo_service.domain.instant import MINUTE
from slo_service.domain.tally import Tally
from slo_service.store.codec import columns, decode_schedule, encode_schedule
from slo_service.store.difference import REFUSALS, Change, Slot, Stored, collapse, compare, deltas, rolled_up
from slo_service.store.expectation import appended
from slo_service.store.retention import Retention
from slo_service.store.slicing import Slicer, Span, TouchedSlice, sliced, spans
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import cells_by_key, chunks, insert_new, records, upsert, upsert_sum
from slo_service.store.sql.spans import sums
from slo_service.store.touched import pack

COARSER = {MINUTE: schema.cells_1m, 15 * MINUTE: schema.cells_15m}
Seen = tuple[str, str]  # stream and source


@dataclass(frozen=True, slots=True)
class _Written:
    """Differences under the number of an ingest that has not been answered for yet."""

    change: int
    epoch: int | None
    deltas: tuple[Delta, ...]


class Ingest:
    """`refused` counts, since the start, samples that changed nothing, by reason."""

    def __init__(self, database: Database, wall_ns: Callable[[], int], retention: Retention) -> None:
        self.refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        self._database = database
        self._wall_ns = wall_ns
        self._retention = retention
        self._series: dict[Seen, int] = {}
        self._slicer = Slicer()
        # When a connection breaks during COMMIT nobody knows whether it took place, and the same batch sent again
        # finds its cells in place and differs in nothing. So differences are kept until their number tells.
        self._unanswered: tuple[_Written, ...] = ()

    def slicing(self, rules: Mapping[str, Slicing]) -> None:
        """By the stream that each yields; from the next batch on, in place of those before. ValueError for a rule under
        another name, and for slices of slices."""
        self._slicer = Slicer(rules)

    async def ingest(self, batch: Batch) -> tuple[Delta, ...]:
        """All of the batch, or nothing: then it raises `StoreUnavailable` or `Deposed` and may be sent again.

        Answers what changed since the last answer, per slice of each stream and source; slices of time (`slicing`) that
        follow from the batch are among it."""
        refused: Counter[str] = Counter()
        async with self._database.write() as connection:
            marks = await _marks(connection)
            number = marks[schema.CHANGE] + 1
            landed = tuple(w for w in self._unanswered if w.change < number and w.epoch == self._database.epoch)
            floor_ns = max(self._wall_ns() - self._retention.cells_ns, marks[schema.CELLS_FLOOR])
            newest = collapse(batch.samples, floor_ns, refused)
            wanted = {(key.stream, key.source) for key in newest}
            wanted |= self._slicer.yields(stream for stream, _ in wanted)
            known = await self._series_ids(connection, wanted)
            changes = compare(newest, await self._stored(connection, newest, known), refused)
            await self._write_cells(connection, changes, known, number)
            touched = self._slicer.touched(changes, floor_ns, self._wall_ns() - self._retention.cells_1m_ns, refused)
            if touched:
                derived = await self._sliced(connection, touched, number)
                await self._write_cells(connection, derived, known, number)
                changes += derived
            await self._write_touched(connection, changes, known, number)
            await self._write_rest(connection, batch)
            mark = update(schema.marks).where(schema.marks.c.name == schema.CHANGE).values(value=number)
            await connection.execute(mark)
            self._unanswered = (*landed, _Written(number, self._database.epoch, deltas(changes)))
        self._series.update(known)
        self.refused.update(refused)
        answer = tuple(delta for written in self._unanswered for delta in written.deltas)
        self._unanswered = ()
        return answer

    async def _series_ids(self, connection: AsyncConnection, wanted: set[Seen]) -> Mapping[Seen, int]:
        unknown = sorted(wanted - self._series.keys())
        if not unknown:
            return self._series
        rows = [{"stream": stream, "source": source} for stream, source in unknown]
        await connection.execute(insert_new(self._database.dialect, schema.series), rows)
        found: dict[Seen, int] = {}
        for streams in chunks(sorted({stream for stream, _ in unknown})):
            query = select(schema.series).where(schema.series.c.stream.in_(streams))
            found.update({(row.stream, row.source): row.id for row in await connection.execute(query)})
        return {**self._series, **found}

    async def _stored(
        self, connection: AsyncConnection, keys: Iterable[CellKey], ids: Mapping[Seen, int]
    ) -> dict[CellKey, Stored]:
        by_id = {(ids[key.stream, key.source], key.slice_start_ns): key for key in keys}
        if not by_id:
            return {}
        rows = await connection.execute(*cells_by_key(self._database.dialect, list(by_id)))
        return {
            by_id[number, start_ns]: Stored(Tally(good, bad), Revision(epoch, counter))
            for number, start_ns, good, bad, epoch, counter in rows
        }

    async def _sliced(
        self, connection: AsyncConnection, touched: Sequence[TouchedSlice], number: int
    ) -> tuple[Change, ...]:
        """The changes of the slices' cells. This ingest's revision of them is above that of any before."""
        found: dict[Span, Tally] = {}
        for table, by_minute in ((schema.cells, False), (schema.cells_1m, True)):
            asked = [span for span in spans(touched) if span.by_minute is by_minute]
            ranges = [(span.stream, span.from_ns, span.to_ns) for span in asked]
            found |= {asked[at]: tally for at, tally, _ in await sums(connection, table, ranges)}
        return tuple(sliced(touched, found, Revision(self._database.epoch or 0, number)))

    async def _write_cells(
        self, connection: AsyncConnection, changes: Sequence[Change], ids: Mapping[Seen, int], number: int
    ) -> None:
        rows = [
            {
                "series": ids[change.sample.key.stream, change.sample.key.source],
                "start_ns": change.sample.key.slice_start_ns,
                "good": change.sample.tally.good,
                "bad": change.sample.tally.bad,
                "epoch": change.sample.revision.epoch,
                "counter": change.sample.revision.counter,
                "change": number,
            }
            for change in changes
        ]
        if rows:
            await connection.execute(upsert(self._database.dialect, schema.cells), rows)
        slots: Iterable[Change] = changes
        for width_ns, table in COARSER.items():  # narrower ones first
            summed = rolled_up(slots, width_ns)
            await self._add(connection, table, summed, ids)
            slots = summed.values()

    async def _add(
        self, connection: AsyncConnection, table: Table, slots: Mapping[Slot, Change], ids: Mapping[Seen, int]
    ) -> None:
        rows = [
            {
                "series": ids[stream, source],
                "start_ns": start_ns,
                "good": change.difference.good,
                "bad": change.difference.bad,
                "observed": change.observed,
            }
            for (stream, source, start_ns), change in slots.items()
        ]
        if rows:
            await connection.execute(upsert_sum(self._database.dialect, table, ("good", "bad", "observed")), rows)

    async def _write_touched(
        self, connection: AsyncConnection, changes: Sequence[Change], ids: Mapping[Seen, int], number: int
    ) -> None:
        slots = pack(changes, ids)
        if slots is not None:
            row = {"change": number, "at_ns": self._wall_ns(), "slots": slots}
            await connection.execute(schema.touched_slots.insert().values(row))

    async def _write_rest(self, connection: AsyncConnection, batch: Batch) -> None:
        dialect = self._database.dialect
        if batch.progress:
            await connection.execute(upsert(dialect, schema.progress), [columns(p) for p in batch.progress])
        if batch.positions:
            await connection.execute(upsert(dialect, schema.positions), [columns(p) for p in batch.positions])
        if batch.pages:
            await connection.execute(upsert(dialect, schema.canary_ledger), [columns(page) for page in batch.pages])
        if batch.groups:
            await connection.execute(upsert(dialect, schema.known_groups), [columns(g) for g in batch.groups])
        if batch.schedules:
            query = select(schema.schedules).where(schema.schedules.c.stream.in_({s.stream for s in batch.schedules}))
            kept = [decode_schedule(row) for row in records(await connection.execute(query))]
            rows = [encode_schedule(schedule) for schedule in appended(kept, batch.schedules)]
            if rows:
                await connection.execute(upsert(dialect, schema.schedules), rows)


async def _marks(connection: AsyncConnection) -> dict[str, int]:
    return {row.name: row.value for row in await connection.execute(select(schema.marks))}
