from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.report import Haul, Moment
from slo_service.collect.canary.sql_tap import Cannot, SqlTap
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import SqlTable
from tests.services.postgres import Postgres

IDS = [CanaryId("orders-canary", "ab" * 16, 0, seq, 1_000) for seq in range(1_203)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "sink.db")) as connection:
        connection.execute("create table live (event_id text, loaded_at int, kind text)")
        connection.commit()
        yield connection


def insert(database: sqlite3.Connection, *ids: CanaryId, loaded_at: int = 0) -> None:
    database.executemany("insert into live values (?, ?, 'slo-canary')", [(who.text, loaded_at) for who in ids])
    database.commit()


@asynccontextmanager
async def tap(tmp_path: Path, **columns: str) -> AsyncIterator[SqlTap]:
    tick = count(1)
    table = SqlTable(f"sqlite+aiosqlite:///{tmp_path}/sink.db", "live", "event_id")
    place = replace(table, **columns)  # type: ignore[arg-type]  # mypy takes the texts for any of its fields
    watching = SqlTap(
        "sink", place, canary="orders-canary", marker="slo-canary", poll_ns=SECOND,
        clock=lambda: Moment(now := next(tick), now),
    )  # fmt: skip
    try:
        yield watching
    finally:
        await watching.close()


async def poll(watching: SqlTap, watched: list[CanaryId]) -> Haul:
    haul = await watching.poll(watched)
    assert isinstance(haul, Haul), haul
    return haul


async def test_a_row_is_seen_at_the_poll_that_finds_it(database: sqlite3.Connection, tmp_path: Path) -> None:
    async with tap(tmp_path) as watching:
        nothing = await poll(watching, IDS[:2])
        insert(database, IDS[1])
        found = await poll(watching, IDS[:2])
    assert (nothing.sightings, nothing.mark, nothing.looked_up) == ((), Moment(1, 1), frozenset(IDS[:2]))
    (sighting,) = found.sightings
    assert (sighting.id, sighting.copies, sighting.after, sighting.seen) == (IDS[1], 1, Moment(1, 1), Moment(4, 4))


async def test_copies_are_rows_and_only_news_is_told(database: sqlite3.Connection, tmp_path: Path) -> None:
    async with tap(tmp_path) as watching:
        insert(database, IDS[0], IDS[0])
        first = await poll(watching, IDS[:1])
        second = await poll(watching, IDS[:1])
        insert(database, IDS[0])
        third = await poll(watching, IDS[:1])
    assert [[s.copies for s in haul.sightings] for haul in (first, second, third)] == [[2], [], [3]]


async def test_more_ids_than_one_statement_takes(database: sqlite3.Connection, tmp_path: Path) -> None:
    insert(database, *IDS)
    async with tap(tmp_path) as watching:
        haul = await poll(watching, IDS)
    assert {sighting.id for sighting in haul.sightings} == set(IDS)


@pytest.mark.parametrize("marker", [{}, {"marker_column": "kind"}], ids=["by prefix", "by marker"])
async def test_a_replay_of_canaries_nobody_awaits_shows_among_the_newest_rows(
    database: sqlite3.Connection, tmp_path: Path, marker: dict[str, str]
) -> None:
    database.execute("insert into live values ('order-17', 9, 'order')")
    insert(database, IDS[5], IDS[5], loaded_at=7)
    async with tap(tmp_path, seen_at_column="loaded_at", **marker) as watching:
        haul = await poll(watching, [])
    assert [(sighting.id, sighting.copies) for sighting in haul.sightings] == [(IDS[5], 2)]


async def test_a_table_that_cannot_be_read_gives_a_reason_and_no_mark(tmp_path: Path) -> None:
    async with tap(tmp_path) as watching:
        failed = await watching.poll(IDS[:1])
        assert failed == Cannot(watching.error)
        assert "no such table" in watching.error
        with closing(sqlite3.connect(tmp_path / "sink.db")) as database:
            database.execute("create table live (event_id text)")
        assert (await poll(watching, IDS[:1])).sightings == ()
    assert watching.error == ""


@pytest.mark.parametrize("url", ["nonsense", "nosuch://somebody:s3cret@nowhere/db"])
def test_an_address_that_no_driver_takes_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ValueError, match="name its driver") as refusal:
        SqlTap("sink", SqlTable(url, "live", "id"), canary="c", marker="m", poll_ns=1, clock=lambda: Moment(0, 0))
    assert "s3cret" not in str(refusal.value)


@pytest.mark.services
async def test_postgresql_is_read_in_the_same_way(postgres: Postgres) -> None:
    url = postgres.url(postgres.create_database())
    place = SqlTable(url, "public.live", "event_id", seen_at_column="loaded_at")
    watching = SqlTap("sink", place, canary="orders-canary", marker="m", poll_ns=SECOND, clock=lambda: Moment(1, 1))
    engine = watching._engine
    async with engine.begin() as connection:
        await connection.exec_driver_sql("create table live (event_id text, loaded_at timestamptz default now())")
        for _ in range(2):
            await connection.exec_driver_sql("insert into live values ($1)", (IDS[0].text,))
    haul = await poll(watching, IDS[:2])
    async with engine.begin() as connection:
        await connection.exec_driver_sql("drop table live")
    gone = await watching.poll(IDS[:2])
    await watching.close()
    assert [(sighting.id, sighting.copies) for sighting in haul.sightings] == [(IDS[0], 2)]
    assert isinstance(gone, Cannot)
