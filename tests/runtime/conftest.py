"""Stores that a service may be restarted over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from slo_service.store.memory import MemoryStore
from slo_service.store.sql.store import open_store
from tests.evaluate.timeline import START
from tests.services.postgres import Postgres

POSTGRES = pytest.param("postgres", marks=pytest.mark.services)


@pytest.fixture(params=["memory", "file", POSTGRES])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        yield MemoryStore(lambda: START)
        return
    url = f"sqlite:///{tmp_path}/slo.db"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    sql = await open_store(url, lambda: START)
    await sql.leadership.acquire("test", START, ttl_ns=1)
    yield sql
    await sql.close()
