from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.witness import GroupTrouble, independent, witnesses
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Witness
from slo_service.domain.indicator import Lag
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.status import State, Status
from tests.decide.situation import BURNS, NOON, a_catalogue, a_reading, a_status, a_tier, an_slo

BEHIND = GroupTrouble("orders", "enrich", "orders-enricher", 45 * SECOND, 1200, 6, 6, NOON)


def canary(status: Status | None) -> Witness:
    found = witnesses(NOON, a_catalogue(), {status.slo: status} if status else {}, [])["orders"]
    return next(w for w in found if w.method == "canary")


def lag(group: GroupTrouble, catalogue: Catalogue | None = None) -> Witness:
    found = witnesses(NOON, catalogue or a_catalogue(), {}, [group])["orders"]
    return next(w for w in found if w.method == "lag")


def with_short(bad: int, total: int, coverage: Fraction) -> Status:
    tier = a_tier()
    return a_status(replace(tier, short=a_reading(tier.tier.short_ns, bad, total, coverage)))


@pytest.mark.parametrize(
    ("status", "troubled"),
    [
        pytest.param(BURNS, True, id="the short window burns above its factor"),
        pytest.param(a_status(a_tier()), False, id="nothing bad"),
        pytest.param(a_status(a_tier(firing=True, bad_share=Fraction(0))), False, id="fires still, but burns no more"),
        pytest.param(with_short(144, 10_000, Fraction(1)), False, id="exactly at the factor is not over it"),
        pytest.param(with_short(145, 10_000, Fraction(1)), True, id="just over it"),
        pytest.param(with_short(2, 100, Fraction(1, 2)), True, id="half is measured, and that burns"),
        pytest.param(with_short(2, 100, Fraction(1, 3)), None, id="too little is measured to tell"),
        pytest.param(with_short(90, 100, Fraction(1, 3)), True, id="burns even if the rest was good"),
        pytest.param(replace(BURNS, at_ns=NOON - 11 * SECOND), None, id="a stale status"),
        pytest.param(a_status(a_tier(frozen=True), state=State.FROZEN, watermark_ns=None), None, id="never measured"),
        pytest.param(None, None, id="no status"),
    ],
)
def test_canaries_are_a_witness_by_their_short_window(status: Status | None, troubled: bool | None) -> None:
    assert canary(status).troubled is troubled


def test_the_canary_witness_names_the_objective_and_its_numbers() -> None:
    assert "orders-freshness burns 1000× over 5m (30 of 30 bad, coverage 100 %), over 14.4" in canary(BURNS).says


@pytest.mark.parametrize(
    ("group", "troubled"),
    [
        pytest.param(BEHIND, True, id="older than the tightest freshness"),
        pytest.param(replace(BEHIND, age_ns=30 * SECOND), False, id="exactly as old as allowed"),
        pytest.param(replace(BEHIND, age_ns=None), None, id="of unknown age"),
        pytest.param(replace(BEHIND, error="no broker"), None, id="could not be read"),
        pytest.param(replace(BEHIND, at_ns=NOON - 11 * SECOND), None, id="read too long ago"),
    ],
)
def test_a_consumer_group_is_a_witness_by_its_age(group: GroupTrouble, troubled: bool | None) -> None:
    assert lag(group).troubled is troubled


def test_the_lag_witness_says_how_far_behind_on_how_many_partitions() -> None:
    assert (
        "orders-enricher at enrich is 45s behind on 6 of 6 partitions, 1200 messages waiting, over 30s"
        in lag(BEHIND).says
    )


def test_a_lag_objective_sets_the_limit_where_no_freshness_is_declared() -> None:
    slow = a_catalogue(slos=[an_slo(indicator=Lag("enrich", MINUTE))])
    assert lag(BEHIND, slow).troubled is False
    assert lag(BEHIND, a_catalogue(slos=[])).troubled is None


def test_witnesses_of_one_method_count_once() -> None:
    two = witnesses(NOON, a_catalogue(), {BURNS.slo: BURNS}, [BEHIND, replace(BEHIND, group="orders-loader")])
    assert [w.method for w in independent(two["orders"])] == ["canary", "lag"]
    assert "payments" not in two


def at_the_factor(*, inclusive: bool) -> Status:
    tier = a_tier()
    kept = replace(tier, tier=replace(tier.tier, inclusive=inclusive), factor=Fraction(10))
    return a_status(replace(kept, short=a_reading(tier.tier.short_ns, 100, 10_000, Fraction(9, 10))))


def test_a_tier_that_burns_at_its_factor_has_a_witness_at_its_factor() -> None:
    assert canary(at_the_factor(inclusive=True)).troubled is True
    assert canary(at_the_factor(inclusive=False)).troubled is False


@pytest.mark.parametrize("bad", [0, 7])
def test_a_tier_for_which_any_burn_is_too_fast_can_be_witnessed(bad: int) -> None:
    tier = replace(a_tier(), factor=Fraction(0))
    status = a_status(replace(tier, short=a_reading(tier.tier.short_ns, bad, 100)))
    assert canary(status).troubled is (bad > 0)
