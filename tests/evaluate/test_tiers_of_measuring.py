"""Silence of the collectors and windows of which too little was measured: when that is told, and as what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import NoDataAlert, Signals
from slo_service.domain.slo import Alerting, Kind, Severity, Slo
from slo_service.domain.status import Phase, Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.judge.measuring import Patience, of_coverage, of_silence
from tests.domain.test_objectives import SLO

GRACE = replace(SLO, timing=replace(SLO.timing, grace_ns=90 * SECOND))


def declaring(alert: NoDataAlert | None, importance: str = "") -> Slo:
    labels = {"importance": importance} if importance else {}
    return replace(GRACE, alerting=Alerting(signals=Signals(no_data=alert)), labels=labels)


@pytest.mark.parametrize(
    ("alert", "importance", "round_ns", "ticket_ns", "page_ns"),
    [
        pytest.param(NoDataAlert(), "", MINUTE, 2 * MINUTE, None, id="two periods of canaries"),
        pytest.param(NoDataAlert(), "", 10 * SECOND, 90 * SECOND, None, id="or three polls, if that is longer"),
        pytest.param(NoDataAlert(), "1", MINUTE, 2 * MINUTE, 30 * MINUTE, id="half an hour pages what matters most"),
        pytest.param(NoDataAlert(), "2", MINUTE, 2 * MINUTE, None, id="and nothing else"),
        pytest.param(NoDataAlert(HOUR, 2 * HOUR), "", MINUTE, HOUR, 2 * HOUR, id="as declared"),
    ],
)
def test_silence_is_told_after_as_long_as_the_collector_may_be_silent(
    alert, importance, round_ns, ticket_ns, page_ns
) -> None:
    tiers = {tier.name: tier for tier in Patience.of(declaring(alert, importance), round_ns).tiers()}
    ticket = tiers["no-data"]
    assert (ticket.severity, ticket.kind, ticket.long_ns) == (Severity.TICKET, Kind.NO_DATA, ticket_ns)
    assert ticket.short_ns == ticket.long_ns
    page = tiers.get("no-data-page")
    assert (page.long_ns if page else None) == page_ns
    assert page is None or (page.severity, page.kind) == (Severity.PAGE, Kind.NO_DATA)


def test_coverage_is_told_of_an_hour_and_of_a_day_below_nine_tenths() -> None:
    patience = Patience.of(declaring(NoDataAlert()), MINUTE)
    tiers = [tier for tier in patience.tiers() if tier.kind is Kind.COVERAGE]
    assert [(tier.name, tier.long_ns, tier.short_ns, tier.severity) for tier in tiers] == [
        ("coverage-1h", HOUR, HOUR, Severity.TICKET),
        ("coverage-1d", DAY, DAY, Severity.TICKET),
    ]
    assert patience.coverage_below == Fraction(9, 10)


def test_what_is_switched_off_has_no_tiers() -> None:
    assert Patience.of(declaring(None, "1"), MINUTE).tiers() == ()
    silent = Patience.of(declaring(NoDataAlert(coverage_below=Fraction(0))), MINUTE)
    assert [tier.kind for tier in silent.tiers()] == [Kind.NO_DATA]


def test_a_silence_fires_when_it_has_lasted_and_ends_with_the_first_sign_of_life() -> None:
    tier = Patience.of(declaring(NoDataAlert()), MINUTE).tiers()[0]
    quiet = of_silence(None, GRACE, tier, 2 * MINUTE - 1, 100)
    assert (quiet.phase, quiet.burning, quiet.since_ns, quiet.slo) == (Phase.QUIET, False, 100, "fresh")
    assert quiet.stream == GRACE.stream.id
    fires = of_silence(quiet, GRACE, tier, 2 * MINUTE, 200)
    assert (fires.phase, fires.burning, fires.since_ns, fires.judged_at_ns) == (Phase.FIRING, True, 200, 200)
    goes_on = of_silence(replace(fires, episode="e"), GRACE, tier, 3 * MINUTE, 300)
    assert (goes_on.since_ns, goes_on.judged_at_ns, goes_on.episode) == (200, 300, "e")
    ends = of_silence(goes_on, GRACE, tier, 0, 400)
    assert (ends.phase, ends.since_ns, ends.episode, ends.burning) == (Phase.QUIET, 400, None, False)
    assert (fires.long.tally, fires.long.coverage, fires.long.burn, fires.long.length_ns) == (
        Tally(),
        0,
        None,
        2 * MINUTE,
    )
    assert fires.short == fires.long


@pytest.mark.parametrize(("coverage", "fires"), [(Fraction(9, 10), False), (Fraction(899, 1000), True)])
def test_coverage_at_the_floor_is_enough(coverage: Fraction, fires: bool) -> None:
    tier = Patience.of(declaring(NoDataAlert()), MINUTE).tiers()[1]
    reading = Reading(HOUR, Tally(9, 0), Fraction(1), coverage, None)
    state = of_coverage(None, GRACE, tier, reading, Fraction(9, 10), 500)
    assert (state.firing, state.long, state.short, state.judged_at_ns) == (fires, reading, reading, 500)
