from __future__ import annotations

import asyncio

from slo_service.domain.catalogue import Catalogue
from slo_service.runtime.panel import Panel, Sources
from slo_service.show.ports import Health, LoadReport


def a_panel() -> Panel:
    health = Health("0", 0, LoadReport(1, 0, ok=True))
    return Panel(Sources(lambda: 7, Catalogue, lambda: health, tuple, dict, lambda *_: ()))


async def test_every_reader_hears_of_a_tick_and_a_slow_one_skips() -> None:
    panel = a_panel()
    beats = panel.beats()
    first = asyncio.ensure_future(anext(beats))
    await asyncio.sleep(0)
    panel.publish({})
    assert await first == 1
    panel.publish({})
    panel.publish({})
    assert await anext(beats) == 3


async def test_streams_end_when_the_service_stops() -> None:
    panel = a_panel()
    waiting = asyncio.ensure_future(anext(panel.beats(), None))
    await asyncio.sleep(0)
    panel.stop()
    assert await asyncio.wait_for(waiting, 1) is None


async def test_a_reader_that_leaves_is_forgotten() -> None:
    panel = a_panel()
    waiting = asyncio.ensure_future(anext(panel.beats()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    panel.publish({})
    beats = panel.beats()
    again = asyncio.ensure_future(anext(beats))
    await asyncio.sleep(0)
    panel.publish({})
    assert await again == 2
