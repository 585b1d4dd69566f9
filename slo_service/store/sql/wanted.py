"""What targets should be, and what we found them to be. A word about a superseded epoch changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from slo_service.domain.event import Delivery, Wanted, WantedState
from slo_service.store import codec
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import insert_new
from slo_service.store.sql.journal import newest_wanted

_TABLE = schema.wanted_states


class SqlWantedStates:
    """`WantedStates`. Every method raises `StoreUnavailable`; those that write also `Deposed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self) -> Sequence[WantedState]:
        async with self._database.read() as connection:
            return [state for state in await newest_wanted(connection) if state.done_ns is None]

    async def record_found(self, target: str, epoch: int, found: str) -> bool:
        """The first word stays: after a crash the target may already show our own pause."""
        return await self._update(target, epoch, found=func.coalesce(_TABLE.c.found, found))

    async def record_done(self, target: str, epoch: int, at_ns: int, outcome: str) -> bool:
        """The first word stays."""
        return await self._update(
            target,
            epoch,
            outcome=func.coalesce(_TABLE.c.outcome, outcome),
            done_ns=func.coalesce(_TABLE.c.done_ns, at_ns),
        )

    async def found_at_pause(self, target: str, before_epoch: int) -> str | None:
        """Looks back to the last resume that was carried out. A pause that follows another one without a resume in
        between finds our own work, so the target counts as found running if any of them found it running."""
        columns = _TABLE.c
        resumed = select(func.coalesce(func.max(columns.epoch), -1)).where(
            columns.target == target,
            columns.epoch < before_epoch,
            columns.wanted == Wanted.RUNNING,
            columns.done_ns.is_not(None),
        )
        query = select(columns.found).where(
            columns.target == target,
            columns.epoch < before_epoch,
            columns.epoch > resumed.scalar_subquery(),
            columns.wanted == Wanted.PAUSED,
            columns.found.is_not(None),
        )
        async with self._database.read() as connection:
            found = (await connection.scalars(query.order_by(columns.epoch.desc()))).all()
        if "running" in found:
            return "running"
        return found[0] if found else None

    async def _update(self, target: str, epoch: int, **values: object) -> bool:
        newest = select(func.max(_TABLE.c.epoch)).where(_TABLE.c.target == target).scalar_subquery()
        statement = update(_TABLE).where(_TABLE.c.target == target, _TABLE.c.epoch == epoch, _TABLE.c.epoch == newest)
        async with self._database.write() as connection:
            return (await connection.execute(statement.values(values))).rowcount == 1


class SqlDeliveryLog:
    """`DeliveryLog`. A delivery logged twice is one row. Raises `StoreUnavailable` and `Deposed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log(self, delivery: Delivery) -> None:
        async with self._database.write() as connection:
            statement = insert_new(self._database.dialect, schema.deliveries)
            await connection.execute(statement, [codec.encode_delivery(delivery)])
