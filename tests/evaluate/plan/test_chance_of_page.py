import pytest

from slo_service.evaluate.plan.chance_of_page import NEVER, at_most, chance_of_page, either
from slo_service.evaluate.plan.crossing import Pair
from tests.evaluate.plan.brute import by_chance, by_states

SLACK = 1e-9  # of the chain's own sums


@pytest.mark.parametrize("rounds", [24, 100, 4_000])
@pytest.mark.parametrize("p", [0.002, 0.02, 0.2])
@pytest.mark.parametrize("pair", [Pair(10, 3, 1, 1), Pair(10, 3, 3, 1), Pair(10, 3, 4, 2), Pair(8, 2, 5, 2)])
def test_the_truth_lies_between_the_bounds(pair: Pair, p: float, rounds: int) -> None:
    truth, bounds = by_states([pair], p, rounds), chance_of_page(pair, p, rounds)
    assert bounds.low - SLACK <= truth <= bounds.high + SLACK
    assert bounds.high == at_most(pair, p, rounds)


@pytest.mark.parametrize(("p", "rounds"), [(0.0005, 4_000), (0.005, 4_000), (0.02, 3_000), (0.3, 500)])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(Pair(3, 1, 2, 1), Pair(12, 3, 4, 1), id="the long one is rarer"),
        pytest.param(Pair(3, 1, 3, 1), Pair(12, 3, 3, 1), id="the long one is likelier"),
        pytest.param(Pair(4, 2, 3, 2), Pair(12, 4, 5, 2), id="both short windows ask for two"),
    ],
)
def test_the_truth_about_both_pairs_lies_between_the_bounds(first: Pair, second: Pair, p: float, rounds: int) -> None:
    truth, bounds = by_states([first, second], p, rounds), either(first, second, p, rounds)
    assert bounds.low - SLACK <= truth <= bounds.high + SLACK


@pytest.mark.parametrize(
    ("pairs", "p", "rounds", "months"),
    [
        pytest.param((Pair(61, 6, 5, 1), Pair(361, 31, 11, 1)), 0.005, 43_200, 20_000, id="99.5 %, 60 s"),
        pytest.param((Pair(361, 31, 3, 1), Pair(2_161, 181, 7, 1)), 0.0005, 259_200, 20_000, id="99.95 %, 10 s"),
        pytest.param((Pair(361, 31, 5, 1), Pair(2_161, 181, 10, 1)), 0.0005, 259_200, 40_000, id="the same, gated"),
        pytest.param((Pair(361, 31, 6, 1), Pair(2_161, 181, 13, 2)), 0.001, 259_200, 20_000, id="99.9 %, 10 s"),
    ],
)
def test_months_by_chance_agree_with_the_bounds(pairs, p: float, rounds: int, months: int) -> None:
    bounds = either(pairs[0], pairs[1], p, rounds)
    share, error = by_chance(pairs, p, rounds, months, seed=11)
    assert bounds.low - 4 * error < share < bounds.high + 4 * error
    assert bounds.high < 1.15 * bounds.low


def test_a_pair_that_can_never_burn_never_pages_and_takes_nothing_from_the_other() -> None:
    pair = Pair(61, 6, 5, 1)
    assert chance_of_page(None, 0.005, 43_200) == NEVER
    found, alone = either(None, pair, 0.005, 43_200), chance_of_page(pair, 0.005, 43_200)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize("rounds", [5, 61, 100, 122])
def test_less_time_than_two_windows_has_bounds_too(rounds: int) -> None:
    bounds = chance_of_page(Pair(61, 6, 5, 1), 0.02, rounds)
    assert 0 <= bounds.low <= bounds.high < 0.05
