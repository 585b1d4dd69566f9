"""Forgets what is older than its retention, a bounded number of rows a run, and never what is still in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Table, delete, exists, func, not_, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.store.retention import Retention
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database

ROWS_AT_ONCE = 20_000  # in one transaction, so that nobody waits long for it


@dataclass(frozen=True, slots=True)
class _Old:
    """Rows of a table that may go; `through` is what the search starts from."""

    table: Table
    condition: ColumnElement[bool]
    through: FromClause | None = None


async def prune(database: Database, now_ns: int, limits: Retention) -> dict[str, int]:
    """Rows deleted, by table. Raises `StoreUnavailable` and `Deposed`; what was deleted until then stays so."""
    counts = {}
    for old in _tables(now_ns, limits):
        left, full = limits.rows_a_run, True
        while left > 0 and full:
            most = min(left, ROWS_AT_ONCE)
            deleted = await _delete(database, old, most, now_ns, limits)
            left, full = left - deleted, deleted == most
        counts[old.table.name] = limits.rows_a_run - left
    return counts


async def _delete(database: Database, old: _Old, most: int, now_ns: int, limits: Retention) -> int:
    key = list(old.table.primary_key)
    chosen = select(*key).where(old.condition).limit(most)
    if old.through is not None:
        chosen = chosen.select_from(old.through)
    async with database.write() as connection:
        if old.table is schema.cells:  # a sample for a forgotten cell must not be taken for a new one
            await _raise(connection, schema.CELLS_FLOOR, now_ns - limits.cells_ns)
        if old.table is schema.touched_slots:  # nor a snapshot of before them be taken for one that lacks nothing
            chosen = chosen.order_by(*key)
            forgotten = await connection.scalar(select(func.max(chosen.subquery().c.change)))
            await _raise(connection, schema.TOUCHED_FLOOR, forgotten or 0)
        return (await connection.execute(delete(old.table).where(tuple_(*key).in_(chosen)))).rowcount


async def _raise(connection: AsyncConnection, name: str, value: int) -> None:
    mark = update(schema.marks).where(schema.marks.c.name == name, schema.marks.c.value < value)
    await connection.execute(mark.values(value=value))


def _tables(now_ns: int, limits: Retention) -> Iterable[_Old]:
    for table, kept_ns in (
        (schema.cells, limits.cells_ns),
        (schema.cells_1m, limits.cells_1m_ns),
        (schema.cells_15m, limits.cells_15m_ns),
    ):
        # by way of the series the search follows the primary key; there is no index on time alone
        through = schema.series.join(table, table.c.series == schema.series.c.id)
        yield _Old(table, table.c.start_ns < now_ns - kept_ns, through)
    touched, saved = schema.touched_slots, schema.ring_snapshots
    oldest = select(func.min(saved.c.change)).where(saved.c.part == "")  # other rows may be from an earlier save
    contained = touched.c.change <= oldest.scalar_subquery()
    yield _Old(touched, or_(contained, touched.c.at_ns < now_ns - limits.touched_ns))
    ledger = schema.canary_ledger
    yield _Old(ledger, not_(ledger.c.open) & (ledger.c.slice_start_ns < now_ns - limits.ledger_ns))
    yield from _history(now_ns - limits.history_ns)


def _history(before_ns: int) -> Iterable[_Old]:
    episodes, holds, wanted = schema.rule_episodes, schema.holds, schema.wanted_states
    messages, parts, decisions = schema.messages, schema.message_parts, schema.decisions
    yield _Old(schema.transitions, schema.transitions.c.recorded_ns < before_ns)
    states = schema.state_changes  # the newest of an SLO is the one in force
    since = states.alias("since")
    over = exists().where(since.c.slo == states.c.slo, since.c.at_ns > states.c.at_ns)
    yield _Old(states, (states.c.recorded_ns < before_ns) & over)
    yield _Old(episodes, episodes.c.left_ns < before_ns)
    yield _Old(holds, holds.c.released_ns < before_ns)
    # of a target without a newer state something may still be owed, and its epochs must go on growing
    newer = wanted.alias("newer")
    superseded = exists().where(newer.c.target == wanted.c.target, newer.c.epoch > wanted.c.epoch)
    yield _Old(wanted, (wanted.c.decided_ns < before_ns) & superseded)
    of_open = select(episodes.c.id).where(episodes.c.left_ns.is_(None))
    yield _Old(decisions, (decisions.c.at_ns < before_ns) & decisions.c.episode.not_in(of_open))
    undelivered = exists().where(parts.c.message == messages.c.id, not_(parts.c.final))
    yield _Old(messages, (messages.c.created_ns < before_ns) & messages.c.parts.is_not(None) & not_(undelivered))
    yield _Old(parts, parts.c.final & not_(exists().where(messages.c.id == parts.c.message)))
    yield _Old(schema.deliveries, schema.deliveries.c.at_ns < before_ns)
