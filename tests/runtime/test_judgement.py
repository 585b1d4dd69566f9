"""Ticks over a store that may be away, and starts that must find what the last process knew."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.collect.ports import Batch, StoreUnavailable
from slo_service.decide.ports import Round
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.event import Change
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.tally import Tally
from slo_service.runtime.judgement import Judgement
from slo_service.store.memory import MemoryStore
from tests.evaluate.timeline import START, an_slo, only

SLO = only(an_slo(), "page-1h")
RATE = 6


class World:
    """One objective, a memory store that can be taken away, and a hand-moved clock."""

    def __init__(self, store: MemoryStore | None = None, now: int = START) -> None:
        self.now, self.away = now, False
        self.store = store or MemoryStore(lambda: self.now)
        self.judgement = Judgement(Catalogue(slos={SLO.name: SLO}), 1, self, self.store.cells, tuple)
        self.ingest = self.store.recorder(self.judgement.committed)
        self.counter = 0

    async def record(self, round_: Round) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")
        await self.store.journal.record(round_)

    async def memory(self):
        return await self.store.journal.memory()

    async def transitions(self, slo: str | None, limit: int):
        return await self.store.journal.transitions(slo, limit)

    async def canaries(self, start_ns: int, good: int, bad: int) -> None:
        await self.ingest.commit(a_batch(SLO, start_ns, good, bad, self.counter, self.now))
        self.counter += 1

    async def outage(self, seconds: int) -> None:
        for second in range(seconds):
            self.now += SECOND
            slice_ns = (START + second * SECOND) // (10 * SECOND) * 10 * SECOND
            await self.canaries(slice_ns, 0, RATE * (second % 10 + 1))
            await self.judgement.tick(self.now)


def a_batch(slo: Slo, start_ns: int, good: int, bad: int, counter: int, now_ns: int, epoch: int = 1) -> Batch:
    key = CellKey(slo.stream.id, "canary/main/0", start_ns)
    return Batch(
        samples=(Sample(key, Tally(good, bad), Revision(epoch, counter)),),
        progress=(Progress(slo.stream.id, "canary/main/0", now_ns),),
        schedules=(Schedule(slo.stream.id, START, Fraction(RATE), 1),),
    )


async def test_what_could_not_be_recorded_is_recorded_when_the_store_is_back_and_not_twice() -> None:
    world = World()
    await world.judgement.start(world.now)
    world.away = True
    await world.outage(60)
    assert world.judgement.cannot_record == "the disk is full"
    assert list(await world.transitions(None, 10)) == []
    world.away = False
    world.now += SECOND
    _, recorded = await world.judgement.tick(world.now)
    world.now += SECOND
    _, nothing = await world.judgement.tick(world.now)
    assert [row.change for row in await world.transitions(None, 10)] == [Change.FIRED]
    assert recorded is not None
    assert nothing is None
    assert world.judgement.cannot_record == ""


async def test_a_restart_in_mid_outage_neither_forgets_nor_repeats_the_page() -> None:
    before = World()
    await before.judgement.start(before.now)
    await before.outage(60)
    after = World(before.store, before.now + 5 * SECOND)
    await after.judgement.start(after.now)
    statuses, _ = await after.judgement.tick(after.now)
    assert statuses[SLO.name].tiers[0].firing
    assert len(await after.transitions(None, 10)) == 1
    assert statuses[SLO.name].tiers[0].episode == (await after.transitions(None, 1))[0].episode


slices = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(slices, st.integers(0, 40))
async def test_a_start_from_the_store_reads_the_same_numbers_as_one_that_never_stopped(
    rows: list[tuple[int, int, int]], cut: int
) -> None:
    running = World(now=START + 4000 * SECOND)
    await running.judgement.start(running.now)
    restarted, listening = running, [running.judgement]
    for index, (ago, good, bad) in enumerate(rows):
        if index == min(cut, len(rows) - 1):
            restarted = World(running.store, running.now)
            await restarted.judgement.start(running.now)
            listening.append(restarted.judgement)
        start = START + (400 - ago) * 10 * SECOND
        batch = a_batch(SLO, start, good, bad, index, running.now)
        deltas = await running.store.ingest(batch)
        for judgement in listening:
            judgement.committed(batch, deltas)
    one, _ = await running.judgement.tick(running.now)
    two, _ = await restarted.judgement.tick(running.now)
    assert one[SLO.name].readings == two[SLO.name].readings
    assert one[SLO.name].budget == two[SLO.name].budget


async def test_a_measurement_that_is_redefined_closes_its_episode_as_superseded() -> None:
    world = World()
    await world.judgement.start(world.now)
    await world.outage(60)
    other = replace(SLO, indicator=replace(SLO.indicator, within_ns=9 * SECOND))  # type: ignore[arg-type] # it is one of freshness
    await world.judgement.reload(Catalogue(slos={other.name: other}), 2, world.now)
    world.now += SECOND
    await world.judgement.tick(world.now)
    rows = await world.transitions(None, 10)
    assert [row.change for row in rows] == [Change.SUPERSEDED, Change.FIRED]
    assert rows[0].closes


async def test_a_new_target_keeps_the_history() -> None:
    world = World()
    await world.judgement.start(world.now)
    await world.outage(60)
    looser = only(an_slo("0.99"), "page-1h")
    await world.judgement.reload(Catalogue(slos={looser.name: looser}), 2, world.now)
    statuses, _ = await world.judgement.tick(world.now)
    assert statuses[SLO.name].budget.reading.tally.bad == RATE * 60
