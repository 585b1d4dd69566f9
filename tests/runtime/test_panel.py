from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.domain.status import State
from slo_service.evaluate.statuses import glance
from slo_service.runtime.panel import Panel, Sources
from slo_service.show.ports import Health, LoadReport
from tests.evaluate.timeline import Timeline, an_slo


def a_panel(mono_ns: Callable[[], int] = lambda: 0) -> Panel:
    health = Health("0", 0, LoadReport(1, 0, ok=True))
    return Panel(Sources(lambda: 7, mono_ns, Catalogue, lambda: health, tuple, dict, lambda *_: ()))


async def test_what_was_healthy_is_frozen_once_nobody_judges_any_more() -> None:
    line = Timeline(an_slo())
    line.fill()
    line.run(60, lambda _: Fraction(0))
    assert line.status is not None
    clock = [0]
    panel = a_panel(lambda: clock[0])
    panel.publish({"orders-freshness": line.status})
    assert panel.statuses()["orders-freshness"].state is State.HEALTHY
    clock[0] = 11 * SECOND
    assert panel.statuses()["orders-freshness"].state is State.FROZEN


async def test_what_stopped_is_told_at_a_glance_as_it_is_told_in_full() -> None:
    line = Timeline(an_slo())
    line.fill()
    line.run(60, lambda _: Fraction(0))
    clock = [0]
    panel = a_panel(lambda: clock[0])
    panel.publish(line.evaluator.tick(line.now).statuses)
    clock[0] = 11 * SECOND
    stopped = glance(panel.statuses())
    standing = stopped.standing("orders-freshness")
    assert standing is not None
    assert (standing.state, standing.since_ns) == (State.FROZEN, 7)
    assert stopped["orders-freshness"].state is State.FROZEN
    assert (list(stopped), len(stopped), stopped.standing("nobody")) == (["orders-freshness"], 1, None)


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
