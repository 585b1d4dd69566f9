from __future__ import annotations

import asyncio

import pytest

from slo_service.domain.instant import SECOND
from slo_service.runtime.clock import mono_ns
from slo_service.runtime.periodic import Periodic


async def test_work_that_fails_goes_on_and_says_why() -> None:
    runs = asyncio.Queue[int]()

    async def fails() -> None:
        runs.put_nowait(1)
        raise ValueError("a row that nobody can write")

    periodic = Periodic({"tick": (0.05, fails)}, mono_ns, mono_ns)
    periodic.start()
    for _ in range(3):
        await asyncio.wait_for(runs.get(), 5)
    (health,) = periodic.health()
    periodic.stop()
    assert health.last_error == "ValueError: a row that nobody can write"
    assert health.restarts >= 2


def test_work_that_has_not_succeeded_for_ten_seconds_is_not_running() -> None:
    clock = [0]

    async def never() -> None:
        return

    periodic = Periodic({"tick": (1.0, never)}, lambda: clock[0], lambda: clock[0])
    assert periodic.health()[0].running
    clock[0] = 11 * SECOND
    assert not periodic.health()[0].running


async def test_a_clock_that_was_set_back_does_not_stop_the_work() -> None:
    step, runs = [0], asyncio.Queue[int]()

    async def ticks() -> None:
        runs.put_nowait(1)

    periodic = Periodic({"slow": (3600.0, ticks)}, lambda: mono_ns() - step[0], mono_ns)
    periodic.start()
    watch = asyncio.create_task(periodic.watch_clocks())
    await asyncio.sleep(0)
    step[0] = 300 * SECOND
    await asyncio.wait_for(runs.get(), 10)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    periodic.stop()
    assert periodic.clock_steps == 1


async def test_work_that_outlasts_its_period_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """A reload of many definitions takes longer than the second between two."""
    runs = asyncio.Queue[int]()

    async def slow() -> None:
        await asyncio.sleep(0.2)
        runs.put_nowait(1)

    periodic = Periodic({"slow": (0.05, slow)}, mono_ns, mono_ns)
    periodic.start()
    for _ in range(2):
        await asyncio.wait_for(runs.get(), 5)
    periodic.stop()
    assert not caplog.records
