"""The sink's table, read beside the service: the truth that its figures are held against."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

_CREATE = """
CREATE TABLE IF NOT EXISTS orders_live (
    event_id text, order_id text, customer_id text, amount numeric, currency text, source_system text,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp())
"""
_READ = "SELECT event_id, extract(epoch FROM loaded_at) FROM orders_live WHERE source_system = 'slo-canary' ORDER BY 2"


@dataclass(frozen=True, slots=True)
class CanaryKey:
    """What tells one canary from every other."""

    run: str
    partition: int
    seq: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """One row of a canary. Its id is `<canary>.<run>.<partition>.<seq>.<sent, in nanoseconds>`."""

    key: CanaryKey
    sent_seconds: float
    loaded_seconds: float

    @property
    def transit_seconds(self) -> float:
        return self.loaded_seconds - self.sent_seconds


@dataclass(frozen=True, slots=True)
class Table:
    url: str

    def create(self) -> None:
        asyncio.run(self._run(_CREATE))

    def canaries(self) -> list[Loaded]:
        """Every row of a canary in the order of loading, copies too."""
        return [_loaded(str(row[0]), float(str(row[1]))) for row in asyncio.run(self._run(_READ))]

    def firsts(self) -> dict[CanaryKey, Loaded]:
        """The first row of each canary."""
        found: dict[CanaryKey, Loaded] = {}
        for row in self.canaries():
            found.setdefault(row.key, row)
        return found

    def copies(self) -> dict[CanaryKey, int]:
        """Canaries that are there more than once, and how often."""
        counted = Counter(row.key for row in self.canaries())
        return {key: count for key, count in counted.items() if count > 1}

    async def _run(self, statement: str) -> Sequence[Sequence[object]]:
        engine = create_async_engine(self.url)
        try:
            async with engine.begin() as connection:
                done = await connection.execute(text(statement))
                return [tuple(row) for row in done.all()] if done.returns_rows else []
        finally:
            await engine.dispose()


def _loaded(event_id: str, loaded_seconds: float) -> Loaded:
    _, run, partition, seq, sent_ns = event_id.rsplit(".", 4)
    return Loaded(CanaryKey(run, int(partition), int(seq)), int(sent_ns) / 1e9, loaded_seconds)
