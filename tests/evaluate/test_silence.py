"""What unmeasured time may and may not do to a verdict."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.instant import HOUR, SECOND
from slo_service.domain.slo import Alerting, Severity, Tier
from slo_service.domain.status import State
from tests.evaluate.timeline import START, Timeline, an_slo, only

BAD, GOOD = Fraction(1), Fraction(0)


def test_a_total_outage_pages_in_52_seconds_on_the_first_day() -> None:
    line = Timeline(only(an_slo(), "page-1h"))
    line.run(120, lambda _: BAD)
    assert 51.84 <= line.at("page", "fired")[0] <= 53


def test_three_seconds_of_bad_luck_on_the_first_day_do_not_page() -> None:
    line = Timeline(an_slo())
    line.run(600, lambda t: BAD if t < 3 else GOOD)
    assert line.at("page", "fired") == []


def test_silence_is_frozen_rather_than_healthy() -> None:
    line = Timeline(an_slo())
    line.fill()
    line.run(60, lambda _: GOOD)
    assert line.status is not None
    assert line.status.state is State.HEALTHY
    line.run(600, lambda _: None)
    assert line.status.state is State.FROZEN
    assert line.status.tiers[0].burning is None
    assert line.status.tiers[0].frozen_since_ns is not None


def test_a_firing_tier_keeps_firing_while_nobody_looks() -> None:
    line = Timeline(only(an_slo(), "page-1h"))
    line.fill()
    line.run(120, lambda _: BAD)
    line.run(3 * 3600, lambda _: None, tick=10)
    assert line.at("page", "cleared") == []
    assert line.status is not None
    assert line.status.tiers[0].firing
    assert line.status.tiers[0].frozen_since_ns is not None


def test_a_new_objective_is_warming_until_a_page_tier_can_be_called_quiet() -> None:
    line = Timeline(an_slo())
    line.run(20, lambda _: GOOD)
    assert line.status is not None
    assert line.status.state is State.WARMING
    line.run(300, lambda _: GOOD)
    assert line.status.state is State.HEALTHY


def test_nothing_ever_measured_is_not_called_a_beginning() -> None:
    line = Timeline(an_slo())
    line.run(5, lambda _: None)
    assert line.status is not None
    assert line.status.state is State.FROZEN
    assert line.status.watermark_ns is None


def test_measured_idleness_is_quiet_and_costs_nothing() -> None:
    line = Timeline(only(an_slo(), "page-1h"), rate=1)
    slo = replace(line.slo, timing=replace(line.slo.timing, horizon_ns=0))
    for second in range(0, 3600, 10):
        at = START + second * SECOND
        line.evaluator.apply(
            [Delta(slo.stream.id, at, 10, 0, 1)], [Progress(slo.stream.id, "canary/main/0", at + 10 * SECOND)]
        )
    status = line.evaluator.tick(START + 3600 * SECOND).statuses[slo.name]
    assert status.tiers[0].burning is False
    assert status.budget.remaining == 1


def test_keep_firing_counts_measured_time_only() -> None:
    keep = Alerting(
        tiers=(Tier("page-1h", Severity.PAGE, HOUR, 30 * SECOND, Fraction(2, 100)),),
        keep_firing_ns={Severity.PAGE: 20 * SECOND, Severity.TICKET: 0},
    )
    line = Timeline(an_slo(alerting=keep))
    line.fill()
    line.run(90, lambda _: BAD)
    line.run(35, lambda _: GOOD)  # the short window has just cleared
    assert line.at("page", "cleared") == []
    line.run(120, lambda _: None)
    assert line.at("page", "cleared") == []
    line.run(60, lambda _: GOOD)
    assert len(line.at("page", "cleared")) == 1
