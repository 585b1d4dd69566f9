"""The budget window in words: `of the last 28 days`, `of November, Europe/Berlin; 8 days to go`."""

from __future__ import annotations

from slo_service.domain.budgeting import Calendar
from slo_service.domain.calendar import local_time
from slo_service.domain.instant import DAY, HOUR
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.show.counted import window_span
from slo_service.show.web import words

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def in_period(slo: Slo, status: Status | None) -> str:
    """What the objective is of; without a status nobody knows which calendar window it is."""
    if slo.calendar is None:
        return f"of the last {words.window(slo.window_ns)}"
    if status is None:
        return f"of each {words.window(slo.window_ns)} of the calendar, {slo.calendar.zone}"
    return f"of {named(slo.calendar, window_span(slo, status).from_ns)}; {to_go(slo, status)}"


def heading(slo: Slo, status: Status) -> str:
    """Of the drawing of the budget."""
    if slo.calendar is None:
        return f"Spent since the start of the rolling {words.window(slo.window_ns)}"
    return f"Spent in {named(slo.calendar, window_span(slo, status).from_ns)}; {to_go(slo, status)}"


def named(calendar: Calendar, from_ns: int) -> str:
    """`November, Europe/Berlin`, `2026, UTC`, `1 week from 16 November, UTC`."""
    start = local_time(from_ns, calendar.zone)
    first = start.day == 1 and (start.hour, start.minute, start.second) == (0, 0, 0)
    month = _MONTHS[start.month - 1]
    if first and calendar.name == "1M":
        return f"{month}, {calendar.zone}"
    if first and calendar.name == "1Y" and start.month == 1:
        return f"{start.year}, {calendar.zone}"
    if first and calendar.name == "1Q" and start.month % 3 == 1:
        return (
            f"the {('first', 'second', 'third', 'fourth')[start.month // 3]} quarter of {start.year}, {calendar.zone}"
        )
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks", "M": "months", "Q": "quarters", "Y": "years"}
    unit = units[calendar.unit]
    since = f"{start.day} {month}" + ("" if first or start.hour == start.minute == 0 else f" {start:%H:%M}")
    one = unit.removesuffix("s") if calendar.count == 1 else f"{calendar.count} {unit}"
    return f"the {one} from {since}, {calendar.zone}"


def to_go(slo: Slo, status: Status) -> str:
    """Rounded down, so that a day is not promised that is half over."""
    mark = status.at_ns if status.watermark_ns is None else status.watermark_ns
    left = max(0, window_span(slo, status).to_ns - mark)
    if left >= 2 * DAY:
        return f"{left // DAY} days to go"
    return f"{words.duration(left // HOUR * HOUR) if left >= HOUR else words.duration(left)} to go"
