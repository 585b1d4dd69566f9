"""Groups of one definition: from a query's labels by way of the store to objectives of their own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from structlog.testing import capture_logs

from slo_service.domain.budgeting import Timeslices
from slo_service.domain.grouping import REFRESH_NS
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import BudgetPolicy, Burning, Mode, Notify, Rule, Selector
from slo_service.domain.status import State
from slo_service.domain.tally import Tally
from tests.runtime.grouped import SLICE, World, grouped

A, B, C = ("a", "eu"), ("b", "eu"), ("c", "us")
NAME_A, NAME_B = 'errors{tenant="a",region="eu"}', 'errors{tenant="b",region="eu"}'
OTHER = "errors{other}"


async def test_each_combination_is_an_objective_of_its_own_and_the_definition_their_sum() -> None:
    world = await World(grouped()).start()
    statuses = await world.step({A: (100, 0), B: (50, 50)}, 6)
    assert set(statuses) == {"errors", NAME_A, NAME_B}
    counted = {name: status.budget.reading.tally for name, status in statuses.items()}
    assert counted == {"errors": Tally(900, 300), NAME_A: Tally(600, 0), NAME_B: Tally(300, 300)}
    assert [t.tier.name for t in statuses[NAME_B].tiers if t.firing][:1] == ["page-1h"]
    assert not [t for t in statuses[NAME_A].tiers if t.firing]


async def test_a_group_that_comes_later_loses_nothing_of_what_was_counted_before_it_was_taken_in() -> None:
    world = await World(grouped()).start()
    await world.step({A: (100, 0)}, 4)
    await world.poll({A: (100, 0), B: (7, 3)})  # twice before a tick takes it in, in one slice
    world.now += SLICE
    await world.poll({A: (100, 0), B: (7, 3)})
    statuses = await world.settle({A: (100, 0), B: (10, 0)})
    assert statuses[NAME_B].budget.reading.tally.bad == 6
    assert statuses["errors"].budget.reading.tally.bad == 6


async def test_groups_that_come_one_by_one_are_taken_in_together() -> None:
    world = await World(grouped()).start()
    for number in range(20):
        world.now += SECOND
        await world.poll({(str(n), "eu"): (1, 0) for n in range(number + 1)})
        await world.tick()
    assert len(world.expanded) == 4  # at once, and then every five seconds
    world.now += 5 * SECOND
    assert len(await world.tick()) == 21


async def test_a_group_that_was_only_seen_again_changes_nothing() -> None:
    world = await World(grouped()).start()
    await world.step({A: (100, 0)})
    world.now += REFRESH_NS
    await world.step({A: (100, 0)})
    assert len(world.expanded) == 1
    assert [each.seen_ns for each in await world.store.groups.known()] == [world.now]


async def test_a_restart_knows_the_groups_and_what_they_had_counted_though_nobody_speaks_of_them() -> None:
    before = await World(grouped()).start()
    await before.step({A: (100, 0), B: (50, 50)}, 12)
    after = await World(grouped(), before.store, before.now + SECOND).start()
    statuses = await after.tick()
    assert set(statuses) == {"errors", NAME_A, NAME_B}
    assert statuses[NAME_B].budget.reading.tally == Tally(600, 600)
    assert statuses[NAME_B].tiers[0].firing
    assert statuses[NAME_B].tiers[0].episode == before.judgement.evaluate(before.now)[NAME_B].tiers[0].episode


async def test_a_group_that_falls_silent_is_shown_as_not_measured_while_the_others_go_on() -> None:
    world = await World(grouped()).start()
    await world.step({A: (100, 0), B: (100, 0)}, 90)
    statuses = await world.step({A: (100, 0)}, 30)
    assert statuses[NAME_A].state is State.HEALTHY
    assert statuses[NAME_B].state is State.FROZEN
    assert statuses["errors"].state is State.HEALTHY
    back = await world.step({A: (100, 0), B: (100, 0)}, 60)
    assert back[NAME_B].state is State.HEALTHY
    assert back[NAME_B].budget.reading.tally == Tally(150 * 100, 0)


async def test_a_silent_group_goes_when_nothing_of_it_is_left_in_the_window_and_finds_its_counts_when_it_is_back() -> (
    None
):
    world = await World(grouped(window_ns=DAY)).start()
    await world.step({A: (100, 0), B: (60, 40)}, 6)
    (silent,) = [each.stream for each in await world.store.groups.known() if dict(each.labels)["tenant"] == "b"]
    world.now += DAY // 2
    await world.step({A: (100, 0)})
    assert not world.expansion.expired(world.now)
    world.now += DAY // 2 + 2 * REFRESH_NS
    await world.step({A: (100, 0)})
    assert world.expansion.expired(world.now) == [silent]
    await world.store.groups.forget([silent])
    world.judgement.reload(world.expansion.forget([silent]), 1, world.now, grown=True)
    assert set(await world.tick()) == {"errors", NAME_A}
    superseded = [row for row in await world.store.journal.transitions(NAME_B, 10) if row.change.value == "superseded"]
    assert superseded  # its page did not stay open for ever
    again = await world.settle({A: (100, 0), B: (100, 0)})
    assert set(again) == {"errors", NAME_A, NAME_B}
    assert {each.stream for each in await world.store.groups.known()} >= {silent}


async def test_a_thousand_groups_are_judged_beside_their_sum() -> None:
    world = await World(grouped(keys=("tenant",))).start()
    statuses = await world.step({(f"{n}",): (99, n % 2) for n in range(1001)}, 2)
    assert len(statuses) == 1002
    assert statuses["errors"].budget.reading.tally == Tally(2 * 1001 * 99, 1000)
    assert statuses['errors{tenant="7"}'].budget.reading.tally == Tally(198, 2)
    assert statuses["errors{other}"].budget.reading.tally.total in (198, 200)


async def test_combinations_beyond_the_cap_are_counted_together_and_in_the_sum() -> None:
    world = await World(grouped(most=2)).start()
    with capture_logs() as logs:
        statuses = await world.step({A: (100, 0), B: (100, 0), C: (90, 10), ("d", "us"): (80, 20)}, 5)
    assert set(statuses) == {"errors", NAME_A, NAME_B, OTHER}
    assert statuses[OTHER].budget.reading.tally == Tally(5 * 170, 5 * 30)
    assert statuses["errors"].budget.reading.tally == Tally(5 * 370, 5 * 30)
    assert world.groups.beyond == 2
    assert [log["event"] for log in logs].count("groups_beyond_cap") == 1
    assert [log["event"] for log in logs].count("groups_near_cap") == 1
    (warning,) = world.expansion.warnings()
    assert warning.startswith("errors.yaml:1: warning W511: errors has more than 2 groups; the others are counted")


async def test_who_was_first_keeps_the_stream_also_after_a_restart() -> None:
    before = await World(grouped(most=1)).start()
    await before.step({B: (100, 0)}, 3)
    after = await World(grouped(most=1), before.store, before.now).start()
    statuses = await after.step({A: (100, 0), B: (100, 0)}, 3)
    assert set(statuses) == {"errors", NAME_B, OTHER}


async def test_a_place_that_an_expired_group_leaves_is_taken_by_another() -> None:
    world = await World(grouped(most=1, window_ns=DAY)).start()
    await world.step({A: (100, 0), B: (100, 0)}, 3)
    world.now += DAY + HOUR
    statuses = await world.settle({B: (100, 0)})
    assert NAME_B in statuses


async def test_groups_near_the_cap_are_told_before_any_is_beyond_it() -> None:
    world = await World(grouped(most=10)).start()
    await world.step({(str(n), "eu"): (1, 0) for n in range(8)})
    assert not world.expansion.warnings()
    await world.settle({(str(n), "eu"): (1, 0) for n in range(9)})
    (warning,) = world.expansion.warnings()
    assert "errors has groups near the cap of 10; others would be counted together" in warning


async def test_a_policy_picks_groups_by_their_labels() -> None:
    policy = BudgetPolicy(
        "vips", Selector({"tenant": "b", "team": "web"}), (Rule("tell", Burning("page"), (Notify("c", "burning"),)),),
        Mode.ENFORCE,
    )  # fmt: skip
    world = World(grouped())
    world.declared = replace(world.declared, policies={"vips": policy})
    await world.start()
    await world.step({A: (0, 100), B: (100, 0)}, 12)
    assert not world.store.journal.rule_episodes
    await world.step({A: (0, 100), B: (0, 100)}, 12)
    assert [e.slo for e in world.store.journal.rule_episodes.values()] == [NAME_B]


async def test_a_policy_that_names_the_definition_means_its_groups_too() -> None:
    rule = Rule("tell", Burning("page"), (Notify("c", "burning"),))
    world = World(grouped())
    world.declared = replace(
        world.declared, policies={"own": BudgetPolicy("own", Selector(names=("errors",)), (rule,), Mode.ENFORCE)}
    )
    await world.start()
    await world.step({A: (0, 100), B: (100, 0)}, 12)
    assert {e.slo for e in world.store.journal.rule_episodes.values()} == {"errors", NAME_A}


async def test_slices_of_time_of_groups_are_good_or_bad_by_themselves() -> None:
    slo = replace(grouped(), budgeting=Timeslices(Fraction(99, 100), MINUTE))
    world = await World(slo).start()
    world.now += -world.now % MINUTE
    statuses = await world.step({A: (100, 0), B: (90, 10)}, 18)
    assert statuses[NAME_A].budget.reading.tally.bad == 0
    assert statuses[NAME_B].budget.reading.tally.bad >= 2
    assert statuses["errors"].budget.reading.tally.bad >= 2


@pytest.mark.parametrize(
    "value",
    [
        'a"b',
        "a{b}",
        "a\nb",
        "a\\b",
        "a/b?c#d",
        "",
        "ü",
        "x" * 10_000,
        "a\x00b",
        "\ud800",
        "a,b",
        "<script>",
        "a\u202eb",
    ],
    ids=range(13),
)
async def test_a_hostile_value_is_a_group_like_any_other_and_told_apart(value: str) -> None:
    world = await World(grouped(keys=("tenant",))).start()
    twin = value + "!" if len(value) < 100 else value[:-1] + "!"
    statuses = await world.step({(value,): (100, 0), (twin,): (0, 100)}, 3)
    assert len(statuses) == 3
    (one, other) = (name for name in statuses if name != "errors")
    assert {statuses[one].budget.reading.tally, statuses[other].budget.reading.tally} == {Tally(300), Tally(0, 300)}
    for name in (one, other):
        assert name.isprintable()
        assert "/" not in name
        assert len(name) < 400
        assert world.expansion.catalogue.slos[name].labels["tenant"].count(",") == 0
