"""The figures of `python -m benchmarks false_pages` in their short form."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from benchmarks.false_pages import (
    PROMISED,
    Case,
    Pair,
    Promise,
    by_months,
    clumps,
    estimate,
    failures_to_page,
    page_hits,
    page_pairs,
    partition_pages,
    sweep,
)
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity
from tests.evaluate.canary_line import CanaryLine, none
from tests.evaluate.canary_line import every as every_one
from tests.evaluate.timeline import an_slo

GATE = Signals().significance
DRAWN = 200_000
ROWS = [pytest.param(promise, id=str(promise.case)) for promise in PROMISED]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def about(promised: float, error: float) -> object:
    """Promises have one or two digits, of which zero means less than 0.0001; besides them, four standard errors."""
    digits = 0.2 * promised if promised < 1 / 2 else 0.03
    return pytest.approx(promised, abs=(digits or 1e-4) + 4 * error)


@pytest.mark.parametrize("promise", ROWS)
@pytest.mark.parametrize("days", [30, 28])
def test_plain_burn_rates_page_as_often_as_is_said(rng: np.random.Generator, promise: Promise, days: int) -> None:
    case = replace(promise.case, budget_window_ns=days * DAY)
    found = estimate(rng, case, page_pairs(case, None), DRAWN)
    assert found.probability == about(promise.plain[0 if days == 30 else 1], found.error)


@pytest.mark.parametrize("promise", ROWS)
@pytest.mark.parametrize("days", [30, 28])
def test_the_gate_holds_false_pages_to_what_is_said(rng: np.random.Generator, promise: Promise, days: int) -> None:
    case = replace(promise.case, budget_window_ns=days * DAY)
    found = estimate(rng, case, page_pairs(case, GATE), DRAWN)
    assert found.probability == about(promise.gated[0 if days == 30 else 1], found.error)


@pytest.mark.parametrize("promise", ROWS)
def test_a_total_outage_needs_the_failures_that_are_said(promise: Promise) -> None:
    assert failures_to_page(page_pairs(promise.case, None)) == promise.needed[0]
    assert failures_to_page(page_pairs(promise.case, GATE)) == promise.needed[1]


def test_one_canary_a_minute_at_three_nines_pages_forty_two_times_a_month(rng: np.random.Generator) -> None:
    case = Case("99.9", 60 * SECOND)
    assert estimate(rng, case, page_pairs(case, None), DRAWN).pages == pytest.approx(42.5, abs=1)


def test_drawing_windows_and_drawing_months_agree(rng: np.random.Generator) -> None:
    case = Case("99.9", 10 * SECOND)
    pair = page_pairs(case, None)[0]
    rate, error = clumps(rng, case, pair, 20_000)
    months = by_months(rng, case, (pair,), 20_000)
    assert rate == pytest.approx(months.probability, abs=4 * (error + months.error))


def test_the_short_window_is_asked_as_well(rng: np.random.Generator) -> None:
    case, pair = Case("99.9", 10 * SECOND), Pair(long=360, short=30, long_bad=3, short_bad=1)
    strict = by_months(rng, case, (replace(pair, short_bad=3),), 200)
    assert strict.pages < by_months(rng, case, (pair,), 200).pages / 10


def test_gated_pages_are_rare_for_every_period(rng: np.random.Generator) -> None:
    for found, case in sweep(rng, 4, DRAWN):
        assert found.probability - 4 * found.error <= 0.01, case


def test_the_partition_tier_pages_by_chance_in_few_months(rng: np.random.Generator) -> None:
    assert partition_pages(rng, Case("99", SECOND), 1, 100_000).probability == pytest.approx(0.0088, rel=0.2)
    assert partition_pages(rng, Case("99.9", 60 * SECOND), 48, 500_000).probability <= 0.025


@pytest.mark.parametrize("significance", [GATE, Fraction(1)], ids=["gated", "plain"])
@pytest.mark.parametrize(
    ("target", "every", "share"),
    [
        pytest.param("99.9", 60, 0.03, id="four failures of 60 or one"),
        pytest.param("99.5", 60, 0.08, id="six or five", marks=pytest.mark.slow),
        pytest.param("99.9", 10, 0.02, id="seven of 360 or six", marks=pytest.mark.slow),
        pytest.param("99.95", 10, 0.012, id="five or three", marks=pytest.mark.slow),
    ],
)
def test_the_evaluator_fires_at_the_canaries_at_which_the_simulation_pages(
    rng: np.random.Generator, target: str, every: int, share: float, significance: Fraction
) -> None:
    """Far above the objective, so that there is something to see within half a day."""
    case, many = Case(target, every * SECOND), 12 * 3600 // every
    failed = np.flatnonzero(rng.random(many) < share)
    pages = [set(failed[page_hits(failed, pair)].tolist()) for pair in page_pairs(case, significance)]
    alerting = Alerting(keep_firing_ns=dict.fromkeys(Severity, 0), signals=Signals(significance=significance))
    line = CanaryLine(1, every, slo=an_slo(str(Fraction(target) / 100), alerting=alerting))
    failures, firing, fired = set(failed.tolist()), [False, False], 0
    for nth in range(many):
        line.run(every, every_one if nth in failures else none, tick=every)
        for at, state in enumerate(line.page_tiers):
            began = state.firing and not firing[at]
            assert state.firing or nth not in pages[at]
            assert not began or nth in pages[at]
            firing[at], fired = state.firing, fired + began
    assert fired >= 4
