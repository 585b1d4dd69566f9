import asyncio
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from slo_service.collect.ports import StoreUnavailable
from slo_service.decide.ports import Round
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.store.sql.store import SqlStore, open_store
from tests.store.build import NOW, batch, sample

WRITER = """
import asyncio, sys
from slo_service.store.sql.store import open_store
from tests.store.build import NOW, batch, sample

async def main():
    store = await open_store(sys.argv[1], lambda: NOW)
    await store.leadership.acquire("writer", NOW, 1)
    for counter in range(1_000_000):
        await store.ingest(batch(*(sample(NOW + n * 10**10, counter + n, 1, counter=counter) for n in range(20))))
        print(counter, file=sys.stderr, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/slo.db"


async def _opened(url: str) -> SqlStore:
    store = await open_store(url, lambda: NOW)
    await store.leadership.acquire("test", NOW, ttl_ns=1)
    return store


@pytest.fixture
def acknowledged(url: str) -> int:
    """The last of many batches that a process said was written before it was killed."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert writer.stderr is not None
    said = [int(writer.stderr.readline()) for _ in range(30)]
    writer.send_signal(signal.SIGKILL)
    said += [int(line) for line in writer.stderr.read().splitlines()]
    writer.wait()
    writer.stderr.close()
    return said[-1]


async def test_a_killed_process_leaves_all_it_said_was_written_and_its_follower_waits_for_nothing(
    url: str, acknowledged: int
) -> None:
    store = await _opened(url)
    fine = await store.cells.cells("s", 10 * SECOND, 0, NOW + 999 * SECOND)
    coarse = await store.cells.cells("s", 15 * MINUTE, 0, NOW + 999 * SECOND)
    assert fine[0].good in (acknowledged, acknowledged + 1)
    assert [row.good - fine[0].good for row in fine] == list(range(20))
    assert (sum(row.good for row in coarse), coarse[0].observed) == (sum(row.good for row in fine), 20)
    assert store.leadership.epoch == 2
    await store.close()


async def test_a_full_disk_is_said_and_nothing_is_half_written(url: str) -> None:
    store = await _opened(url)
    async with store._database.read() as connection:
        pages = await connection.scalar(text("PRAGMA page_count"))
        await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StoreUnavailable, match="disk is full"):
        await store.ingest(batch(*(sample(NOW + n * SECOND, 1) for n in range(5_000))))
    assert list(await store.cells.cells("s", 15 * MINUTE, 0, 2 * NOW)) == []
    await store.close()


async def test_another_processs_lock_is_waited_for_and_then_said(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slo_service.store.sql.database.BUSY_TIMEOUT_MS", 50)
    store, other = await _opened(url), await _opened(url)
    async with other._database.write():
        with pytest.raises(StoreUnavailable, match="locked"):
            await store.journal.record(Round(NOW))
    await store.close()
    await other.close()


async def test_commits_reach_the_disk_and_readers_do_not_wait_for_the_writer(url: str) -> None:
    store = await _opened(url)
    async with store._database.write() as writing:
        assert await writing.scalar(text("PRAGMA synchronous")) == 2
        await writing.execute(text("UPDATE marks SET value = 7"))
        assert list(await asyncio.wait_for(store.cells.progress(["s"]), 1)) == []
    await store.close()


async def test_a_folder_that_cannot_be_made_is_a_store_that_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="file"):
        await open_store(f"sqlite:///{tmp_path}/file/slo.db", lambda: NOW)


async def test_another_kind_of_database_is_refused_without_showing_its_password() -> None:
    with pytest.raises(ValueError, match="neither SQLite nor PostgreSQL") as refusal:
        await open_store("mysql://slo:hunter2@127.0.0.1/slo", lambda: NOW)
    assert "hunter2" not in str(refusal.value)


async def test_an_error_shows_the_statement_and_none_of_its_values(url: str) -> None:
    store, row = await _opened(url), {"name": "planted"}
    with pytest.raises(IntegrityError, match="INSERT INTO marks") as refused:
        async with store._database.write() as writing:
            await writing.execute(text("INSERT INTO marks (name, value) VALUES (:name, NULL)"), row)
    assert "planted" not in "".join(traceback.format_exception(refused.value))
    await store.close()
