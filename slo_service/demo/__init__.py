"""The embedded pipeline of `slo demo`: everything a team would have, in one process and three children, with faults one
can switch on. What watches it is the service as it runs in production; only the addresses differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slo_service.demo.watch import Watched
    from slo_service.demo.world import DemoWorld

    StartService = Callable[[DemoWorld, AsyncExitStack], Awaitable[Watched]]


async def run_demo(scenario: str | None, for_ns: int | None, port: int, start_service: StartService) -> int:
    """Runs until the scenario is over, `for_ns` has passed or a signal comes. 0: all that was expected happened.

    The service is stopped by the given stack. Imports the whole demo, so late: its children import this package too."""
    from slo_service.demo.play import play

    return await play(scenario, for_ns, port, start_service)
