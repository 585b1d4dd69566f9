from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.cli.simulation_text import as_json
from slo_service.domain.event import Change
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Kind, Severity, Tier
from slo_service.domain.tally import Objective
from slo_service.rehearse.simulate.plan import Canaries, Plan
from slo_service.rehearse.simulate.run import simulate
from slo_service.rehearse.simulate.traffic import NEVER, Continuous

pytestmark = pytest.mark.lengthy

TIERS = (
    Tier("fast", Severity.PAGE, 10 * MINUTE, MINUTE, Fraction(0), burn=Fraction(10)),
    Tier("slow", Severity.PAGE, 20 * MINUTE, 3 * MINUTE, Fraction(0), burn=Fraction(4), inclusive=True),
    Tier("patient", Severity.TICKET, 15 * MINUTE, 2 * MINUTE, Fraction(0), burn=Fraction(2), after_ns=90 * SECOND),
)
SHORT = Alerting("short", TIERS, {Severity.PAGE: MINUTE, Severity.TICKET: 4 * MINUTE}, Signals())
PLAN = Plan(Objective(Fraction(99, 100)), DAY, Fraction(1, 3), 4 * SECOND, alerting=SHORT)


def both_ways(plan: Plan) -> tuple[dict[str, object], dict[str, object]]:
    return as_json(simulate(plan)), as_json(simulate(replace(plan, every_tick=True)))


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(PLAN, id="until all have fired"),
        pytest.param(replace(PLAN, keep_firing=True), id="kept firing"),
        pytest.param(replace(PLAN, tick_ns=13 * SECOND), id="windows that are no whole ticks"),
        pytest.param(replace(PLAN, error_ratio=Fraction(1, 10)), id="one tier is never over its factor"),
        pytest.param(replace(PLAN, error_ratio=Fraction(1, 25)), id="another is at its factor, which is enough"),
        pytest.param(
            replace(PLAN, outage_ns=20 * SECOND, keep_firing=True), id="the outage ends before one has waited"
        ),
        pytest.param(replace(PLAN, canaries=Canaries(10 * SECOND)), id="canaries"),
        pytest.param(
            replace(
                PLAN,
                error_ratio=Fraction(1),
                outage_ns=6 * MINUTE,
                alerting=replace(SHORT, tiers=TIERS[:1]),
                canaries=Canaries(26 * SECOND, 2),
            ),
            id="partitions over a window that is no whole number of periods",
        ),
        pytest.param(
            replace(PLAN, canaries=Canaries(7 * SECOND, 3)),
            id="canaries that are no whole ticks apart",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            replace(PLAN, tick_ns=5 * SECOND, canaries=Canaries(2 * SECOND, 2)),
            id="several canaries a tick",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            replace(PLAN, error_ratio=Fraction(1, 9), canaries=Canaries(10 * SECOND)),
            id="few canaries fail",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_ticks_that_are_left_out_change_nothing(plan: Plan) -> None:
    skipped, whole = both_ways(plan)
    assert skipped == whole


@pytest.mark.slow
@pytest.mark.timeout(1200)
@settings(max_examples=200)
@given(
    ratio=st.fractions(Fraction(1, 60), 1, max_denominator=60),
    tick=st.integers(4, 40),
    outage=st.none() | st.integers(1, 60),
    keep=st.booleans(),
    canaries=st.none() | st.builds(Canaries, st.integers(SECOND, 40 * SECOND), st.integers(1, 3)),
)
def test_no_outage_is_judged_otherwise_for_the_ticks_that_are_left_out(ratio, tick, outage, keep, canaries) -> None:
    outage_ns = outage and outage * tick * SECOND
    plan = Plan(PLAN.objective, DAY, ratio, tick * SECOND, outage_ns, SHORT, canaries, keep)
    skipped, whole = both_ways(plan)
    assert skipped == whole


def test_few_ticks_are_run() -> None:
    assert simulate(PLAN).ticks < simulate(replace(PLAN, every_tick=True)).ticks / 4


class Blind(Continuous):
    """Foresees nothing."""

    def next_change(self, tick: int) -> int:
        return max(NEVER, tick)


def test_a_change_that_was_not_foreseen_is_found_at_its_tick_all_the_same() -> None:
    found = simulate(PLAN, of=Blind)
    assert as_json(found) == as_json(simulate(PLAN))
    assert found.ticks == simulate(replace(PLAN, every_tick=True)).ticks


def test_every_transition_is_seen_at_its_tick_and_not_before() -> None:
    ticks: list[int] = []
    found = simulate(PLAN, ticks.append)
    assert [turn.change for turn in found.turns if turn.tier.name == "fast"] == [Change.FIRED, Change.CLEARED]
    assert {turn.at_ns - PLAN.tick_ns for turn in found.turns} <= set(ticks)


def seconds_of(plan: Plan, tier: str) -> tuple[float | None, float | None]:
    stay = simulate(plan).of(tier)
    instants: Sequence[int | None] = (stay.fires_after_ns, stay.quiet_after_ns)
    fires, quiet = (None if each is None else each / SECOND for each in instants)
    return fires, quiet


def test_a_tier_that_waits_fires_after_its_wait_and_a_kept_one_is_quiet_after_that() -> None:
    plan = replace(PLAN, keep_firing=True, outage_ns=10 * MINUTE)
    assert seconds_of(plan, "patient") == (56.0 + 92, 116.0 + 240)  # D = 900·0.06 = 54, R = 120·(1 − 0.06) = 112.8


@pytest.mark.parametrize(
    ("target", "every", "seconds"),
    [
        pytest.param("0.999", 60, 240, id="four rounds, where one would be ten times the budget"),
        pytest.param("0.995", 60, 360, id="six, where five would be"),
        pytest.param("0.999", 10, 70, id="seven of those that come more often"),
    ],
)
def test_a_page_waits_until_chance_cannot_explain_the_failures(target: str, every: int, seconds: int) -> None:
    pages = replace(Alerting(), tiers=WORKBOOK[:1], keep_firing_ns=dict.fromkeys(Severity, 0))
    every_ns, outage_ns = every * SECOND, 10 * MINUTE
    plan = Plan(
        Objective(Fraction(target)), 30 * DAY, Fraction(1), 10 * SECOND, outage_ns, pages, Canaries(every_ns, 3)
    )
    assert seconds_of(plan, "page-1h")[0] == seconds


@pytest.mark.parametrize(
    ("every", "partitions", "early", "partition"),
    [
        pytest.param(10, 12, (30, 1800), (100, 270 + 900), id="ten canaries of each partition, of which two may fail"),
        pytest.param(60, 2, (180, 1800), (600, 480 + 900), id="as few of one that come once a minute"),
        pytest.param(10, 1, (30, 1800), None, id="one partition is no other than the whole"),
    ],
)
def test_tiers_without_windows_fire_and_are_quiet_where_they_run(every, partitions, early, partition) -> None:
    canaries = Canaries(every * SECOND, partitions)
    plan = Plan(Objective(Fraction("0.999")), 30 * DAY, Fraction(1), 10 * SECOND, 10 * MINUTE, canaries=canaries)
    kinds = {found.tier.kind: found.stay for found in simulate(plan).tiers}
    instants = {kind: (of.fires_after_ns, of.quiet_after_ns) for kind, of in kinds.items() if kind is not Kind.BURN}
    expected = {Kind.EARLY: early, Kind.PARTITION: partition}
    assert instants == {kind: (s[0] * SECOND, s[1] * SECOND) for kind, s in expected.items() if s is not None}


def test_without_canaries_neither_partitions_nor_rounds_are_looked_at() -> None:
    assert {found.tier.kind for found in simulate(PLAN).tiers} == {Kind.BURN}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"error_ratio": Fraction(0)}, "more than 0 and at most 1"),
        ({"error_ratio": Fraction(3, 2)}, "more than 0 and at most 1"),
        ({"error_ratio": Fraction(1, 1_000_003)}, "at most six decimals"),
        ({"alerting": Alerting("none", ())}, "no tier"),
        ({"window_ns": MINUTE}, "at least 1h"),
        ({"tick_ns": 2 * MINUTE}, "a tick lasts 2ms to 1m, not 2m"),
        ({"tick_ns": SECOND // 1000}, "a tick lasts 2ms to 1m, not 1ms"),
        ({"outage_ns": SECOND // 2}, "500ms is none of 4s"),
        ({"outage_ns": 140 * DAY}, "at most 3,000,000 ticks"),
        ({"window_ns": 4000 * DAY, "tick_ns": 2_000_000, "error_ratio": Fraction(1, 999_983)}, "needs a longer tick"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_what_could_be(change, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(PLAN, **change)


@pytest.mark.parametrize(
    ("every_ns", "partitions"), [(SECOND // 100, 1), (2 * 60 * MINUTE, 1), (SECOND, 0), (SECOND, 1001)]
)
def test_canaries_beyond_the_limits_are_refused(every_ns: int, partitions: int) -> None:
    with pytest.raises(ValueError, match=r"canaries come every|1 to 1000 partitions"):
        Canaries(every_ns, partitions)
