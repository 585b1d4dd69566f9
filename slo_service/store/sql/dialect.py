"""The little in which the two databases differ: upserts, rows looked up by a list of keys, and rows as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import orjson
from sqlalchemy import ColumnElement, Result, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite

Insert: TypeAlias = postgresql.Insert | sqlite.Insert
Key = TypeVar("Key")


def insert(dialect: str, table: Table) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def upsert(dialect: str, table: Table, *, keep: Sequence[str] = ()) -> Insert:
    """Inserts, or replaces every column but the key and those to keep."""
    statement = insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    replaced = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in (*keys, *keep)}
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


def insert_new(dialect: str, table: Table) -> Insert:
    """Inserts; a row whose key exists stays as it is."""
    return insert(dialect, table).on_conflict_do_nothing()


def upsert_sum(dialect: str, table: Table, summed: Sequence[str]) -> Insert:
    """Inserts, or adds the summed columns to those of the row that is there."""
    statement = insert(dialect, table)
    sums: Mapping[str, ColumnElement[int]] = {name: table.c[name] + statement.excluded[name] for name in summed}
    return statement.on_conflict_do_update(index_elements=[c.name for c in table.primary_key], set_=sums)


_BY_KEY = {
    # CROSS JOIN keeps SQLite from scanning the cells and searching the list for each
    "sqlite": text("""
        SELECT c.series, c.start_ns, c.good, c.bad, c.epoch, c.counter
        FROM json_each(:keys) AS k CROSS JOIN cells AS c
          ON c.series = json_extract(k.value, '$[0]') AND c.start_ns = json_extract(k.value, '$[1]')"""),
    "postgresql": text("""
        SELECT c.series, c.start_ns, c.good, c.bad, c.epoch, c.counter
        FROM unnest(CAST(:series AS integer[]), CAST(:starts AS bigint[])) AS k (series, start_ns)
        JOIN cells AS c ON c.series = k.series AND c.start_ns = k.start_ns"""),
}


def cells_by_key(dialect: str, keys: Sequence[tuple[int, int]]) -> tuple[TextClause, dict[str, object]]:
    """A query for the cells of these (series, start), with its parameters."""
    if dialect == "postgresql":
        return _BY_KEY[dialect], {"series": [key[0] for key in keys], "starts": [key[1] for key in keys]}
    return _BY_KEY[dialect], {"keys": orjson.dumps(keys).decode()}


def chunks(keys: Sequence[Key], size: int = 5_000) -> Iterator[Sequence[Key]]:
    """Parts of a list that fit into one query: both drivers take 32,766 parameters at most."""
    return (keys[start : start + size] for start in range(0, len(keys), size))


def records(result: Result[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    """All rows, by column name, as the codec takes them."""
    return [row._asdict() for row in result]


def record(result: Result[*tuple[Any, ...]]) -> dict[str, Any] | None:
    """The only row, None when there is none."""
    row = result.one_or_none()
    return None if row is None else row._asdict()
