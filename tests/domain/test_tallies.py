from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.domain.cell import HIGHEST_COUNT, CellKey, Delta, Revision, Sample
from slo_service.domain.tally import Objective, Tally

KEY = CellKey("stream", "orders-canary/eu/3", 0)
FIRST = Revision(1, 1)


def test_counts_add_and_subtract_good_with_good_and_bad_with_bad() -> None:
    assert Tally(5, 2) + Tally(3, 1) == Tally(8, 3)
    assert Tally(5, 2) - Tally(3, 1) == Tally(2, 1)
    assert Tally() == Tally(0, 0)


def test_the_share_of_bad_events_is_exact_and_no_events_have_none() -> None:
    assert Tally(2, 1).ratio_bad == Fraction(1, 3)
    assert Tally(0, 0).ratio_bad is None
    assert Tally(0, 1).ratio_bad == 1


def test_a_burn_rate_is_the_budget_spent_for_each_that_is_earned() -> None:
    three_nines = Objective(Fraction(999, 1000))
    assert three_nines.budget == Fraction(1, 1000)
    assert three_nines.burn_rate(Tally(998, 2)) == 2
    assert three_nines.burn_rate(Tally(7, 0)) == 0
    assert three_nines.burn_rate(Tally()) is None


@pytest.mark.parametrize("target", [Fraction(0), Fraction(1), Fraction(-1, 2), Fraction(3, 2)])
def test_an_objective_that_leaves_no_budget_or_asks_nothing_is_none(target: Fraction) -> None:
    with pytest.raises(ValueError, match="an objective lies strictly between 0 and 1"):
        Objective(target)


@pytest.mark.parametrize("tally", [Tally(HIGHEST_COUNT, 0), Tally(0, HIGHEST_COUNT), Tally(0, 0)])
def test_counts_up_to_the_highest_are_taken(tally: Tally) -> None:
    assert Sample(KEY, tally, FIRST).tally == tally


@pytest.mark.parametrize("tally", [Tally(HIGHEST_COUNT, 1), Tally(-1, 5), Tally(5, -1)])
def test_counts_below_nothing_or_above_the_highest_are_refused(tally: Tally) -> None:
    with pytest.raises(ValueError, match="counts lie between 0 and 35184372088832"):
        Sample(KEY, tally, FIRST)


def test_a_new_owners_first_word_outranks_the_last_of_the_one_before() -> None:
    assert Revision(2, 0) > Revision(1, 10**9)
    assert Revision(2, 1) > Revision(2, 0)


def test_a_difference_is_of_all_sources_unless_it_names_one() -> None:
    assert Delta("stream", 0, good=1, bad=0, observed=1).source == ""
