"""What bears witness against chance: failures of one stream, of the members of a composite, and of all together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Slo, Tier
from slo_service.domain.status import Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.binomial import often, page_gate, tail, ticket_gate
from slo_service.evaluate.chance.gate import MemberRounds, composite_gate, gate
from slo_service.evaluate.counts.expectation import Expectation
from tests.domain.test_objectives import SLO

PAGE, _, ABOVE, TICKET = WORKBOOK
THOUSANDTH = Fraction(1, 1000)
MINUTELY = Expectation([Schedule("s", 0, Fraction(1, 60), 1)])


def signalling(significance: Fraction | int) -> Slo:
    return replace(SLO, alerting=Alerting(signals=Signals(significance=Fraction(significance))))


def seen(good: int, bad: int, missing: Fraction | int = 0, length_ns: int = HOUR) -> Reading:
    return Reading(length_ns, Tally(good, bad), Fraction(missing), Fraction(1), Fraction(bad, max(1, good + bad)))


@pytest.mark.parametrize("tier", [PAGE, TICKET], ids=["page", "ticket"])
def test_a_significance_of_one_asks_for_nothing_not_even_a_failure(tier: Tier) -> None:
    assert gate(signalling(1), MINUTELY, tier, seen(60, 0)) == ""
    assert gate(signalling(Fraction(999, 1000)), MINUTELY, tier, seen(60, 0)) != ""


def test_the_gate_of_a_page_is_that_of_its_significance_and_of_a_ticket_that_of_its_window() -> None:
    twice = Expectation([Schedule("s", 0, Fraction(1, 30), 2)])
    found = gate(signalling(Fraction(1, 50)), twice, PAGE, seen(116, 4))
    assert found == page_gate(Tally(116, 4), 2, SLO.objective.budget, Fraction(1, 50)) == ""
    found = gate(signalling(Fraction(1, 1000)), twice, PAGE, seen(116, 4))
    assert found == page_gate(Tally(116, 4), 2, SLO.objective.budget, Fraction(1, 1000)) != ""
    few = seen(8638, 2)
    found = gate(SLO, twice, TICKET, few)
    assert found == ticket_gate(few.tally, 2, SLO.objective.budget, TICKET.long_ns, MINUTE) != ""


@pytest.mark.parametrize(("burn", "held_back"), [(Fraction(1, 2), True), (1, True), (Fraction(101, 100), False)])
def test_only_tickets_up_to_the_objective_itself_need_a_sure_ratio(burn: Fraction | int, held_back: bool) -> None:
    assert bool(gate(SLO, MINUTELY, replace(TICKET, burn=Fraction(burn)), seen(60, 0))) is held_back


@pytest.mark.parametrize(
    ("unmeasured", "missing", "fires"),
    [
        pytest.param(Unmeasured.BAD, Fraction(4), True, id="four that were missed"),
        pytest.param(Unmeasured.BAD, Fraction(399, 100), False, id="of the fourth only a part"),
        pytest.param(Unmeasured.GOOD, Fraction(40), False, id="silence that says nothing"),
        pytest.param(Unmeasured.FREEZE, Fraction(40), False, id="silence in which all stands still"),
    ],
)
def test_silence_is_a_witness_where_it_was_declared_to_be_one(
    unmeasured: Unmeasured, missing: Fraction, fires: bool
) -> None:
    slo = replace(SLO, unmeasured=unmeasured)
    assert (gate(slo, MINUTELY, PAGE, seen(56, 0, missing)) == "") is fires


def test_a_member_is_told_by_its_rounds_and_by_what_its_budget_allows_of_them() -> None:
    pairs = Expectation([Schedule("s", 0, Fraction(1, 30), 2)])
    found = MemberRounds.of("fresh", Fraction(99, 100), Fraction(1, 4), seen(110, 9, length_ns=DAY), pairs)
    assert found == MemberRounds(
        "fresh", trials=60, bad=4, sources=2, bears=Fraction(4, 100), expected=Fraction(1440, 100)
    )
    quiet = Expectation([Schedule("s", 0, Fraction(0), 2)])
    assert MemberRounds.of("fresh", Fraction(99, 100), Fraction(1), seen(1, 0), quiet).expected == 10


def member(
    name: str, trials: int, bad: int, bears: str = "1/1000", sources: int = 1, expected: int = 0
) -> MemberRounds:
    return MemberRounds(name, trials, bad, sources, Fraction(bears), Fraction(expected))


def test_a_lone_member_is_the_only_witness() -> None:
    said = composite_gate(SLO, PAGE, [member("fresh", 60, 3)])
    assert said == (
        f"fresh: 3 of 60 canaries failed; chance alone gives that {often(tail(3, 60, 0.001))}, "
        "a page asks for once in 500,000 such windows"
    )
    assert composite_gate(SLO, PAGE, [member("fresh", 60, 4)]) == ""


def test_of_several_members_the_unlikeliest_speaks_and_the_doubt_is_divided() -> None:
    said = composite_gate(SLO, PAGE, [member("fresh", 60, 1), member("more", 60, 3, sources=2), member("else", 60, 0)])
    assert said == (
        f"more: 3 of 60 rounds of 2 canaries failed; chance alone gives that {often(tail(3, 60, 0.001))}, "
        "a page asks for once in 2,000,000 such windows"
    )


def test_all_members_together_are_a_witness_by_the_share_of_their_burn_that_was_lost() -> None:
    """Of three that bear 1 %, 2 % and 4 % the whole bears 1 ÷ (100 + 50 + 25); of the least rounds that any has."""
    some = [member("a", 100, 8, "1/100"), member("b", 80, 8, "1/50"), member("c", 120, 12, "1/25")]
    whole = Fraction(1) / (100 + 50 + 25)
    lost = int(80 * (Fraction(8, 100) * 100 + Fraction(8, 80) * 50 + Fraction(12, 120) * 25) * whole)
    likely = [tail(8, 100, 0.01), tail(8, 80, 0.02), tail(12, 120, 0.04), tail(lost, 80, float(whole))]
    assert (lost, min(likely)) == (7, likely[3])
    asked = signalling(Fraction(likely[3]) / 2)
    assert composite_gate(asked, PAGE, some) == (
        f"all members: 7 of 80 rounds of 3 canaries failed; chance alone gives that {often(likely[3])}, "
        f"a page asks for {often(likely[3] / 8)}"
    )
    assert composite_gate(signalling(Fraction(likely[3]) * 4), PAGE, some) != ""
    assert composite_gate(signalling(Fraction(likely[3]) * 4 * Fraction(10**9 + 1, 10**9)), PAGE, some) == ""


def test_members_of_which_nothing_was_seen_are_no_witnesses() -> None:
    few = [member("fresh", 60, 3), member("blind", 0, 0)]
    assert composite_gate(SLO, PAGE, few) == composite_gate(SLO, PAGE, few[:1])
    assert composite_gate(SLO, PAGE, few[1:]) == ""
    assert composite_gate(SLO, PAGE, []) == ""


@pytest.mark.parametrize(
    ("expected", "asked"),
    [((10,), "once in 100"), ((9,), "once in 20"), ((5, 5), "once in 300"), ((5, 4), "once in 60")],
)
def test_a_ticket_asks_for_more_where_ten_failures_are_allowed_among_all_members(
    expected: tuple[int, ...], asked: str
) -> None:
    few = [member(f"m{at}", 6000, 1, expected=each) for at, each in enumerate(expected)]
    assert composite_gate(SLO, TICKET, few).endswith(f"a ticket asks for {asked} such windows")
    assert composite_gate(SLO, ABOVE, few) == ""
    assert composite_gate(signalling(1), TICKET, few) == composite_gate(signalling(1), PAGE, few) == ""


def test_less_likely_than_the_doubt_is_enough_and_as_likely_is_not() -> None:
    likely = Fraction(tail(2, 60, 0.001))
    assert composite_gate(signalling(likely), PAGE, [member("fresh", 60, 2)]) != ""
    assert composite_gate(signalling(likely * Fraction(10**9 + 1, 10**9)), PAGE, [member("fresh", 60, 2)]) == ""


@pytest.mark.parametrize(("trials", "ends"), [(4, "it pages from 4"), (3, "even if all of them do")])
def test_a_page_that_all_canaries_together_would_send_tells_their_number(trials: int, ends: str) -> None:
    assert page_gate(Tally(1, trials - 1), 1, THOUSANDTH, Fraction(1, 10**11)).endswith(ends)


def test_a_sure_ratio_is_asked_of_one_second_rounds_too() -> None:
    assert ticket_gate(Tally(60, 0), 1, THOUSANDTH, 3 * DAY, 1) != ""
    assert ticket_gate(Tally(60, 0), 1, THOUSANDTH, 3 * DAY, SECOND) != ""
