import pytest
from scipy.stats import binom

from slo_service.evaluate.plan.crossing import Pair, beginnings, binomial, crossings, paging_crossings, reached_in_two
from tests.evaluate.plan.brute import burns, over_all_sequences

P = 0.17
SMALL = [
    pytest.param(Pair(5, 2, 1, 1), id="one failure is enough"),
    pytest.param(Pair(5, 2, 2, 1), id="two failures"),
    pytest.param(Pair(5, 3, 3, 2), id="two of three in the short window"),
    pytest.param(Pair(6, 3, 4, 3), id="three of four in the short window"),
    pytest.param(Pair(4, 2, 4, 2), id="every round of the window"),
]


def long_only(pair: Pair) -> Pair:
    return Pair(pair.long, pair.long, pair.failures, 1)


def first_crossing(pair: Pair, rounds) -> bool:
    """At the last round, with the window's length of full windows before it under the failures needed."""
    last = len(rounds) - 1
    window = long_only(pair)
    return burns(window, rounds, last) and not any(burns(window, rounds, last - j) for j in range(1, pair.long + 1))


@pytest.mark.parametrize("pair", SMALL)
def test_crossings_are_those_of_all_sequences(pair: Pair) -> None:
    every = over_all_sequences(2 * pair.long, P, lambda rounds: first_crossing(pair, rounds))
    assert crossings(pair, P) == pytest.approx(every, rel=1e-12)


@pytest.mark.parametrize("pair", SMALL)
def test_crossings_that_page_are_those_with_enough_failures_in_the_short_window(pair: Pair) -> None:
    last = 2 * pair.long - 1
    every = over_all_sequences(
        2 * pair.long, P, lambda rounds: first_crossing(pair, rounds) and burns(pair, rounds, last)
    )
    assert paging_crossings(pair, P) == pytest.approx(every, rel=1e-12)


@pytest.mark.parametrize("pair", SMALL)
def test_two_windows_length_is_exact(pair: Pair) -> None:
    window = long_only(pair)
    every = over_all_sequences(
        2 * pair.long, P, lambda rounds: any(burns(window, rounds, at) for at in range(2 * pair.long))
    )
    assert reached_in_two(pair, P) == pytest.approx(every, rel=1e-12)


@pytest.mark.parametrize(("pair", "quiet"), [(Pair(6, 2, 2, 1), 3), (Pair(6, 2, 3, 1), 4), (Pair(6, 2, 3, 1), 1)])
def test_an_episode_begins_where_the_window_fills_or_was_full_and_silent(pair: Pair, quiet: int) -> None:
    last = 2 * pair.long - 1

    def begins(rounds) -> bool:
        held = [sum(rounds[last - j - pair.long + 1 : last - j + 1]) for j in range(quiet + 1)]
        fills = held[0] == pair.failures and max(held[1:]) < pair.failures
        silent = not any(rounds[last - quiet : last]) and held[0] > pair.failures
        return bool(rounds[last]) and (fills or silent)

    assert beginnings(pair, P, quiet) == pytest.approx(over_all_sequences(last + 1, P, begins), rel=1e-12)


@pytest.mark.parametrize(("rounds", "p"), [(60, 0.005), (361, 0.001), (259_200, 0.1), (3, 0.5)])
def test_binomial_probabilities_are_those_of_scipy(rounds: int, p: float) -> None:
    upto = min(rounds, int(rounds * p) + 40)
    assert binomial(rounds, p, upto) == pytest.approx(binom.pmf(range(upto + 1), rounds, p), rel=1e-8, abs=1e-300)


def test_a_short_window_that_asks_for_more_makes_fewer_pages() -> None:
    asked = [paging_crossings(Pair(2_160, 180, 13, short), 0.001) for short in (1, 2, 3, 4)]
    assert asked == sorted(asked, reverse=True)
    assert asked[0] > 1.3 * asked[1] > 0
