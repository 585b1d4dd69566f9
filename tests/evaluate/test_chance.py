from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import WORKBOOK, Severity
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.binomial import dispersion, failures_needed, page_gate, rounds, tail, ticket_gate

TWO_IN_A_MILLION = Fraction(2, 10**6)
THOUSANDTH = Fraction(1, 1000)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.one_of(st.floats(1e-12, 1e-3), st.floats(0.001, 0.999)))
def test_a_tail_agrees_with_its_sum_of_exact_fractions(k: int, n: int, p: float) -> None:
    good, bad = 1 - Fraction(p), Fraction(p)
    exact = float(sum(comb(n, i) * bad**i * good ** (n - i) for i in range(k, n + 1)))
    if exact > 1e-300:
        assert tail(k, n, p) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("n", [10**4, 10**7, 10**9])
@pytest.mark.parametrize("p", [1e-4, 0.01, 0.3, 0.97])
@pytest.mark.parametrize("deviations", [-5, -0.5, 0.5, 3, 8, 25])
def test_a_tail_of_many_agrees_with_scipy(n: int, p: float, deviations: float) -> None:
    k = round(n * p + deviations * sqrt(n * p * (1 - p)))
    if 0 < k <= n:
        assert tail(k, n, p) == pytest.approx(float(binom.sf(k - 1, n, p)), rel=1e-8)


@pytest.mark.parametrize(
    ("deviations", "probability"),
    [  # 60 digits, by Stirling's series and the integral
        pytest.param(3, 0.0013499189759775947, id="thrice"),
        pytest.param(20, 2.7597805312422954e-89, id="twenty times"),
        pytest.param(30, 4.943877386119471e-198, id="thirty times"),
    ],
)
def test_a_tail_of_the_largest_count_is_exact_to_nine_digits(deviations: int, probability: float) -> None:
    n, p = 2**45, 0.01
    assert tail(int(n * p + deviations * sqrt(n * p * (1 - p))), n, p) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize(
    ("k", "n", "p", "probability"),
    [(0, 5, 0.1, 1.0), (6, 5, 0.1, 0.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0), (0, 0, 0.5, 1.0), (1, 0, 0.5, 0.0)],
)
def test_a_tail_without_a_choice(k: int, n: int, p: float, probability: float) -> None:
    assert tail(k, n, p) == probability


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5000), st.fractions(Fraction(1, 10_000), Fraction(1, 3)))
def test_one_failure_fewer_than_needed_could_be_chance(n: int, budget: Fraction) -> None:
    needed = failures_needed(n, budget, TWO_IN_A_MILLION)
    assert 1 <= needed <= n + 1
    assert binom.sf(needed - 1, n, float(budget)) < 2e-6 * (1 + 1e-9)
    assert binom.sf(needed - 2, n, float(budget)) >= 2e-6 * (1 - 1e-9)


def test_one_canary_can_always_fail_by_chance() -> None:
    assert failures_needed(1, THOUSANDTH, TWO_IN_A_MILLION) == 2


def test_the_threshold_of_a_thousand_million_is_found() -> None:
    needed = failures_needed(10**9, THOUSANDTH, TWO_IN_A_MILLION)
    assert binom.sf(needed - 1, 10**9, 1e-3) < 2e-6 <= binom.sf(needed - 2, 10**9, 1e-3)


@pytest.mark.parametrize(
    ("tally", "sources", "told"),
    [
        (Tally(357, 3), 1, (360, 3)),
        (Tally(17_000, 280), 48, (360, 5)),  # what is left of a round is a trial, and no failure
        (Tally(0, 0), 3, (0, 0)),
        (Tally(47, 1), 48, (1, 0)),
    ],
)
def test_a_trial_is_a_round_over_all_partitions(tally: Tally, sources: int, told: tuple[int, int]) -> None:
    assert rounds(tally, sources) == told


def test_a_round_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one source"):
        rounds(Tally(1, 0), 0)


def failures_to_page(objective: str, every: int, gated: bool, sources: int = 1) -> int:
    """Of a total outage after a clean time: the first failure with which a page tier of 30 days burns and may fire."""
    budget = 1 - Fraction(objective) / 100
    for failed in range(1, 1000):
        for tier in (tier for tier in WORKBOOK if tier.severity is Severity.PAGE):
            limit = tier.factor(30 * DAY) * budget
            long, short = (length // (every * SECOND) for length in (tier.long_ns, tier.short_ns))
            burns = all(Fraction(min(failed, n), n) > limit for n in (long, short))
            tally = Tally((long - failed) * sources, failed * sources)
            if burns and not (gated and page_gate(tally, sources, budget, TWO_IN_A_MILLION)):
                return failed
    raise AssertionError("never")


TABLE = [
    ("99", 10, 52, 52, 520, 520),
    ("99.5", 60, 5, 6, 300, 360),
    ("99.9", 1, 52, 52, 52, 52),
    ("99.9", 5, 11, 11, 55, 55),
    ("99.9", 10, 6, 7, 60, 70),
    ("99.9", 60, 1, 4, 60, 240),
    ("99.95", 5, 6, 7, 30, 35),
    ("99.95", 10, 3, 5, 30, 50),
    ("99.95", 60, 1, 4, 60, 240),
    ("99.99", 10, 1, 4, 10, 40),
]


@pytest.mark.parametrize(("objective", "every", "plain", "gated", "plain_seconds", "gated_seconds"), TABLE)
def test_a_total_outage_pages_after_the_failures_that_are_promised(
    objective: str, every: int, plain: int, gated: int, plain_seconds: int, gated_seconds: int
) -> None:
    assert (failures_to_page(objective, every, gated=False), plain * every) == (plain, plain_seconds)
    assert (failures_to_page(objective, every, gated=True), gated * every) == (gated, gated_seconds)
    assert failures_to_page(objective, every, gated=True, sources=48) == gated


def test_a_page_that_is_held_back_says_why_with_its_numbers() -> None:
    said = page_gate(Tally(57, 3), 1, THOUSANDTH, TWO_IN_A_MILLION)
    assert said == "3 of 60 canaries failed; chance alone gives that once in 30,000 such windows; it pages from 4"
    common = page_gate(Tally(59, 1), 1, Fraction(1, 100), TWO_IN_A_MILLION)
    assert common == "1 of 60 canaries failed; chance alone gives that in 45% of such windows; it pages from 8"


def test_too_few_canaries_for_any_page_are_told_as_such() -> None:
    said = page_gate(Tally(0, 48), 48, THOUSANDTH, TWO_IN_A_MILLION)
    assert said == "1 of 1 rounds of 48 canaries failed; so few can fail by chance even if all of them do"


def test_one_dead_partition_of_many_is_no_witness_against_all() -> None:
    assert page_gate(Tally(47 * 60, 60), 48, THOUSANDTH, TWO_IN_A_MILLION) != ""
    assert page_gate(Tally(47 * 60, 60), 1, THOUSANDTH, TWO_IN_A_MILLION) == ""


def test_continuous_traffic_knows_no_gate() -> None:
    assert page_gate(Tally(999, 1), 0, THOUSANDTH, TWO_IN_A_MILLION) == ""
    assert ticket_gate(Tally(999, 1), 0, THOUSANDTH, 3 * DAY, SECOND) == ""
    assert ticket_gate(Tally(999, 1), 1, THOUSANDTH, 3 * DAY, 0) == ""


@pytest.mark.parametrize(
    ("total", "round_ns", "confidence"),
    [
        pytest.param(10_000, 3 * DAY // 10_000, 0.99, id="ten failures allowed"),
        pytest.param(9_999, 3 * DAY // 9_999 + 1, 0.95, id="just less than ten"),
        pytest.param(432, 10 * MINUTE, 0.95, id="few"),
    ],
)
def test_a_ticket_needs_the_lower_bound_above_the_budget(total: int, round_ns: int, confidence: float) -> None:
    bad = next(k for k in range(1, 100) if beta.ppf(1 - confidence, k, total - k + 1) > 0.001)
    assert ticket_gate(Tally(total - bad, bad), 1, THOUSANDTH, 3 * DAY, round_ns) == ""
    assert ticket_gate(Tally(total - bad + 1, bad - 1), 1, THOUSANDTH, 3 * DAY, round_ns) != ""


def test_a_ticket_that_is_held_back_says_why_with_its_numbers() -> None:
    assert ticket_gate(Tally(25_893, 27), 1, THOUSANDTH, 3 * DAY, 10 * SECOND) == (
        "27 of 25920 canaries failed; with 99% confidence that is a failure rate of 0.000633 at least, "
        "which is not above the budget of 0.001"
    )


def test_a_quiet_window_may_not_open_a_ticket() -> None:
    assert ticket_gate(Tally(0, 0), 1, THOUSANDTH, HOUR, SECOND) != ""


def test_failures_one_by_one_are_dispersed_like_chance() -> None:
    counts = np.random.default_rng(5).poisson(3.0, 20_000)
    assert dispersion(counts) == pytest.approx(1.0, abs=0.05)


def test_failures_in_bursts_are_more_dispersed() -> None:
    assert dispersion(np.array([0, 0, 12, 0])) == pytest.approx(12.0)  # variance 36 over mean 3


@pytest.mark.parametrize("counts", [[], [4], [0, 0, 0]], ids=["no stretch", "one stretch", "no failure"])
def test_nothing_to_compare_has_no_dispersion(counts: list[int]) -> None:
    assert dispersion(np.array(counts, np.int64)) is None
