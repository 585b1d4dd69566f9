"""The time window of an SLO: rolling, or following the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from slo_service.definitions.kinds.openslo.shapes import CIVIL, Length, LengthShape, LocalTime
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import TRUTH
from slo_service.definitions.shape.times import TimeZone
from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import DAY, DURATION

LONGEST_NS = 400 * DAY  # 15-minute rows are kept that long
_ROLLING = "write isRolling: true, or add calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}"


@dataclass(frozen=True, slots=True)
class WindowCalendarSpec:
    """Where calendar windows begin."""

    start_time: Annotated[datetime, LocalTime(), "When the first of them begins, in local time."]
    time_zone: Annotated[str, TimeZone(), "Name in the IANA time zone database, such as Europe/Berlin."]


@dataclass(frozen=True, slots=True)
class TimeWindowSpec:
    """What the budget is for: the last so many days, or days, weeks, months, quarters, years of the calendar."""

    duration: Annotated[Length, LengthShape(), "Such as 28d; of a calendar window one unit, such as 1M."]
    is_rolling: Annotated[bool | None, "True without calendar, false with one; may be left out."] = None
    calendar: Annotated[
        WindowCalendarSpec | None, "Where windows of the calendar begin; without it the window rolls."
    ] = None

    ALSO: ClassVar = (
        {
            "if": {"required": ["calendar"]},
            "then": {"properties": {"isRolling": {"const": False}, "duration": {"pattern": f"^{CIVIL.pattern}$"}}},
            "else": {"properties": {"isRolling": {"const": True}}},
        },
    )


@dataclass(frozen=True, slots=True)
class Window:
    """`length_ns` is nominal where there is a calendar."""

    length_ns: int
    calendar: Calendar | None


def window(node: Node, specs: tuple[TimeWindowSpec, ...]) -> Window:
    """Of the list under `timeWindow`, which has one item."""
    items = node.items() if node else []
    if not specs or not items:
        return Window(28 * DAY, None)
    spec, first = specs[0], items[0]
    duration = first.child("duration")
    if spec.duration.ns > LONGEST_NS:
        duration.fault("E207", "the window is longer than counts are kept", f"write at most {LONGEST_NS // DAY}d")
    if spec.calendar is None:
        if TRUTH.get(first.child("isRolling").written) is False and set(first.entries()) <= {"duration", "isRolling"}:
            first.fault("E202", f"{first.path} neither rolls nor has a calendar", _ROLLING)
        return Window(spec.duration.ns, None)
    if spec.is_rolling:
        first.child("isRolling").fault("E211", f"{first.path} rolls and has a calendar", "keep one of the two")
    civil = spec.duration.civil
    if civil is None:
        if DURATION.fullmatch(duration.written):  # what is no duration at all has been said
            duration.fault("E204", f"{duration.written} is not one unit of the calendar", "write one like 1d, 1w or 1M")
        return Window(spec.duration.ns, None)
    return Window(spec.duration.ns, Calendar(spec.calendar.start_time, spec.calendar.time_zone, *civil))
