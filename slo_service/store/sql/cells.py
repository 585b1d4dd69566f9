"""What the evaluator and the pages read: sums over sources, progress, schedules and where the tiers stood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, cast, func, literal, select

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import TierState
from slo_service.store.codec import decode_schedule, decode_tier_state, plain
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import chunks, records
from slo_service.store.sql.ingest import COARSER


class SqlCellReader:
    """`CellReader`, and the same cells by source. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        table, observed = rows_of(width_ns)
        sums = [cast(func.sum(column), BigInteger) for column in (table.c.good, table.c.bad, observed)]
        query = _of_stream(select(table.c.start_ns, *sums), table, stream, since_ns, until_ns)
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(table.c.start_ns).order_by(table.c.start_ns))
        return [Delta(stream, start_ns, good, bad, seen) for start_ns, good, bad, seen in rows]

    async def cells_by_source(
        self, stream: str, width_ns: int, since_ns: int, until_ns: int
    ) -> Mapping[str, Sequence[Delta]]:
        """The rows of each source (collector/region/partition), oldest first; the worst is judged beside the sum."""
        table, observed = rows_of(width_ns)
        selected = select(schema.series.c.source, table.c.start_ns, table.c.good, table.c.bad, observed)
        query = _of_stream(selected, table, stream, since_ns, until_ns)
        found: dict[str, list[Delta]] = defaultdict(list)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(schema.series.c.source, table.c.start_ns))
        for source, start_ns, good, bad, seen in rows:
            found[source].append(Delta(stream, start_ns, good, bad, seen, source))
        return dict(found)

    async def progress(self, streams: Sequence[str]) -> Sequence[Progress]:
        query = select(schema.progress)
        async with self._database.read() as connection:
            return [
                plain(Progress, row)
                for part in chunks(streams)
                for row in records(await connection.execute(query.where(schema.progress.c.stream.in_(part))))
            ]

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        found: dict[str, list[Schedule]] = {stream: [] for stream in streams}
        table = schema.schedules
        async with self._database.read() as connection:
            for part in chunks(streams):
                query = select(table).where(table.c.stream.in_(part)).order_by(table.c.since_ns)
                for row in records(await connection.execute(query)):
                    found[row["stream"]].append(decode_schedule(row))
        return found

    async def tier_states(self) -> Sequence[TierState]:
        table = schema.tier_states
        async with self._database.read() as connection:
            bodies = await connection.scalars(select(table.c.body).order_by(table.c.slo, table.c.tier))
        return [decode_tier_state(body) for body in bodies]


def rows_of(width_ns: int) -> tuple[Table, ColumnElement[int]]:
    """The rows of this width, and how many cells one of them stands for."""
    coarser = COARSER.get(width_ns)
    if coarser is not None:
        return coarser, coarser.c.observed
    if width_ns > min(COARSER):
        raise ValueError(f"rows are kept by slice, minute and quarter of an hour, not {width_ns} ns wide")
    return schema.cells, literal(1)


def _of_stream(
    query: Select[*tuple[Any, ...]], table: Table, stream: str, since_ns: int, until_ns: int
) -> Select[*tuple[Any, ...]]:
    joined = query.select_from(schema.series.join(table, table.c.series == schema.series.c.id))
    return joined.where(schema.series.c.stream == stream, table.c.start_ns >= since_ns, table.c.start_ns < until_ns)
