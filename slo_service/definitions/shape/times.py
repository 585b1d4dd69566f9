"""Shapes of calendar time: zones, times of day, moments, days, recurrences and schedules."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrulestr

from slo_service.definitions.finding import quoted
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.shape.scalars import Text
from slo_service.domain.instant import SECOND

_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
_FIRST_YEAR, _LAST_YEAR = 1900, 9998  # so that every zone has the moment, and recurrences from it can be gone through
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_RULE = re.compile(
    r"(RRULE:)?FREQ=(?P<freq>[A-Z]+)(;[A-Z]+=([A-Z0-9+-]{1,8}|[0-9]{8}T[0-9]{6}Z?)(,[A-Z0-9+-]{1,8}){0,366})*"
)
_SLOW_ENOUGH = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_SOMEWHERE = datetime(2024, 1, 1)  # noqa: DTZ001 - recurrences are in local time; a leap year's start, any would do
_LOOKED_AT_DAYS = 28 * 366  # after as many years every date has been on every weekday
_PARTS = frozenset(
    ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS", "WKST")
)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class TimeZone(Text):
    """The name of an IANA time zone."""

    def read(self, node: Node) -> object:
        name = node.text()
        if name and not _is_zone(name):
            node.fault("E208", f"{quoted(name)} is not a time zone", _like(name))
            return "UTC"
        return name or "UTC"

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": "^[A-Za-z0-9_+/-]+$"}

    def fallback(self) -> object:
        return "UTC"


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # a folder or a path outside is none either
        return False
    return True


def _like(name: str) -> str:
    close = nearest(name, _zones())
    return close if close.startswith("did you mean") else "write one like Europe/Berlin or UTC"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class TimeOfDay(Text):
    """`HH:MM`."""

    def read(self, node: Node) -> object:
        text = node.text()
        if not re.fullmatch(_TIME, text):
            if text:
                node.wrong_type("a time of day", 'write one like "22:00"')
            return time(0)
        return time.fromisoformat(text)

    def write(self, value: object) -> object:
        return f"{cast('time', value):%H:%M}"

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": f"^{_TIME}$"}

    def fallback(self) -> object:
        return time(0)


@dataclass(frozen=True, slots=True)
class Moment(Text):
    """An instant with its offset, or a local time of the zone named beside it."""

    def read(self, node: Node) -> object:
        text = node.text()
        moment = _moment(text)
        if moment is not None:
            if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                return moment
            remedy = f"write a year from {_FIRST_YEAR} to {_LAST_YEAR}"
            node.fault("E207", f"{node.path} is in the year {moment.year}", remedy)
        elif text:
            node.wrong_type("a moment", "write one like 2026-11-23T02:00:00Z, or without Z in the zone of timeZone")
        return self.fallback()

    def write(self, value: object) -> object:
        return cast("datetime", value).isoformat()

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": f"^{_MOMENT}$"}

    def fallback(self) -> object:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper()) if re.fullmatch(_MOMENT, text) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Day(Text):
    """`2027-01-31`."""

    def read(self, node: Node) -> object:
        text = node.text()
        day = as_day(text)
        if day is None and text:
            node.wrong_type("a date", "write one like 2027-01-31")
        return day or date(1970, 1, 1)

    def write(self, value: object) -> object:
        return cast("date", value).isoformat()

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": f"^{_DAY}$"}

    def fallback(self) -> object:
        return date(1970, 1, 1)


def as_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(_DAY, text) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Recurrence(Text):
    """An RRULE of RFC 5545, hourly or slower, that comes at least once."""

    def read(self, node: Node) -> object:
        text = node.text()
        if text and (why := _recurs_not(text)):
            node.fault("E410", f"{quoted(text)} is not a recurrence: {why}", "write one like FREQ=WEEKLY;BYDAY=SU")
        return text

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": "^(RRULE:)?FREQ=(HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)"}


def _recurs_not(text: str) -> str | None:
    """Why it is none. Nothing is iterated: dateutil looks for a day that never comes until the year 9999."""
    form = _RULE.fullmatch(text)
    if form is None or len(text) > 2000:
        return "it does not have the form of an RRULE"
    parts = dict(part.split("=") for part in text.removeprefix("RRULE:").split(";"))
    if form["freq"] not in _SLOW_ENOUGH:
        return f"FREQ is none of {', '.join(_SLOW_ENOUGH)}"
    if unknown := sorted(parts.keys() - _PARTS):
        return f"{unknown[0]} is not among {', '.join(sorted(_PARTS))}"
    if any(not re.fullmatch("0*[1-9][0-9]{0,4}", parts.get(key, "1")) for key in ("INTERVAL", "COUNT")):
        return "INTERVAL and COUNT lie between 1 and 99999"
    if "BYSETPOS" in parts and form["freq"] != "MONTHLY":
        return "BYSETPOS goes with MONTHLY"
    try:
        rrulestr(text, dtstart=_SOMEWHERE, ignoretz=True)
        return None if _comes(parts) else "it never comes"
    except Exception as error:  # noqa: BLE001 - dateutil raises whatever its parts trip over
        return str(error)[:80] or type(error).__name__


def _comes(parts: Mapping[str, str]) -> bool:
    """Whether a day of some year is of its months, days of the month and weekdays."""
    months, days = ({int(n) for n in parts.get(key, "0").split(",")} for key in ("BYMONTH", "BYMONTHDAY"))
    weekdays = {name[-2:] for name in parts.get("BYDAY", "").split(",") if name}
    return any(
        (0 in months or day.month in months)
        and (0 in days or day.day in days or day.day - monthrange(day.year, day.month)[1] - 1 in days)
        and (not weekdays or _WEEKDAYS[day.weekday()] in weekdays)
        for day in (_SOMEWHERE + timedelta(days=number) for number in range(_LOOKED_AT_DAYS))
    )


@dataclass(frozen=True, slots=True)
class Cron(Text):
    """Five fields of cron, as cronsim reads them."""

    def read(self, node: Node) -> object:
        text = node.text()
        if text and (why := _never_runs(text)):
            node.fault("E410", f"{quoted(text)} is not a schedule: {why}", "write five fields, like 0 9 * * MON")
        return text

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$"}


def _never_runs(text: str) -> str | None:
    if len(text) > 200 or len(text.split()) != 5:
        return "it does not have five fields"
    try:
        next(CronSim(text, _SOMEWHERE))
    except StopIteration:
        return "it never comes"
    except (CronSimError, ValueError, OverflowError) as error:
        return str(error) or type(error).__name__
    return None


def instant_ns(moment: datetime, zone: str) -> int:
    """Nanoseconds since the epoch. Of a local time that comes twice the first, for one that does not exist the next
    that does."""
    if moment.tzinfo is not None:
        return _epoch_seconds(moment) * SECOND
    local = moment.replace(tzinfo=ZoneInfo(zone))
    late = _epoch_seconds(local)
    early = _epoch_seconds(local.replace(fold=1))
    if early >= late:
        return late * SECOND
    offset = datetime.fromtimestamp(late, local.tzinfo).utcoffset()  # in a gap both lie around the change
    while late - early > 1:
        middle = (early + late) // 2
        changed = datetime.fromtimestamp(middle, local.tzinfo).utcoffset() == offset
        early, late = (early, middle) if changed else (middle, late)
    return late * SECOND


def _epoch_seconds(moment: datetime) -> int:
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
