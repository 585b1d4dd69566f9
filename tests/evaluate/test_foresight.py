"""How long a budget lasts, of those objectives whose policies ask."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.decide.condition import holds
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Composite, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import All, BudgetPolicy, Burning, Condition, ExhaustedWithin, Not, Rule, Selector
from slo_service.domain.slo import Slo
from slo_service.domain.status import Exhaustion
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.outlook.foresight import Foreseen, asked_for, budget_past, exhaustion
from slo_service.evaluate.statuses import Bounded
from tests.evaluate.timeline import START, an_slo

WINDOW = 10 * DAY
QUARTER = 15 * MINUTE
NAME = "orders-freshness"
PER_QUARTER = 9_000  # at 99.9 % nine of them may fail
ALLOWED = WINDOW // QUARTER * PER_QUARTER // 1000


def a_policy(*conditions: Condition, label: str = "") -> BudgetPolicy:
    rules = tuple(Rule(f"r{n}", condition, ()) for n, condition in enumerate(conditions))
    return BudgetPolicy("p", Selector({"team": label} if label else {}), rules)


def foreseen(failed: dict[int, int], policy: BudgetPolicy, slo: Slo | None = None, hours: int = 240) -> Foreseen:
    """Of a day-by-day past in quarters of an hour, with so many failures each, counted back from the newest, 1."""
    slo = slo or an_slo(window_ns=WINDOW)
    catalogue = Catalogue(slos={slo.name: slo}, policies={"p": policy})
    evaluator = Evaluator(catalogue)
    evaluator.apply(schedules=[Schedule(s, START - 60 * DAY, Fraction(PER_QUARTER, 900), 1) for s in slo.measured])
    for stream in slo.measured:
        reaches = {10 * SECOND: 8 * HOUR, MINUTE: 4 * DAY, QUARTER: hours * HOUR}
        rows = {width: parts(stream, failed, width, min(reach, hours * HOUR)) for width, reach in reaches.items()}
        evaluator.fill(stream, rows, START)
        evaluator.apply(progress=[Progress(stream, "a", START)])
    statuses = Bounded(evaluator.tick(START).statuses, catalogue.slos)
    return Foreseen(statuses, catalogue, asked_for(catalogue), lambda each: budget_past(evaluator.floor, each))


def parts(stream: str, failed: dict[int, int], width_ns: int, reach_ns: int) -> list[Delta]:
    """Rows of this width; what failed in a quarter of an hour did so at its start."""
    found = []
    for start in range(START - reach_ns, START, width_ns):
        bad = failed.get((START - start) // QUARTER, 0) if start % QUARTER == 0 else 0
        found.append(Delta(stream, start, PER_QUARTER * width_ns // QUARTER - bad, bad, width_ns // (10 * SECOND)))
    return found


def test_only_objectives_whose_policies_ask_are_foreseen() -> None:
    asking = a_policy(Burning("page"), All((Burning("page"), Not(ExhaustedWithin(DAY)))))
    slo = an_slo(window_ns=WINDOW)
    assert foreseen({}, asking, hours=2)[slo.name].exhaustion is not None
    assert foreseen({}, a_policy(Burning("page")), hours=2)[slo.name].exhaustion is None
    assert foreseen({}, replace(asking, selector=Selector({"team": "b"})), hours=2)[slo.name].exhaustion is None


def test_a_release_asks_as_well() -> None:
    rule = Rule("r", Burning("page"), (), release=Not(ExhaustedWithin(DAY)))
    assert asked_for(Catalogue(slos={NAME: an_slo()}, policies={"p": BudgetPolicy("p", Selector(), (rule,))})) == {NAME}


def test_what_leaves_the_window_in_time_is_known_from_the_rings() -> None:
    policy, within = a_policy(ExhaustedWithin(3 * DAY)), ExhaustedWithin(3 * DAY)
    pace = dict.fromkeys((1, 2, 3, 4), 50)  # five times what is allowed
    half = ALLOWED // 2 - 200
    young = foreseen(pace | {20 + n: half // 40 for n in range(40)}, policy)[NAME]
    old = foreseen(pace | {900 + n: half // 40 for n in range(40)}, policy)[NAME]  # leaves within 15 hours
    assert young.exhaustion is not None
    assert old.exhaustion is not None
    assert young.exhaustion.after_ns is not None
    assert old.exhaustion.after_ns is not None
    assert old.exhaustion.after_ns > young.exhaustion.after_ns + 12 * HOUR
    assert holds(within, young, START) is True
    assert holds(ExhaustedWithin(young.exhaustion.after_ns), young, START) is None  # it may be later


def test_too_little_of_the_last_hour_says_nothing() -> None:
    slo = an_slo(window_ns=WINDOW)
    policy = a_policy(ExhaustedWithin(DAY))
    shown = foreseen({}, policy, slo)
    late = replace(shown[NAME], readings={HOUR: replace(shown[NAME].readings[HOUR], coverage=Fraction(49, 100))})
    assert exhaustion(slo, late, None) == Exhaustion(HOUR, reason="too little of the last hour was measured")


def test_without_knowing_what_leaves_the_window_nothing_is_sure() -> None:
    policy, slo = a_policy(ExhaustedWithin(DAY)), an_slo(window_ns=WINDOW)
    status = foreseen(dict.fromkeys((1, 2, 3, 4), 50), policy)[NAME]
    assert exhaustion(slo, status, None).reason == "it is not known which failures leave the window meanwhile"


def test_of_a_composite_nobody_can_tell_for_sure() -> None:
    plain = an_slo(window_ns=WINDOW)
    whole = replace(plain, indicator=Composite((Member("a", plain.indicator, plain.objective.target),)))
    status = foreseen(dict.fromkeys((1, 2, 3, 4), 50), a_policy(ExhaustedWithin(DAY)), whole)[NAME]
    assert status.exhaustion is not None
    assert status.exhaustion.reason
    assert holds(ExhaustedWithin(100 * DAY), status, START) is None


def test_the_past_of_a_budget_is_whole_or_none() -> None:
    slo = an_slo(window_ns=WINDOW)
    evaluator = Evaluator(Catalogue(slos={NAME: slo}))
    assert budget_past(evaluator.floor, slo) is None  # nobody has looked yet
    expected = Schedule(slo.stream.id, START - DAY, Fraction(1), 1)
    evaluator.apply(progress=[Progress(slo.stream.id, "a", START)], schedules=[expected])
    evaluator.tick(START)
    past = budget_past(evaluator.floor, slo)
    assert past is not None
    assert past.start_ns <= START - WINDOW
    assert past.end_ns >= START
    assert budget_past(evaluator.floor, replace(slo, window_ns=400 * DAY)) is None
