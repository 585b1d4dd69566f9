"""One episode a severity: it opens once, and one row of it is the all-clear."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.event import Change
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.slo import Severity
from slo_service.evaluate.history.hindsight import Stay
from slo_service.evaluate.history.reconstruction import reconstructed
from tests.evaluate.timeline import AT_ONCE, START, Timeline, an_slo

FIRST = AT_ONCE.tiers[0]
TWINS = replace(
    AT_ONCE,
    tiers=(FIRST, replace(FIRST, name="page-too")),
    keep_firing_ns={Severity.PAGE: 2 * MINUTE, Severity.TICKET: 0},
)


def test_of_two_tiers_that_clear_at_the_same_tick_the_last_one_closes_the_episode() -> None:
    line = Timeline(an_slo(alerting=TWINS))
    line.fill()
    line.run(3600, lambda t: Fraction(1) if t < 300 else Fraction(0), tick=10)
    rows = [
        (row.change, row.tier.tier.name, row.opens, row.closes) for row in line.transitions if row.severity == "page"
    ]
    assert rows == [
        (Change.FIRED, FIRST.name, True, False),
        (Change.FIRED, "page-too", False, False),
        (Change.CLEARED, FIRST.name, False, False),
        (Change.CLEARED, "page-too", False, True),
    ]


def test_a_reconstructed_episode_has_one_all_clear_too() -> None:
    slo = an_slo(alerting=TWINS)
    line = Timeline(slo)
    line.fill()
    line.run(10, lambda _: Fraction(0), tick=10)
    assert line.status is not None
    reading = line.status.readings[HOUR]
    stays = [
        Stay(slo.name, tier, tier.factor(slo.window_ns), START, reading, reading, START + HOUR, (reading, reading))
        for tier in slo.alerting.tiers
    ]
    rows = reconstructed(slo, stays, 0, START + 2 * HOUR)
    assert [row.tier.tier.name for row in rows if row.closes] == ["page-too"]
