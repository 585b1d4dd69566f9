"""A small world in memory: one pipeline, two objectives, two jobs, and a story of one pause. Frozen at NOW."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge, PartitionAge, StoreUnavailable
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import (
    Chain,
    Change,
    Decision,
    Delivery,
    Hold,
    Message,
    RuleEpisode,
    Transition,
    Verdict,
    Wanted,
    WantedState,
    Witness,
)
from slo_service.domain.indicator import Completeness, Freshness, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.domain.pipeline import Canary, ChannelSpec, Contact, Job, KafkaTopic, Pipeline, SqlTable, Stage
from slo_service.domain.policy import BudgetPolicy, Burning, Mode, Notify, PauseJobs, Rule, Selector
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Slo, Tier
from slo_service.domain.status import Budget, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Objective, Tally
from slo_service.show.ports import CollectorHealth, Health, JobView, LoadReport, TaskHealth
from tests.show.paging import page

NOW = from_rfc3339("2026-11-20T09:40:30Z")
WATERMARK = NOW - 30 * SECOND
SECRET = "postgresql://orders:planted-secret@db/orders"
THOUSANDTH = Objective(Fraction(999, 1000))


def slo(
    name: str, *, indicator: Freshness | Completeness | None = None, labels: Mapping[str, str] | None = None
) -> Slo:
    return Slo(
        name=name,
        display_name=name.replace("-", " ").capitalize(),
        description="The dashboard shows an order within 30 s of checkout",
        service="orders",
        pipeline="orders",
        indicator=indicator or Freshness("orders-canary", 30 * SECOND),
        objective=THOUSANDTH,
        window_ns=28 * DAY,
        alerting=Alerting(),
        timing=Timing(30 * SECOND, 3 * SECOND),
        labels=labels or {"pipeline": "orders", "importance": "1"},
        defined_at="orders.yaml:31",
        definition="kind: SLO\n",
    )


def reading(length_ns: int, good: int, bad: int, unmeasured: int = 0, slo_: Slo | None = None) -> Reading:
    """A window in which `unmeasured` further events were expected."""
    tally, expected = Tally(good, bad), good + bad + unmeasured
    coverage = Fraction(tally.total, expected) if expected else Fraction(0)
    objective = slo_.objective if slo_ else THOUSANDTH
    return Reading(length_ns, tally, Fraction(unmeasured), coverage, objective.burn_rate(tally))


def tier_state(of: Slo, tier: Tier, long: Reading, short: Reading, *, firing: bool, frozen: bool = False) -> TierState:
    factor = tier.factor(of.window_ns)
    over = [r.burn is not None and r.burn > factor for r in (long, short)]
    return TierState(
        slo=of.name,
        tier=tier,
        factor=factor,
        phase=Phase.FIRING if firing else Phase.QUIET,
        since_ns=WATERMARK - 5 * MINUTE,
        burning=None if frozen else all(over),
        last_burned_ns=WATERMARK if all(over) else None,
        quiet_ns=0 if all(over) else HOUR,
        judged_at_ns=WATERMARK,
        frozen_since_ns=WATERMARK - MINUTE if frozen else None,
        episode="ep-1" if firing else None,
        long=long,
        short=short,
    )


def status(of: Slo, state: State, *, bad: int = 0, unmeasured: int = 0) -> Status:
    """All windows hold 21,600 events an hour; `bad` of the last hour's (60 of them at most in 5 min) were bad."""
    hour = reading(HOUR, 21_600 - bad, bad, unmeasured, of)
    short = reading(5 * MINUTE, 1_800 - min(bad, 60), min(bad, 60), 0, of)
    whole = reading(28 * DAY, 14_515_200 - bad, bad, unmeasured, of)
    allowed = whole.expected * of.objective.budget
    tiers = tuple(
        tier_state(of, tier, hour if tier.long_ns == HOUR else reading(tier.long_ns, 21_600, 0), short,
                   firing=state is State.BURNING and tier.long_ns == HOUR, frozen=state is State.FROZEN)
        for tier in WORKBOOK
    )  # fmt: skip
    return Status(
        slo=of.name,
        stream=of.stream.id,
        at_ns=NOW,
        watermark_ns=WATERMARK,
        progress_ns=NOW,
        state=state,
        since_ns=WATERMARK - 5 * MINUTE,
        budget=Budget(whole, 1 - Fraction(bad) / allowed, provisional=False, allowed_events=allowed),
        readings={5 * MINUTE: short, HOUR: hour},
        tiers=tiers,
        first_bad_ns=WATERMARK - 6 * MINUTE if bad else None,
    )


FRESHNESS = slo("orders-freshness")
COMPLETENESS = slo("orders-completeness", indicator=Completeness("orders-canary", 5 * MINUTE), labels={"team": "pay"})
PIPELINE = Pipeline(
    name="orders",
    description="Orders from checkout to the live revenue dashboard",
    owner="payments-data",
    source=KafkaTopic("main", "orders.raw"),
    stages=(Stage("enrich", KafkaTopic("main", "orders.enriched"), "orders-enricher"),),
    sink=SqlTable(SECRET, "orders_live", "event_id"),
    sink_group="orders-loader",
)
CANARY = Canary("orders-canary", "orders", SECOND, {}, "source_system")
CATALOGUE = Catalogue(
    pipelines={"orders": PIPELINE},
    canaries={"orders-canary": CANARY},
    slos={s.name: s for s in (COMPLETENESS, FRESHNESS)},
    policies={
        "default": BudgetPolicy(
            "default",
            Selector(),
            (Rule("protect", Burning("page"), (PauseJobs(Selector()), Notify("oncall", "burning"))),),
            Mode.ENFORCE,
            "orders.yaml:60",
        )
    },
    jobs={
        name: Job(name, "orders", "best-effort", "http", {"url": SECRET}, defined_at="orders.yaml:80")
        for name in ("export", "backfill")
    },
    contacts={"oncall": Contact("oncall", (ChannelSpec("webhook", {"url": SECRET}),))},
)


def trace(seq: int, sent_ns: int, verdict: str, *, transit_ns: int | None = None) -> CanaryTrace:
    seen = {} if transit_ns is None else {"sink": sent_ns + transit_ns}
    return CanaryTrace("orders-canary", "run-1", 0, seq, sent_ns, True, seen, dict.fromkeys(seen, 1), verdict)


WITNESS = Witness("lag", "orders", True, "orders-enricher is 5 min behind", NOW - 4 * MINUTE)


def decision(number: int, at_ns: int, action: str = "pauseJobs", verdict: Verdict = Verdict.ACT) -> Decision:
    return Decision(
        id=f"dec-{number}", at_ns=at_ns, policy="default", rule="protect", slo="orders-freshness", pipeline="orders",
        episode="rule-1", transition="tr-1", action=action, target="job:export", verdict=verdict,
        reason="page-1h burns at 27.8, over 13.44", witnesses=(WITNESS,),
    )  # fmt: skip


def transition(number: int, recorded_ns: int, of: str = "orders-freshness") -> Transition:
    state = status(FRESHNESS, State.BURNING, bad=600).tiers[0]
    return Transition(
        f"tr-{number}", of, Severity.PAGE, Change.FIRED, recorded_ns - 30 * SECOND, recorded_ns, "ep-1",
        opens=True, closes=False, tier=state, first_bad_ns=WATERMARK - 6 * MINUTE, load=1,
    )  # fmt: skip


def chain() -> Chain:
    at = NOW - 4 * MINUTE
    act, undo = decision(1, at), decision(2, NOW - MINUTE, "resumeJobs", Verdict.UNDO)
    return Chain(
        decision=act,
        transition=transition(1, at),
        rule_episode=RuleEpisode(
            "rule-1", "default", "protect", "orders-freshness", at, at - 30 * SECOND, NOW - MINUTE
        ),
        hold=Hold("hold-1", "rule-1", "job:export", "dec-1", at, NOW - MINUTE),
        wanted=(
            WantedState("job:export", 1, Wanted.PAUSED, at, "dec-1", "running", at + SECOND, "enacted and verified"),
            WantedState("job:export", 2, Wanted.RUNNING, NOW - MINUTE, "dec-2", None, NOW - 59 * SECOND, "verified"),
        ),
        message=Message("msg-1", "dec-1", "oncall", "burning", "Orders are late", {}, at),
        deliveries=(Delivery("del-1", "job:export@1", "dec-1", "http", 1, at + SECOND, True, True, "200 OK"),),
        undo=(undo,),
    )


HEALTH = Health(
    version="0.1.0",
    started_ns=NOW - HOUR,
    load=LoadReport(1, NOW - HOUR, ok=True),
    collectors=(CollectorHealth("orders-canary", "canary", NOW - SECOND, samples=12),),
    tasks=(TaskHealth("tick", running=True, restarts=2),),
    counters={"late_samples": 3},
)


@dataclass
class World:
    """Live, Pulse and History in one; every part may be replaced by a test before it is read."""

    now: int = NOW
    definitions: Catalogue = CATALOGUE
    judged: dict[str, Status] = field(
        default_factory=lambda: {
            FRESHNESS.name: status(FRESHNESS, State.BURNING, bad=600),
            COMPLETENESS.name: status(COMPLETENESS, State.HEALTHY),
        }
    )
    service: Health = HEALTH
    ages: tuple[GroupAge, ...] = (
        GroupAge("orders", "enrich", "orders-enricher", "orders.raw", NOW,
                 (PartitionAge(0, 90, 100, 10, 5 * SECOND), PartitionAge(1, 100, 100, 0, 0))),
    )  # fmt: skip
    views: dict[str, JobView] = field(
        default_factory=lambda: {
            "export": JobView("export", "paused", NOW - SECOND, chain().wanted[0], (chain().hold,)),  # type: ignore[arg-type]  # the fake chain has a hold
            "backfill": JobView("backfill", "unknown", None, None, (), "connection refused"),
        }
    )
    traces: list[CanaryTrace] = field(
        default_factory=lambda: [
            trace(0, NOW - 40 * SECOND, "on_time", transit_ns=2 * SECOND),
            trace(1, NOW - 12 * SECOND, "pending"),
            trace(2, NOW - SECOND, "pending"),
        ]
    )
    changes: list[Transition] = field(default_factory=lambda: [transition(1, NOW - 4 * MINUTE)])
    decided: list[Decision] = field(default_factory=lambda: [decision(1, NOW - 4 * MINUTE)])
    chains: dict[str, Chain] = field(default_factory=lambda: {"dec-1": chain()})
    deltas: tuple[Delta, ...] = ()
    expected: tuple[Schedule, ...] = ()
    store_is_away: bool = False

    def now_ns(self) -> int:
        return self.now

    def catalogue(self) -> Catalogue:
        return self.definitions

    def statuses(self) -> Mapping[str, Status]:
        return self.judged

    def health(self) -> Health:
        return self.service

    def groups(self) -> Sequence[GroupAge]:
        return self.ages

    def jobs(self) -> Mapping[str, JobView]:
        return self.views

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        return [t for t in self.traces if t.canary == canary and t.sent_ns >= since_ns]

    async def beats(self) -> AsyncIterator[int]:
        for number in range(1, 3):
            await asyncio.sleep(0)
            yield number

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]:
        self._must_be_there()
        rows = [r for r in self.changes if slo in {None, r.slo} and (before_ns is None or r.recorded_ns < before_ns)]
        return page(rows, lambda row: row.recorded_ns, limit)

    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]:
        self._must_be_there()
        rows = [r for r in self.decided if slo in {None, r.slo} and (before_ns is None or r.at_ns < before_ns)]
        return page(rows, lambda row: row.at_ns, limit)

    async def chain(self, decision: str) -> Chain | None:
        self._must_be_there()
        return self.chains.get(decision)

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        self._must_be_there()
        return [
            d
            for d in self.deltas
            if d.stream == stream and since_ns <= d.slice_start_ns < until_ns and d.slice_start_ns % width_ns == 0
        ]

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        self._must_be_there()
        return {stream: [each for each in self.expected if each.stream == stream] for stream in streams}

    def _must_be_there(self) -> None:
        if self.store_is_away:
            raise StoreUnavailable("the disk is full")
