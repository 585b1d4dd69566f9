"""Messages on their way: one part for each channel of the contact, leased, tried, and tried again until it is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import false, or_, select, true, tuple_, update

from slo_service.act.ports import Due
from slo_service.domain.event import Delivery, Message
from slo_service.store import codec
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import insert_new, records

_MESSAGES, _PARTS, _DELIVERIES = schema.messages, schema.message_parts, schema.deliveries


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A part of a message that was refused for good, or too often; `last` says by whom and why."""

    due: Due
    last: Delivery


class SqlOutbox:
    """`Outbox`, and its dead letters. Every method raises `StoreUnavailable`; those that write also `Deposed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, now_ns: int, lease_ns: int, limit: int) -> Sequence[Due]:
        """A lease of an earlier leader is void: it can record nothing any more, so its part is due at once."""
        async with self._database.write() as connection:
            free = or_(_PARTS.c.leased_until_ns <= now_ns, _PARTS.c.lease_epoch < self._database.epoch)
            query = (
                select(_MESSAGES, _PARTS.c.channel, _PARTS.c.attempts)
                .join(_PARTS, _PARTS.c.message == _MESSAGES.c.id)
                .where(_PARTS.c.final == false(), _PARTS.c.next_try_ns <= now_ns, free)
                .order_by(_MESSAGES.c.created_ns, _MESSAGES.c.id, _PARTS.c.channel)
                .limit(limit)
            )
            due = [_due(row) for row in records(await connection.execute(query))]
            if due:
                leased = tuple_(_PARTS.c.message, _PARTS.c.channel).in_([(d.message.id, d.channel) for d in due])
                lease = {"leased_until_ns": now_ns + lease_ns, "lease_epoch": self._database.epoch}
                await connection.execute(update(_PARTS).where(leased).values(lease))
        return due

    async def fan_out(self, message: str, channels: int) -> None:
        async with self._database.write() as connection:
            unfanned = update(_MESSAGES).where(_MESSAGES.c.id == message, _MESSAGES.c.parts.is_(None))
            if (await connection.execute(unfanned.values(parts=channels))).rowcount != 1 or channels == 0:
                return
            fresh = {"message": message, "attempts": 0, "next_try_ns": 0, "leased_until_ns": 0, "lease_epoch": 0}
            rows = [{**fresh, "channel": channel, "final": False} for channel in range(channels)]
            await connection.execute(insert_new(self._database.dialect, _PARTS), rows)

    async def unfanned(self) -> Sequence[Message]:
        query = select(_MESSAGES).where(_MESSAGES.c.parts.is_(None)).order_by(_MESSAGES.c.created_ns, _MESSAGES.c.id)
        async with self._database.read() as connection:
            return [codec.decode_message(row) for row in records(await connection.execute(query))]

    async def record(self, due: Due, delivery: Delivery, next_try_ns: int | None) -> None:
        """An attempt recorded twice is one row and one attempt; a part that has ended stays so."""
        values: dict[str, object] = {
            "attempts": due.attempts + 1,
            "leased_until_ns": 0,
            "final": next_try_ns is None,
            "last_delivery": delivery.id,
        }
        if next_try_ns is not None:
            values["next_try_ns"] = next_try_ns
        part = update(_PARTS).where(
            _PARTS.c.message == due.message.id,
            _PARTS.c.channel == due.channel,
            _PARTS.c.final == false(),
            _PARTS.c.attempts <= due.attempts + 1,
        )
        async with self._database.write() as connection:
            statement = insert_new(self._database.dialect, _DELIVERIES)
            await connection.execute(statement, [codec.encode_delivery(delivery)])
            await connection.execute(part.values(values))

    async def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Newest first."""
        query = (
            select(_MESSAGES, _PARTS.c.channel, _PARTS.c.attempts)
            .add_columns(*(column.label(f"last_{column.name}") for column in _DELIVERIES.columns))
            .join(_PARTS, _PARTS.c.message == _MESSAGES.c.id)
            .join(_DELIVERIES, _DELIVERIES.c.id == _PARTS.c.last_delivery)
            .where(_PARTS.c.final == true(), _DELIVERIES.c.ok == false())
            .order_by(_DELIVERIES.c.at_ns.desc(), _MESSAGES.c.id, _PARTS.c.channel)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = records(await connection.execute(query))
        return [
            DeadLetter(_due(row), codec.decode_delivery({c.name: row[f"last_{c.name}"] for c in _DELIVERIES.columns}))
            for row in rows
        ]


def _due(row: codec.Record) -> Due:
    return Due(codec.decode_message(row), row["channel"], row["attempts"])
