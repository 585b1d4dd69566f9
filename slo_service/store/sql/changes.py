"""What ingests changed since a number, and rows of many streams read anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from slo_service.domain.cell import Delta
from slo_service.evaluate.ports import ChangesForgotten, Slot, Touched
from slo_service.store.sql import schema
from slo_service.store.sql.cells import rows_of
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import chunks
from slo_service.store.sql.spans import by_source, sums
from slo_service.store.touched import unpacked


class SqlChangeReader:
    """`ChangeReader`. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self) -> int:
        query = select(schema.marks.c.value).where(schema.marks.c.name == schema.CHANGE)
        async with self._database.read() as connection:
            return int((await connection.scalars(query)).one())

    async def touched(self, since_change: int) -> Sequence[Touched]:
        table, series = schema.touched_slots, schema.series
        floor = select(schema.marks.c.value).where(schema.marks.c.name == schema.TOUCHED_FLOOR)
        async with self._database.read() as connection:
            forgotten = int((await connection.scalars(floor)).one())
            if since_change < forgotten:
                raise ChangesForgotten(f"of what changed after {since_change}, that up to {forgotten} is forgotten")
            newer = select(table.c.slots).where(table.c.change > since_change).order_by(table.c.change)
            numbers, starts = unpacked(list(await connection.scalars(newer)))
            series_ids, at = np.unique(numbers, return_inverse=True)
            streams: dict[int, str] = {}
            for part in chunks(series_ids.tolist()):
                named = await connection.execute(select(series.c.id, series.c.stream).where(series.c.id.in_(part)))
                streams |= {row.id: row.stream for row in named}
        names = sorted(set(streams.values()))
        places = {name: place for place, name in enumerate(names)}
        stream = np.array([places[streams[number]] for number in series_ids.tolist()], np.int64)[at]
        order = np.lexsort((starts, stream))
        stream, starts = stream[order], starts[order]
        new = np.flatnonzero(np.diff(stream, prepend=-1) | np.diff(starts, prepend=-1))
        return [
            Touched(names[at], start_ns)
            for at, start_ns in zip(stream[new].tolist(), starts[new].tolist(), strict=True)
        ]

    async def slots(self, width_ns: int, keys: Sequence[Slot]) -> Sequence[Delta]:
        table, _ = rows_of(width_ns)
        async with self._database.read() as connection:
            found = await sums(connection, table, [(stream, start_ns, start_ns + 1) for stream, start_ns in keys])
        return [Delta(*keys[at], tally.good, tally.bad, seen) for at, tally, seen in found]

    async def slots_by_source(self, keys: Sequence[Slot]) -> Sequence[Delta]:
        async with self._database.read() as connection:
            found = await by_source(connection, [(stream, start_ns, start_ns + 1) for stream, start_ns in keys])
        return [Delta(*keys[at], tally.good, tally.bad, 1, source) for at, source, tally in found]
