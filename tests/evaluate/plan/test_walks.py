"""Crossings, beginnings and compound sums of any size, against walks step by step and integrals."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, gamma, poisson

from slo_service.evaluate.plan import bursts
from slo_service.evaluate.plan.bursts import Blips, Watch, pages
from slo_service.evaluate.plan.chance_of_page import NEVER, at_most, chance_of_page, either
from slo_service.evaluate.plan.crossing import (
    Floats,
    Pair,
    beginnings,
    binomial,
    crossings,
    paging_crossings,
    reached_in_two,
)

PAIRS = [
    pytest.param(Pair(61, 6, 2, 1), 0.005, id="61 rounds, 2"),
    pytest.param(Pair(61, 6, 5, 2), 0.02, id="61 rounds, 2 of 5 of late"),
    pytest.param(Pair(361, 31, 7, 3), 0.005, id="361 rounds"),
    pytest.param(Pair(361, 31, 30, 6), 0.05, id="361 rounds, many failures"),
    pytest.param(Pair(40, 40, 3, 2), 0.1, id="a short window as long as the long one"),
    pytest.param(Pair(9, 2, 9, 2), 0.5, id="all rounds"),
]


def apart(pair: Pair, p: float, steps: int) -> list[Floats]:
    """By steps, the probability of (R, B) where the round failed and B stayed below R: rows R, columns B."""
    size = pair.failures + 1
    at = np.zeros((size, size))
    at[1, 0] = p * (1 - p)
    below = np.arange(size)[None, :] < np.arange(size)[:, None]
    found = [np.zeros((size, size)), at]
    for _ in range(steps - 1):
        more = at.copy()
        more[1:] = (1 - p) * at[1:] + p * at[:-1]
        more[0] = (1 - p) * at[0]
        both = (1 - p) * more
        both[:, 1:] += p * more[:, :-1]
        at = both * below
        found.append(at)
    return found


def with_rest(at: Floats, pair: Pair, p: float, rest: int) -> float:
    """So many more rounds make the window's failures up."""
    return float(sum(at[r].sum() * binom.pmf(pair.failures - r, rest, p) for r in range(pair.failures + 1)))


@pytest.mark.parametrize(("pair", "p"), PAIRS)
def test_crossings_are_the_walks_that_do_not_meet(pair: Pair, p: float) -> None:
    walks = apart(pair, p, pair.long)
    assert crossings(pair, p) == pytest.approx(walks[pair.long][pair.failures].sum(), rel=1e-9)
    going = walks[pair.short].copy()
    going[: pair.short_failures] = 0
    for _ in range(pair.long - pair.short):
        more = (1 - p) * going
        more[1:] += p * going[:-1]
        both = (1 - p) * more
        both[:, 1:] += p * more[:, :-1]
        going = np.tril(both, -1)
    assert paging_crossings(pair, p) == pytest.approx(going[pair.failures].sum(), rel=1e-9)


@pytest.mark.parametrize("quiet", [1, 2, 5, 30])
@pytest.mark.parametrize(("pair", "p"), PAIRS)
def test_an_episode_begins_with_a_crossing_or_in_silence(pair: Pair, p: float, quiet: int) -> None:
    if quiet >= pair.long:
        assert beginnings(pair, p, quiet) == crossings(pair, p)
        return
    crossing = with_rest(apart(pair, p, quiet)[quiet], pair, p, pair.long - quiet)
    silent = p * (1 - p) ** quiet * binom.sf(pair.failures - 1, pair.long - 1 - quiet, p)
    assert beginnings(pair, p, quiet) == pytest.approx(crossing + silent, rel=1e-9)


def test_a_single_failure_begins_an_episode_after_so_much_silence() -> None:
    assert beginnings(Pair(61, 6, 1, 1), 0.01, 20) == pytest.approx(0.01 * 0.99**20, rel=1e-12)
    assert beginnings(Pair(61, 6, 1, 1), 0.01, 99) == pytest.approx(0.01 * 0.99**61, rel=1e-12)


@pytest.mark.parametrize(("pair", "p"), PAIRS)
def test_what_two_windows_reach_is_told_by_the_sums_over_all_failures(pair: Pair, p: float) -> None:
    """Naus: 1 less two windows below, and less those that never meet on the way from one to the other."""
    k, n = pair.failures, pair.long
    f, cumulative = np.asarray(binom.pmf(range(k + 1), n, p)), np.asarray(binom.cdf(range(k), n, p))
    never = cumulative[k - 1] ** 2 - f[k] * sum((k - 1 - i) * f[i] for i in range(k))
    assert reached_in_two(pair, p) == pytest.approx(1 - never, rel=1e-6)


@pytest.mark.parametrize("p", [1e-6, 0.3, 0.999])
@pytest.mark.parametrize(("rounds", "upto"), [(0, 0), (1, 1), (3, 5), (50, 50)])
def test_binomial_probabilities_go_as_far_as_is_asked(rounds: int, upto: int, p: float) -> None:
    found = binomial(rounds, p, upto)
    assert found.shape == (upto + 1,)
    assert found == pytest.approx(binom.pmf(range(upto + 1), rounds, p), rel=1e-9, abs=1e-300)


def test_too_many_cases_leave_a_lower_bound_of_nothing() -> None:
    many = Pair(20_000, 10_000, 10_000, 10)
    assert paging_crossings(many, 0.5) == 0 < crossings(many, 0.5)
    assert beginnings(many, 0.5, 10_000) == crossings(many, 0.5)
    few = Pair(20_000, 100, 10_000, 10)
    assert paging_crossings(few, 0.5) == pytest.approx(crossings(few, 0.5))


# --- short outages ----------------------------------------------------------------------------------------------------

BLIPS = Blips(30.0, 0.002, 5.0)
FIRST, SECOND = Watch(3_600, 1_200, 90.0, 8.0), Watch(21_600, 2_700, 250.0, 20.0)


def sum_below(blips: Blips, length: float, limit: float, extra: int = 0) -> float:
    n = np.arange(80)
    erlang = gamma.cdf(limit, np.maximum(n + extra, 1), scale=blips.mean)
    return float(poisson.pmf(n, blips.rate * length) @ np.where(n + extra, erlang, 1.0))


def below(blips: Blips, length: float, more: float, limit: float, both: float, extra: int = 0) -> float:
    arrivals = blips.rate * length

    def density(x: float) -> float:
        n = np.arange(0 if extra else 1, 80)
        return float(poisson.pmf(n, arrivals) @ gamma.pdf(x, n + extra, scale=blips.mean))

    nothing = 0.0 if extra else exp(-arrivals) * sum_below(blips, more, both)
    inside, _ = quad(lambda x: density(x) * sum_below(blips, more, both - x), 0, min(limit, both), epsrel=1e-7)
    return nothing + inside


def test_outages_that_end_within_the_threshold_do_no_harm() -> None:
    assert Blips(30.0, 0.002).rate == pytest.approx(0.002 / 30, rel=1e-15)
    assert BLIPS.rate == pytest.approx(0.002 / 30 * exp(-5 / 30), rel=1e-15)


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize(("length", "limit"), [(3_600, 90), (21_600, 250), (600, 0), (0, 50), (86_400 * 5, 600)])
def test_a_sum_of_outages_is_a_mixture_of_erlangs(length: float, limit: float, extra: int) -> None:
    blips = Blips(30.0, 0.001)
    found = bursts._sum_below(blips, length, limit, extra)
    assert found == pytest.approx(sum_below(blips, length, limit, extra), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize(("limit", "both"), [(90.0, 250.0), (250.0, 90.0), (40.0, 41.0)])
def test_two_sums_are_below_their_limits_by_the_integral_over_the_first(limit: float, both: float, extra: int) -> None:
    found = bursts._below(BLIPS, 3_600, 18_000, limit, both, extra)
    assert found == pytest.approx(below(BLIPS, 3_600, 18_000, limit, both, extra), rel=1e-5)


def once_quiet(watch: Watch) -> float:
    return exp(-BLIPS.rate * watch.quiet - watch.short_limit / BLIPS.mean)


def test_pages_of_one_pair_begin_with_an_outage_that_crosses_or_that_ends_a_silence() -> None:
    crossing = sum_below(BLIPS, 3_600, 90) - sum_below(BLIPS, 3_600, 90, 1)
    begun = crossing + once_quiet(FIRST) * (1 - sum_below(BLIPS, 2_400, 90))
    assert pages(BLIPS, [FIRST], 5_000.0) == pytest.approx(BLIPS.rate * 5_000 * begun, rel=1e-9)


def test_pages_of_two_pairs_begin_where_either_crosses_or_is_over_again() -> None:
    limits = (90.0, 250.0)
    crossing = below(BLIPS, 3_600, 18_000, *limits) - below(BLIPS, 3_600, 18_000, *limits, 1)
    only_first = sum_below(BLIPS, 20_400, 250) - below(BLIPS, 2_400, 18_000, *limits)
    over = 1 - sum_below(BLIPS, 18_900, 250)
    begun = crossing + once_quiet(FIRST) * only_first + once_quiet(SECOND) * over
    assert pages(BLIPS, [FIRST, SECOND], 5_000.0) == pytest.approx(BLIPS.rate * 5_000 * begun, rel=1e-4)


def test_a_window_shorter_than_its_quiet_time_is_never_over_when_all_was_quiet() -> None:
    short = Watch(600, 1_200, 90.0, 8.0)
    crossing = sum_below(BLIPS, 600, 90) - sum_below(BLIPS, 600, 90, 1)
    assert pages(BLIPS, [short], 5_000.0) == pytest.approx(BLIPS.rate * 5_000 * crossing, rel=1e-9)


@pytest.mark.parametrize("watches", [[FIRST], [FIRST, SECOND]])
def test_pages_that_rounding_alone_would_give_are_none(watches: list[Watch]) -> None:
    far = [Watch(each.long, each.quiet, each.limit * 30, each.short_limit) for each in watches]
    for mean in (1.0, 7.0, 30.0):
        assert 0 <= pages(Blips(mean, 0.05), far, 30 * 86_400.0) < 1e-6


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_a_pair_that_never_burns_never_pages() -> None:
    assert (at_most(None, 0.5, 10), chance_of_page(None, 0.5, 10), either(None, None, 0.5, 10)) == (0.0, NEVER, NEVER)


@pytest.mark.parametrize(("pair", "p"), PAIRS[:3])
@pytest.mark.parametrize("windows", [3, 10, 700])
def test_bounds_follow_the_hazards_that_are_proved(pair: Pair, p: float, windows: int) -> None:
    """Above: nothing in two windows, and then the root of h = least ÷ (1 − h)^(2n − 1); below: from empty windows."""
    n, rounds = pair.long, windows * pair.long + 7
    start, g = reached_in_two(pair, p), paging_crossings(pair, p)
    hazard = least = crossings(pair, p) / (1 - start)
    for _ in range(1000):
        hazard = least / (1 - hazard) ** (2 * n - 1)
    high = 1 - (1 - start) * (1 - hazard) ** (rounds - 2 * n)
    none, lower, left = 1 - n * g, g, rounds - 2 * n
    while left > 0:
        none *= (1 - lower) ** min(n, left)
        left, lower = left - n, g / (1 - lower) ** (n - 1)
    found = chance_of_page(pair, p, rounds)
    assert (found.low, found.high) == (pytest.approx(1 - none, rel=1e-7), pytest.approx(high, rel=1e-7))


def test_a_hazard_that_has_no_root_bounds_nothing() -> None:
    assert at_most(Pair(61, 6, 2, 1), 0.1, 10_000) == at_most(Pair(361, 6, 2, 1), 0.5, 10_000) == 1.0
    assert at_most(Pair(61, 6, 2, 1), 0.02, 10_000) == 1.0


def test_in_less_than_two_windows_nothing_is_known_from_below() -> None:
    pair = Pair(61, 6, 2, 1)
    assert chance_of_page(pair, 0.001, 121).low == 0
    assert chance_of_page(pair, 0.001, 122).low > 0
    assert at_most(pair, 0.001, 122) == at_most(pair, 0.001, 5) == reached_in_two(pair, 0.001)
    assert at_most(pair, 0.001, 123) > at_most(pair, 0.001, 122)
