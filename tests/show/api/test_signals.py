"""What is told beside the declared tiers."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

from slo_service.domain.adjustment import Adjustment, Category, Recurring, Span
from slo_service.domain.indicator import Completeness, Composite, Member
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.domain.status import Budget, MemberStatus, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from tests.show.api.asking import asking
from tests.show.fakes import CATALOGUE, COMPLETENESS, FRESHNESS, WATERMARK, World, reading, status, tier_state

HOURLY = reading(HOUR, 21_590, 10)
NOTHING = Reading(20 * SECOND, Tally(), Fraction(0), Fraction(0), None)


def beside(kind: Kind, severity: Severity, long: Reading, *, firing: bool, sources: tuple[str, ...] = ()) -> TierState:
    tier = Tier(f"{severity}-{kind}", severity, long.length_ns, long.length_ns, Fraction(0), Fraction(1), kind=kind)
    state = tier_state(FRESHNESS, tier, long, long, firing=firing)
    return replace(state, phase=Phase.FIRING if firing else Phase.QUIET, sources=sources)


def world(of: Status) -> World:
    return World(judged={FRESHNESS.name: of})


async def told(of: Status) -> Any:
    return (await asking(world(of), "/api/v1/slos/orders-freshness")).json()


async def test_a_partition_that_burns_is_named_beside_the_tiers() -> None:
    part = beside(Kind.PARTITION, Severity.PAGE, HOURLY, firing=True, sources=("orders-canary/3",))
    body = await told(replace(status(FRESHNESS, State.BURNING), signals=(part,)))
    (said,) = body["signals"]
    assert (said["kind"], said["severity"], said["firing"]) == ("partition", "page", True)
    assert (said["sources"], said["long"]["bad"]) == (["orders-canary/3"], 10)
    assert len(body["tiers"]) == 4


async def test_a_silent_collector_has_no_window_rather_than_an_empty_one() -> None:
    silent = beside(Kind.NO_DATA, Severity.TICKET, NOTHING, firing=True)
    (said,) = (await told(replace(status(FRESHNESS, State.FROZEN), signals=(silent,))))["signals"]
    assert (said["long"], said["short"], said["fires_after_seconds"]) == (None, None, 20.0)


async def test_a_tier_that_chance_holds_back_says_why() -> None:
    judged = status(FRESHNESS, State.HEALTHY, bad=400)
    held = replace(judged.tiers[0], burning=True, held_back="1 of 60 canaries failed; 4 are needed")
    (said, *others) = (await told(replace(judged, tiers=(held, *judged.tiers[1:]))))["tiers"]
    assert (said["held_back"], said["firing"]) == ("1 of 60 canaries failed; 4 are needed", False)
    assert {other["held_back"] for other in others} == {None}


async def test_the_forecast_is_told_for_three_paces_with_their_intervals() -> None:
    said = (await told(status(FRESHNESS, State.BURNING, bad=600)))["forecast"]
    assert list(said["paces"]) == ["1h", "6h", "3d"]
    hour = said["paces"]["1h"]
    assert (hour["outlook"], hour["at_the_earliest"]) == ("exhausts", True)
    assert hour["earliest_after_seconds"] < hour["exhausts_after_seconds"] < hour["latest_after_seconds"]
    assert (said["paces"]["6h"]["outlook"], said["paces"]["6h"]["burn"]) == ("unknown", None)


async def test_figures_without_adjustments_stand_beside_those_with_them() -> None:
    judged = status(FRESHNESS, State.HEALTHY)
    raw = Budget(judged.budget.reading, Fraction(1, 4), False, Fraction(40))
    body = await told(replace(judged, without=raw))
    assert (body["without"]["remaining"], body["budget"]["remaining"]) == (0.25, 1.0)
    assert (await told(judged))["without"] is None


async def test_an_adjustment_is_told_as_declared_and_as_carried_out_with_who_and_why() -> None:
    start = WATERMARK - 3 * DAY + 7 * SECOND
    work = Adjustment(
        "restart", Selector(), Category.MAINTENANCE, "ana", "announced", (Span(start, start + HOUR),), defined_at="a:1"
    )
    known = replace(CATALOGUE, adjustments={"restart": work})
    asked = World(definitions=known)
    (said,) = (await asking(asked, "/api/v1/slos/orders-freshness")).json()["adjustments"]
    assert (said["name"], said["author"], said["reason"]) == ("restart", "ana", "announced")
    assert (said["declared"]["from"], said["carried_out"]["from"]) == ("2026-11-17T09:40:07Z", "2026-11-17T09:40:00Z")
    assert (said["declared"]["to"], said["carried_out"]["to"]) == ("2026-11-17T10:40:07Z", "2026-11-17T10:41:00Z")


async def test_an_adjustment_whose_times_are_cut_off_is_named() -> None:
    often = Recurring("FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE="
                      + ",".join(map(str, range(60))), "UTC", WATERMARK - 20 * DAY, SECOND)  # fmt: skip
    work = Adjustment("blink", Selector(), Category.MAINTENANCE, "ana", "announced", recurring=(often,))
    asked = World(definitions=replace(CATALOGUE, adjustments={"blink": work}))
    body = (await asking(asked, "/api/v1/slos/orders-freshness")).json()
    assert body["adjustments_cut"] == ["blink"]
    assert (await told(status(FRESHNESS, State.HEALTHY)))["adjustments_cut"] == []


async def test_a_member_is_read_where_an_objective_of_its_own_is_measured_and_else_not_known() -> None:
    parts = (
        Member("fresh", FRESHNESS.indicator, Fraction(99, 100), Fraction(2)),
        Member("other", replace(cast(Completeness, COMPLETENESS.indicator), by_ns=MINUTE), Fraction(99, 100)),
    )
    whole = replace(FRESHNESS, name="whole", indicator=Composite(parts))
    known = replace(CATALOGUE, slos={**CATALOGUE.slos, "whole": whole})
    first, second = (await asking(World(definitions=known), "/api/v1/slos/whole")).json()["members"]
    assert (first["name"], first["weight"], first["slo"]) == ("fresh", 2.0, "orders-freshness")
    assert first["windows"]["1h"]["burn"] == 600 / 21_600 * 100  # against the member's target
    assert (second["slo"], second["windows"], second["watermark"]) == (None, None, None)


async def test_a_judged_composite_tells_of_its_members_by_its_own_counts() -> None:
    parts = (Member("fresh", FRESHNESS.indicator, Fraction(99, 100)),)
    whole = replace(FRESHNESS, name="whole", indicator=Composite(parts))
    hour = replace(reading(HOUR, 90, 10), burn=Fraction(10))
    own = MemberStatus("fresh", Fraction(99, 100), WATERMARK - MINUTE, {HOUR: hour})
    known = replace(CATALOGUE, slos={**CATALOGUE.slos, "whole": whole})
    seen = World(definitions=known, judged={"whole": replace(status(whole, State.HEALTHY), members=(own,))})
    (said,) = (await asking(seen, "/api/v1/slos/whole")).json()["members"]
    assert (said["windows"]["1h"]["bad"], said["windows"]["1h"]["burn"]) == (10, 10.0)
    assert said["windows"]["1h"]["burn_highest"] == 10.0
    assert (said["watermark"], said["slo"]) == ("2026-11-20T09:39:00Z", "orders-freshness")


async def test_lists_leave_out_what_takes_reckoning() -> None:
    (first, _) = (await asking(World(), "/api/v1/slos")).json()["slos"]
    assert "forecast" not in first
    assert "signals" in first
