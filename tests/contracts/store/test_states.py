from dataclasses import replace
from fractions import Fraction

from slo_service.decide.ports import Round
from slo_service.domain.instant import HOUR
from slo_service.domain.status import State, StateChange
from tests.contracts.store.conftest import Store
from tests.store.build import NOW

WARMING = StateChange("orders", NOW, NOW + 5, State.WARMING, None, Fraction(1, 3))
HEALTHY = replace(WARMING, at_ns=NOW + HOUR, state=State.HEALTHY, remaining=Fraction(-7, 3), coverage=Fraction(1))
BURNING = replace(HEALTHY, at_ns=NOW + 2 * HOUR, state=State.BURNING)
ALL = (BURNING, WARMING, HEALTHY)


async def test_states_come_oldest_first_and_as_they_were_written(store: Store) -> None:
    await store.journal.record(Round(NOW, states=(*ALL, replace(BURNING, slo="another"))))
    assert list(await store.history.states("orders", NOW, NOW + 3 * HOUR)) == [WARMING, HEALTHY, BURNING]


async def test_a_range_begins_with_the_state_in_force_and_ends_before_its_end(store: Store) -> None:
    await store.journal.record(Round(NOW, states=ALL))
    assert list(await store.history.states("orders", NOW + 1, NOW + 2 * HOUR)) == [WARMING, HEALTHY]
    assert list(await store.history.states("orders", NOW + HOUR, NOW + 2 * HOUR)) == [HEALTHY]
    assert list(await store.history.states("orders", NOW - HOUR, NOW)) == []


async def test_of_two_changes_at_one_event_time_the_one_recorded_last_is_in_force(store: Store) -> None:
    corrected = replace(HEALTHY, recorded_ns=HEALTHY.recorded_ns + 1, state=State.WARN)
    await store.journal.record(Round(NOW, states=(corrected, WARMING, HEALTHY)))
    assert list(await store.history.states("orders", NOW, NOW + 2 * HOUR)) == [WARMING, HEALTHY, corrected]
    assert list(await store.history.states("orders", NOW + 2 * HOUR, NOW + 3 * HOUR)) == [corrected]


async def test_a_round_of_states_alone_is_a_round_and_written_twice_is_written_once(store: Store) -> None:
    round_ = Round(NOW, states=ALL)
    assert round_
    for _ in range(2):
        await store.journal.record(round_)
    assert len(await store.history.states("orders", 0, NOW + 3 * HOUR)) == 3


async def test_the_newest_states_are_those_in_force_one_an_slo(store: Store) -> None:
    corrected = replace(BURNING, recorded_ns=BURNING.recorded_ns + 1, state=State.WARN)
    other = replace(HEALTHY, slo="another")
    await store.journal.record(Round(NOW, states=(*ALL, corrected, other)))
    assert list(await store.history.newest_states()) == [other, corrected]
