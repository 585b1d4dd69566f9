"""Reads back what batches committed: the canaries' ledgers and the readers' positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from slo_service.collect.ports import LedgerPage
from slo_service.store.codec import plain
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import record, records
from slo_service.store.sql.schema import canary_ledger, positions


class SqlLedger:
    """`Ledger`. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pages(self, canary: str, since_ns: int) -> Sequence[LedgerPage]:
        columns = canary_ledger.c
        wanted = or_(columns.open, columns.slice_start_ns >= since_ns)
        query = select(canary_ledger).where(columns.canary == canary, wanted)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(columns.slice_start_ns, columns.kind, columns.key))
        return [plain(LedgerPage, row) for row in records(rows)]

    async def page(self, canary: str, kind: str, key: str, slice_start_ns: int) -> LedgerPage | None:
        columns = canary_ledger.c
        query = select(canary_ledger).where(
            columns.canary == canary,
            columns.kind == kind,
            columns.key == key,
            columns.slice_start_ns == slice_start_ns,
        )
        async with self._database.read() as connection:
            row = record(await connection.execute(query))
        return None if row is None else plain(LedgerPage, row)

    async def positions(self, reader: str) -> Mapping[str, str]:
        query = select(positions.c.name, positions.c.value).where(positions.c.reader == reader)
        async with self._database.read() as connection:
            return {row.name: row.value for row in await connection.execute(query)}
