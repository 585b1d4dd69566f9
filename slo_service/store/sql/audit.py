"""The append-only audit log. People act on any replica, so it is not fenced; its head row keeps the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import insert, select, update

from slo_service.store.audit import GENESIS, AuditEntry, first_broken
from slo_service.store.codec import columns
from slo_service.store.sql import schema
from slo_service.store.sql.columns import prose
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import records

_TABLE = schema.audit_log
_HEAD = schema.marks.c.name == schema.AUDIT


class SqlAuditLog:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, at_ns: int, who: str, what: str, why: str, facts: Mapping[str, object]) -> AuditEntry:
        async with self._database.write(fenced=False) as connection:
            head = await connection.scalar(select(schema.marks.c.value).where(_HEAD).with_for_update())
            seq = int(head or 0) + 1
            previous = await connection.scalar(select(_TABLE.c.hash).where(_TABLE.c.seq == seq - 1))
            clean = prose(why)
            unsigned = AuditEntry(seq, at_ns, who, what, clean, dict(facts), previous or GENESIS)
            entry = replace(unsigned, hash=unsigned.digest())
            await connection.execute(insert(_TABLE), [columns(entry)])
            await connection.execute(update(schema.marks).where(_HEAD).values(value=seq))
        return entry

    async def entries(self, limit: int, before_seq: int | None = None) -> Sequence[AuditEntry]:
        """Newest first."""
        query = select(_TABLE).order_by(_TABLE.c.seq.desc()).limit(limit)
        if before_seq is not None:
            query = query.where(_TABLE.c.seq < before_seq)
        async with self._database.read() as connection:
            return [AuditEntry(**row) for row in records(await connection.execute(query))]

    async def first_broken(self) -> int | None:
        """The number of the first entry that was tampered with or is missing; None when the log is whole."""
        async with self._database.read() as connection:
            head = int(await connection.scalar(select(schema.marks.c.value).where(_HEAD)) or 0)
            rows = records(await connection.execute(select(_TABLE).order_by(_TABLE.c.seq)))
        broken = first_broken(AuditEntry(**row) for row in rows)
        return len(rows) + 1 if broken is None and len(rows) < head else broken
