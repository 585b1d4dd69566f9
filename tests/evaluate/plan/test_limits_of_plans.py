"""How slow a canary may be, what can be planned, and which tiers a plan has."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import PartitionTier, Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Severity
from slo_service.domain.tally import Objective
from slo_service.evaluate.chance.binomial import failures_needed
from slo_service.evaluate.plan.canary_plan import plan_canary, severity_plan
from slo_service.evaluate.plan.chance_of_page import NEVER, Bounds, chance_of_page, either
from slo_service.evaluate.plan.crossing import Pair, beginnings
from slo_service.evaluate.plan.honest import safe_every, slowest_honest
from slo_service.evaluate.plan.need import Canary, need


def canary(percent: str, seconds: float, **more: object) -> Canary:
    objective = Objective(Fraction(percent) / 100)
    return Canary(objective, round(seconds * SECOND), **more)  # type: ignore[arg-type]  # fields of a Canary


@pytest.mark.parametrize(
    ("percent", "days", "slowest", "safe"),
    [
        ("90", 28, 1512.0, 632.5614225509421),
        ("90", 90, None, 3122.147925422982),
        ("99", 4, None, 0.0),
        ("99", 7, 1.575, 1.3951158938560155),
        ("99.5", 7, 0.783419689, 0.6975579469280078),
        ("99.5", 90, 259.2, 156.1073962711491),
        ("99.9", 7, 0.155876288, 0.13951158938560154),
        ("99.95", 7, None, 0.06975579469280077),
        ("99.95", 28, 4.032, 3.162807112754711),
        ("99.99", 30, 0.864, 0.7036900128782685),
    ],
)
def test_how_slow_a_canary_may_be_without_the_gate(percent: str, days: int, slowest: float | None, safe: float) -> None:
    asked = canary(percent, 10, window_ns=days * DAY)
    assert slowest_honest(asked) == slowest
    assert safe_every(asked) == pytest.approx(safe, rel=1e-12)


def test_a_page_tier_that_burns_at_the_objective_is_never_honest() -> None:
    once = Alerting(tiers=(replace(WORKBOOK[0], burn=Fraction(1)),))
    assert slowest_honest(canary("99.9", 10, alerting=once)) is None
    assert slowest_honest(canary("99.9", 10, alerting=Alerting(tiers=WORKBOOK[2:]))) is None
    assert safe_every(canary("99.9", 10, alerting=Alerting(tiers=WORKBOOK[2:]))) == 0


def test_a_month_holds_whole_rounds_only() -> None:
    asked = canary("99.9", 7)
    rounds, plan = 30 * DAY // (7 * SECOND), plan_canary(asked)
    for tier, (kept_ns, name) in zip(plan.tiers, [(15 * MINUTE, Severity.PAGE)] * 2, strict=False):
        pair = tier.need.pair(gated=False)
        assert pair is not None
        begun = rounds * beginnings(pair, 0.001, -(-(kept_ns + tier.need.tier.short_ns) // asked.every_ns))
        assert tier.plain.false_alerts == Bounds(begun, begun)
        assert tier.plain.p_false == chance_of_page(pair, 0.001, rounds)
        assert tier.need.tier.severity is name
    first, second = (tier.need.pair(gated=False) for tier in plan.tiers[:2])
    assert plan.severities[0].plain.p_false == either(first, second, 0.001, rounds)
    alerts = [tier.plain.false_alerts.high for tier in plan.tiers[:2]]
    assert plan.severities[0].plain.false_alerts == Bounds(max(alerts), sum(alerts))


def test_one_page_tier_is_a_severity_by_itself() -> None:
    asked = canary("99.9", 10, alerting=Alerting(tiers=WORKBOOK[:1]))
    plan = plan_canary(asked)
    assert (plan.severities[0].plain, plan.severities[0].gated) == (plan.tiers[0].plain, plan.tiers[0].gated)
    assert len(plan.severities) == 1


def test_tiers_are_judged_together_from_the_shortest_window_on() -> None:
    turned = canary("99.9", 10, alerting=Alerting(tiers=WORKBOOK[1::-1]))
    straight = canary("99.9", 10, alerting=Alerting(tiers=WORKBOOK[:2]))
    assert severity_plan(turned, Severity.PAGE) == severity_plan(straight, Severity.PAGE)
    assert plan_canary(turned).bursts == plan_canary(straight).bursts


def test_a_tier_that_no_failure_can_reach_is_left_out() -> None:
    """At 93.5 % the one-hour tier asks for 93.6 % of failures, at 93 % for more than there can be."""
    for percent, plain in (("93.5", 57), ("93", None)):
        asked = canary(percent, 60, alerting=Alerting(tiers=WORKBOOK[:1]))
        found = need(asked, WORKBOOK[0])
        assert (found.plain, found.gated) == (plain, plain)
        assert (found.pair(gated=False) is None) is (plain is None)
        alone = plan_canary(asked).tiers[0].plain
        assert (alone.detected_seconds, alone.p_false == alone.false_alerts == NEVER) == (
            (plain * 60, False) if plain else (None, True)
        )


def test_a_pair_asks_of_the_short_window_no_more_than_of_the_long_one() -> None:
    found = need(canary("99.9", 10), WORKBOOK[1])
    assert found.pair(gated=False) == Pair(2161, 181, 13, 2)
    assert replace(found, short_failures=20).pair(gated=True) == Pair(2161, 181, 13, 13)


@pytest.mark.parametrize(("burn", "doubt"), [(1, Fraction(1, 100)), (Fraction(101, 100), None)])
def test_a_ticket_above_the_objective_needs_no_sure_ratio(burn: Fraction | int, doubt: Fraction | None) -> None:
    asked = canary("99.9", 10)
    found = need(asked, replace(WORKBOOK[3], burn=Fraction(burn)))
    assert found.by_chance == (failures_needed(25_926, Fraction(1, 1000), doubt) if doubt else 0)


@pytest.mark.parametrize(("seconds", "doubt"), [(25.92, Fraction(1, 100)), (25.93, Fraction(1, 20))])
def test_a_ticket_of_ten_allowed_failures_asks_for_99_percent(seconds: float, doubt: Fraction) -> None:
    asked = canary("99.9", seconds)
    found = need(asked, WORKBOOK[3])
    assert found.by_chance == failures_needed(found.long, Fraction(1, 1000), doubt)


@pytest.mark.parametrize(
    ("every", "window_ns", "partitions"),
    [(SECOND // 10, 3 * DAY, 1), (HOUR, 3 * DAY, 1), (MINUTE, 3 * DAY, 100_000)],
)
def test_the_limits_of_what_can_be_planned_are_inside(every: int, window_ns: int, partitions: int) -> None:
    assert Canary(Objective(Fraction(9, 10)), every, partitions, window_ns).budget == Fraction(1, 10)


@pytest.mark.parametrize(
    "more",
    [
        {"every_ns": SECOND // 10 - 1},
        {"every_ns": HOUR + 1},
        {"window_ns": 3 * DAY - 1},
        {"partitions": 100_001},
    ],
)
def test_just_beyond_them_nothing_can_be_planned(more: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give"):
        Canary(Objective(Fraction(9, 10)), **({"every_ns": MINUTE} | more))  # type: ignore[arg-type]  # numbers, all


@pytest.mark.parametrize(
    ("tier", "seconds", "by_itself"),
    [
        pytest.param(PartitionTier(), 30, 300.0, id="ten canaries in five minutes"),
        pytest.param(PartitionTier(), 31, 310.0, id="ten canaries"),
        pytest.param(PartitionTier(canaries=1), 300, None, id="one that chance may give"),
        pytest.param(PartitionTier(canaries=2), 300, 600.0, id="two that it does not"),
        pytest.param(PartitionTier(), 1800, None, id="two in an hour are too few for many partitions"),
        pytest.param(PartitionTier(after_ns=2 * HOUR), 60, 7200.0, id="after two hours"),
        pytest.param(None, 60, None, id="switched off"),
    ],
)
def test_a_dead_partition_is_paged_once_its_tier_has_seen_enough(
    tier: PartitionTier | None, seconds: int, by_itself: float | None
) -> None:
    many = 2 if seconds < 1800 else 48
    asked = canary("99.9", seconds, partitions=many, alerting=Alerting(signals=Signals(partition_tier=tier)))
    assert plan_canary(asked).dead_partition.by_itself == by_itself
    within = replace(asked, within_ns=7 * SECOND)
    assert plan_canary(within).dead_partition.by_itself == (None if by_itself is None else by_itself + 7)


def test_one_of_two_partitions_is_told_from_all_and_one_of_one_is_not() -> None:
    assert plan_canary(canary("99.9", 10, partitions=2)).dead_partition.by_itself == 300
    assert plan_canary(canary("99.9", 10, partitions=1)).dead_partition.by_itself is None
