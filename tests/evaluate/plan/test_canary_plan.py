from fractions import Fraction

import pytest
from scipy.stats import binom

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Severity
from slo_service.domain.tally import Objective
from slo_service.evaluate.plan.canary_plan import Plan, SeverityPlan, plan_canary, severity_plan
from slo_service.evaluate.plan.honest import slowest_honest
from slo_service.evaluate.plan.need import Canary, need


def canary(percent: str, seconds: float, **more) -> Canary:
    return Canary(Objective(Fraction(percent) / 100), round(seconds * SECOND), **more)


def planned(percent: str, seconds: float, **more) -> Plan:
    return plan_canary(canary(percent, seconds, **more))


def pages(asked: Canary) -> SeverityPlan:
    found = severity_plan(asked, Severity.PAGE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("percent", "seconds", "plain", "gated", "needed", "outage"),
    [
        ("99", 10, (0, 1e-4), (0, 1e-4), (52, 52), (520, 520)),
        ("99.5", 60, (0.044, 0.0485), (0.0025, 0.0035), (5, 6), (300, 360)),
        ("99.9", 1, (0, 1e-4), (0, 1e-4), (52, 52), (52, 52)),
        ("99.9", 5, (1.5e-6, 2.5e-6), (1.5e-6, 2.5e-6), (11, 11), (55, 55)),
        ("99.9", 10, (0.008, 0.0095), (0.0005, 0.0015), (6, 7), (60, 70)),
        ("99.9", 60, (0.995, 1), (0.00135, 0.00155), (1, 4), (60, 240)),
        ("99.95", 5, (0.008, 0.0095), (0.0005, 0.0015), (6, 7), (30, 35)),
        ("99.95", 10, (0.8, 0.83), (0.0045, 0.0055), (3, 5), (30, 50)),
        ("99.95", 60, (0.995, 1), (0.0005, 0.0015), (1, 4), (60, 240)),
        ("99.99", 10, (0.995, 1), (0.00024, 0.00035), (1, 4), (10, 40)),
    ],
)
def test_false_pages_and_detection_are_as_promised(
    percent: str, seconds: int, plain, gated, needed: tuple[int, int], outage: tuple[float, float]
) -> None:
    asked = canary(percent, seconds)
    page, strictest = pages(asked), need(asked, asked.alerting.tiers[0])
    assert plain[0] <= page.plain.p_false.low <= page.plain.p_false.high <= plain[1]
    assert gated[0] <= page.gated.p_false.low <= page.gated.p_false.high <= gated[1]
    assert (strictest.plain, strictest.gated) == needed
    assert (page.plain.detected_seconds, page.gated.detected_seconds) == outage


@pytest.mark.parametrize(
    ("percent", "seconds", "plain"),
    [("99.9", 5, 2.97e-5), ("99.9", 10, 0.103), ("99.95", 5, 0.104), ("99.5", 60, 0.048)],
)
def test_a_budget_of_28_days_has_smaller_factors_and_more_false_pages(percent: str, seconds: int, plain: float) -> None:
    page = pages(canary(percent, seconds, window_ns=28 * DAY))
    assert page.plain.p_false.high == pytest.approx(plain, rel=0.15)


def test_a_single_loss_that_pages_makes_42_false_pages_a_month() -> None:
    assert round(pages(canary("99.9", 60)).plain.false_alerts.high) == 42


@pytest.mark.parametrize("percent", ["99", "99.5", "99.9", "99.95", "99.99"])
@pytest.mark.parametrize("seconds", [0.5, 1, 3, 5.165, 7, 10.19, 15, 30, 50.3, 77, 99.3, 120, 240, 600])
def test_with_the_gate_every_period_is_honest(percent: str, seconds: float) -> None:
    assert pages(canary(percent, seconds)).gated.p_false.high <= 0.01


@pytest.mark.parametrize("tier", [0, 1])
def test_the_gate_asks_for_the_fewest_failures_that_chance_would_not_give(tier: int) -> None:
    asked = canary("99.9", 60)
    found = need(asked, asked.alerting.tiers[tier])
    assert found.gated is not None
    assert binom.sf(found.gated - 1, found.long, 0.001) < 2e-6 <= binom.sf(found.gated - 2, found.long, 0.001)


@pytest.mark.parametrize(("seconds", "doubt"), [(10, 0.01), (60, 0.05)])
def test_a_ticket_at_the_objective_asks_for_a_ratio_surely_above_it(seconds: int, doubt: float) -> None:
    asked = canary("99.9", seconds)
    found = need(asked, asked.alerting.tiers[3])
    assert found.gated is not None
    assert binom.sf(found.gated - 1, found.long, 0.001) < doubt <= binom.sf(found.gated - 2, found.long, 0.001)
    assert need(asked, asked.alerting.tiers[2]).by_chance == 0


def test_a_window_holds_what_its_slot_adds_to_it() -> None:
    asked = canary("99.9", 60)
    assert [asked.rounds_in(length) for length in (HOUR, 6 * HOUR, 3 * DAY)] == [61, 361, 4_321]
    assert canary("99.9", 1).rounds_in(HOUR) == 3_609


def test_the_freshness_threshold_is_waited_for() -> None:
    page = pages(canary("99.9", 10, within_ns=30 * SECOND))
    assert (page.plain.detected_seconds, page.gated.detected_seconds) == (90, 100)


@pytest.mark.parametrize(
    ("partitions", "by_itself", "by_sum"), [(48, 300, 2_490), (166, 300, 21_520), (167, 300, None), (1, None, 60)]
)
def test_one_dead_partition_hides_in_the_sum(partitions: int, by_itself: float | None, by_sum: float | None) -> None:
    dead = planned("99.9", 10, partitions=partitions).dead_partition
    assert (dead.by_itself, dead.by_sum) == (by_itself, by_sum)


def test_the_gate_takes_a_round_with_one_dead_partition_for_a_share_of_one() -> None:
    assert planned("99.9", 10, partitions=48).dead_partition.by_sum_gated == 7 * 48 * 10


def test_a_partition_is_dead_after_ten_canaries_where_those_take_longer_than_five_minutes() -> None:
    assert planned("99.9", 60, partitions=48).dead_partition.by_itself == 600


@pytest.mark.parametrize(("seconds", "partitions", "percent"), [(60, 1, 2.48), (10, 1, 0.41), (60, 48, 2.48 / 48)])
def test_a_failure_costs_its_share_of_the_budget(seconds: int, partitions: int, percent: float) -> None:
    plan = planned("99.9", seconds, partitions=partitions, window_ns=28 * DAY)
    assert float(plan.failure_costs * 100) == pytest.approx(percent, rel=0.01)


def test_the_whole_plan_has_the_parts() -> None:
    plan = planned("99.9", 10)
    assert plan.severities == (pages(plan.canary), severity_plan(plan.canary, Severity.TICKET))
    assert [each.plain.detected_seconds for each in plan.tiers] == [60, 130, 260, 260]
    assert [round(burst.pages, 1) for burst in plan.bursts] == [4.5, 18.9]
    assert [round(burst.pages_gated, 1) for burst in plan.bursts] == [1.3, 12.1]
    assert (plan.slowest_honest_seconds, round(plan.safe_seconds, 2)) == (8.64, 7.04)


def test_partitions_that_fail_together_are_one_witness() -> None:
    assert pages(canary("99.9", 10, partitions=48)) == pages(canary("99.9", 10))


def test_an_objective_that_no_outage_can_burn_fast_enough_never_pages() -> None:
    page = pages(canary("50", 10))
    assert page.plain.detected_seconds is None
    assert page.plain.p_false.high == 0
    assert slowest_honest(canary("50", 10)) is None


@pytest.mark.parametrize(
    ("more", "remedy"),
    [
        ({"every_ns": 0}, "give a period from 100ms to 1h"),
        ({"every_ns": 2 * HOUR}, "give a period from 100ms to 1h"),
        ({"window_ns": DAY}, "give at least that, like 30d"),
        ({"partitions": 0}, "give 1 to 100,000"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_remedy(more, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        Canary(Objective(Fraction(999, 1000)), **({"every_ns": MINUTE} | more))
