from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.ports import Memory, Round
from slo_service.domain.event import Verdict, Wanted
from slo_service.domain.instant import MINUTE
from slo_service.domain.slo import WORKBOOK, Kind, Severity
from slo_service.domain.status import Phase, State, StateChange
from slo_service.store.errors import StaleWanted
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, TIER, decision, episode, hold, message, transition, wanted

ROUND = Round(
    NOW, (transition(),), (TIER,), (episode(),), (decision(),), (hold(),), (wanted(),), (message(),), (),
    (StateChange("orders-freshness", NOW, NOW, State.BURNING, Fraction(1, 7), Fraction(1)),),
)  # fmt: skip


async def test_a_round_comes_back_as_it_was_written(store: Store) -> None:
    await store.journal.record(ROUND)
    assert await store.journal.memory() == Memory((episode(),), (hold(),), (wanted(),), (decision(),))
    assert list(await store.journal.transitions("orders-freshness", 10)) == [transition()]
    assert list(await store.cells.tier_states()) == [TIER]


async def test_a_round_written_twice_is_written_once(store: Store) -> None:
    await store.journal.record(ROUND)
    await store.journal.record(ROUND)
    assert await store.journal.memory() == Memory((episode(),), (hold(),), (wanted(),), (decision(),))


async def test_what_was_found_afterwards_and_what_a_tier_looks_at_come_back(store: Store) -> None:
    tier = replace(WORKBOOK[0], name="page-partition", kind=Kind.PARTITION)
    state = replace(TIER, tier=tier, held_back="7 of 9 by chance", sources=("canary/eu/0", "canary/eu/7"))
    found = transition(tier=state, severity=Severity.EARLY, reconstructed=True)
    await store.journal.record(Round(NOW, (found,), (state,)))
    assert list(await store.journal.transitions(None, 10)) == [found]
    assert list(await store.cells.tier_states()) == [state]


async def test_only_what_is_open_is_remembered(store: Store) -> None:
    await store.journal.record(ROUND)
    observed = decision("d-2", verdict=Verdict.OBSERVED, episode="r-2")
    gone = Round(NOW, holds=(hold(released_ns=NOW + 1),), rule_episodes=(episode(left_ns=NOW + 1), episode("r-2")))
    await store.journal.record(replace(gone, decisions=(observed,), wanted=(wanted(2, Wanted.RUNNING),)))
    assert await store.journal.memory() == Memory((episode("r-2"),), (), (wanted(2, Wanted.RUNNING),), (observed,))


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param(wanted(1), id="older than the newest"),
        pytest.param(wanted(2, Wanted.PAUSED, decision="d-9"), id="the newest's epoch with another mind"),
    ],
)
async def test_a_stale_wanted_state_is_refused_and_nothing_of_its_round_is_written(store: Store, stale) -> None:
    await store.journal.record(Round(NOW, wanted=(wanted(2, Wanted.RUNNING),)))
    with pytest.raises(StaleWanted, match="not above the newest, 2"):
        await store.journal.record(replace(ROUND, wanted=(wanted(7, target="job:other"), stale)))
    assert await store.journal.memory() == Memory(wanted=(wanted(2, Wanted.RUNNING),))
    assert list(await store.journal.transitions(None, 10)) == []
    assert list(await store.cells.tier_states()) == []
    assert list(await store.history.states("orders-freshness", 0, NOW + 1)) == []


async def test_transitions_come_newest_first_and_never_cut_an_instant_in_two(store: Store) -> None:
    rows = [transition(f"t-{n}", recorded_ns=NOW + n // 2, slo=f"slo-{n % 2}") for n in range(6)]
    await store.journal.record(Round(NOW, tuple(rows)))
    assert [row.id for row in await store.journal.transitions(None, 3)] == ["t-4", "t-5", "t-2", "t-3"]
    assert [row.id for row in await store.journal.transitions("slo-1", 2)] == ["t-5", "t-3"]


async def test_the_newest_state_of_every_tier_is_kept(store: Store) -> None:
    quiet = replace(TIER, phase=Phase.QUIET, judged_at_ns=NOW + MINUTE, burning=None, frozen_since_ns=NOW, episode=None)
    other = replace(TIER, tier=WORKBOOK[2])
    for state in (TIER, other, quiet):
        await store.journal.record(Round(NOW, tier_states=(state,)))
    assert list(await store.cells.tier_states()) == [quiet, other]
