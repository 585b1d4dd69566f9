from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import WORKBOOK, Kind, Severity, Tier
from slo_service.domain.status import Budget, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Tally

PAGE, TICKET = WORKBOOK[0], WORKBOOK[3]
NOTHING = Fraction(0)


def reading(burn: Fraction | int | None, tally: Tally | None = None) -> Reading:
    return Reading(
        HOUR,
        Tally(98, 2) if tally is None else tally,
        Fraction(20),
        Fraction(5, 6),
        None if burn is None else Fraction(burn),
    )


def tier(
    of: Tier = PAGE, phase: Phase = Phase.FIRING, burning: bool | None = True, short: int | None = 20
) -> TierState:
    return TierState(
        slo="fresh",
        tier=of,
        factor=Fraction(10),
        phase=phase,
        since_ns=1,
        burning=burning,
        last_burned_ns=5,
        quiet_ns=0,
        judged_at_ns=9,
        frozen_since_ns=None,
        episode="e-1",
        long=reading(20),
        short=reading(short),
        burned_ns=7,
    )


def status(*tiers: TierState, signals: tuple[TierState, ...] = (), tally: Tally | None = None) -> Status:
    budget = Budget(reading(1, tally), Fraction(1, 2), provisional=False, allowed_events=Fraction(1))
    return Status("fresh", "s", 10, 9, 9, State.BURNING, 3, budget, {}, tiers, signals=signals)


def test_expected_events_are_those_measured_and_those_not() -> None:
    assert reading(1).expected == 120


def test_the_time_that_was_not_measured_is_what_coverage_lacks() -> None:
    assert reading(1).unmeasured_ns == 10 * MINUTE
    assert replace(reading(1), coverage=Fraction(1)).unmeasured_ns == 0


@pytest.mark.parametrize(
    ("burn", "inclusive", "over"),
    [
        pytest.param(11, False, True, id="above"),
        pytest.param(10, False, False, id="at the factor is not over it"),
        pytest.param(10, True, True, id="at the factor where the tier says so"),
        pytest.param(9, True, False, id="below"),
        pytest.param(None, False, None, id="not measured"),
    ],
)
def test_a_window_is_over_when_it_burns_faster_than_the_factor(burn, inclusive, over) -> None:
    assert tier(replace(PAGE, inclusive=inclusive)).over(reading(burn)) is over


def test_strain_is_how_much_faster_than_the_factor_the_short_window_burns() -> None:
    assert tier(short=25).strain == Fraction(5, 2)
    assert tier(short=None).strain == 0
    assert replace(tier(short=25), factor=NOTHING).strain == 25


@pytest.mark.parametrize(
    ("burning", "after_ns", "phase", "waits"),
    [
        pytest.param(True, MINUTE, Phase.QUIET, True, id="burns for less than it must"),
        pytest.param(True, 1, Phase.QUIET, True, id="however short that is"),
        pytest.param(True, 0, Phase.QUIET, False, id="need not burn for any time"),
        pytest.param(True, MINUTE, Phase.FIRING, False, id="fires already"),
        pytest.param(False, MINUTE, Phase.QUIET, False, id="does not burn"),
        pytest.param(None, MINUTE, Phase.QUIET, False, id="cannot be told"),
    ],
)
def test_a_tier_waits_while_it_burns_and_not_yet_for_long_enough(burning, after_ns, phase, waits) -> None:
    assert tier(replace(PAGE, after_ns=after_ns), phase, burning).waits is waits


def test_a_redefined_tier_is_quiet_from_its_last_judgement_and_undecided() -> None:
    state = tier().quietened()
    assert (state.phase, state.since_ns, state.burning) == (Phase.QUIET, 9, None)
    assert (state.episode, state.burned_ns) == (None, 0)
    assert tier().firing


def test_the_remaining_budget_is_minutes_of_total_outage() -> None:
    budget = Budget(reading(1), Fraction(1, 2), provisional=False, allowed_events=Fraction(1))
    assert budget.minutes(28 * DAY, Fraction(1, 1000)) == pytest.approx(20.16)
    assert replace(budget, remaining=Fraction(-1, 2)).minutes(28 * DAY, Fraction(1, 1000)) == pytest.approx(-20.16)
    assert replace(budget, remaining=None).minutes(28 * DAY, Fraction(1, 1000)) is None


def test_the_indicator_is_the_share_of_good_events_and_none_without_any() -> None:
    assert status(tally=Tally(98, 2)).sli == Fraction(98, 100)
    assert status(tally=Tally(0, 0)).sli is None


def test_a_status_is_frozen_since_its_state_is() -> None:
    assert status().frozen_since_ns is None
    assert replace(status(), state=State.FROZEN).frozen_since_ns == 3


def test_what_fires_is_asked_by_severity_and_never_tells_of_measuring_or_early_signs() -> None:
    page, ticket = tier(PAGE), tier(TICKET)
    quiet = tier(PAGE, Phase.QUIET)
    silent = tier(replace(PAGE, kind=Kind.NO_DATA))
    uncovered = tier(replace(PAGE, kind=Kind.COVERAGE))
    dead = tier(replace(PAGE, kind=Kind.PARTITION))
    early = tier(replace(PAGE, kind=Kind.EARLY, severity=Severity.EARLY))
    now = status(page, ticket, quiet, signals=(silent, uncovered, dead, early))
    assert now.firing() == (page, ticket, dead)
    assert now.firing(Severity.PAGE) == (page, dead)
    assert now.firing(Severity.TICKET) == (ticket,)
    assert now.firing(Severity.EARLY) == (early,)
