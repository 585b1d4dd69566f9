"""Ticks over a store that may be away, and starts that must find what the last process knew."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
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
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.pipeline import Job, KafkaTopic, Pipeline
from slo_service.domain.policy import (
    BudgetPolicy,
    BudgetRemainingBelow,
    Burning,
    ExhaustedWithin,
    Mode,
    Not,
    PauseJobs,
    Rule,
    Selector,
)
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Slo
from slo_service.domain.status import State, Status
from slo_service.domain.tally import Tally
from slo_service.runtime.judgement import Judgement
from slo_service.store.memory import MemoryStore
from tests.evaluate.timeline import AT_ONCE, START, an_slo, only

TIERS_ALONE = replace(AT_ONCE, signals=Signals(partition_tier=None, early=None, no_data=None))
SLO = only(an_slo(alerting=TIERS_ALONE), "page-1h")
RATE = 6
CATALOGUE = Catalogue(slos={SLO.name: SLO})
PAUSING = BudgetPolicy(
    "protect",
    Selector(),
    (Rule("shed", Burning("page"), (PauseJobs(Selector({"criticality": "best-effort"})),), witnesses=1),),
    Mode.ENFORCE,
)
WITH_POLICY = Catalogue(
    pipelines={"orders": Pipeline("orders", "", "", KafkaTopic("m", "raw"), (), KafkaTopic("m", "live"))},
    slos={SLO.name: SLO},
    policies={"protect": PAUSING},
    jobs={"export": Job("export", "orders", "best-effort", "process", {})},
)


class World:
    """One objective, a memory store that can be taken away, and a hand-moved clock."""

    def __init__(self, store: MemoryStore | None = None, now: int = START, catalogue: Catalogue = CATALOGUE) -> None:
        self.now, self.away, self.broken = now, False, False
        self.store = store or MemoryStore(lambda: self.now)
        self.judgement = Judgement(catalogue, 1, self, self.store.cells, tuple)
        self.ingest = self.store.recorder(self.judgement.committed)
        self.counter = 0

    async def record(self, round_: Round) -> None:
        if self.broken:
            raise TypeError("a row that nobody can write")
        if self.away:
            raise StoreUnavailable("the disk is full")
        await self.store.journal.record(round_)

    async def memory(self):
        if self.away:
            raise StoreUnavailable("the disk is full")
        return await self.store.journal.memory()

    async def transitions(self, slo: str | None, limit: int):
        return await self.store.journal.transitions(slo, limit)

    async def canaries(self, start_ns: int, good: int, bad: int) -> None:
        await self.ingest.commit(a_batch(SLO, start_ns, good, bad, self.counter, self.now))
        self.counter += 1

    async def tick(self) -> tuple[Mapping[str, Status], Round | None]:
        return self.judgement.evaluate(self.now), await self.judgement.act(self.now)

    async def outage(self, seconds: int) -> None:
        for second in range(seconds):
            self.now += SECOND
            slice_ns = (START + second * SECOND) // (10 * SECOND) * 10 * SECOND
            await self.canaries(slice_ns, 0, RATE * (second % 10 + 1))
            await self.tick()


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
    _, recorded = await world.tick()
    world.now += SECOND
    _, nothing = await world.tick()
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
    statuses, _ = await after.tick()
    assert statuses[SLO.name].tiers[0].firing
    assert len(await after.transitions(None, 10)) == 1
    assert statuses[SLO.name].tiers[0].episode == (await after.transitions(None, 1))[0].episode


async def test_a_rule_enters_by_how_long_the_budget_lasts() -> None:
    brief = replace(SLO, window_ns=30 * MINUTE)
    rule = Rule("lasts", ExhaustedWithin(DAY), (), Not(ExhaustedWithin(DAY)))
    world = World(catalogue=Catalogue(slos={SLO.name: brief}, policies={"p": BudgetPolicy("p", Selector(), (rule,))}))
    await world.judgement.start(world.now)
    for second in range(1, 61):
        world.now += SECOND
        await world.canaries(START, RATE * min(second, 10), 0)
        await world.tick()
    assert not world.store.journal.rule_episodes
    world.now = START + 31 * MINUTE  # half an hour, or its burn says too little
    for start in range(START, world.now, 10 * SECOND):
        await world.canaries(start, RATE * 8, RATE * 2)
    await world.tick()
    entered = list(world.store.journal.rule_episodes.values())
    assert [(episode.rule, episode.left_ns) for episode in entered] == [("lasts", None)]


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
    one, _ = await running.tick()
    two, _ = await restarted.tick()
    assert one[SLO.name].readings == two[SLO.name].readings
    assert one[SLO.name].budget == two[SLO.name].budget


async def test_a_measurement_that_is_redefined_closes_its_episode_as_superseded() -> None:
    world = World()
    await world.judgement.start(world.now)
    await world.outage(60)
    other = replace(SLO, indicator=replace(SLO.indicator, within_ns=9 * SECOND))  # type: ignore[arg-type] # it is one of freshness
    world.judgement.reload(Catalogue(slos={other.name: other}), 2, world.now)
    world.now += SECOND
    await world.tick()
    rows = await world.transitions(None, 10)
    assert [row.change for row in rows] == [Change.SUPERSEDED, Change.FIRED]
    assert rows[0].closes


async def test_a_new_target_keeps_the_history() -> None:
    world = World()
    await world.judgement.start(world.now)
    await world.outage(60)
    looser = only(an_slo("0.99", alerting=TIERS_ALONE), "page-1h")
    world.judgement.reload(Catalogue(slos={looser.name: looser}), 2, world.now)
    statuses, _ = await world.tick()
    assert statuses[SLO.name].budget.reading.tally.bad == RATE * 60


async def test_a_row_that_cannot_be_written_keeps_what_happened_and_the_judging_goes_on() -> None:
    world = World()
    await world.judgement.start(world.now)
    world.broken = True
    statuses: Mapping[str, Status] = {}
    for second in range(60):
        world.now += SECOND
        await world.canaries((START + second * SECOND) // (10 * SECOND) * 10 * SECOND, 0, RATE * (second % 10 + 1))
        statuses = world.judgement.evaluate(world.now)
        with suppress(TypeError):
            await world.judgement.act(world.now)
    assert statuses[SLO.name].state is State.BURNING
    world.broken = False
    world.now += SECOND
    await world.tick()
    assert [row.change for row in await world.transitions(None, 10)] == [Change.FIRED]


async def test_a_pause_is_wanted_when_the_page_fires() -> None:
    world = World(catalogue=WITH_POLICY)
    await world.judgement.start(world.now)
    await world.outage(60)
    assert [state.wanted for state in (await world.memory()).wanted] == ["paused"]


async def test_a_pause_is_wanted_when_a_budget_is_surely_spent() -> None:
    slo = replace(SLO, window_ns=10 * MINUTE)
    rule = replace(PAUSING.rules[0], when=BudgetRemainingBelow(Fraction(1, 2)))
    policies = {"protect": replace(PAUSING, rules=(rule,))}
    world = World(catalogue=replace(WITH_POLICY, slos={slo.name: slo}, policies=policies))
    await world.judgement.start(world.now)
    for start_ns in range(START - 600 * SECOND, START, 10 * SECOND):
        await world.canaries(start_ns, RATE * 10, 0)
    await world.outage(60)
    assert [state.wanted for state in (await world.memory()).wanted] == ["paused"]


async def test_what_was_decided_before_the_store_went_away_is_not_done_blindly_when_it_is_back() -> None:
    world = World(catalogue=WITH_POLICY)
    await world.judgement.start(world.now)
    world.away = True
    await world.outage(60)
    world.now += 7200 * SECOND  # nobody has measured since
    world.away = False
    await world.tick()
    assert [row.change for row in await world.transitions(None, 10)][-1] is Change.FIRED
    assert (await world.memory()).wanted == ()


async def test_a_measurement_redefined_while_the_service_was_down_does_not_burn_on_old_counts() -> None:
    before = World()
    await before.judgement.start(before.now)
    await before.outage(60)
    other = replace(SLO, indicator=replace(SLO.indicator, within_ns=9 * SECOND))  # type: ignore[arg-type] # it is one of freshness
    after = World(before.store, before.now + SECOND, Catalogue(slos={other.name: other}))
    await after.judgement.start(after.now)
    statuses, _ = await after.tick()
    assert statuses[SLO.name].state is State.FROZEN
    assert [row.change for row in await after.transitions(None, 10)] == [Change.SUPERSEDED, Change.FIRED]


async def test_a_fill_that_failed_is_made_good_and_counts_nothing_twice() -> None:
    world = World()
    await world.judgement.start(world.now)
    await world.outage(30)
    longer = replace(SLO, window_ns=2 * SLO.window_ns)
    world.judgement.reload(Catalogue(slos={SLO.name: longer}), 2, world.now)
    assert world.judgement.evaluate(world.now)[SLO.name].watermark_ns is None  # not filled yet: nothing is said
    world.now += SECOND
    await world.canaries(START + 30 * SECOND, 0, RATE)  # arrives before the fill
    await world.judgement.fill(world.now)
    statuses, _ = await world.tick()
    assert statuses[SLO.name].budget.reading.tally.bad == RATE * 31
