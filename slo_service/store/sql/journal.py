"""A round of decisions in one transaction, and what the policy engine remembers of earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.decide.ports import Memory, Round
from slo_service.domain.event import Hold, RuleEpisode, Transition, WantedState
from slo_service.store import codec
from slo_service.store.errors import StaleWanted
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import insert_new, records, upsert
from slo_service.store.sql.history import SqlHistory

Rows = Iterable[Mapping[str, object]]


class SqlJournal:
    """`Journal`. Every method raises `StoreUnavailable`; `record` also `Deposed` and `StaleWanted`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._history = SqlHistory(database)

    async def record(self, round_: Round) -> None:
        """A round that is recorded twice changes nothing the second time."""
        async with self._database.write() as connection:
            await self._want(connection, round_.wanted)
            for table, rows in _rows(round_):
                await self._upsert(connection, table, rows)
            # a message is frozen at its decision, and what became of it since is not the round's to say
            fresh = [codec.encode_message(message) for message in round_.messages]
            if fresh:
                await connection.execute(insert_new(self._database.dialect, schema.messages), fresh)

    async def memory(self) -> Memory:
        episodes, holds, decisions = schema.rule_episodes, schema.holds, schema.decisions
        of_open = select(episodes.c.id).where(episodes.c.left_ns.is_(None))
        theirs = decisions.c.episode.in_(of_open)
        async with self._database.read() as connection:
            entered = await connection.execute(
                select(episodes).where(episodes.c.left_ns.is_(None)).order_by(episodes.c.entered_ns, episodes.c.id)
            )
            live = await connection.execute(
                select(holds).where(holds.c.released_ns.is_(None)).order_by(holds.c.placed_ns, holds.c.id)
            )
            decided = await connection.execute(
                select(decisions).where(theirs).order_by(decisions.c.at_ns, decisions.c.id)
            )
            return Memory(
                rule_episodes=tuple(codec.plain(RuleEpisode, row) for row in records(entered)),
                holds=tuple(codec.plain(Hold, row) for row in records(live)),
                wanted=await newest_wanted(connection),
                decisions=tuple(codec.decode_decision(row) for row in records(decided)),
            )

    async def transitions(self, slo: str | None, limit: int) -> Sequence[Transition]:
        return await self._history.transitions(slo, limit)

    async def _want(self, connection: AsyncConnection, wanted: Sequence[WantedState]) -> None:
        if not wanted:
            return
        targets = {state.target for state in wanted}
        newest = {state.target: state for state in await newest_wanted(connection, targets)}
        rows = []
        for state in sorted(wanted, key=lambda state: state.epoch):
            before = newest.get(state.target)
            if before is None or state.epoch > before.epoch:
                rows.append(codec.columns(state))
                newest[state.target] = state
            elif not await _is_there(connection, state):
                raise StaleWanted(f"{state.target}: epoch {state.epoch} is not above the newest, {before.epoch}")
        if rows:
            await connection.execute(insert_new(self._database.dialect, schema.wanted_states), rows)

    async def _upsert(self, connection: AsyncConnection, table: Table, rows: Rows) -> None:
        listed = list(rows)
        if listed:
            await connection.execute(upsert(self._database.dialect, table), listed)


def _rows(round_: Round) -> Iterable[tuple[Table, Rows]]:
    yield schema.transitions, map(codec.encode_transition, round_.transitions)
    yield (
        schema.tier_states,
        (
            {
                "slo": state.slo,
                "tier": state.tier.name,
                "judged_at_ns": state.judged_at_ns,
                "body": codec.encode_tier_state(state),
            }
            for state in round_.tier_states
        ),
    )
    yield schema.rule_episodes, map(codec.columns, round_.rule_episodes)
    yield schema.decisions, map(codec.encode_decision, round_.decisions)
    yield schema.holds, map(codec.columns, round_.holds)
    yield schema.state_changes, map(codec.encode_state_change, round_.states)


async def newest_wanted(connection: AsyncConnection, targets: Iterable[str] = ()) -> tuple[WantedState, ...]:
    """The newest wanted state of each target, or of those given, by target."""
    table = schema.wanted_states
    newest = select(table.c.target, func.max(table.c.epoch)).group_by(table.c.target)
    if targets:
        newest = newest.where(table.c.target.in_(targets))
    query = select(table).where(tuple_(table.c.target, table.c.epoch).in_(newest)).order_by(table.c.target)
    return tuple(codec.decode_wanted(row) for row in records(await connection.execute(query)))


async def _is_there(connection: AsyncConnection, state: WantedState) -> bool:
    """Whether the very same change of mind was recorded before: a round may come twice after a broken connection."""
    table = schema.wanted_states
    query = select(table.c.epoch).where(
        table.c.target == state.target,
        table.c.epoch == state.epoch,
        table.c.wanted == state.wanted,
        table.c.decision == state.decision,
    )
    return await connection.scalar(query) is not None
