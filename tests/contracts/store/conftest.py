"""Every test here runs over every adapter: what one store promises, all do."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from slo_service.collect.ports import Batch, GroupReader, Ledger
from slo_service.decide.ports import Journal
from slo_service.domain.budgeting import Slicing
from slo_service.domain.cell import Delta
from slo_service.domain.status import StateChange
from slo_service.evaluate.ports import CellReader, ChangeReader, RingSnapshots, StateReader, Sweeper
from slo_service.store.memory import MemoryStore
from slo_service.store.recorder import AnnouncingRecorder, OnCommit
from slo_service.store.sql.store import SqlStore, open_store
from tests.services.postgres import Postgres
from tests.store.build import NOW


class Cells(CellReader, Protocol):
    async def cells_by_source(
        self, stream: str, width_ns: int, since_ns: int, until_ns: int
    ) -> Mapping[str, Sequence[Delta]]: ...


class States(StateReader, Protocol):
    async def states(self, slo: str, since_ns: int, until_ns: int) -> Sequence[StateChange]: ...


class Store(Protocol):
    """What the memory adapter and the SQL one have in common."""

    @property
    def cells(self) -> Cells: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def groups(self) -> GroupReader: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def history(self) -> States: ...
    @property
    def changes(self) -> ChangeReader: ...
    @property
    def sweeper(self) -> Sweeper: ...
    @property
    def snapshots(self) -> RingSnapshots: ...
    def slicing(self, rules: Mapping[str, Slicing]) -> None: ...
    async def ingest(self, batch: Batch) -> tuple[Delta, ...]: ...
    def recorder(self, on_commit: OnCommit) -> AnnouncingRecorder: ...
    def counters(self) -> Mapping[str, int]: ...


POSTGRES = pytest.param("postgres", marks=pytest.mark.services)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of today's tables, made once and copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("store") / "empty.db"

    async def make() -> None:
        await (await open_store(f"sqlite:///{path}", lambda: NOW)).close()

    asyncio.run(make())
    return path


async def opened(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> SqlStore:
    if request.param == "file":
        shutil.copyfile(empty_file, tmp_path / "slo.db")
    url = {"file": f"sqlite:///{tmp_path}/slo.db", "sqlite in memory": "sqlite://"}.get(request.param)
    if url is None:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    store = await open_store(url, lambda: NOW)
    assert await store.leadership.acquire("test", NOW, ttl_ns=1) == 1
    return store


@pytest.fixture(params=["dictionaries", "file", POSTGRES])
async def store(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> AsyncIterator[Store]:
    if request.param == "dictionaries":
        yield MemoryStore(lambda: NOW)
        return
    sql = await opened(request, tmp_path, empty_file)
    yield sql
    await sql.close()


@pytest.fixture(params=["file", "sqlite in memory", POSTGRES])
async def sql_store(request: pytest.FixtureRequest, tmp_path: Path, empty_file: Path) -> AsyncIterator[SqlStore]:
    sql = await opened(request, tmp_path, empty_file)
    yield sql
    await sql.close()
