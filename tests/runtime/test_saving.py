"""Snapshots are written while counting goes on, and a crash leaves the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog

from slo_service.collect.ports import StoreUnavailable
from slo_service.domain.instant import SECOND
from slo_service.evaluate.ports import Block
from slo_service.runtime.recovery import Rings
from tests.runtime.life import CATALOGUE, Clock, Life, canaries


async def test_a_batch_that_arrives_while_blocks_are_copied_is_neither_lost_nor_doubled(store) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    for _ in range(60):
        await before.second()
    saving = asyncio.create_task(before.judgement.save(clock.now))
    while not saving.done():
        await asyncio.sleep(0.002)  # so that some blocks are copied between two batches
        await before.second()
    await saving
    after = await Life(store, clock).start(clock.now)
    clock.now += SECOND
    kept, restarted = before.tick(), after.tick()
    assert kept["plain"].readings == restarted["plain"].readings
    assert kept["plain"].budget == restarted["plain"].budget


class Dying:
    """A store of snapshots whose process is killed at its n-th write from `writes` on."""

    def __init__(self, snapshots: Any) -> None:
        self._snapshots, self.writes = snapshots, 1 << 30
        self.banks: set[str] = set()
        self.header, self.load, self.forget = snapshots.header, snapshots.load, snapshots.forget

    async def save(self, bank: str, *rest: Any) -> None:
        if not self.writes:
            raise StoreUnavailable("killed")
        self.writes -= 1
        self.banks.add(bank)
        await self._snapshots.save(bank, *rest)


@pytest.mark.parametrize("writes", [0, 1, 3])
async def test_a_save_that_dies_on_its_way_leaves_the_snapshot_before_as_it_was(store, writes) -> None:
    clock, dying = Clock(), Dying(store.snapshots)
    rings = Rings(dying, store.changes, store.sweeper, store.history, batch_bytes=1)  # a write a block
    before = await Life(store, clock, rings=rings).start()
    for _ in range(20):
        await before.second()
    await before.save()
    headers = [await store.snapshots.header(bank) for bank in dying.banks]
    dying.writes = writes
    for _ in range(20):
        await before.second()
    with pytest.raises(StoreUnavailable):
        await before.save()
    assert [await store.snapshots.header(bank) for bank in dying.banks] == headers
    with structlog.testing.capture_logs() as logs:
        after = await Life(store, clock, rings=replace(rings, snapshots=store.snapshots)).start(clock.now)
    assert [(entry["event"], entry.get("banks")) for entry in logs] == [("snapshots_restored", 2)]
    clock.now += SECOND
    assert after.tick()["plain"].readings == before.tick()["plain"].readings
    dying.writes = 1 << 30
    await before.save()
    assert [await store.snapshots.header(bank) for bank in dying.banks] != headers
    again = await Life(store, clock).start(clock.now)
    assert again.tick()["plain"].readings == before.tick()["plain"].readings


class Counting:
    def __init__(self, snapshots: Any) -> None:
        self._snapshots, self.blocks = snapshots, 0
        self.header, self.load, self.forget = snapshots.header, snapshots.load, snapshots.forget

    async def save(self, bank: str, blocks: Sequence[Block], *rest: Any, **named: Any) -> None:
        self.blocks += len(blocks)
        await self._snapshots.save(bank, blocks, *rest, **named)


async def test_only_what_was_touched_since_is_written_again(store) -> None:
    clock = Clock()
    counting = Counting(store.snapshots)
    rings = Rings(counting, store.changes, store.sweeper, store.history)
    life = await Life(store, clock, rings=rings).start()
    await life.second()
    await life.save()
    whole, counting.blocks = counting.blocks, 0
    await life.second()
    await life.save()
    assert 0 < counting.blocks <= 6 < whole  # a block for each of the three widths of both banks
    counting.blocks = 0
    restarted = await Life(store, clock, rings=rings).start(clock.now)
    await restarted.second()
    await restarted.save()
    assert 0 < counting.blocks <= 6


async def test_what_was_committed_and_not_counted_yet_is_waited_for(store) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    await before.second()
    await before.commit(canaries(CATALOGUE, clock.now))
    saving = asyncio.create_task(before.judgement.save(clock.now))
    await asyncio.sleep(0.2)  # far longer than it takes to copy the blocks
    clock.now += SECOND
    kept = before.tick()
    await saving
    after = await Life(store, clock).start(clock.now)
    assert after.tick()["plain"].readings == kept["plain"].readings
