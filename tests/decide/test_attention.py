"""Looking only where something may be decided comes to the same as looking everywhere."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.decide.attention import Attention
from slo_service.decide.ports import Memory
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetPolicy,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    Burning,
    Condition,
    ExhaustedWithin,
    Mode,
    NoData,
    Not,
    QuietFor,
    Rule,
    Selector,
)
from slo_service.domain.slo import Slo
from tests.decide.situation import BEST_EFFORT, TELL
from tests.decide.two_engines import NAMES, START, World, a_world

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
LEAVES: Sequence[Condition] = (
    Burning("page"),
    Burning("any"),
    Burning("early"),
    Burning("page-1h"),
    BudgetRemainingBelow(HALF),
    BudgetRemainingBelow(Fraction(0)),
    BudgetRemainingAbove(HALF),
    BudgetRemainingAbove(Fraction(-1)),
    BudgetSpentWithin(TENTH, 5 * MINUTE),
    BudgetSpentWithin(HALF, 20 * MINUTE),
    ExhaustedWithin(5 * MINUTE),
    ExhaustedWithin(30 * MINUTE),
    NoData(20 * SECOND),
    NoData(2 * MINUTE),
    QuietFor(MINUTE),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.tuples(inner, inner)),
        st.builds(AnyOf, st.tuples(inner, inner)),
    ),
    max_leaves=3,
)
RULES = st.builds(
    lambda when, release, for_ns: Rule("rule", when, (BEST_EFFORT, TELL), release, for_ns, witnesses=1),
    CONDITIONS,
    CONDITIONS,
    st.sampled_from([0, 0, 30 * SECOND]),
)
POLICIES = st.lists(
    st.builds(
        lambda rules, labels: (labels, tuple(replace(rule, name=f"rule-{n}") for n, rule in enumerate(rules))),
        st.lists(RULES, min_size=1, max_size=2),
        st.sampled_from([{}, {"importance": "1"}]),
    ),
    max_size=3,
).map(
    lambda found: [
        BudgetPolicy(f"policy-{n}", Selector(labels), rules, Mode.ENFORCE) for n, (labels, rules) in enumerate(found)
    ]
)
COUNTS = st.sampled_from([(10, 0), (10, 0), (9, 1), (8, 2), (0, 10), (5, 0), (0, 0)])
STEPS = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(NAMES), COUNTS).map(lambda counts: ("tick", counts)),
        st.just(("reload", {})),
        st.just(("lose", {})),
        st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: ("grow", dict.fromkeys(names, (0, 0)))),
    ),
    min_size=3,
    max_size=14,
)


@given(POLICIES, POLICIES, STEPS, st.integers(2, 4), st.sampled_from([10, 60]), st.sampled_from([START, START - HOUR]))
def test_looking_where_something_may_be_decided_comes_to_the_same_as_looking_everywhere(
    policies: list[BudgetPolicy],
    later: list[BudgetPolicy],
    steps: list[tuple[str, dict[str, tuple[int, int]]]],
    scheduled: int,
    seconds: int,
    since_ns: int,
) -> None:
    world = World(a_world(policies), scheduled=scheduled, since_ns=since_ns)
    for what, counts in steps:
        if what == "reload":
            world.reload(a_world(later))
        elif what == "grow":
            whole = a_world(list(world.catalogue.policies.values()))
            world.grow(replace(whole, slos={name: whole.slos[name] for name in NAMES if name in counts}))
        elif what == "lose":
            world.lose()
        else:
            share = seconds // 10
            here = {name: pair for name, pair in counts.items() if name in world.catalogue.slos}
            world.tick({name: (good * share, bad * share) for name, (good, bad) in here.items()}, seconds)


def of(*conditions: Condition) -> Catalogue:
    rules = tuple(Rule(f"rule-{n}", when, (TELL,)) for n, when in enumerate(conditions))
    world = a_world([BudgetPolicy("policy", Selector(), rules, Mode.ENFORCE)])
    return replace(world, slos={name: world.slos[name] for name in STEADY})


STEADY = ("calm", "busy", "guessed")  # the strict one burns for what nobody measured before its first tick
GOOD = dict.fromkeys(STEADY, (10, 0))


def settled(*conditions: Condition, ticks: int = 130) -> World:
    world = World(of(*conditions))
    for _ in range(ticks):
        world.tick(GOOD, checked=False)
    return world


def test_at_the_first_round_everybody_is_looked_at() -> None:
    world = World(of(Burning("page")))
    world.tick(GOOD)
    assert set(world.made) == set(STEADY)


def test_objectives_that_stand_still_are_not_looked_at() -> None:
    world = settled(Burning("page"), BudgetRemainingBelow(HALF), NoData(MINUTE))
    world.tick(GOOD)
    assert world.made == []


@pytest.mark.parametrize("again", [World.lose, lambda world: world.reload(of(Burning("page")))], ids=["lost", "reload"])
def test_after_what_was_remembered_is_lost_everybody_is_looked_at(again: object) -> None:
    world = settled(Burning("page"))
    again(world)  # type: ignore[operator]  # a parameter's type is lost
    world.tick(GOOD)
    assert set(world.made) == set(STEADY)


def test_a_tier_that_fires_is_looked_at() -> None:
    world = settled(Burning("page"))
    entered = [
        (episode.slo, tick) for tick in range(45) for episode in world.tick({**GOOD, "busy": (0, 10)}).rule_episodes
    ]
    assert [slo for slo, _ in entered] == ["busy"]
    assert entered[0][1] > 0  # not at the first failures


def test_a_budget_that_crosses_a_mark_is_looked_at_though_no_tier_changes() -> None:
    world = settled(BudgetRemainingBelow(Fraction(99, 100)))
    made = world.tick({**GOOD, "busy": (8, 2)})
    assert set(world.made) == {"busy"}
    assert [e.slo for e in made.rule_episodes] == ["busy"]


def test_what_was_spent_lately_is_looked_at_when_it_crosses_its_mark() -> None:
    world = settled(BudgetSpentWithin(Fraction(1, 100), 5 * MINUTE))
    assert [e.slo for e in world.tick({**GOOD, "calm": (8, 2)}).rule_episodes] == ["calm"]


def test_a_budget_that_is_provisional_no_longer_is_looked_at() -> None:
    world = World(of(BudgetRemainingBelow(Fraction(99, 100))))
    world.tick(dict.fromkeys(STEADY, (5, 0)), 5)  # so that no tick ends at the very floor
    world.tick({**GOOD, "calm": (5, 5)})
    entered = [episode.slo for _ in range(115) for episode in world.tick(GOOD).rule_episodes]
    assert entered == ["calm"]


def test_a_budget_that_has_recovered_is_looked_at() -> None:
    world = World(of(BudgetRemainingAbove(Fraction(99, 100))))
    world.tick({**GOOD, "calm": (5, 5)})
    entered = [episode.slo for _ in range(125) for episode in world.tick(GOOD).rule_episodes]
    assert sorted(entered) == ["busy", "calm", "guessed"]


def test_what_was_spent_is_looked_at_though_what_is_missing_may_be_more() -> None:
    world = settled(BudgetSpentWithin(Fraction(1, 20), 5 * MINUTE), ticks=360)  # an hour, or the long tiers are frozen
    for _ in range(10):
        assert not world.tick({**GOOD, "calm": (5, 0)}).rule_episodes
    assert [e.slo for e in world.tick({**GOOD, "calm": (3, 7)}).rule_episodes] == ["calm"]


def test_a_budget_that_will_not_last_is_looked_at_though_no_tier_changes() -> None:
    world = settled(ExhaustedWithin(30 * MINUTE), ticks=360)  # an hour, of which half must be measured
    entered = [e.slo for _ in range(30) for e in world.tick({**GOOD, "busy": (4, 6)}).rule_episodes]
    assert entered == ["busy"]


def test_budgets_that_last_are_not_looked_at() -> None:
    world = settled(ExhaustedWithin(MINUTE), All((Burning("page"), Not(ExhaustedWithin(MINUTE)))), ticks=370)
    world.tick(GOOD)
    assert world.made == []


def test_rules_that_wait_for_quiet_are_looked_at_always() -> None:
    world = settled(All((Burning("page"), QuietFor(MINUTE))))
    world.tick(GOOD)
    assert set(world.made) == set(STEADY)


def test_of_a_world_that_grows_only_the_new_ones_are_looked_at() -> None:
    whole = of(Burning("page"), BudgetRemainingBelow(HALF), NoData(MINUTE))
    world = World(replace(whole, slos={name: whole.slos[name] for name in ("busy", "guessed")}))
    for _ in range(130):
        world.tick(dict.fromkeys(world.catalogue.slos, (10, 0)), checked=False)
    world.grow(whole)
    world.tick(GOOD)
    assert set(world.made) == {"calm"}
    assert [
        e.slo for _ in range(45) for e in world.tick({**GOOD, "busy": (0, 10)}).rule_episodes if e.rule == "rule-0"
    ] == ["busy"]


def test_a_new_objective_is_looked_at_though_nothing_stirs_it() -> None:
    whole = of(Burning("page"))
    world = World(replace(whole, slos={"busy": whole.slos["busy"]}))
    world.tick({"busy": (10, 0)}, checked=False)
    world.grow(whole)
    statuses = world.evaluator.tick(world.now_ns).statuses
    assert [key[2] for key, _ in world.attention.cases(world.now_ns, whole, statuses, Memory())] == ["calm", "guessed"]


def test_of_a_world_that_shrinks_the_others_stand_as_they_stood() -> None:
    world = settled(Burning("page"), BudgetRemainingBelow(HALF))
    world.grow(replace(world.catalogue, slos={"busy": world.catalogue.slos["busy"]}))
    world.tick({"busy": (10, 0)})
    assert world.made == []


def test_a_world_that_grows_before_the_first_round_is_looked_at_whole() -> None:
    attention = Attention()
    attention.grow(of(Burning("page")))
    assert not list(attention.cases(0, Catalogue(), {}, Memory()))


def test_silence_is_looked_at_when_it_has_lasted() -> None:
    world = settled(NoData(20 * SECOND))
    others = {name: counts for name, counts in GOOD.items() if name != "calm"}
    assert not world.tick(others).rule_episodes
    assert [e.slo for e in world.tick(others).rule_episodes] == ["calm"]


def test_silence_before_the_first_word_is_looked_at_when_it_has_lasted() -> None:
    world = World(of(NoData(25 * SECOND)))
    entered = [len(world.tick({}).rule_episodes) for _ in range(5)]
    assert entered == [0, 0, 0, 3, 0]


def test_statuses_without_figures_are_all_looked_at() -> None:
    catalogue = of(Burning("page"))
    world = settled(Burning("page"))
    everything = dict(world.evaluator.tick(world.now_ns).statuses)
    attention = Attention()
    for _ in range(2):
        found = list(attention.cases(world.now_ns, catalogue, everything, Memory()))
        attention.settle()
        assert [key[2] for key, _ in found] == list(STEADY)


def test_a_round_that_broke_off_is_made_up_for() -> None:
    world = settled(Burning("page"))
    evaluation = world.evaluator.tick(world.now_ns)
    next(iter(world.attention.cases(world.now_ns, world.catalogue, evaluation.statuses, Memory())), None)
    world.tick(GOOD)
    assert set(world.made) == set(STEADY)


def test_a_slo_of_another_name_is_not_taken_for_one_that_stands_still() -> None:
    world = settled(Burning("page"))
    renamed: list[Slo] = [replace(slo, name=f"new-{slo.name}") for slo in world.catalogue.slos.values()]
    world.reload(replace(world.catalogue, slos={slo.name: slo for slo in renamed}))
    world.tick({})
    assert set(world.made) == {slo.name for slo in renamed}
