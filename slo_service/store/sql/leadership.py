"""Who may write: one leader at a time, whose epoch every transaction is checked against.

SQLite serves one process, so a new one takes over at once. On PostgreSQL the leader holds an advisory lock on a
connection of its own, which a killed process frees; a hung one is passed over once its lease has run out."""

from __future__ import annotations

import contextlib

import structlog
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.collect.ports import StoreUnavailable
from slo_service.store.sql.database import Database
from slo_service.store.sql.schema import LEADER, leaders

log = structlog.get_logger()

_LOCK = 0x736C6F2D6C656164  # "slo-lead"
_TRY_LOCK = text(f"SELECT pg_try_advisory_lock({_LOCK})")
_UNLOCK = text(f"SELECT pg_advisory_unlock({_LOCK})")
_OURS = leaders.c.name == LEADER


class Leadership:
    """Sets `Database.epoch`, which is also the epoch of the collectors' revisions: it grows with every process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._session = contextlib.AsyncExitStack()
        self._lock_connection: AsyncConnection | None = None
        self.lease_before_ns: int | None = None  # when that of the leader before ran out, as it had said last

    @property
    def epoch(self) -> int | None:
        return self._database.epoch

    async def acquire(self, owner: str, now_ns: int, ttl_ns: int) -> int | None:
        """The new epoch, or None while another leads. Raises `StoreUnavailable`."""
        locked = await self._lock()
        async with self._database.write(fenced=False) as connection:
            epoch: int | None = None
            row = (await connection.execute(select(leaders).where(_OURS).with_for_update())).one()
            if locked or row.expires_ns <= now_ns:
                epoch = int(row.epoch) + 1
                values = {"epoch": epoch, "owner": owner, "taken_ns": now_ns, "expires_ns": now_ns + ttl_ns}
                await connection.execute(update(leaders).where(_OURS).values(values))
        if epoch is not None:
            self._database.epoch = epoch
            self.lease_before_ns = int(row.expires_ns) if row.epoch else None
            log.info("leadership_taken", epoch=epoch, owner=owner, before=row.owner or None)
        return epoch

    async def renew(self, now_ns: int, ttl_ns: int) -> bool:
        """False when we have been deposed, or never led. Raises `StoreUnavailable`."""
        epoch = self._database.epoch
        if epoch is None:
            return False
        await self._lock()  # the connection may have broken, or its former holder have gone
        async with self._database.write(fenced=False) as connection:
            still = update(leaders).where(_OURS, leaders.c.epoch == epoch).values(expires_ns=now_ns + ttl_ns)
            led = (await connection.execute(still)).rowcount == 1
        if not led:
            log.warning("leadership_lost", epoch=epoch)
            await self.release()
        return led

    async def release(self) -> None:
        """Lets another lead at once; our own writes are refused from now on."""
        self._database.epoch = None
        if self._lock_connection is not None:
            with contextlib.suppress(Exception):  # a broken connection holds no lock
                await self._lock_connection.execute(_UNLOCK)
        await self._disconnect()

    async def _lock(self) -> bool:
        """Whether the advisory lock is ours; always true where one process has the database to itself."""
        if self._database.dialect != "postgresql":
            return True
        if self._lock_connection is not None:
            try:
                await self._lock_connection.execute(text("SELECT 1"))
            except Exception:  # noqa: BLE001 -- however it broke, the answer is a new connection
                log.warning("leadership_connection_broke", epoch=self._database.epoch)
                await self._disconnect()
            else:
                return True
        connection = await self._session.enter_async_context(self._database.session())
        if await connection.scalar(_TRY_LOCK):
            self._lock_connection = connection
            return True
        await self._disconnect()
        return False

    async def _disconnect(self) -> None:
        self._lock_connection = None
        with contextlib.suppress(StoreUnavailable):
            await self._session.aclose()
