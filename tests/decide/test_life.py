"""Any life of two overlapping policies over two objectives and one job."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slo_service.decide.condition import blind
from slo_service.decide.engine import decide, remember
from slo_service.domain.event import Verdict, Wanted, Witness
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import Burning
from slo_service.domain.status import State, Status
from tests.decide.situation import (
    BURNS,
    CALM,
    CANARY,
    JOBS,
    LAG,
    Life,
    a_catalogue,
    a_policy,
    a_rule,
    a_slo_named,
    a_status,
    a_tier,
    heard,
)

STATUSES = (
    BURNS,
    a_status(a_tier(quiet_ns=20 * MINUTE)),
    a_status(a_tier(quiet_ns=5 * MINUTE)),
    a_status(a_tier(firing=True, frozen=True)),
    a_status(a_tier(frozen=True), state=State.FROZEN),
)
NAMES = ("orders-freshness", "orders-completeness")
Tick = tuple[Status, Status, tuple[Witness, ...]]
TICKS: st.SearchStrategy[list[Tick]] = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.sampled_from(STATUSES), st.sampled_from(((CANARY, LAG), (CANARY, CALM)))),
    max_size=12,
)


def two_policies() -> Life:
    one, other = a_policy(name="one"), a_policy(a_rule(name="other", when=Burning("any")), name="two")
    return Life(a_catalogue(one, other, slos=[a_slo_named(name) for name in NAMES], jobs=JOBS[:1]))


@given(TICKS)
def test_a_job_is_wanted_paused_exactly_while_a_hold_lives(ticks: list[Tick]) -> None:
    life, wishes = two_policies(), []
    for one, other, witnesses in ticks:
        made = life.tick(replace(one, slo=NAMES[0]), replace(other, slo=NAMES[1]), witnesses=witnesses)
        wishes += [(state.epoch, state.wanted) for state in made.wanted]
        assert bool(life.paused) == bool(life.memory.holds)
    assert [epoch for epoch, _ in wishes] == list(range(1, len(wishes) + 1))
    assert [wish for _, wish in wishes] == [Wanted.PAUSED, Wanted.RUNNING] * (len(wishes) // 2) + [Wanted.PAUSED] * (
        len(wishes) % 2
    )


@given(TICKS)
def test_no_pause_rests_on_darkness_or_on_one_witness(ticks: list[Tick]) -> None:
    life = two_policies()
    for one, other, witnesses in ticks:
        present = {NAMES[0]: one, NAMES[1]: other}
        made = life.tick(*(replace(s, slo=name) for name, s in present.items()), witnesses=witnesses)
        for decision in made.decisions:
            if decision.action == "pauseJobs" and decision.verdict is Verdict.ACT:
                assert not blind(present[decision.slo])
                assert witnesses == (CANARY, LAG)


@given(TICKS)
def test_a_round_that_is_remembered_twice_is_remembered_once(ticks: list[Tick]) -> None:
    life = two_policies()
    for one, other, witnesses in ticks:
        before = life.memory
        made = life.tick(replace(one, slo=NAMES[0]), replace(other, slo=NAMES[1]), witnesses=witnesses)
        assert remember(life.memory, made) == life.memory == remember(before, made)
        present = {NAMES[0]: replace(one, slo=NAMES[0]), NAMES[1]: replace(other, slo=NAMES[1])}
        assert decide(life.now_ns, life.catalogue, present, (), heard(*witnesses), before) == made
