"""A small world to decide about: a pipeline, its SLO and jobs, a policy, and statuses as the evaluator makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from slo_service.decide.engine import decide, remember
from slo_service.decide.ports import Memory, Round
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change, Transition, Witness
from slo_service.domain.indicator import Freshness, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.pipeline import ChannelSpec, Contact, Job, KafkaTopic, Pipeline
from slo_service.domain.policy import Action, BudgetPolicy, Burning, Mode, Notify, PauseJobs, Rule, Selector
from slo_service.domain.slo import WORKBOOK, Alerting, Kind, Severity, Slo, Tier
from slo_service.domain.status import Budget, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Objective, Tally

NOON = 1_790_000_000 * SECOND
BEST_EFFORT = PauseJobs(Selector({"criticality": "best-effort"}))
TELL = Notify("orders-oncall", "burning")
RULE = Rule("protect", Burning("page"), (BEST_EFFORT, TELL))


def an_slo(name: str = "orders-freshness", **changes: object) -> Slo:
    slo = Slo(
        name=name,
        display_name="Orders are fresh",
        description="",
        service="orders",
        pipeline="orders",
        indicator=Freshness("orders-canary", 30 * SECOND),
        objective=Objective(Fraction("0.999")),
        window_ns=30 * DAY,
        alerting=Alerting(),
        timing=Timing(30 * SECOND, 3 * SECOND),
        labels={"importance": "1"},
    )
    return replace(slo, **changes)  # type: ignore[arg-type]  # the caller names fields of Slo


def a_slo_named(name: str) -> Slo:
    return an_slo(name)


def a_job(name: str, criticality: str = "best-effort", pipeline: str | None = "orders") -> Job:
    return Job(name, pipeline, criticality, "fake", {})


JOBS = (a_job("export"), a_job("backfill"), a_job("enricher", "critical"), a_job("elsewhere", pipeline="payments"))


def a_policy(*rules: Rule, name: str = "default", mode: Mode = Mode.ENFORCE) -> BudgetPolicy:
    return BudgetPolicy(name, Selector({"importance": "1"}), rules or (RULE,), mode)


def a_catalogue(*policies: BudgetPolicy, slos: Sequence[Slo] | None = None, jobs: Sequence[Job] = JOBS) -> Catalogue:
    topic = KafkaTopic("main", "orders.raw")
    pipeline = Pipeline("orders", "", "payments-data", topic, (), KafkaTopic("main", "orders.enriched"))
    return Catalogue(
        pipelines={"orders": pipeline},
        slos={slo.name: slo for slo in (slos if slos is not None else [an_slo()])},
        policies={policy.name: policy for policy in (policies or (a_policy(),))},
        jobs={job.name: job for job in jobs},
        contacts={"orders-oncall": Contact("orders-oncall", (ChannelSpec("webhook", {"url": "http://127.0.0.1"}),))},
    )


def a_rule(*do: Action, **changes: object) -> Rule:
    return replace(RULE, **({"do": do} if do else {}), **changes)  # type: ignore[arg-type]  # fields of Rule


def a_reading(length_ns: int, bad: int, total: int, coverage: Fraction = Fraction(1)) -> Reading:
    tally = Tally(total - bad, bad)
    missing = Fraction(total) / coverage - total if coverage else Fraction(0)
    return Reading(length_ns, tally, missing, coverage, Objective(Fraction("0.999")).burn_rate(tally))


def a_tier(
    index: int = 0,
    *,
    firing: bool = False,
    quiet_ns: int | None = None,
    frozen: bool = False,
    now_ns: int = NOON,
    bad_share: Fraction | None = None,
) -> TierState:
    """A tier that fires and burns, or one quiet for `quiet_ns` since it last burned (None: it never did)."""
    tier = WORKBOOK[index]
    share = bad_share if bad_share is not None else Fraction(1 if firing else 0)
    burned = firing or quiet_ns is not None
    return TierState(
        slo="orders-freshness",
        tier=tier,
        factor=tier.factor(30 * DAY),
        phase=Phase.FIRING if firing else Phase.QUIET,
        since_ns=now_ns - MINUTE,
        burning=None if frozen else firing,
        last_burned_ns=now_ns - (quiet_ns or 0) if burned else None,
        quiet_ns=quiet_ns or (0 if burned else HOUR),
        judged_at_ns=now_ns,
        frozen_since_ns=now_ns - MINUTE if frozen else None,
        episode="e-1" if firing else None,
        long=a_reading(tier.long_ns, int(360 * share), 360),
        short=a_reading(tier.short_ns, int(30 * share), 30),
    )


def a_sign(
    kind: Kind, *, firing: bool = False, quiet_ns: int | None = None, sources: tuple[str, ...] = ()
) -> TierState:
    """A tier beside the declared ones."""
    names = {Kind.PARTITION: "page-partition", Kind.COVERAGE: "coverage-1h"}
    severity = {Kind.PARTITION: Severity.PAGE, Kind.EARLY: Severity.EARLY}.get(kind, Severity.TICKET)
    base = a_tier(firing=firing, quiet_ns=quiet_ns)
    tier = Tier(names.get(kind, kind.value), severity, HOUR, 5 * MINUTE, Fraction(0), burn=Fraction(1), kind=kind)
    return replace(base, tier=tier, factor=Fraction(1), sources=sources)


def a_status(
    *tiers: TierState,
    slo: str = "orders-freshness",
    now_ns: int = NOON,
    state: State | None = None,
    remaining: str = "0.5",
    interval: tuple[float, float] | None = (0.4, 0.6),
    provisional: bool = False,
    watermark_ns: int | None = -1,
    progress_ns: int | None = -1,
    signals: tuple[TierState, ...] = (),
) -> Status:
    watermark = now_ns - 30 * SECOND if watermark_ns == -1 else watermark_ns
    word = State.BURNING if any(t.firing for t in tiers) else State.HEALTHY
    return Status(
        slo=slo,
        stream="s",
        at_ns=now_ns,
        watermark_ns=watermark,
        progress_ns=now_ns if progress_ns == -1 else progress_ns,
        state=state or word,
        since_ns=now_ns - MINUTE,
        budget=Budget(a_reading(30 * DAY, 5, 10_000), Fraction(remaining), provisional, Fraction(10), interval),
        readings={},
        tiers=tiers or (a_tier(),),
        first_bad_ns=now_ns - 2 * MINUTE if any(t.firing for t in tiers) else None,
        signals=signals,
    )


def fired(slo: str = "orders-freshness", now_ns: int = NOON) -> Transition:
    tier = a_tier(firing=True, now_ns=now_ns)
    return Transition("t-1", slo, tier.tier.severity, Change.FIRED, now_ns, now_ns, "e-1", True, False, tier)


CANARY = Witness("canary", "orders", True, "canary: orders-freshness burns 1000×", NOON)
LAG = Witness("lag", "orders", True, "lag: orders-enricher is 45s behind", NOON)
CALM = replace(LAG, troubled=False, says="lag: orders-enricher is 1s behind")
BURNS = a_status(a_tier(firing=True))


def heard(*witnesses: Witness) -> dict[str, list[Witness]]:
    """By pipeline, as the engine asks for them."""
    found: dict[str, list[Witness]] = {}
    for witness in witnesses:
        found.setdefault(witness.pipeline, []).append(witness)
    return found


class Life:
    """Ticks of the engine, each a second after the other, with what it remembers."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or a_catalogue()
        self.memory, self.now_ns = Memory(), NOON

    def tick(
        self, *statuses: Status, witnesses: Sequence[Witness] = (CANARY, LAG), transitions: Sequence[Transition] = ()
    ) -> Round:
        self.now_ns += SECOND
        present = {status.slo: status for status in statuses}
        made = decide(self.now_ns, self.catalogue, present, transitions, heard(*witnesses), self.memory)
        self.memory = remember(self.memory, made)
        return made

    @property
    def paused(self) -> set[str]:
        return {state.target for state in self.memory.wanted if state.wanted == "paused"}
