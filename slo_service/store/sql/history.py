"""What happened, newest first, and the chain from a transition to the last delivery of one decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.domain.cell import Delta
from slo_service.domain.event import Chain, Decision, Hold, RuleEpisode, Transition, Verdict
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import StateChange
from slo_service.store import codec
from slo_service.store.sql import schema
from slo_service.store.sql.cells import SqlCellReader
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import record, records
from slo_service.store.states import lasting, newest


class SqlHistory:
    """`History`. Pages end with an instant, never within one, so a page may be longer than its limit by the rows of
    one round. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cells = SqlCellReader(database)

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]:
        async with self._database.read() as connection:
            table = schema.transitions
            rows = await connection.execute(_newest(table, table.c.recorded_ns, slo, limit, before_ns))
        return [codec.decode_transition(row) for row in records(rows)]

    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]:
        async with self._database.read() as connection:
            table = schema.decisions
            rows = await connection.execute(_newest(table, table.c.at_ns, slo, limit, before_ns))
        return [codec.decode_decision(row) for row in records(rows)]

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        return await self._cells.cells(stream, width_ns, since_ns, until_ns)

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        return await self._cells.schedules(streams)

    async def states(self, slo: str, since_ns: int, until_ns: int) -> Sequence[StateChange]:
        """By event time, oldest first, beginning with the one that was in force at `since_ns`."""
        table = schema.state_changes
        before = select(func.max(table.c.at_ns)).where(table.c.slo == slo, table.c.at_ns <= since_ns)
        since = func.coalesce(before.scalar_subquery(), since_ns)
        query = select(table).where(table.c.slo == slo, table.c.at_ns >= since, table.c.at_ns < until_ns)
        async with self._database.read() as connection:
            rows = records(await connection.execute(query))
        return lasting((codec.decode_state_change(row) for row in rows), since_ns, until_ns)

    async def newest_states(self) -> Sequence[StateChange]:
        table = schema.state_changes
        last = select(table.c.slo, func.max(table.c.at_ns)).group_by(table.c.slo)
        query = select(table).where(tuple_(table.c.slo, table.c.at_ns).in_(last))
        async with self._database.read() as connection:
            rows = records(await connection.execute(query))
        return newest(codec.decode_state_change(row) for row in rows)

    async def chain(self, decision: str) -> Chain | None:
        """Wanted states and deliveries include those of the decisions that undid this one."""
        async with self._database.read() as connection:
            row = record(await connection.execute(_by_id(schema.decisions, decision)))
            return None if row is None else await _chain(connection, codec.decode_decision(row))


async def _chain(connection: AsyncConnection, decision: Decision) -> Chain:
    async def one(query: Select[*tuple[Any, ...]]) -> codec.Record | None:
        return record(await connection.execute(query.limit(1)))

    async def every(query: Select[*tuple[Any, ...]]) -> Sequence[codec.Record]:
        return records(await connection.execute(query))

    decided, held, sent = schema.decisions, schema.holds, schema.messages
    transition = await one(_by_id(schema.transitions, decision.transition))
    episode = await one(_by_id(schema.rule_episodes, decision.episode))
    claims = (held.c.episode == decision.episode) & (held.c.target == decision.target)
    hold = await one(select(held).where(or_(held.c.decision == decision.id, claims)).order_by(held.c.placed_ns.desc()))
    message = await one(select(sent).where(sent.c.decision == decision.id))
    undone = select(decided).where(
        decided.c.episode == decision.episode,
        decided.c.target == decision.target,
        decided.c.verdict == Verdict.UNDO,
        decided.c.at_ns >= decision.at_ns,
        decided.c.id != decision.id,
    )
    undo = [codec.decode_decision(row) for row in await every(undone.order_by(decided.c.at_ns))]
    all_of_it = [decision.id, *(later.id for later in undo)]
    wanted, delivered = schema.wanted_states, schema.deliveries
    states = select(wanted).where(wanted.c.decision.in_(all_of_it)).order_by(wanted.c.decided_ns, wanted.c.epoch)
    attempts = select(delivered).where(delivered.c.decision.in_(all_of_it)).order_by(delivered.c.at_ns, delivered.c.id)
    return Chain(
        decision=decision,
        transition=None if transition is None else codec.decode_transition(transition),
        rule_episode=None if episode is None else codec.plain(RuleEpisode, episode),
        hold=None if hold is None else codec.plain(Hold, hold),
        wanted=tuple(codec.decode_wanted(row) for row in await every(states)),
        message=None if message is None else codec.decode_message(message),
        deliveries=tuple(codec.decode_delivery(row) for row in await every(attempts)),
        undo=tuple(undo),
    )


def _by_id(table: Table, key: str | None) -> Select[*tuple[Any, ...]]:
    return select(table).where(table.c.id == key)


def _newest(
    table: Table, at: ColumnElement[int], slo: str | None, limit: int, before_ns: int | None
) -> Select[*tuple[Any, ...]]:
    """The newest rows, and all others of the instant at which the limit is reached."""
    matching = [] if slo is None else [table.c.slo == slo]
    if before_ns is not None:
        matching.append(at < before_ns)
    last = select(at).where(*matching).order_by(at.desc()).limit(1).offset(max(limit, 1) - 1).scalar_subquery()
    return select(table).where(*matching, at >= func.coalesce(last, -1)).order_by(at.desc(), table.c.id)
