"""Binomial tails and what is said of them, against exact fractions and sums of sixty digits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pytest
from scipy.stats import beta

from slo_service.domain.tally import Tally
from slo_service.evaluate.chance import binomial, interval
from slo_service.evaluate.chance.binomial import dispersion, failures_needed, often, page_gate, rounds, tail, told
from slo_service.evaluate.chance.interval import clopper_pearson, incomplete_beta

HALF = Fraction(1, 2)


def exact_tail(k: int, n: int, p: float) -> float:
    bad = Fraction(p)
    fewer = sum(comb(n, i) * bad**i * (1 - bad) ** (n - i) for i in range(k))
    return float(1 - fewer)


@pytest.mark.parametrize("p", [0.001, 0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 31, 32, 33, 100, 150])
def test_a_tail_has_twelve_digits_of_the_sum_over_all_that_may_happen(n: int, p: float) -> None:
    mean = n * p
    for k in sorted({1, 2, 3, n // 2, n - 1, n, int(mean), int(mean) + 1, int(mean + 4 * sqrt(mean)) + 1}):
        if 0 < k <= n and (wanted := exact_tail(k, n, p)) > 1e-250:
            assert tail(k, n, p) == pytest.approx(wanted, rel=2e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 14, 15, 16, 17, 40, 1000])
def test_stirlings_remainder_is_what_the_factorial_has_above_the_formula(n: int) -> None:
    with localcontext() as context:
        context.prec = 60
        whole, pi = Decimal(n), Decimal("3.14159265358979323846264338327950288419716939937510582097494")
        logarithm = sum((Decimal(i).ln() for i in range(2, n + 1)), Decimal(0))
        wanted = float(logarithm - (whole + Decimal("0.5")) * whole.ln() + whole - (2 * pi).ln() / 2)
    assert binomial._stirling(n) == pytest.approx(wanted, rel=5e-12 if n >= 16 else 1e-12)


@pytest.mark.parametrize("n", [16, 17, 23, 64])
def test_stirlings_series_has_its_four_terms(n: int) -> None:
    wanted = Fraction(1, 12 * n) - Fraction(1, 360 * n**3) + Fraction(1, 1260 * n**5) - Fraction(1, 1680 * n**7)
    assert binomial._stirling(n) == pytest.approx(float(wanted), rel=4e-16)


@pytest.mark.parametrize("share", [-0.9, -0.3, -0.11, -0.0999, -0.05, -1e-6, 1e-9, 0.003, 0.0999, 0.1001, 0.4])
@pytest.mark.parametrize("x", [1, 7, 1000, 10**9])
def test_a_deviance_keeps_its_digits_where_observed_and_expected_are_alike(x: int, share: float) -> None:
    mean = x * (1 - share) / (1 + share)
    with localcontext() as context:
        context.prec = 60
        seen, expected = Decimal(x), Decimal(mean)
        wanted = float(seen * (seen / expected).ln() + expected - seen)
        excess = float(seen - expected)
    assert binomial._deviance(x, mean, excess) == pytest.approx(wanted, rel=1e-14 if abs(share) < 0.1 else 1e-12)


@pytest.mark.parametrize(
    ("n", "budget", "significance", "needed"),
    [
        pytest.param(0, HALF, HALF, 1, id="of nothing nothing is enough"),
        pytest.param(1, HALF, HALF, 2, id="as likely as the significance is not below it"),
        pytest.param(1, Fraction(1, 10), HALF, 1, id="the first"),
        pytest.param(2, HALF, Fraction(26, 100), 2, id="all of them"),
        pytest.param(2, HALF, Fraction(1, 4), 3, id="and not even they"),
        pytest.param(60, Fraction(1, 1000), Fraction(2, 10**6), 4, id="an hour of canaries a minute"),
        pytest.param(100, Fraction(9, 10), HALF, 91, id="of a budget that is nearly all"),
    ],
)
def test_the_fewest_failures_below_a_significance(
    n: int, budget: Fraction, significance: Fraction, needed: int
) -> None:
    assert failures_needed(n, budget, significance) == needed
    assert all(tail(k, n, float(budget)) >= significance for k in range(needed) if k <= n)


@pytest.mark.parametrize(
    ("likely", "words"),
    [
        (1.0, "in 100% of such windows"),
        (0.1, "in 10% of such windows"),
        (0.0999, "once in 10 such windows"),
        (0.01, "once in 100 such windows"),
        (1 / 99.5, "once in 99 such windows"),
        (1 / 129.5, "once in 120 such windows"),
        (1 / 1_299.5, "once in 1,200 such windows"),
        (2e-6, "once in 500,000 such windows"),
    ],
)
def test_how_often_is_told_in_two_digits_and_never_more_seldom_than_it_is(likely: float, words: str) -> None:
    assert often(likely) == words


@pytest.mark.parametrize(
    ("sources", "words"), [(1, "2 of 9 canaries failed"), (2, "2 of 9 rounds of 2 canaries failed")]
)
def test_rounds_are_told_with_their_canaries(sources: int, words: str) -> None:
    assert told(2, 9, sources) == words


def test_one_source_is_the_least_and_its_rounds_are_its_canaries() -> None:
    assert rounds(Tally(3, 2), 1) == (5, 2)
    assert page_gate(Tally(59, 1), 1, Fraction(1, 1000), Fraction(2, 10**6)) != ""


@pytest.mark.parametrize(
    ("counts", "ratio"), [([1, 0], 1.0), ([2, 2], 0.0), ([3, 0, 0], 3.0), ([1, 2, 3, 4], 2 / 3), ([0, 5], 5.0)]
)
def test_dispersion_is_the_variance_of_a_sample_over_its_mean(counts: list[int], ratio: float) -> None:
    assert dispersion(np.array(counts)) == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("total", [1, 2, 10, 360, 25_920, 2_592_000])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.98])
def test_intervals_have_ten_digits(total: int, confidence: float) -> None:
    doubt = (1 - confidence) / 2
    for bad in sorted({0, 1, 2, total // 100, total // 2, total - 1, total}):
        if 0 <= bad <= total:
            low, high = clopper_pearson(bad, total, confidence)
            wanted = beta.ppf(doubt, bad, total - bad + 1) if bad else 0.0
            assert low == pytest.approx(float(wanted), rel=1e-9)
            wanted = beta.ppf(1 - doubt, bad + 1, total - bad) if bad < total else 1.0
            assert high == pytest.approx(float(wanted), rel=1e-9)


def test_without_a_word_of_confidence_an_interval_is_of_95_percent() -> None:
    assert clopper_pearson(3, 60) == clopper_pearson(3, 60, 0.95)


def test_the_beta_function_is_nothing_at_0_and_all_at_1() -> None:
    assert [incomplete_beta(2.0, 3.0, x) for x in (-0.1, 0.0, 1.0, 1.1)] == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 1.0), (2.0, 9.0), (9.0, 2.0), (40.0, 3.5), (30.0, 80.0)])
def test_the_beta_function_has_twelve_digits_on_both_sides_of_its_middle(a: float, b: float) -> None:
    middle = (a + 1) / (a + b + 2)
    for x in (middle * 0.9, middle * 0.999, middle, middle * 1.001, min(0.999, middle * 1.1)):
        assert incomplete_beta(a, b, x) == pytest.approx(float(beta.cdf(x, a, b)), rel=1e-11)


def test_a_bound_is_found_in_a_handful_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def counted(a: float, b: float, x: float) -> float:
        asked.append(x)
        return incomplete_beta(a, b, x)

    monkeypatch.setattr(interval, "incomplete_beta", counted)
    cases = [(bad, total) for total in (50, 1_000, 40_000) for bad in (2, 7, total // 3, total - 4)]
    for bad, total in cases:
        interval._quantile(bad, total - bad + 1, 0.025)
        interval._quantile(bad + 1, total - bad, 0.975)
    assert len(asked) <= 7 * 2 * len(cases)
