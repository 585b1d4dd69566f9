"""A client on the pages of the made incident, without sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from slo_service.show.web import pages, security_headers
from tests.show.web.seeded import Seeded


def application(seeded: Seeded, panel: str | None = None) -> FastAPI:
    app = FastAPI()
    app.include_router(pages(seeded, seeded, seeded, None if panel is None else lambda: panel))
    security_headers(app)
    return app


@pytest.fixture
def seeded() -> Seeded:
    return Seeded()


@pytest.fixture
async def client(seeded: Seeded) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(seeded))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield opened
