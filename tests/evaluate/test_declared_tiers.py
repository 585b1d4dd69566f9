"""Tiers whose factor, comparison and delay are declared, as OpenSLO's alert conditions do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Metric, Ratio, Side
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.status import Reading, State
from slo_service.domain.tally import Tally
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.judge.tier import Limit
from tests.evaluate.timeline import START, Timeline, an_slo

BAD, GOOD = Fraction(1), Fraction(0)


def alerting(burn: str, *, inclusive: bool = False, after_ns: int = 0) -> Slo:
    tier = Tier("own", Severity.PAGE, HOUR, HOUR, Fraction(1, 50), Fraction(burn), inclusive, after_ns)
    return an_slo(alerting=Alerting("own", (tier,), {Severity.PAGE: 0, Severity.TICKET: 0}))


def reading(bad: int, total: int) -> Reading:
    return Reading(HOUR, Tally(total - bad, bad), Fraction(0), Fraction(1), None)


@pytest.mark.parametrize(
    ("inclusive", "bad", "total", "over"),
    [
        pytest.param(False, 2, 1000, False, id="at the limit is not above it"),
        pytest.param(True, 2, 1000, True, id="at the limit is at least it"),
        pytest.param(True, 1, 1000, False, id="below it"),
        pytest.param(True, 0, 0, False, id="no traffic"),
    ],
)
def test_gte_is_exact_at_the_limit_and_never_true_of_nothing(inclusive, bad, total, over) -> None:
    limit = Limit(Fraction(2, 1000), inclusive)
    assert limit.over_as_measured(reading(bad, total)) is over
    assert limit.over_if_the_rest_was_good(reading(bad, total)) is over


def test_a_declared_factor_is_taken_as_it_is_also_below_one() -> None:
    (tier,) = alerting("0.5").alerting.tiers
    assert tier.factor(30 * 24 * HOUR) == Fraction(1, 2)


def test_a_tier_fires_once_it_has_burned_for_as_long_as_it_must() -> None:
    line = Timeline(alerting("2", after_ns=5 * MINUTE))
    line.fill()
    line.run(900, lambda _: BAD)
    burns_after = 8  # 2 × 0.1 % of an hour's 3,600 s are 7.2 s
    (fired,) = line.at("page", "fired")
    assert 0 <= fired - (burns_after + 300) <= 1


def test_a_tier_that_waits_is_on_warn_rather_than_healthy() -> None:
    line = Timeline(alerting("2", after_ns=5 * MINUTE))
    line.fill()
    line.run(120, lambda _: BAD)
    assert line.status is not None
    assert line.status.state is State.WARN
    assert line.at("page", "fired") == []


def of_five_minutes() -> Slo:
    """Burns while more than half of the last five minutes is bad, and fires after five minutes of that."""
    tier = Tier("own", Severity.PAGE, 5 * MINUTE, 5 * MINUTE, Fraction(1, 50), Fraction(500), after_ns=5 * MINUTE)
    return an_slo(alerting=Alerting("own", (tier,), {Severity.PAGE: 0, Severity.TICKET: 0}))


def test_an_interruption_starts_the_wait_anew() -> None:
    line = Timeline(of_five_minutes())
    line.fill()
    line.run(200, lambda _: BAD)  # burns from 151 s to 350 s
    line.run(400, lambda _: GOOD)
    line.run(360, lambda _: BAD)  # burns from 751 s on
    assert line.at("page", "fired") == []


def test_the_wait_stands_still_while_the_tier_is_frozen() -> None:
    line = Timeline(of_five_minutes())
    line.fill()
    line.run(200, lambda _: BAD)  # burns from 151 s to 350 s, whatever is unmeasured of it
    line.run(7200, lambda _: None, tick=10)
    assert line.at("page", "fired") == []
    line.run(600, lambda _: BAD)  # burns again from 151 s on, and a hundred seconds are left to wait
    (fired,) = line.at("page", "fired")
    assert 240 <= fired - 7400 <= 270


def test_a_measured_objective_without_any_tier_is_healthy_rather_than_warming_for_ever() -> None:
    line = Timeline(an_slo(alerting=Alerting("none", ())))
    line.fill()
    line.run(60, lambda _: GOOD)
    assert line.status is not None
    assert line.status.state is State.HEALTHY


def test_what_no_collector_measures_is_frozen_for_ever_and_never_healthy_nor_warming() -> None:
    slo = replace(an_slo(), pipeline="", indicator=Ratio(Side.GOOD, Metric.of("prometheus", "", {"query": "up"})))
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
    states = {evaluator.tick(START + hours * HOUR).statuses[slo.name].state for hours in (0, 1, 24, 24 * 40)}
    assert states == {State.FROZEN}
