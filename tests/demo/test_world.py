import asyncio
import os
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.demo.faults import Fault
from slo_service.demo.world import DemoWorld, open_world


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def count(world: DemoWorld, relation: str) -> int:
    with closing(sqlite3.connect(world.directory / "orders.db")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {relation}").fetchone()[0])  # noqa: S608  names of ours


async def test_orders_flow_the_monitor_can_be_blinded_and_nothing_is_left_behind():
    before = children()
    async with AsyncExitStack() as stack:
        world = await open_world(0, time.time_ns, stack)
        started = count(world, "orders")
        world.switches.turn(Fault.STOP_READER, True)
        with pytest.raises(sqlite3.OperationalError, match="orders_live"):
            count(world, "orders_live")
        await asyncio.sleep(1.5)
        assert count(world, "orders") > started > 0
        world.switches.turn(Fault.STOP_READER, False)
        assert count(world, "orders_live") > started
        directory = world.directory
    assert not directory.exists()
    assert children() == before


async def test_the_definitions_that_people_copy_load_in_this_world():
    async with AsyncExitStack() as stack:
        world = await open_world(0, time.time_ns, stack)
        loaded = load_folder((world.definitions,), world.environment)
    assert loaded.catalogue is not None
    assert {pipeline.source.cluster for pipeline in loaded.catalogue.pipelines.values()} == set(world.clusters)
