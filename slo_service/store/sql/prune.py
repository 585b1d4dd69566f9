"""Forgets what is older than its retention, a bounded number of rows a run, and never what is still in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Table, delete, exists, not_, select, tuple_, update

from slo_service.store.retention import Retention
from slo_service.store.sql import schema
from slo_service.store.sql.database import Database


@dataclass(frozen=True, slots=True)
class _Old:
    """Rows of a table that may go; `through` is what the search starts from."""

    table: Table
    condition: ColumnElement[bool]
    through: FromClause | None = None


async def prune(database: Database, now_ns: int, limits: Retention) -> dict[str, int]:
    """Rows deleted, by table. Each table is a transaction of its own. Raises `StoreUnavailable` and `Deposed`."""
    counts = {}
    for old in _tables(now_ns, limits):
        key = list(old.table.primary_key)
        chosen = select(*key).where(old.condition).limit(limits.rows_a_run)
        if old.through is not None:
            chosen = chosen.select_from(old.through)
        async with database.write() as connection:
            if old.table is schema.cells:  # a sample for a forgotten cell must not be taken for a new one
                floor = update(schema.marks).where(
                    schema.marks.c.name == schema.CELLS_FLOOR, schema.marks.c.value < now_ns - limits.cells_ns
                )
                await connection.execute(floor.values(value=now_ns - limits.cells_ns))
            deleted = await connection.execute(delete(old.table).where(tuple_(*key).in_(chosen)))
            counts[old.table.name] = deleted.rowcount
    return counts


def _tables(now_ns: int, limits: Retention) -> Iterable[_Old]:
    for table, kept_ns in (
        (schema.cells, limits.cells_ns),
        (schema.cells_1m, limits.cells_1m_ns),
        (schema.cells_15m, limits.cells_15m_ns),
    ):
        # by way of the series the search follows the primary key; there is no index on time alone
        through = schema.series.join(table, table.c.series == schema.series.c.id)
        yield _Old(table, table.c.start_ns < now_ns - kept_ns, through)
    ledger = schema.canary_ledger
    yield _Old(ledger, not_(ledger.c.open) & (ledger.c.slice_start_ns < now_ns - limits.ledger_ns))
    yield from _history(now_ns - limits.history_ns)


def _history(before_ns: int) -> Iterable[_Old]:
    episodes, holds, wanted = schema.rule_episodes, schema.holds, schema.wanted_states
    messages, parts, decisions = schema.messages, schema.message_parts, schema.decisions
    yield _Old(schema.transitions, schema.transitions.c.recorded_ns < before_ns)
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
