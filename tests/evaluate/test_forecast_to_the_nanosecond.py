"""A budget is spent at the first nanosecond at which nothing is left: what is told is never a moment too early."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.evaluate.outlook.forecast import Outlook
from tests.evaluate.test_forecast import ALLOWED, WINDOW, a_status, hourly, past_of


@pytest.mark.parametrize("burn", [11, 13, 17])
def test_the_last_part_of_a_nanosecond_counts_as_a_whole_one(burn: int) -> None:
    pace = hourly(a_status(0, Fraction(burn)), past_of({}))
    assert WINDOW % burn
    assert pace.after_ns == WINDOW // burn + 1


@pytest.mark.parametrize(("failed", "outlook"), [(ALLOWED, Outlook.EXHAUSTED), (ALLOWED - 1, Outlook.EXHAUSTS)])
def test_a_budget_with_nothing_left_is_exhausted_and_one_with_a_single_event_left_is_not(failed: int, outlook) -> None:
    assert hourly(a_status(failed, Fraction(14)), past_of({1: failed})).outlook is outlook


def test_a_pace_at_which_nothing_fails_spends_nothing() -> None:
    pace = hourly(a_status(5, Fraction(0)), past_of({1: 5}))
    assert (pace.outlook, pace.after_ns, pace.burn) == (Outlook.NOT_AT_THIS_PACE, None, 0)
