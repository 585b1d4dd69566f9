from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.condition import blind, holds
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    Burning,
    Condition,
    ExhaustedWithin,
    NoData,
    Not,
    QuietFor,
)
from slo_service.domain.slo import Kind
from slo_service.domain.status import Exhaustion, State, Status
from tests.decide.situation import NOON, a_reading, a_sign, a_status, a_tier

QUARTER, QUIET = BudgetRemainingBelow(Fraction(1, 4)), QuietFor(15 * MINUTE)
FIRING, FROZEN_FIRING = a_status(a_tier(firing=True)), a_status(a_tier(firing=True, frozen=True))
ONE_FROZEN = a_status(a_tier(firing=True), a_tier(1, firing=True, frozen=True))
HEALTHY = a_status(a_tier(), a_tier(2))
PARTITION = a_status(a_tier(), signals=(a_sign(Kind.PARTITION, firing=True),))
YOUNG = a_status(a_tier(frozen=True), signals=(a_sign(Kind.PARTITION, firing=True),))  # all windows hold too little yet
YOUNG_QUIET = a_status(a_tier(frozen=True), signals=(a_sign(Kind.PARTITION),))
RECOVERING = a_status(a_tier(), signals=(a_sign(Kind.PARTITION, quiet_ns=MINUTE),))
ALARM = a_status(a_tier(), signals=(a_sign(Kind.EARLY, firing=True),))
NO_ALARM = a_status(a_tier(), signals=(a_sign(Kind.EARLY),))
SILENT = a_status(a_tier(), signals=(a_sign(Kind.NO_DATA, firing=True), a_sign(Kind.COVERAGE, firing=True)))
SPENT, HALF, ALMOST = BudgetSpentWithin(Fraction(1, 2), DAY), Fraction(1, 2), Fraction(95, 100)


def spending(bad: int, coverage: Fraction = Fraction(1), *, provisional: bool = False) -> Status:
    """Of ten bad events that are allowed, so many came within the last day."""
    return replace(a_status(a_tier(), provisional=provisional), readings={DAY: a_reading(DAY, bad, 1000, coverage)})


COMPOSED = replace(
    spending(15), budget=replace(spending(15).budget, allowed_events=Fraction(0))
)  # 15 × the pace for a thirtieth of the window
DARK = a_status(a_tier(frozen=True), state=State.FROZEN, progress_ns=NOON - 31 * MINUTE)
UNBORN = a_status(a_tier(frozen=True), state=State.FROZEN, watermark_ns=None, progress_ns=None)


DAYS = ExhaustedWithin(2 * DAY)


def lasting(
    after: int | None, earliest: int | None, latest: int | None, coverage: Fraction = Fraction(1), why: str = ""
) -> Status:
    """Days until the budget is spent at the burn of the last hour, and at both bounds of that."""
    after, earliest, latest = (None if each is None else each * DAY for each in (after, earliest, latest))
    status = replace(a_status(a_tier()), readings={HOUR: a_reading(HOUR, 4, 1000, coverage)})
    return replace(status, exhaustion=Exhaustion(HOUR, after, earliest, latest, why))


def spent(interval: tuple[float, float]) -> Status:
    return replace(lasting(0, 0, 0), budget=replace(a_status(remaining="-0.1").budget, interval=interval))


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
        pytest.param(Burning("page"), PARTITION, True, id="one partition pages"),
        pytest.param(Burning("any"), PARTITION, True, id="any, one partition"),
        pytest.param(Burning("page-partition"), PARTITION, True, id="the partition tier by its name"),
        pytest.param(Burning("page-partition"), HEALTHY, False, id="no partition tier"),
        pytest.param(Burning("ticket"), PARTITION, False, id="a partition is no ticket"),
        pytest.param(Burning("early"), ALARM, True, id="the early detector has raised an alarm"),
        pytest.param(Burning("early"), NO_ALARM, False, id="the early detector is calm"),
        pytest.param(Burning("early"), HEALTHY, None, id="no early detector listens"),
        pytest.param(Burning("any"), ALARM, False, id="any does not mean early"),
        pytest.param(Burning("page"), SILENT, False, id="silence is no burn"),
        pytest.param(Burning("any"), SILENT, False, id="any does not mean silence"),
        pytest.param(QUIET, PARTITION, False, id="not while a partition fires"),
        pytest.param(QUIET, RECOVERING, False, id="a partition that recovered a minute ago"),
        pytest.param(QUIET, SILENT, True, id="silence is not unquiet"),
        pytest.param(SPENT, spending(4), False, id="less was spent within the day"),
        pytest.param(SPENT, spending(5), True, id="just so much was spent"),
        pytest.param(SPENT, spending(4, HALF), None, id="what is missing may have spent the rest"),
        pytest.param(SPENT, spending(5, HALF), True, id="enough was spent, whatever is missing"),
        pytest.param(SPENT, spending(0, ALMOST), False, id="nine tenths are measured, and that is enough to tell"),
        pytest.param(SPENT, spending(6, provisional=True), None, id="spent of a provisional budget"),
        pytest.param(SPENT, HEALTHY, None, id="a window that is not read"),
        pytest.param(SPENT, COMPOSED, True, id="a burn stands for a budget without events"),
        pytest.param(DAYS, lasting(1, 1, 2), True, id="gone in two days at the latest"),
        pytest.param(DAYS, lasting(1, 1, 3), None, id="gone in time as measured, but it may be later"),
        pytest.param(DAYS, lasting(1, 1, None), None, id="gone in time as measured, but it may be never"),
        pytest.param(DAYS, lasting(3, 1, 9), False, id="not in time as measured"),
        pytest.param(DAYS, lasting(None, 1, None), False, id="not at this pace"),
        pytest.param(DAYS, lasting(3, 1, 9, HALF), None, id="not in time, of half an hour that was measured"),
        pytest.param(DAYS, lasting(1, 1, 2, HALF), True, id="in time, of half an hour that was measured"),
        pytest.param(DAYS, lasting(0, 0, 0), True, id="gone already"),
        pytest.param(DAYS, lasting(None, None, None, why="nothing was measured"), None, id="nobody can tell"),
        pytest.param(DAYS, HEALTHY, None, id="nobody has looked how long it lasts"),
        pytest.param(DAYS, replace(lasting(1, 1, 2), watermark_ns=None), None, id="nothing is measured now"),
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


@pytest.mark.parametrize(
    ("status", "answer"),
    [(FIRING, False), (FROZEN_FIRING, True), (DARK, True), (UNBORN, True), (YOUNG, False), (YOUNG_QUIET, True)],
)
def test_blind_is_when_nothing_is_measured(status: Status, answer: bool) -> None:
    assert blind(status) is answer


@pytest.mark.parametrize(
    ("lowest_burn", "answer"),
    [
        pytest.param(15.0, True, id="so much was spent at the least"),
        pytest.param(14.0, None, id="it may have been less"),
        pytest.param(None, None, id="no interval"),
    ],
)
def test_acting_on_what_was_spent_needs_the_least_that_may_have_been(
    lowest_burn: float | None, answer: bool | None
) -> None:
    status = spending(6)
    interval = None if lowest_burn is None else (lowest_burn / 3, 99.0)  # 6 bad of 1000 burn 6 times the pace
    bounded = replace(status, readings={DAY: replace(status.readings[DAY], interval=interval)})
    assert holds(SPENT, bounded, NOON, surely=True) is answer


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(lasting(1, 1, 2), True, id="surely in time"),
        pytest.param(lasting(3, 1, 9), None, id="it may be in time"),
        pytest.param(lasting(9, 3, None), False, id="surely not in time"),
        pytest.param(spent((-0.2, 0.1)), None, id="gone as counted, and something may be left"),
        pytest.param(spent((-0.2, -0.1)), True, id="surely gone"),
    ],
)
def test_acting_on_how_long_a_budget_lasts_needs_the_whole_interval(status: Status, answer: bool | None) -> None:
    assert holds(DAYS, status, NOON, surely=True) is answer


def test_unmeasured_events_that_count_as_bad_were_spent() -> None:
    status = spending(0, HALF)
    budget = replace(status.budget, remaining=1 - (status.budget.reading.tally.bad + 100) / Fraction(10))
    assert holds(SPENT, replace(status, budget=budget), NOON) is True
