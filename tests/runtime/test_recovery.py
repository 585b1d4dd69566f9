"""A service that was killed and started again goes on as one that never stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from slo_service.collect.ports import Batch
from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import CellKey, Revision, Sample
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import HOUR, MINUTE, SECOND, format_duration
from slo_service.domain.policy import Selector
from slo_service.domain.tally import Tally
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.ports import ChangesForgotten
from slo_service.evaluate.snapshot import bank_name
from slo_service.runtime.recovery import MANY, OFTEN
from tests.evaluate.timeline import START
from tests.runtime.life import CATALOGUE, PARTITIONS, PLAIN, Clock, Life, canaries, same

pytestmark = pytest.mark.lengthy


@pytest.mark.parametrize("saved_at", [None, 100, 299], ids=["no snapshot", "old snapshot", "snapshot just before"])
async def test_the_next_tick_after_a_kill_is_that_of_one_who_never_stopped(store, saved_at) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    for second in range(300):
        await before.second()
        if second == saved_at:
            await before.save()
    after = await Life(store, clock).start(clock.now - 3 * SECOND)
    await before.commit(canaries(CATALOGUE, clock.now), after)
    clock.now += SECOND
    kept, restarted = before.tick(), after.tick()
    assert any(state.firing for state in kept["plain"].tiers)
    assert any(state.firing for state in kept["plain"].signals)
    assert kept["sliced"].budget.reading.tally == Tally(1, 4)
    for name in CATALOGUE.slos:
        same(kept[name], restarted[name])


async def test_a_cell_that_was_corrected_after_the_snapshot_is_counted_once(store) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    for _ in range(30):
        await before.second()
    await before.save()
    key = CellKey(PLAIN.stream.id, "canary/main/0", START)
    await before.commit(Batch(samples=(Sample(key, Tally(2, 8), Revision(2, 0)),)))
    after = await Life(store, clock).start(clock.now)
    clock.now += SECOND
    assert after.tick()["plain"].budget.reading.tally == before.tick()["plain"].budget.reading.tally
    assert after.tick()["plain"].budget.reading.tally.bad == 8


def a_floor() -> Floor:
    floor = Floor(stored=True, slots=None, few=0)
    floor.adopt(CATALOGUE, {})
    return floor


class Forgetful:
    def __init__(self, changes: Any) -> None:
        self.change, self.slots, self.slots_by_source = changes.change, changes.slots, changes.slots_by_source

    async def touched(self, _: int) -> Any:
        raise ChangesForgotten("long ago")


@pytest.mark.parametrize("trouble", ["forgotten", "corrupt"])
async def test_a_snapshot_that_cannot_be_trusted_is_followed_by_a_full_rebuild(store, trouble) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    for _ in range(30):
        await before.second()
    await before.save()
    rings = before.rings
    if trouble == "forgotten":
        rings = replace(rings, changes=Forgetful(store.changes))
    else:
        for bank in map(bank_name, a_floor().halls):
            header, blocks = await store.snapshots.header(bank), await store.snapshots.load(bank)
            cut = [replace(block, body=block.body[:9]) for block in blocks]
            await store.snapshots.save(bank, cut, header.change, header.saved_ns, header.text)
    after = await Life(store, clock, rings=rings).start(clock.now)
    clock.now += SECOND
    kept, restarted = before.tick(), after.tick()
    for name in CATALOGUE.slos:
        same(kept[name], restarted[name])


async def test_many_streams_are_filled_at_once_with_what_each_has(store) -> None:
    slos = [replace(PLAIN, name=f"s{n}", pipeline=f"p{n}") for n in range(MANY)]
    catalogue = Catalogue(slos={slo.name: slo for slo in slos})
    clock = Clock()
    before = await Life(store, clock, catalogue).start()
    for _ in range(3):
        await before.second()
    key = CellKey(slos[7].stream.id, "canary/main/0", START - 20 * HOUR)
    await before.commit(Batch(samples=(Sample(key, Tally(1, 9), Revision(2, 0)),)))
    clock.now += SECOND
    kept = before.tick()
    after = await Life(store, clock, catalogue).start(clock.now - SECOND)
    restarted = after.tick()
    assert kept["s7"].budget.reading.tally.bad == 9
    for name in catalogue.slos:
        same(kept[name], restarted[name])


async def test_an_adjustment_that_comes_in_is_filled_before_it_is_judged(store) -> None:
    clock = Clock()
    life = await Life(store, clock).start()
    for _ in range(90):
        await life.second()
    span = Span(START + 60 * SECOND, START + 80 * SECOND)
    told = Adjustment("works", Selector(), Category.MAINTENANCE, "me", "works", (span,))
    life.judgement.reload(replace(CATALOGUE, adjustments={told.name: told}), 2, clock.now)
    assert life.judgement.adjust(clock.now) > 0
    await life.judgement.fill(clock.now)
    assert life.judgement.adjust(clock.now) == 0
    clock.now += SECOND
    status = life.tick()["plain"]
    assert status.watermark_ns is not None
    assert status.budget.reading.tally.bad == 10
    assert status.without is not None
    assert status.without.reading.tally.bad == 30


async def test_after_a_restart_adjustments_count_as_before(store) -> None:
    clock = Clock()
    span = Span(START + 60 * SECOND, START + 80 * SECOND)
    told = Adjustment("works", Selector(), Category.MAINTENANCE, "me", "works", (span,))
    known = replace(CATALOGUE, adjustments={told.name: told})
    before = await Life(store, clock, known).start()
    for _ in range(90):
        await before.second()
    clock.now += SECOND
    kept = before.tick()
    after = await Life(store, clock, known).start(clock.now - SECOND)
    restarted = after.tick()
    assert restarted["plain"].without is not None
    for name in known.slos:
        assert kept[name].budget == restarted[name].budget
        assert kept[name].without == restarted[name].without


async def test_what_was_touched_often_of_late_is_read_at_once_and_right(store) -> None:
    slos = [replace(PLAIN, name=f"s{n}", pipeline=f"p{n}") for n in range(MANY)]
    catalogue = Catalogue(slos={slo.name: slo for slo in slos})
    clock = Clock()
    before = await Life(store, clock, catalogue).start()
    await before.second()
    await before.save()
    old = CellKey(slos[3].stream.id, "canary/main/0", START - 20 * HOUR)
    samples = [Sample(old, Tally(1, 9), Revision(2, 0))]
    for slo in slos:
        for at in range(1, 1 + (OFTEN // MANY + 1)):
            key = CellKey(slo.stream.id, "canary/main/0", START - at * 10 * SECOND)
            samples.append(Sample(key, Tally(at, 1), Revision(2, 0)))
    await before.commit(Batch(samples=tuple(samples)))
    after = await Life(store, clock, catalogue, replace(before.rings, changes=Few(store.changes))).start(clock.now)
    clock.now += SECOND
    kept, restarted = before.tick(), after.tick()
    assert kept["s3"].budget.reading.tally.bad == 9 + (OFTEN // MANY + 1)
    for name in catalogue.slos:
        assert kept[name].readings == restarted[name].readings
        assert kept[name].budget == restarted[name].budget


class Few:
    """Changes of which only a few are read one by one."""

    def __init__(self, changes: Any) -> None:
        self._changes = changes
        self.change, self.touched, self.slots_by_source = changes.change, changes.touched, changes.slots_by_source

    async def slots(self, width_ns: int, keys: Sequence[tuple[str, int]]) -> Any:
        assert len(keys) <= 1
        return await self._changes.slots(width_ns, keys)


@pytest.mark.parametrize("back_ns", [10 * SECOND, 20 * MINUTE, 2 * HOUR, 50 * HOUR], ids=format_duration)
@pytest.mark.parametrize("saves", [False, True], ids=["no snapshot", "snapshot while it lies ahead"])
async def test_what_lies_ahead_of_a_clock_that_was_set_back_counts_once_its_time_comes(store, back_ns, saves) -> None:
    clock = Clock()
    clock.now = ahead = START + 55 * HOUR
    before = await Life(store, clock).start()
    await before.commit(canaries(CATALOGUE, ahead))
    clock.now += SECOND
    assert before.tick()["plain"].readings[HOUR].tally.total == PARTITIONS
    clock.now -= back_ns
    before.judgement.adjust(clock.now)
    await before.judgement.fill(clock.now)
    before.tick()
    if saves:
        await before.save()
    after = await Life(store, clock).start(clock.now)
    for at, total in ((clock.now + SECOND, 0), (ahead + 20 * SECOND, PARTITIONS)):
        clock.now = at
        for life in (before, after):
            assert {each.tally.total for each in life.tick()["plain"].readings.values()} == {total}


async def test_a_source_that_has_never_reported_holds_back_nobody_after_a_restart(store) -> None:
    clock = Clock()
    before = await Life(store, clock).start()
    for _ in range(10):
        await before.second()
    more = Schedule(PLAIN.stream.id, clock.now, Fraction(PARTITIONS + 1), PARTITIONS + 1)
    await before.commit(Batch(schedules=(more,)))
    after = await Life(store, clock).start(clock.now)
    clock.now += 30 * SECOND
    kept, restarted = before.tick()["plain"], after.tick()["plain"]
    assert kept.watermark_ns == restarted.watermark_ns == clock.now - PLAIN.timing.grace_ns
