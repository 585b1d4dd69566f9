"""All rows of many streams. The database joins each column of a series into one value, which costs a third of fetching
row after row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import array_agg
from sqlalchemy.ext.asyncio import AsyncConnection

from slo_service.domain.instant import MINUTE, floor_to
from slo_service.evaluate.ports import Ints, Sweep
from slo_service.store.sql import schema
from slo_service.store.sql.cells import rows_of
from slo_service.store.sql.database import Database
from slo_service.store.sql.dialect import chunks

ROWS_A_PART = 1_000_000
SERIES_A_QUERY = 500


class SqlSweeper:
    """`Sweeper`. Raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(
        self, width_ns: int, since_ns: int, until_ns: int, streams: Collection[str] | None = None
    ) -> AsyncIterator[Sweep]:
        async with self._database.read() as connection:
            series = await _series(connection, streams)
            rows = await _rows(connection, width_ns, since_ns, until_ns, [number for _, number in series])
            for part in _parts(series, rows):
                columns = [
                    await _columns(connection, width_ns, since_ns, until_ns, numbers)
                    for numbers in chunks(list(part), SERIES_A_QUERY)
                ]
                swept = _summed(part, np.concatenate(columns, axis=1))
                if swept.stream.size:
                    yield swept


async def _series(connection: AsyncConnection, streams: Collection[str] | None) -> Sequence[tuple[str, int]]:
    """Stream and number of each series, by stream."""
    table = schema.series
    query = select(table.c.stream, table.c.id)
    queries = [query] if streams is None else [query.where(table.c.stream.in_(p)) for p in chunks(sorted(set(streams)))]
    found: list[tuple[str, int]] = []
    for each in queries:
        found += [(stream, number) for stream, number in await connection.execute(each)]
    return sorted(found)


async def _rows(
    connection: AsyncConnection, width_ns: int, since_ns: int, until_ns: int, series: Sequence[int]
) -> Mapping[int, int]:
    """How many rows each series has that has any."""
    table, _ = rows_of(width_ns)
    query = select(table.c.series, func.count().label("many")).where(
        table.c.start_ns >= since_ns, table.c.start_ns < until_ns
    )
    found: dict[int, int] = {}
    for part in chunks(series):
        counted = await connection.execute(query.where(table.c.series.in_(part)).group_by(table.c.series))
        found |= {row.series: row.many for row in counted}
    return found


def _parts(series: Sequence[tuple[str, int]], rows: Mapping[int, int]) -> Iterator[Mapping[int, str]]:
    """The streams of series that have rows, in parts of whole streams with about `ROWS_A_PART` rows."""
    part: dict[int, str] = {}
    size = 0
    for stream, group in groupby(series, key=lambda pair: pair[0]):
        numbers = [number for _, number in group if number in rows]
        more = sum(rows[number] for number in numbers)
        if part and size + more > ROWS_A_PART:
            yield part
            part, size = {}, 0
        part |= dict.fromkeys(numbers, stream)
        size += more
    if part:
        yield part


async def _columns(
    connection: AsyncConnection, width_ns: int, since_ns: int, until_ns: int, series: Sequence[int]
) -> Ints:
    """Series, start, good, bad and observed of all rows of the series, as five lines."""
    table, observed = rows_of(width_ns)
    unit_ns = width_ns if width_ns % MINUTE == 0 else 1  # cells may start anywhere
    base_ns = floor_to(since_ns, width_ns)
    gathered = array_agg if connection.dialect.name == "postgresql" else func.group_concat
    offset = (table.c.start_ns - base_ns) // unit_ns
    lines = [gathered(column) for column in (offset, table.c.good, table.c.bad, observed)]
    query = select(table.c.series, *lines).where(
        table.c.series.in_(series), table.c.start_ns >= since_ns, table.c.start_ns < until_ns
    )
    found = [tuple(row) for row in await connection.execute(query.group_by(table.c.series))]
    if not found:
        return np.empty((5, 0), np.int64)
    numbers, starts, *counts = zip(*found, strict=True)
    many = [each.count(",") + 1 if isinstance(each, str) else len(each) for each in starts]
    return np.stack(
        [np.repeat(np.array(numbers, np.int64), many), base_ns + _numbers(starts) * unit_ns, *map(_numbers, counts)]
    )


def _numbers(joined: Sequence[str | list[int]]) -> Ints:
    """Of all series one after the other, which is quicker than of each."""
    texts = [each for each in joined if isinstance(each, str)]
    if texts:
        return np.fromstring(",".join(texts), np.int64, sep=",")
    return np.array([number for each in joined for number in each], np.int64)


def _summed(streams: Mapping[int, str], rows: Ints) -> Sweep:
    """The rows of each stream's series, summed where they start together."""
    names = sorted(set(streams.values()))
    index = {name: at for at, name in enumerate(names)}
    numbers, places = np.unique(rows[0], return_inverse=True)
    stream = np.array([index[streams[number]] for number in numbers.tolist()], np.int64)[places]
    start_ns, counts = rows[1], rows[2:]
    if len(names) < len(streams) and stream.size:
        order = np.lexsort((start_ns, stream))
        stream, start_ns, counts = stream[order], start_ns[order], counts[:, order]
        first = np.flatnonzero(np.diff(stream, prepend=-1) | np.diff(start_ns, prepend=-1))
        stream, start_ns, counts = stream[first], start_ns[first], np.add.reduceat(counts, first, axis=1)
    good, bad, observed = counts
    return Sweep(names, stream, start_ns, good, bad, observed)
