"""Calendar windows, found by walking from boundary to boundary from the declared start on."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import SECOND

LENGTHS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
MONTHS = {"M": 1, "Q": 3, "Y": 12}


def window_around(calendar: Calendar, instant_ns: int) -> tuple[int, int]:
    """From the boundary at or before the instant to the one after it."""
    number = 0
    while _boundary(calendar, number) > instant_ns:
        number -= 1
    while _boundary(calendar, number + 1) <= instant_ns:
        number += 1
    return _boundary(calendar, number), _boundary(calendar, number + 1)


def _boundary(calendar: Calendar, number: int) -> int:
    count, start = number * calendar.count, calendar.start
    if calendar.unit in LENGTHS:
        return _instant(start + count * LENGTHS[calendar.unit], calendar.zone)
    month = start.year * 12 + start.month - 1 + count * MONTHS[calendar.unit]
    year, month = month // 12, month % 12 + 1
    return _instant(
        start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1])), calendar.zone
    )


def _instant(local: datetime, zone: str) -> int:
    """The first instant at which clocks show this time of day or, where it is skipped, a later one."""
    place = ZoneInfo(zone)
    moment = datetime.fromtimestamp(local.replace(tzinfo=UTC).timestamp() - 86_400, UTC)
    step = timedelta(minutes=15)  # all changes of offset since 1970 that matter here lie on quarters of an hour
    while moment.astimezone(place).replace(tzinfo=None) < local:
        ahead = local - moment.astimezone(place).replace(tzinfo=None)
        moment += step if ahead < timedelta(hours=3) else ahead - timedelta(hours=2)
    return int(moment.timestamp()) * SECOND
