"""What the evaluator saved of its sums, so that a start need not read all rows again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, tuple_

from slo_service.evaluate.ports import Block, SnapshotHeader
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import chunks

BLOCKS_AT_ONCE = 64
HEADER = ("", 0)  # part and number of the row that says what the others are
_TABLE = schema.ring_snapshots


class SqlRingSnapshots:
    """`RingSnapshots`. Every method raises `StoreUnavailable`; those that write also `Deposed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self,
        bank: str,
        blocks: Sequence[Block],
        change: int,
        saved_ns: int,
        header: str = "",
        keep: Collection[tuple[str, int]] = (),
    ) -> None:
        written = {"bank": bank, "change": change, "saved_ns": saved_ns}
        key, kept = (_TABLE.c.part, _TABLE.c.block), set(keep)
        async with self._database.write() as connection:
            saved = await connection.execute(select(*key).where(_TABLE.c.bank == bank))
            gone = [(part, number) for part, number in saved if (part, number) not in kept]
            for part_of in chunks(gone):
                await connection.execute(delete(_TABLE).where(_TABLE.c.bank == bank, tuple_(*key).in_(part_of)))
            part, number = HEADER
            await connection.execute(_TABLE.insert().values(**written, part=part, block=number, body=header.encode()))
            for some in chunks(blocks, BLOCKS_AT_ONCE):
                rows = [{**written, "part": b.part, "block": b.block, "body": b.body} for b in some]
                await connection.execute(_TABLE.insert(), rows)

    async def header(self, bank: str) -> SnapshotHeader | None:
        part, number = HEADER
        query = select(_TABLE).where(_TABLE.c.bank == bank, _TABLE.c.part == part, _TABLE.c.block == number)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else SnapshotHeader(row.body.decode(), row.change, row.saved_ns)

    async def load(self, bank: str) -> Sequence[Block]:
        columns = (_TABLE.c.part, _TABLE.c.block, _TABLE.c.body)
        query = select(*columns).where(_TABLE.c.bank == bank, _TABLE.c.part != HEADER[0]).order_by(*columns[:2])
        async with self._database.read() as connection:
            return [Block(part, number, body) for part, number, body in await connection.execute(query)]

    async def forget(self, banks_to_keep: Collection[str]) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(_TABLE).where(_TABLE.c.bank.not_in(banks_to_keep)))
