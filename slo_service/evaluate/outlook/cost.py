"""What a failure costs, and what is left to spend, in the three ways people count a budget: as a share, in minutes of
total outage, and in events."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.budgeting import RatioTimeslices
from slo_service.domain.instant import MINUTE
from slo_service.domain.slo import Slo
from slo_service.domain.status import Budget
from slo_service.domain.tally import Objective

RATIO_UNITS = 10**9  # a slice of `RatioTimeslices` counts as so many events, of which its ratio is good

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Price:
    """Shares of the budget of one window: that of one failed event, and that of a minute in which everything fails.
    `allowed_events` failures spend it all."""

    one_failure: Fraction
    one_minute: Fraction
    allowed_events: Fraction


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left, signed and never clamped, with 95 % bounds. All None when nothing is measured or expected, or when
    nothing bounds it. `provisional`: too little of the window was measured for an action to rest on it. `price` is
    None where no events are expected."""

    share: Fraction | None
    minutes: Fraction | None
    events: Fraction | None
    share_interval: Bounds | None
    minutes_interval: Bounds | None
    events_interval: Bounds | None
    provisional: bool
    price: Price | None


def price_of_canary(objective: Objective, window_ns: int, every_ns: int, partitions: int = 1) -> Price:
    """What one canary costs that fails, of those sent to each partition once in `every_ns`."""
    if min(window_ns, every_ns, partitions) <= 0:
        raise ValueError("a window, a period and a number of partitions are above 0")
    return _price(objective, window_ns, objective.budget * window_ns * partitions / every_ns)


def balance(slo: Slo, budget: Budget) -> Balance:
    """What one objective has left. Events of time-sliced budgets are slices."""
    unit = RATIO_UNITS if isinstance(slo.budgeting, RatioTimeslices) else 1
    allowed = budget.allowed_events / unit
    minutes = slo.objective.budget * slo.window_ns / MINUTE
    left = budget.remaining
    return Balance(
        share=left,
        minutes=None if left is None else left * minutes,
        events=None if left is None else left * allowed,
        share_interval=budget.interval,
        minutes_interval=_times(budget.interval, minutes),
        events_interval=_times(budget.interval, allowed),
        provisional=budget.provisional,
        price=_price(slo.objective, slo.window_ns, allowed) if allowed else None,
    )


def _price(objective: Objective, window_ns: int, allowed: Fraction) -> Price:
    return Price(1 / allowed, Fraction(MINUTE, window_ns) / objective.budget, allowed)


def _times(interval: Bounds | None, factor: Fraction) -> Bounds | None:
    return None if interval is None else (interval[0] * float(factor), interval[1] * float(factor))
