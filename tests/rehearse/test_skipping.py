"""Leaving out ticks is exact: the same rows come out as with every tick run."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.definitions.finding import Mark
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Metric, Ratio, Side
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import (
    BudgetPolicy,
    BudgetRemainingBelow,
    ExhaustedWithin,
    Mode,
    Not,
    Notify,
    Rule,
    Selector,
)
from slo_service.domain.slo import Alerting, Severity, Tier
from slo_service.domain.status import State
from slo_service.rehearse.case import Age, Behind, Case, Expectation, StateIs
from slo_service.rehearse.reading import START_NS
from slo_service.rehearse.run import Rehearsal, Seen
from slo_service.rehearse.segment import Look, Segment

pytestmark = pytest.mark.lengthy

MARK = Mark("case.yaml")
SLO = "orders-freshness"


def outcome(case: Case, catalogue: Catalogue, *, skip: bool) -> tuple[Seen, int]:
    rehearsal = Rehearsal(case, catalogue, skip=skip)
    *_, last = rehearsal.run()
    return last, rehearsal.ticks


def case_of(segments: tuple[Segment, ...], lag: tuple[Behind, ...], length: int, tick: int) -> Case:
    looks = tuple(Expectation(MARK, at, at, SLO, (StateIs(MARK, State.HEALTHY),)) for at in (7 * MINUTE, length))
    return Case("c", MARK, START_NS, tick, None, 1, {}, {SLO: segments}, {("orders", "enrich"): lag}, looks)


LASTS = Rule("lasts", ExhaustedWithin(12 * HOUR), (Notify("orders-team", "burning"),), Not(ExhaustedWithin(DAY)))
WAITING = Tier(
    "waits", Severity.PAGE, HOUR, HOUR, Fraction(1, 50), burn=Fraction(2), inclusive=True, after_ns=4 * MINUTE
)
ALERTINGS = {"own": None, "workbook": Alerting(), "waiting": Alerting("waiting", (WAITING,))}


def small(catalogue: Catalogue, alerting: str, *more: Rule) -> Catalogue:
    """Two objectives, so that a case runs fast; with a rule on the budget, and one that waits for quiet."""
    freshness, lag = catalogue.slos[SLO], catalogue.slos["orders-lag"]
    freshness = replace(freshness, alerting=ALERTINGS[alerting] or freshness.alerting)
    told = Rule("spent", BudgetRemainingBelow(Fraction(99, 100)), (Notify("orders-team", "burning"),))
    policy = BudgetPolicy("budget", Selector({"importance": "1"}), (told, *more), Mode.ENFORCE)
    policies = {**catalogue.policies, "budget": policy}
    return replace(catalogue, slos={SLO: freshness, "orders-lag": lag}, policies=policies)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    length = draw(st.integers(10, 40)) * MINUTE
    edges = sorted(draw(st.sets(st.integers(1, length // SECOND), max_size=6)))
    segments, lag = [], []
    for begin, end in zip(edges[::2], edges[1::2], strict=False):
        look = draw(st.sampled_from([Look.MEASURED, Look.MEASURED, Look.UNMEASURED, Look.IDLE]))
        share = draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 60)]))
        segments.append(Segment(begin * SECOND, end * SECOND, look, share, None, MARK))
        if draw(st.booleans()):
            age = draw(st.sampled_from(Age))
            lag.append(Behind(begin * SECOND, end * SECOND, age, 7 * SECOND, MARK))
    return case_of(tuple(segments), tuple(lag), length, draw(st.sampled_from([5, 7, 10])) * SECOND)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), alerting=st.sampled_from(sorted(ALERTINGS)))
def test_leaving_out_ticks_changes_nothing(catalogue: Catalogue, case: Case, alerting: str) -> None:
    definitions = small(catalogue, alerting, LASTS)
    (short, _), (long, _) = (outcome(case, definitions, skip=skip) for skip in (True, False))
    assert short.transitions == long.transitions
    assert short.decisions == long.decisions
    assert short.messages == long.messages
    assert short.memory == long.memory
    assert short.statuses == long.statuses


@pytest.mark.parametrize("alerting", sorted(ALERTINGS))
def test_a_day_with_an_outage_takes_few_ticks(catalogue: Catalogue, alerting: str) -> None:
    outage = Segment(10 * MINUTE, 22 * MINUTE, Look.MEASURED, Fraction(1), None, MARK)
    _, ticks = outcome(case_of((outage,), (), 24 * HOUR, SECOND), small(catalogue, alerting), skip=True)
    assert ticks < 1_000


def test_of_slos_without_a_pipeline_only_those_run_that_a_case_is_about(catalogue: Catalogue) -> None:
    metric = Metric.of("prometheus", "main", {"query": "up"})
    query = replace(catalogue.slos[SLO], name="q0", pipeline="", indicator=Ratio(Side.GOOD, metric, metric, True))
    asked = {f"q{n}": replace(query, name=f"q{n}", service=f"s{n}", slice_width_ns=(10 + n) * SECOND) for n in range(9)}
    looks = (Expectation(MARK, MINUTE, MINUTE, "q0", (StateIs(MARK, State.HEALTHY),)),)
    case = replace(case_of((), (), MINUTE, SECOND), series={}, lag={}, expect=looks)
    *_, last = Rehearsal(case, replace(catalogue, slos={**catalogue.slos, **asked})).run()
    assert set(last.statuses) == {"q0"}
