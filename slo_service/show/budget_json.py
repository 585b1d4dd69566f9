"""A budget as JSON: what is left in the three ways people count it, what a failure costs, and which window it is of."""

from __future__ import annotations

from fractions import Fraction

from slo_service.domain.budgeting import Occurrences
from slo_service.domain.instant import format_duration, rfc3339, seconds
from slo_service.domain.slo import Slo
from slo_service.domain.status import Budget, Status
from slo_service.evaluate.outlook.cost import Bounds, balance
from slo_service.show.counted import is_composed, slice_ns, unit_of, window_span


def budget_json(slo: Slo, budget: Budget) -> dict[str, object]:
    """What is left as a share, as minutes of total outage, and as events; the last are slices where slices of time are
    counted, and null where several indicators make up the budget. Intervals are 95 %."""
    left, unit = balance(slo, budget), unit_of(slo)
    counted = bool(budget.allowed_events)
    price = left.price
    return {
        "remaining": _number(left.share),
        "remaining_interval": _bounds(left.share_interval),
        "remaining_minutes": _number(left.minutes),
        "remaining_minutes_interval": _bounds(left.minutes_interval),
        "remaining_events": _number(left.events) if counted else None,
        "remaining_events_interval": _bounds(left.events_interval) if counted else None,
        "allowed_events": float(budget.allowed_events / unit) if counted else None,
        "allowed_minutes": float(slo.objective.budget * slo.window_ns) / 60e9,
        "spent_by_one_failure": None if price is None else float(price.one_failure),
        "spent_by_one_minute": None if price is None else float(price.one_minute),
        "excused_events": None if is_composed(slo) else float(budget.excused_events / unit),
        "to_come_events": None if is_composed(slo) else float(budget.to_come_events / unit),
        "provisional": budget.provisional,
    }


def window_json(slo: Slo, status: Status | None) -> dict[str, object]:
    """Rolling, or one of those that follow each other in civil time; from where to where it goes now."""
    calendar = slo.calendar
    span = None if status is None else window_span(slo, status)
    return {
        "kind": "rolling" if calendar is None else "calendar",
        "length": format_duration(slo.window_ns) if calendar is None else calendar.name,
        "zone": None if calendar is None else calendar.zone,
        "from": None if span is None else rfc3339(span.from_ns),
        "to": None if span is None else rfc3339(span.to_ns),
    }


def budgeting_json(slo: Slo) -> dict[str, object]:
    """By what the budget is reckoned, and how long a slice is where that is slices of time."""
    counts = isinstance(slo.budgeting, Occurrences)
    return {
        "method": type(slo.budgeting).__name__,
        "counts": "events" if counts else "slices",
        "slice_seconds": None if counts else seconds(slice_ns(slo)),
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _bounds(interval: Bounds | None) -> list[float] | None:
    return None if interval is None else list(interval)
