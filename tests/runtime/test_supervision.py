from __future__ import annotations

import asyncio

import pytest

from slo_service.runtime.supervision import Supervisor


async def test_a_task_that_dies_is_started_again_and_the_reason_is_shown() -> None:
    supervisor, starts, again = Supervisor(first_pause_seconds=0.01), [], asyncio.Event()

    async def dies_once() -> None:
        starts.append(1)
        if len(starts) == 1:
            raise ConnectionError("the broker went away")
        again.set()
        await asyncio.Event().wait()

    supervisor.add("canary:orders", dies_once)
    await asyncio.wait_for(again.wait(), 5)
    (health,) = supervisor.health()
    assert (health.running, health.restarts) == (True, 1)
    assert health.last_error == "ConnectionError: the broker went away"
    await supervisor.stop()


async def test_a_task_that_merely_ends_is_not_taken_for_well() -> None:
    supervisor = Supervisor(first_pause_seconds=10)

    async def ends() -> None:
        return

    supervisor.add("reader", ends)
    await asyncio.sleep(0.01)
    (health,) = supervisor.health()
    assert not health.running
    assert health.last_error == "it ended by itself"
    await supervisor.stop()


async def test_what_is_stopped_stays_stopped() -> None:
    supervisor, alive = Supervisor(), []

    async def lives() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            alive.append("ended")

    supervisor.add("reader", lives)
    await asyncio.sleep(0)
    await supervisor.stop()
    assert alive == ["ended"]
    assert supervisor.health() == ()


async def test_a_task_that_was_asked_to_end_did_not_die(capsys: pytest.CaptureFixture[str]) -> None:
    supervisor, ending = Supervisor(), asyncio.Event()
    starts = []

    async def obeys() -> None:
        starts.append(1)
        await ending.wait()

    async def stop() -> None:
        ending.set()

    supervisor.add("reader", obeys)
    await asyncio.sleep(0)
    await supervisor.remove("reader", stop)
    assert starts == [1]
    assert "task_died" not in capsys.readouterr().out
