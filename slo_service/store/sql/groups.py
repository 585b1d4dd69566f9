"""Which combinations of labels grouped streams are told apart by."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from slo_service.domain.grouping import KnownGroup
from slo_service.store.codec import decode_group
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import chunks, records
from slo_service.store.sql.schema import known_groups


class SqlGroups:
    """`GroupReader`. Raises `StoreUnavailable`; `forget` also `Deposed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self) -> Sequence[KnownGroup]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(known_groups).order_by(known_groups.c.stream))
        return [decode_group(row) for row in records(rows)]

    async def forget(self, streams: Collection[str]) -> None:
        async with self._database.write() as connection:
            for part in chunks(sorted(streams)):
                await connection.execute(delete(known_groups).where(known_groups.c.stream.in_(part)))
