"""Civil time: the instant of a local time, and the windows that follow each other in it."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import MICROSECOND, SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIXED = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}


def instant_of(local: datetime, zone: str) -> int:
    """Nanoseconds since the epoch at which clocks of the IANA zone first show the local time or a later one: of one
    that comes twice the first, for one that does not exist the moment they are set forward. So a later local time is
    never an earlier instant. `local` has no zone of its own; LookupError where there is no such zone."""
    place = ZoneInfo(zone)
    late = _microseconds(local.replace(tzinfo=place, fold=0))
    early = _microseconds(local.replace(tzinfo=place, fold=1))
    if early >= late:
        return late * MICROSECOND
    return _set_forward(early // 1_000_000, -(-late // 1_000_000), place) * SECOND


def _set_forward(early: int, late: int, place: tzinfo) -> int:
    """The second, after `early` and up to `late`, at which the offset of the zone has changed."""
    after = datetime.fromtimestamp(late, place).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, place).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late


def _microseconds(moment: datetime) -> int:
    since = moment.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def local_time(instant_ns: int, zone: str) -> datetime:
    """What clocks of the zone show, to the second, without a zone of its own."""
    return datetime.fromtimestamp(instant_ns // SECOND, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def window_of(calendar: Calendar, instant_ns: int) -> Span:
    """The window that contains the instant. Windows go on backwards before `start`. One whose local times do not exist
    at all has no length and is passed over, so that the others tile time."""
    number = _estimate(calendar, local_time(instant_ns, calendar.zone))
    while _boundary(calendar, number) > instant_ns:
        number -= 1
    while (end := _boundary(calendar, number + 1)) <= instant_ns:
        number += 1
    return Span(_boundary(calendar, number), end)


def following(calendar: Calendar, window: Span) -> Span:
    return window_of(calendar, window.to_ns)


def previous(calendar: Calendar, window: Span) -> Span:
    return window_of(calendar, window.from_ns - 1)


def _estimate(calendar: Calendar, local: datetime) -> int:
    """Number of the window by local time alone; off by one at most, save where a clock was set by more than a day."""
    if fixed := _FIXED.get(calendar.unit):
        return (local - calendar.start) // (fixed * calendar.count)
    months = 12 * (local.year - calendar.start.year) + local.month - calendar.start.month
    return months // (_MONTHS[calendar.unit] * calendar.count)


@lru_cache(maxsize=1 << 14)  # asked for at every tick
def _boundary(calendar: Calendar, number: int) -> int:
    """The first instant of the window of this number; that which contains the start is number 0."""
    start, steps = calendar.start, number * calendar.count
    if fixed := _FIXED.get(calendar.unit):
        return instant_of(start + steps * fixed, calendar.zone)
    years, month = divmod(start.month - 1 + steps * _MONTHS[calendar.unit], 12)
    year = start.year + years
    day = min(start.day, monthrange(year, month + 1)[1])
    return instant_of(start.replace(year=year, month=month + 1, day=day), calendar.zone)
