"""Runs the demo: the world first, then the service on it, then a scenario or nothing but the pages."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from slo_service.demo.incident import incident
from slo_service.demo.scenario import duplicates, hot_partition, loss, monitor_outage
from slo_service.demo.talk import Say, teller
from slo_service.demo.watch import Watch
from slo_service.demo.world import open_world
from slo_service.domain.instant import seconds
from slo_service.runtime.clock import mono_ns, wall_ns

if TYPE_CHECKING:
    from slo_service.demo import StartService

SCENARIOS: dict[str, Callable[[Watch, Say], Awaitable[bool]]] = {
    "incident": incident,
    "duplicates": duplicates,
    "loss": loss,
    "hot-partition": hot_partition,
    "monitor-outage": monitor_outage,
}


async def play(scenario: str | None, for_ns: int | None, port: int, start_service: StartService) -> int:
    say = teller(mono_ns)
    say("starting: an in-process Kafka, a shop, an enricher, a table, three jobs")
    if port:
        say(f"the pages will be at http://127.0.0.1:{port}")
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with AsyncExitStack() as closing:
        world = await open_world(port, wall_ns, closing)
        say("orders flow; starting the service")
        service = await start_service(world, closing)
        say(f"the pages are at {service.url}  (pipeline: {service.url}/pipelines/orders)", "bold")
        say("detection is that of the workbook; recovery is not: short window 30 s, keeps firing 10 s, quiet for 10 s")
        if scenario is None:
            say("switch faults on on the page; Ctrl-C ends")
            await _wait(ended, for_ns)
            return 0
        playing = asyncio.ensure_future(SCENARIOS[scenario](Watch(service, world), say))
        waiting = asyncio.ensure_future(_wait(ended, for_ns))
        await asyncio.wait({playing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            waiting.cancel()
            return 0 if playing.result() else 1
        playing.cancel()
        say("ended before the scenario was over")
        return 1


async def _wait(ended: asyncio.Event, for_ns: int | None) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), None if for_ns is None else seconds(for_ns))
