"""Detection and reset times of the workbook tiers against their closed forms: D = W·bβ ÷ E and R = w·(1 − bβ ÷ E)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.domain.instant import SECOND
from tests.evaluate.timeline import Timeline, an_slo, only

pytestmark = pytest.mark.lengthy

F = Fraction
# a window's tail moves in slots, so detection may be late by slot × bβ ÷ E beside the tick
ROWS = [
    pytest.param("page-1h", F(1), F("51.84"), F("295.68"), 10, id="100 % on the 14.4× pair"),
    pytest.param("page-1h", F(1, 2), F("103.68"), F("291.36"), 10, id="50 % on the 14.4× pair"),
    pytest.param("page-1h", F(1, 10), F("518.4"), F("256.8"), 10, id="10 % on the 14.4× pair"),
    pytest.param("page-1h", F(2, 100), F(2592), F(84), 10, id="2 % on the 14.4× pair"),
    pytest.param("page-6h", F(1), F("129.6"), F("1789.2"), 10, id="100 % on the 6× pair"),
    pytest.param("page-6h", F(5, 100), F(2592), F(1584), 10, id="5 % on the 6× pair"),
    pytest.param("page-6h", F(1, 100), F(12960), F(720), 10, id="1 % on the 6× pair"),
    pytest.param("ticket-1d", F(1), F("259.2"), F("7178.4"), 60, id="100 % on the 3× pair"),
    pytest.param("ticket-3d", F(1), F("259.2"), F("21578.4"), 60, id="100 % on the 1× pair"),
]


def _coarsely_then_by_the_second(line: Timeline, about: int, error: Fraction, slot: int = 0) -> int:
    """Runs until `about` seconds have passed, and well over; by the second where something is to happen."""
    coarse = max(0, about - 60) // 10 * 10
    line.run(coarse, lambda _: error, tick=10)
    line.run(180 + slot, lambda _: error)
    return coarse + 180 + slot


@pytest.mark.parametrize(("tier", "error", "detects", "resets", "slot"), ROWS)
def test_a_steady_outage_is_detected_and_forgotten_on_time(
    tier: str, error: Fraction, detects: Fraction, resets: Fraction, slot: int
) -> None:
    line = Timeline(only(an_slo(), tier))
    line.fill()
    short = line.slo.alerting.tiers[0].short_ns // SECOND
    outage = _coarsely_then_by_the_second(line, int(detects), error)
    outage += _coarsely_then_by_the_second(line, short, error)  # so long that the short window holds nothing else
    _coarsely_then_by_the_second(line, int(resets), F(0), slot)
    severity = tier.partition("-")[0]
    fired, cleared = line.at(severity, "fired"), line.at(severity, "cleared")
    share = line.status.tiers[0].factor * line.slo.objective.budget / error  # type: ignore[union-attr] # the line ran
    assert len(fired) == len(cleared) == 1
    assert detects <= fired[0] <= detects + 1 + slot * share
    assert resets <= cleared[0] - outage <= resets + 1 + slot


@pytest.mark.parametrize(
    ("tier", "error"),
    [
        pytest.param("page-1h", F(1, 100), id="1 % never fires the 14.4× pair"),
        pytest.param("page-6h", F(6, 1000), id="exactly at the limit of the 6× pair is not over it"),
        pytest.param("page-1h", F(144, 10000), id="exactly at the limit of the 14.4× pair is not over it"),
    ],
)
def test_an_error_rate_not_above_the_factor_never_fires(tier: str, error: Fraction) -> None:
    line = Timeline(only(an_slo(), tier), rate=10_000)
    line.fill(good_share=1 - error)
    line.run(3600, lambda _: error, tick=5)
    assert line.at("page", "fired") == []
