"""Watches a sink that is a SQL table: asks for the canaries that are still awaited, by their ids, and counts the rows
of those that were seen lately. A client of the user's database, read-only and bounded; not of our own store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnClause, Select, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.report import Haul, Moment, Sighting
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import SqlTable

_CHUNK = 500  # ids a statement; SQLite takes 999 parameters at least
_NEWEST = 1_000  # rows looked through for copies of canaries that nobody awaits any more
_EVERY = 5  # polls between two such looks
_REMEMBERED = 20_000
_SHORTEST_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Cannot:
    """A poll that did not come to its end, and why, without the address."""

    reason: str


class SqlTap:
    """One poll at a time. Nothing is remembered across restarts: the ledger knows how many rows it has seen."""

    def __init__(
        self, hop: str, place: SqlTable, *, canary: str, marker: str, poll_ns: int, clock: Callable[[], Moment]
    ) -> None:
        self.hop, self._canary, self._marker, self._clock = hop, canary, marker, clock
        self._timeout_seconds = max(_SHORTEST_TIMEOUT_SECONDS, 3 * poll_ns / SECOND)
        self._engine = _engine(place)
        self._connection: AsyncConnection | None = None
        schema, _, name = place.table.rpartition(".")
        self._id: ColumnClause[str] = column(place.id_column)
        columns = [name for name in (place.id_column, place.marker_column, place.seen_at_column) if name]
        self._table = table(name, *(column(name) for name in dict.fromkeys(columns)), schema=schema or None)
        self._marker_column, self._seen_at_column = place.marker_column, place.seen_at_column
        self._reported: OrderedDict[CanaryId, int] = OrderedDict()  # rows by canary, as last brought
        self._missed: tuple[Moment, frozenset[CanaryId]] | None = None  # what the last poll did not find, and when
        self._polls = 0
        self.last_success_ns: int | None = None
        self.error = ""

    async def poll(self, watched: Sequence[CanaryId]) -> Haul | Cannot:
        """Looks the watched canaries up. What it did not find was not there when the poll began."""
        asked = self._clock()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                rows = await self._count(watched)
        except (SQLAlchemyError, OSError, TimeoutError, ValueError) as failed:
            await self._disconnect()
            self._missed = None
            self.error = f"{type(failed).__name__}: {getattr(failed, 'orig', failed)}"
            return Cannot(self.error)
        seen = self._clock()
        sightings = tuple(self._sighting(who, copies, seen) for who, copies in rows if self._is_news(who, copies))
        looked_up = frozenset(watched)
        self._missed = asked, looked_up - {who for who, _ in rows}
        self.last_success_ns, self.error = asked.wall_ns, ""
        return Haul(self.hop, sightings, asked, looked_up)

    async def close(self) -> None:
        await self._disconnect()
        await self._engine.dispose()

    def _sighting(self, who: CanaryId, copies: int, seen: Moment) -> Sighting:
        after = self._missed[0] if self._missed is not None and who in self._missed[1] else None
        self._reported[who] = copies
        self._reported.move_to_end(who)
        while len(self._reported) > _REMEMBERED:
            self._reported.popitem(last=False)
        return Sighting(who, seen, after, copies=copies)

    def _is_news(self, who: CanaryId, copies: int) -> bool:
        return copies > self._reported.get(who, 0)

    async def _count(self, watched: Sequence[CanaryId]) -> list[tuple[CanaryId, int]]:
        connection = await self._connected()
        rows = await self._count_rows(connection, watched)
        self._polls += 1
        if self._polls % _EVERY == 1:
            known = set(watched)
            others = [who for who in await self._newest(connection) if who not in known]
            rows += await self._count_rows(connection, others)
        return rows

    async def _count_rows(self, connection: AsyncConnection, wanted: Sequence[CanaryId]) -> list[tuple[CanaryId, int]]:
        found = []
        for at in range(0, len(wanted), _CHUNK):
            ids = [who.text for who in wanted[at : at + _CHUNK]]
            query = select(self._id, func.count()).select_from(self._table).where(self._id.in_(ids)).group_by(self._id)
            found += [(who, int(copies)) for text, copies in await connection.execute(query) if (who := _read(text))]
        return found

    async def _newest(self, connection: AsyncConnection) -> Iterable[CanaryId]:
        """Canaries among the newest rows: a replay of last week shows here. Nothing without a column of load times."""
        if self._seen_at_column is None:
            return ()
        query: Select[str] = select(self._id).select_from(self._table)
        if self._marker_column is not None:
            query = query.where(self._table.c[self._marker_column] == self._marker)
        else:
            query = query.where(self._id.startswith(f"{self._canary}.", autoescape=True))
        query = query.order_by(self._table.c[self._seen_at_column].desc()).limit(_NEWEST)
        found = (_read(text) for (text,) in await connection.execute(query))
        return dict.fromkeys(who for who in found if who is not None and who.canary == self._canary)

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            connection = await self._engine.connect()
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.invalidate()
                await connection.close()
            except (SQLAlchemyError, OSError):
                pass  # it was of no use any more


def _engine(place: SqlTable) -> AsyncEngine:
    """ValueError for an address that no driver takes, without the address, which may hold secrets."""
    try:
        return create_async_engine(place.url, poolclass=NullPool, hide_parameters=True)
    except (SQLAlchemyError, ImportError) as refused:
        kind = type(refused).__name__
        raise ValueError(f"the address of the table {place.table} is of no use ({kind}); name its driver") from None


def _read(text: object) -> CanaryId | None:
    return CanaryId.from_text(text)
