import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from tests.services.chromium import Chromium, Visit
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.stories.declared import WITHIN_SECONDS
from tests.stories.incident import FRESHNESS
from tests.stories.world import World

pytestmark = [pytest.mark.story, pytest.mark.timeout(180)]

CALM_SECONDS = 6.0
GIVE_UP_SECONDS = 20.0
AGE, PENDING, SHORT_BURN = "#age", "#oldest-pending", "#tiers td[data-l='Short window'] b"


@dataclass(frozen=True, slots=True)
class Watched:
    """Seconds from the fault until each figure showed what it did not while all was well; and what the pages did."""

    age: float
    pending: float
    objective: float
    loads: int
    visits: tuple[Visit, Visit]


def test_without_reload_the_pages_tell_of_a_stall_within_seconds(
    kafka: Kafka, postgres: Postgres, chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with World("pages", kafka, postgres, tmp_path_factory.mktemp("pages")) as world:
        world.open()
        seen = asyncio.run(watch(world, chromium))
    assert seen.age <= 3.0, seen
    assert seen.pending <= 3.0, seen
    assert seen.objective <= WITHIN_SECONDS + 3.0
    assert seen.loads == 2, "each page was loaded once"
    for visit in seen.visits:
        assert visit.complaints == []
        assert visit.foreign_requests == []


async def watch(world: World, chromium: Chromium) -> Watched:
    """Both pages stay open; first while all is well, then through the stall."""
    async with chromium.visit() as first:
        browser = first.page.context.browser
        assert browser is not None
        second = Visit(await browser.new_page())
        second.watch()
        loads: list[str] = []
        for page in (first.page, second.page):
            page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))
        await first.page.goto(f"{world.service.url}/pipelines/orders")
        await second.page.goto(f"{world.service.url}/slos/{FRESHNESS}")
        age, pending = await highest(first.page, AGE), await highest(first.page, PENDING)
        burn = await second.page.inner_text(SHORT_BURN)
        world.enricher.pause()
        since = time.monotonic()
        times = await asyncio.gather(
            first_time(since, lambda: exceeds(first.page, AGE, age)),
            first_time(since, lambda: exceeds(first.page, PENDING, pending)),
            first_time(since, lambda: differs(second.page, burn)),
        )
        world.enricher.resume()
        return Watched(*times, len(loads), (first, second))


async def highest(page: Page, figure: str) -> float:
    """The largest value the figure shows in some seconds of health."""
    over, found = time.monotonic() + CALM_SECONDS / 2, 0.0
    while time.monotonic() < over:
        found = max(found, await shown(page, figure))
        await asyncio.sleep(0.05)
    return found


async def shown(page: Page, figure: str) -> float:
    seconds = await page.get_attribute(figure, "data-seconds")
    assert seconds, f"{figure} shows no number while all is well"
    return float(seconds)


async def exceeds(page: Page, figure: str, usual: float) -> bool:
    return await shown(page, figure) > usual


async def differs(page: Page, usual: str) -> bool:
    return await page.inner_text(SHORT_BURN) != usual


async def first_time(since: float, look: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until it was so; infinity when it never was."""
    while not await look():
        if time.monotonic() - since > GIVE_UP_SECONDS:
            return float("inf")
        await asyncio.sleep(0.05)
    return time.monotonic() - since
