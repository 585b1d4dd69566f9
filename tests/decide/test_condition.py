from fractions import Fraction

import pytest

from slo_service.decide.condition import blind, holds
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    Burning,
    Condition,
    NoData,
    Not,
    QuietFor,
)
from slo_service.domain.status import State, Status
from tests.decide.situation import NOON, a_status, a_tier

QUARTER, QUIET = BudgetRemainingBelow(Fraction(1, 4)), QuietFor(15 * MINUTE)
FIRING, FROZEN_FIRING = a_status(a_tier(firing=True)), a_status(a_tier(firing=True, frozen=True))
ONE_FROZEN = a_status(a_tier(firing=True), a_tier(1, firing=True, frozen=True))
HEALTHY = a_status(a_tier(), a_tier(2))
DARK = a_status(a_tier(frozen=True), state=State.FROZEN, progress_ns=NOON - 31 * MINUTE)
UNBORN = a_status(a_tier(frozen=True), state=State.FROZEN, watermark_ns=None, progress_ns=None)


@pytest.mark.parametrize(
    ("condition", "status", "answer"),
    [
        pytest.param(Burning("page"), FIRING, True, id="a page tier fires"),
        pytest.param(Burning("ticket"), FIRING, False, id="no ticket tier fires"),
        pytest.param(Burning("any"), FIRING, True, id="any tier will do"),
        pytest.param(Burning("page-1h"), FIRING, True, id="the tier of that name"),
        pytest.param(Burning("page-6h"), FIRING, False, id="another tier's name"),
        pytest.param(Burning("page"), FROZEN_FIRING, None, id="firing when it was last seen"),
        pytest.param(Burning("page"), DARK, None, id="quiet when it was last seen"),
        pytest.param(Burning("any"), a_status(a_tier(), a_tier(2, frozen=True)), False, id="a long window still fills"),
        pytest.param(Burning("page"), ONE_FROZEN, True, id="one is measured"),
        pytest.param(QUARTER, a_status(remaining="0.24"), True, id="a budget below the mark"),
        pytest.param(QUARTER, a_status(remaining="0.25"), False, id="exactly at the mark is not below it"),
        pytest.param(QUARTER, a_status(remaining="-1", provisional=True), None, id="a provisional budget"),
        pytest.param(QUARTER, DARK, None, id="a budget nobody measures now"),
        pytest.param(BudgetRemainingAbove(Fraction(1, 2)), HEALTHY, False, id="exactly at the mark is not above it"),
        pytest.param(NoData(30 * MINUTE), DARK, True, id="nothing for 31 minutes"),
        pytest.param(NoData(32 * MINUTE), DARK, False, id="not for 32 yet"),
        pytest.param(NoData(MINUTE), UNBORN, True, id="never anything, for a minute"),
        pytest.param(QUIET, HEALTHY, True, id="what never burned has nothing to recover from"),
        pytest.param(QUIET, FIRING, False, id="not while a tier fires"),
        pytest.param(QUIET, a_status(a_tier(quiet_ns=15 * MINUTE)), True, id="quiet for just so long"),
        pytest.param(QUIET, a_status(a_tier(quiet_ns=15 * MINUTE - 1)), False, id="a nanosecond too early"),
        pytest.param(
            QUIET, a_status(a_tier(quiet_ns=HOUR), a_tier(1, quiet_ns=MINUTE)),
            False, id="the least quiet tier decides",
        ),
        pytest.param(QUIET, a_status(a_tier(quiet_ns=HOUR, frozen=True), a_tier(1)), None, id="frozen cannot tell"),
        pytest.param(QUIET, DARK, None, id="darkness is not quiet"),
        pytest.param(Not(Burning("page")), HEALTHY, True, id="not"),
        pytest.param(Not(Burning("page")), DARK, None, id="not unknown is unknown"),
        pytest.param(All((Burning("page"), QUARTER)), FIRING, False, id="all, one fails"),
        pytest.param(All((NoData(MINUTE), Burning("page"))), DARK, None, id="all, one unknown"),
        pytest.param(AnyOf((NoData(MINUTE), Burning("page"))), DARK, True, id="any, one holds"),
        pytest.param(AnyOf((Burning("page"), QUARTER)), DARK, None, id="any, none known"),
    ],
)  # fmt: skip
def test_a_condition_is_true_false_or_unknown(condition: Condition, status: Status, answer: bool | None) -> None:
    assert holds(condition, status, NOON) is answer


@pytest.mark.parametrize(
    ("interval", "answer"),
    [
        pytest.param((0.0, 0.24), True, id="the whole interval is below"),
        pytest.param((0.0, 0.30), None, id="it may be above"),
        pytest.param((0.30, 0.40), False, id="it is surely above"),
        pytest.param(None, None, id="no interval"),
    ],
)
def test_acting_on_a_budget_needs_the_whole_interval(interval: tuple[float, float] | None, answer: bool | None) -> None:
    assert holds(QUARTER, a_status(remaining="0.2", interval=interval), NOON, surely=True) is answer


@pytest.mark.parametrize(("status", "answer"), [(FIRING, False), (FROZEN_FIRING, True), (DARK, True), (UNBORN, True)])
def test_blind_is_when_nothing_is_measured(status: Status, answer: bool) -> None:
    assert blind(status) is answer
