from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import WORKBOOK, Severity
from slo_service.rehearse.simulate.run import simulate
from tests.rehearse.simulate.oracle import RATIOS, a_plan, differences, limit, simulated

pytestmark = pytest.mark.lengthy

TICK = 10 * SECOND  # where a second would show no more
SHORT = [("1", "99.9", 30), ("0.007", "99.9", 30), ("0.05", "99.99", 28)]
WHOLE = [(ratio, target, days) for days in (30, 28, 90) for target in ("99.9", "99", "99.5", "99.95", "99.99")
         for ratio in RATIOS]  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "target", "days"),
    [*SHORT, *(pytest.param(*row, marks=pytest.mark.slow) for row in WHOLE if row not in SHORT)],
)
def test_every_tier_fires_within_a_tick_of_d_and_is_quiet_within_a_tick_of_r(
    ratio: str, target: str, days: int
) -> None:
    found = simulated(ratio, target, days)
    assert differences(found) == []
    assert found.ticks < 2_000  # of hundreds of thousands


# as published, rounded: page after, its 6× pair after, page quiet, 14.4× pair quiet, ticket after, 3× quiet, 1× quiet
PUBLISHED = {
    "1": (51.8, 129.6, 29.82 * 60, 4.93 * 60, 4.32 * 60, 1.99 * 3600, 5.99 * 3600),
    "0.5": (103.7, 259, 29.64 * 60, 4.86 * 60, 8.64 * 60, 1.99 * 3600, 5.99 * 3600),
    "0.15": (5.76 * 60, 14.4 * 60, 28.80 * 60, 4.52 * 60, 28.8 * 60, 1.96 * 3600, 5.96 * 3600),
    "0.1": (8.64 * 60, 21.6 * 60, 28.20 * 60, 4.28 * 60, 43.2 * 60, 1.94 * 3600, 5.94 * 3600),
    "0.05": (17.28 * 60, 43.2 * 60, 26.40 * 60, 3.56 * 60, 86.4 * 60, 1.88 * 3600, 5.88 * 3600),
    "0.02": (43.2 * 60, 1.80 * 3600, 21.00 * 60, 84, 3.60 * 3600, 1.70 * 3600, 5.70 * 3600),
    "0.01": (3.60 * 3600, 3.60 * 3600, 12.0 * 60, None, 7.20 * 3600, 1.40 * 3600, 5.40 * 3600),
    "0.007": (5.14 * 3600, 5.14 * 3600, 4.29 * 60, None, 10.29 * 3600, 1.14 * 3600, 5.14 * 3600),
    "0.005": (None, None, None, None, 14.40 * 3600, 0.80 * 3600, 4.80 * 3600),
    "0.003": (None, None, None, None, 24.0 * 3600, None, 4.00 * 3600),
    "0.002": (None, None, None, None, 36.0 * 3600, None, 3.00 * 3600),
    "0.0011": (None, None, None, None, 65.5 * 3600, None, 0.55 * 3600),
}


@pytest.mark.parametrize("ratio", ["1", *(pytest.param(r, marks=pytest.mark.slow) for r in RATIOS if r != "1")])
def test_the_published_table_is_what_is_measured(ratio: str) -> None:
    found = simulated(ratio, "99.9", 30)
    page, ticket = found.severities[Severity.PAGE], found.severities[Severity.TICKET]
    measured = (
        page.fires_after_ns,
        found.of("page-6h").fires_after_ns,
        page.quiet_after_ns,
        found.of("page-1h").quiet_after_ns,
        ticket.fires_after_ns,
        found.of("ticket-1d").quiet_after_ns,
        found.of("ticket-3d").quiet_after_ns,
    )
    for ours, published in zip(measured, PUBLISHED[ratio], strict=True):
        if ours is None or published is None:
            assert (ours, published) == (None, None)
        else:
            assert ours / SECOND == pytest.approx(published, rel=0.01, abs=1)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", ["0.01", "0.007", "0.005", "0.003", "0.001", "0.0005"])
@pytest.mark.parametrize("days", [28, 30, 90])
def test_a_tier_that_never_fires_does_not_in_twice_its_window_either(ratio: str, days: int) -> None:
    plan = a_plan(ratio, days=days)
    never = [tier.long_ns for tier in WORKBOOK if limit(tier, plan) >= plan.error_ratio]
    assert differences(simulate(a_plan(ratio, days=days, outage_ns=2 * max(never) + HOUR))) == []


@pytest.mark.parametrize(
    ("tier", "outage_ns"),
    [
        pytest.param("page-1h", 2 * HOUR, id="14.4x"),
        pytest.param("page-6h", 12 * HOUR, marks=pytest.mark.slow, id="6x"),
        pytest.param("ticket-1d", 2 * DAY, marks=pytest.mark.slow, id="3x"),
        pytest.param("ticket-3d", 6 * DAY, marks=pytest.mark.slow, id="1x"),
    ],
)
def test_exactly_at_its_limit_a_tier_never_fires(tier: str, outage_ns: int) -> None:
    factor = next(t for t in WORKBOOK if t.name == tier).factor(30 * DAY)
    found = simulate(a_plan(str(factor / 1000), outage_ns=outage_ns, tick_ns=TICK))
    assert differences(found) == []
    assert found.of(tier).turns == ()


@pytest.mark.parametrize("ratio", ["1", pytest.param("0.02", marks=pytest.mark.slow)])
def test_an_outage_that_ends_at_d_is_over_before_anything_fires(ratio: str) -> None:
    detects = int(limit(WORKBOOK[0], a_plan(ratio)) / Fraction(ratio) * WORKBOOK[0].long_ns)
    found = simulate(a_plan(ratio, outage_ns=detects // TICK * TICK, tick_ns=TICK))
    assert differences(found) == []
    assert found.turns == ()


@pytest.mark.slow
@pytest.mark.parametrize("outage_ns", [5 * MINUTE, 30 * MINUTE, 2 * HOUR, 2 * DAY])
def test_resets_count_from_the_end_of_an_outage_of_any_length(outage_ns: int) -> None:
    assert differences(simulate(a_plan("0.05", outage_ns=outage_ns))) == []
