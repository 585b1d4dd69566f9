"""Rows of many streams at once, each stream's in a range of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.domain.tally import Tally
from slo_service.store.sql import schema
from slo_service.store.sql.dialect import chunks

Range: TypeAlias = tuple[str, int, int]  # a stream, from the first nanosecond to before the last

_AT_ONCE = 20_000
_KEYS = {
    # CROSS JOIN keeps SQLite from scanning the cells and searching the list for each
    "sqlite": """
        (SELECT key AS at, json_extract(value, '$[0]') AS stream,
                json_extract(value, '$[1]') AS from_ns, json_extract(value, '$[2]') AS to_ns
         FROM json_each(:keys)) AS k CROSS JOIN series AS s CROSS JOIN""",
    "postgresql": """
        (SELECT at - 1 AS at, stream, from_ns, to_ns
         FROM unnest(CAST(:streams AS text[]), CAST(:since AS bigint[]), CAST(:tos AS bigint[]))
              WITH ORDINALITY AS u (stream, from_ns, to_ns, at)) AS k CROSS JOIN series AS s CROSS JOIN""",
}
_SUMMED = """
    SELECT k.at, CAST(sum(c.good) AS bigint), CAST(sum(c.bad) AS bigint), CAST(sum({observed}) AS bigint)
    FROM {keys} {table} AS c
    WHERE s.stream = k.stream AND c.series = s.id AND c.start_ns >= k.from_ns AND c.start_ns < k.to_ns
    GROUP BY k.at ORDER BY k.at"""
_BY_SOURCE = """
    SELECT k.at, s.source, c.good, c.bad
    FROM {keys} cells AS c
    WHERE s.stream = k.stream AND c.series = s.id AND c.start_ns >= k.from_ns AND c.start_ns < k.to_ns
    ORDER BY k.at, s.source"""


async def sums(connection: AsyncConnection, table: Table, ranges: Sequence[Range]) -> Sequence[tuple[int, Tally, int]]:
    """For each range that has rows: its index, and the counts and observed cells of all its rows and sources."""
    observed = "1" if table is schema.cells else "c.observed"
    statement = _SUMMED.format(keys=_KEYS[connection.dialect.name], table=table.name, observed=observed)
    rows = await _rows(connection, statement, ranges)
    return [(at, Tally(good, bad), seen) for at, good, bad, seen in rows]


async def by_source(connection: AsyncConnection, ranges: Sequence[Range]) -> Sequence[tuple[int, str, Tally]]:
    """For each cell in a range: the range's index, its source, and its counts."""
    rows = await _rows(connection, _BY_SOURCE.format(keys=_KEYS[connection.dialect.name]), ranges)
    return [(at, source, Tally(good, bad)) for at, source, good, bad in rows]


async def _rows(
    connection: AsyncConnection, statement: str, ranges: Sequence[Range]
) -> list[tuple[int, *tuple[Any, ...]]]:
    found: list[tuple[int, *tuple[Any, ...]]] = []
    for number, part in enumerate(chunks(ranges, _AT_ONCE)):
        streams, since, tos = zip(*part, strict=True)
        said: dict[str, object] = {"streams": streams, "since": since, "tos": tos}
        if connection.dialect.name == "sqlite":
            said = {"keys": orjson.dumps(part).decode()}
        for at, *rest in await connection.execute(text(statement), said):
            found.append((number * _AT_ONCE + at, *rest))
    return found
