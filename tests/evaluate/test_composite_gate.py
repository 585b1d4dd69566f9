"""Few events of several indicators as one: when its tiers may fire."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Completeness, Composite, Freshness, Late, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.status import TierState
from slo_service.evaluate.chance.gate import MemberRounds, composite_gate
from slo_service.evaluate.evaluator import Evaluator
from tests.evaluate.timeline import START, an_slo

NINES, LIGHT = Fraction(999, 1000), Fraction(1, 20)
TWO = (Member("fresh", Freshness("c", 5 * SECOND), NINES), Member("complete", Completeness("c", MINUTE), NINES))
TWENTY = tuple(Member(f"m{n}", Freshness(f"m{n}", 5 * SECOND), Fraction(9, 10), LIGHT) for n in range(20))


def judged(members: tuple[Member, ...], *lost: int, seen: int = 60) -> TierState:
    """The page tier of an hour, after six of a canary a minute of each member, of which so many were lost of late; of
    the last member only so many were `seen` in the last hour."""
    slo: Slo = replace(an_slo(alerting=Alerting()), indicator=Composite(members), window_ns=30 * DAY)
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
    for at, (stream, bad) in enumerate(zip(slo.measured, lost, strict=True)):
        evaluator.apply(schedules=[Schedule(stream, START - 6 * HOUR, Fraction(1, 60), 1)])
        kept = range(START - 6 * HOUR, START, MINUTE)
        if at == len(members) - 1 and seen < 60:
            kept = range(START - 6 * HOUR, START - (60 - seen) * MINUTE, MINUTE)
        first = kept[-1] - (bad - 1) * MINUTE
        cells = [Delta(stream, start, int(start < first), int(start >= first), 1) for start in kept]
        evaluator.apply(cells, [Progress(stream, "canary/main/0", START)])
    status = evaluator.tick(START).statuses[slo.name]
    return next(tier for tier in status.tiers if tier.tier.name == "page-1h")


def test_one_lost_canary_of_a_composite_is_no_page() -> None:
    state = judged(TWO, 1, 0)
    assert state.long.burn is not None
    assert state.long.burn > state.factor
    assert not state.firing
    assert state.held_back == (
        "fresh: 1 of 60 canaries failed; chance alone gives that once in 17 such windows, "
        "a page asks for once in 1,500,000 such windows"
    )


@pytest.mark.parametrize(("lost", "pages"), [((4, 0), True), ((3, 0), False), ((4, 4), True), ((0, 4), True)])
def test_failures_of_one_member_that_chance_does_not_give_page(lost: tuple[int, int], pages: bool) -> None:
    assert judged(TWO, *lost).firing is pages


@pytest.mark.parametrize(("lost", "pages"), [(4, False), (8, True)])
def test_a_member_of_little_weight_bears_more_failures_before_chance_is_out_of_the_question(lost, pages) -> None:
    """A quarter of the weight: at the objective up to 0.4 % of its canaries may fail, if no other does."""
    quarter = (replace(TWO[0], weight=Fraction(1, 4)), TWO[1])
    state = judged(quarter, lost, 0)
    assert state.burning
    assert state.firing is pages


def test_members_that_fail_on_the_same_canaries_are_not_so_many_witnesses() -> None:
    """Three lost canaries are late and missing; as six failures of 120 chance would never have given them."""
    assert not judged(TWO, 3, 3).firing


def test_an_outage_of_many_members_none_of_which_spends_the_budget_alone_pages() -> None:
    """Ten times, of which each of twenty members bears a half."""
    light = tuple(replace(member, weight=Fraction(1, 10)) for member in TWENTY)
    assert judged(light, *[60] * 20).firing
    assert not judged(light, *[60, *[0] * 19]).firing


def test_what_is_missing_and_declared_bad_is_no_matter_of_chance() -> None:
    strict = (TWO[0], replace(TWO[1], late=Late.BAD))
    assert judged(strict, 0, 0, seen=50).firing


def test_the_gate_is_of_pages_and_of_tickets_at_the_objective_and_can_be_switched_off() -> None:
    few = [MemberRounds("fresh", 60, 1, 1, Fraction(1, 1000), Fraction(6, 100))]
    slo = an_slo(alerting=Alerting())
    page, ticket = slo.alerting.tiers[0], slo.alerting.tiers[3]
    assert composite_gate(slo, page, few) != ""
    assert composite_gate(an_slo(), page, few) == ""
    assert composite_gate(slo, ticket, few).endswith("a ticket asks for once in 20 such windows")
    assert composite_gate(slo, slo.alerting.tiers[2], few) == ""
