"""What came and went while nobody judged, and the words that are said from tick to tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.collect.ports import Batch
from slo_service.decide.ports import Round
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.event import Change
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.pipeline import Job, KafkaTopic, Pipeline
from slo_service.domain.policy import BudgetPolicy, BudgetRemainingBelow, Burning, Mode, PauseJobs, Rule, Selector
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity, Slo
from slo_service.domain.status import State, Status
from slo_service.domain.tally import Tally
from slo_service.runtime.judgement import Judgement
from slo_service.runtime.recovery import Rings
from slo_service.runtime.slicing import slicing_rules
from slo_service.store.memory import MemoryStore
from tests.evaluate.timeline import START, an_slo, only

UNGATED = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)
KEEP = Alerting(keep_firing_ns={Severity.PAGE: 2 * MINUTE, Severity.TICKET: HOUR}, signals=UNGATED)
SLO = only(an_slo(window_ns=6 * HOUR, alerting=KEEP), "page-1h")
SLICED = replace(SLO, budgeting=Timeslices(Fraction(99, 100), MINUTE))
BACK = START + 3 * HOUR
PER_SLICE = 10_000
PAUSE = PauseJobs(Selector({"criticality": "best-effort"}))


def catalogue(slo: Slo, when: object) -> Catalogue:
    rule = Rule("shed", when, (PAUSE,), witnesses=1)  # type: ignore[arg-type] # one of the conditions
    return Catalogue(
        pipelines={"orders": Pipeline("orders", "", "", KafkaTopic("m", "raw"), (), KafkaTopic("m", "live"))},
        slos={slo.name: slo},
        policies={"protect": BudgetPolicy("protect", Selector(), (rule,), Mode.ENFORCE)},
        jobs={"export": Job("export", "orders", "best-effort", "process", {})},
    )


class Life:
    def __init__(self, slo: Slo = SLO, store: MemoryStore | None = None, when: object = Burning("page")) -> None:
        self.slo, self.store = slo, store or MemoryStore(lambda: BACK)
        given = catalogue(slo, when)
        self.store.slicing(slicing_rules(given))
        rings = Rings(self.store.snapshots, self.store.changes, self.store.sweeper, self.store.history)
        self.judgement = Judgement(given, 1, self.store.journal, self.store.cells, tuple, rings=rings)

    async def measure(self, since_ns: int, until_ns: int, outage: tuple[int, int] = (0, 0)) -> None:
        """All that was sent until then; canaries fail from the first second of an outage to before the last."""
        samples = []
        for start_ns in range(since_ns, until_ns, 10 * SECOND):
            fails = outage[0] <= (start_ns - START) // SECOND < outage[1]
            tally = Tally(0, PER_SLICE) if fails else Tally(PER_SLICE, 0)
            samples.append(Sample(CellKey(self.slo.stream.id, "canary/main/0", start_ns), tally, Revision(1, 1)))
        batch = Batch(
            samples=tuple(samples),
            progress=(Progress(self.slo.stream.id, "canary/main/0", until_ns),),
            schedules=(Schedule(self.slo.stream.id, START - 7 * HOUR, Fraction(1000), 1),),
        )
        self.judgement.committed(batch, await self.store.ingest(batch))

    async def tick(self, now_ns: int) -> tuple[Mapping[str, Status], Round | None]:
        return self.judgement.evaluate(now_ns), await self.judgement.act(now_ns)

    async def back(self) -> Round:
        """The first tick after the time in which nobody judged, and the round after looking back."""
        self.judgement.evaluate(BACK)
        await self.judgement.look_back()
        round_ = await self.judgement.act(BACK)
        assert round_ is not None
        return round_


async def stopped(slo: Slo = SLO, when: object = Burning("page")) -> Life:
    life = Life(slo, when=when)
    await life.judgement.start(START)
    await life.measure(START - 7 * HOUR, START)
    await life.tick(START)
    return life


def reconstructed(round_: Round) -> list[tuple[Change, int]]:
    return [(row.change, (row.event_ns - START) // SECOND) for row in round_.transitions if row.reconstructed]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("slo", [SLO, SLICED], ids=["events", "slices"])
async def test_an_episode_within_the_time_nobody_judged_enters_the_history(slo, restarted) -> None:
    life = await stopped(slo)
    if restarted:
        life = Life(slo, life.store)
        await life.judgement.start(BACK - SECOND, START)
    await life.measure(START, BACK, outage=(600, 900))
    (fired, began), (cleared, ended) = reconstructed(await life.back())
    assert (fired, cleared) == (Change.FIRED, Change.CLEARED)
    assert 600 < began < 900 < ended < 900 + 3600 + 300


async def test_no_policy_acts_on_what_was_over_before_anybody_knew() -> None:
    life = await stopped()
    await life.measure(START, BACK, outage=(600, 900))
    round_ = await life.back()
    assert len(reconstructed(round_)) == 2
    assert (round_.decisions, round_.messages, round_.wanted) == ((), (), ())


async def test_what_a_policy_does_now_is_not_put_down_to_what_was_over_then() -> None:
    life = await stopped(when=BudgetRemainingBelow(Fraction(1, 2)))
    await life.measure(START, BACK, outage=(600, 900))
    round_ = await life.back()
    assert len(reconstructed(round_)) == 2
    assert [decision.transition for decision in round_.decisions] == [None]


async def test_alerts_are_those_of_the_present() -> None:
    life = await stopped()
    await life.measure(START, BACK, outage=(600, 900))
    status = life.judgement.evaluate(BACK)[SLO.name]
    assert await life.judgement.look_back() == 2
    assert not status.firing()


async def test_an_episode_that_outlasts_the_time_is_left_to_the_evaluator() -> None:
    life = await stopped()
    await life.measure(START, BACK, outage=(9000, 99_999))
    round_ = await life.back()
    assert [(row.change, row.reconstructed) for row in round_.transitions] == [(Change.FIRED, False)]


async def test_a_late_tick_is_no_time_in_which_nobody_judged() -> None:
    life = await stopped()
    await life.measure(START, START + MINUTE)
    await life.tick(START + MINUTE)
    assert await life.judgement.look_back() is None
    await life.tick(START + 2 * MINUTE + SECOND)
    assert await life.judgement.look_back() == 0


async def test_only_changes_of_the_word_are_recorded_also_over_a_restart() -> None:
    life = await stopped()
    await life.measure(START, START + MINUTE, outage=(30, 60))
    for seconds in (61, 62, 63):
        await life.tick(START + seconds * SECOND)
    after = Life(SLO, life.store)
    await after.judgement.start(START + 64 * SECOND, START + 63 * SECOND)
    await after.tick(START + 64 * SECOND)
    said = list(await life.store.history.states(SLO.name, START - HOUR, BACK))
    assert [(change.state, change.at_ns) for change in said] == [
        (State.HEALTHY, START),
        (State.BURNING, START + 60 * SECOND),
    ]
    assert said[1].recorded_ns == START + 61 * SECOND
    first, second = said[0].remaining, said[1].remaining
    assert second is not None
    assert first == 1 > second
