"""Conditions of policy rules, in three values: True, False, and None where the data cannot tell."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import assert_never

from slo_service.domain.policy import (
    EARLY,
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    Burning,
    Condition,
    Diagnosed,
    ExhaustedWithin,
    IncidentSpent,
    NoData,
    Not,
    QuietFor,
)
from slo_service.domain.slo import Kind
from slo_service.domain.status import State, Status, TierState

ENOUGH_TO_CLEAR = Fraction(9, 10)  # coverage of a window from which what was measured of it tells that little was spent


def holds(condition: Condition, status: Status, now_ns: int, *, surely: bool = False) -> bool | None:
    """Whether the condition holds for this status. `surely` asks of budgets that the whole 95 % interval agrees, which
    is what acting on production needs; the point estimate is enough to warn."""
    match condition:
        case Burning(what):
            return _burning(what, status)
        case BudgetRemainingBelow(share):
            return _budget(status, share, below=True, surely=surely)
        case BudgetRemainingAbove(share):
            return _budget(status, share, below=False, surely=surely)
        case NoData(for_ns):
            return _no_data(for_ns, status, now_ns)
        case QuietFor(for_ns):
            return _quiet(for_ns, status)
        case All(of):
            return _all(holds(part, status, now_ns, surely=surely) for part in of)
        case AnyOf(of):
            return _any(holds(part, status, now_ns, surely=surely) for part in of)
        case Not(of):
            inner = holds(of, status, now_ns, surely=surely)
            return None if inner is None else not inner
        case BudgetSpentWithin(share, window_ns):
            return _spent(status, share, window_ns, surely=surely)
        case ExhaustedWithin(within_ns):
            return _exhausted(status, within_ns, surely=surely)
        case IncidentSpent() | Diagnosed():
            return None  # nobody judges these yet, so no rule enters or leaves by them
    assert_never(condition)


def blind(status: Status) -> bool:
    """Nothing is measured now: no verdict of this status may lead to an action."""
    if status.watermark_ns is None or status.state is State.FROZEN:
        return True
    told = any(t.firing and t.frozen_since_ns is None for t in status.signals if t.tier.kind is Kind.PARTITION)
    return bool(status.tiers) and not told and all(tier.frozen_since_ns is not None for tier in status.tiers)


def tiers_meant(what: str, status: Status) -> tuple[TierState, ...]:
    """The tiers that `burning: what` speaks of: of a severity, of any, or the one of that name. Those that tell of
    measuring are never among them, and the early detector only where it is named."""
    if what == EARLY:
        return tuple(t for t in status.signals if t.tier.kind is Kind.EARLY)
    return tuple(t for t in of_events(status) if what in ("any", t.tier.name, t.tier.severity.value))


def of_events(status: Status) -> tuple[TierState, ...]:
    """The tiers that fire for what is measured: the declared ones, and that of single partitions."""
    return (*status.tiers, *(t for t in status.signals if t.tier.kind is Kind.PARTITION))


def firing_measured(what: str, status: Status) -> tuple[TierState, ...]:
    """Those that fire and are not frozen; empty where nothing is measured at all."""
    if status.watermark_ns is None:
        return ()
    return tuple(t for t in tiers_meant(what, status) if t.firing and t.frozen_since_ns is None)


def _burning(what: str, status: Status) -> bool | None:
    meant = tiers_meant(what, status)
    if any(t.firing and t.frozen_since_ns is None for t in meant) and status.watermark_ns is not None:
        return True
    if blind(status) or any(t.firing for t in meant):
        return None
    if what == EARLY and not meant:
        return None  # no detector listens to this objective
    return False  # a long window that has not seen enough yet is quiet by its phase, and keeps nobody waiting


def _budget(status: Status, share: Fraction, *, below: bool, surely: bool) -> bool | None:
    budget = status.budget
    if blind(status) or budget.remaining is None or budget.provisional:
        return None
    if not surely:
        return budget.remaining < share if below else budget.remaining > share
    if budget.interval is None:
        return None
    low, high = budget.interval
    certain = high < share if below else low > share
    possible = low < share if below else high > share
    return True if certain else (None if possible else False)


def spent_within(status: Status, window_ns: int) -> tuple[Fraction, Fraction] | None:
    """Share of the budget that was spent within the window: by what was measured, and if all that was not had been bad.
    None where that window is not read, or there is no budget. Where events of several indicators make up the budget,
    none can be counted against it, so that the burn stands for both."""
    reading, budget = status.readings.get(window_ns), status.budget
    if reading is None or budget.remaining is None:
        return None
    if not budget.allowed_events:
        spent = None if reading.burn is None else reading.burn * Fraction(window_ns, budget.reading.length_ns)
        return None if spent is None else (spent, spent)
    at_most = (reading.tally.bad + reading.unmeasured_events) / budget.allowed_events
    if (1 - budget.remaining) * budget.allowed_events > budget.reading.tally.bad:
        return at_most, at_most  # what is not measured counts as bad in this budget
    return reading.tally.bad / budget.allowed_events, at_most


def _spent(status: Status, share: Fraction, window_ns: int, *, surely: bool) -> bool | None:
    found = spent_within(status, window_ns)
    if found is None or blind(status) or status.budget.provisional:
        return None
    reading, (spent, at_most) = status.readings[window_ns], found
    told = reading.coverage >= ENOUGH_TO_CLEAR
    if spent < share:
        return False if told or at_most < share else None
    if not told and not status.budget.allowed_events:
        return None
    if not surely:
        return True
    if reading.interval is None or not reading.burn:
        return None
    return True if float(spent / reading.burn) * reading.interval[0] >= share else None


def _exhausted(status: Status, within_ns: int, *, surely: bool) -> bool | None:
    """It holds where even the slowest burn that the hour does not exclude spends the budget in time; it does not where
    the measured burn leaves it longer, and enough was measured to say so; in between nobody can tell."""
    found = status.exhaustion
    if found is None or found.reason or blind(status):
        return None
    if found.latest_ns is not None and found.latest_ns <= within_ns:
        spent_already = found.latest_ns == 0
        return _budget(status, Fraction(0), below=True, surely=True) if surely and spent_already else True
    soonest = found.earliest_ns if surely else found.after_ns
    if soonest is not None and soonest <= within_ns:
        return None
    return False if status.readings[found.pace_ns].coverage >= ENOUGH_TO_CLEAR else None


def _no_data(for_ns: int, status: Status, now_ns: int) -> bool:
    """By the collector's progress; before its first, by how long the status has been what it is."""
    if status.progress_ns is not None:
        return now_ns - status.progress_ns >= for_ns
    return status.state is State.FROZEN and now_ns - status.since_ns >= for_ns


def _quiet(for_ns: int, status: Status) -> bool | None:
    """No tier fires, and every tier that ever burned has been quiet for so much measured time. A tier that never
    burned has nothing to recover from; one that did and is frozen cannot tell."""
    if blind(status):
        return None
    burned = [t for t in of_events(status) if t.firing or t.last_burned_ns is not None]
    if any(t.firing and t.frozen_since_ns is None for t in burned):
        return False
    if any(t.frozen_since_ns is not None for t in burned):
        return None
    return all(t.quiet_ns >= for_ns for t in burned)


def _all(parts: Iterable[bool | None]) -> bool | None:
    known = list(parts)
    if False in known:
        return False
    return None if None in known else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    known = list(parts)
    if True in known:
        return True
    return None if None in known else False
