"""The pages of the made incident behind a real server on loopback, for a real browser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.async_api import Page

from tests.services.ports import LOOPBACK, free_port
from tests.show.web.conftest import application
from tests.show.web.seeded import Seeded


@dataclass(slots=True)
class Site:
    """Beats like the service does, until a test sets `silent`."""

    url: str
    seeded: Seeded
    silent: bool = False

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if not self.silent:
                await self.seeded.beat()


async def until(page: Page, claim: str, seconds: float) -> None:
    """Asks the page from outside: its policy forbids the evaluation that Playwright's own waiting needs."""
    deadline = time.monotonic() + seconds
    while not await page.evaluate(claim):
        assert time.monotonic() < deadline, f"not within {seconds} s: {claim}"
        await asyncio.sleep(0.05)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    seeded, port = Seeded(), free_port()
    config = uvicorn.Config(
        application(seeded), host=LOOPBACK, port=port, log_level="error", timeout_graceful_shutdown=1
    )
    server, made = uvicorn.Server(config), Site(f"http://{LOOPBACK}:{port}", seeded)
    serving, beating = asyncio.create_task(server.serve()), asyncio.create_task(made.beat())
    while not server.started:
        assert not serving.done(), "the server ended before it started"
        await asyncio.sleep(0.02)
    yield made
    beating.cancel()
    await seeded.stop()
    server.should_exit = True
    await serving
