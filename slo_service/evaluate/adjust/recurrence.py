"""Times that come again: the starts that an RRULE of RFC 5545 gives, in local time of a zone.

Days are gone through one by one, and only those that are asked for. `dateutil` goes from one occurrence to the next and
cannot be stopped where none comes: every 168 hours on a Monday, from a Tuesday, keeps it busy until the year 9999."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice

from slo_service.domain.adjustment import Recurring
from slo_service.domain.calendar import instant_of, local_time

MOST_STARTS = 10_000  # one an hour for 400 days
MOST_COUNTED = 100_000  # that a COUNT is looked through for
MOST_DAYS = 20_000  # that are looked at, and the slack at both ends
_SLACK = timedelta(days=2)  # local times stand still or go back by up to a day
_ANCHOR = datetime(1970, 1, 1)  # noqa: DTZ001 - local time; where intervals are counted from if nothing says so
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")


@dataclass(frozen=True, slots=True)
class Rule:
    """The parts of an RRULE that definitions may have. Empty sets are those that the first occurrence fills."""

    freq: str
    first: datetime
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()  # (which of its month or year, 0 for every; weekday)
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_starts: int = 0

    @classmethod
    def of(cls, text: str, first: datetime, zone: str) -> Rule:
        """ValueError where it is none of ours. `first`: the local time at which it begins."""
        parts = dict(part.split("=", 1) for part in text.removeprefix("RRULE:").split(";"))
        freq, until = parts["FREQ"], parts.get("UNTIL")
        if freq not in _FREQUENCIES:
            raise ValueError(f"{freq} is none of {', '.join(_FREQUENCIES)}")
        weekdays = frozenset(
            (int(day[:-2] or 0), _WEEKDAYS.index(day[-2:])) for day in parts.get("BYDAY", "").split(",") if day
        )
        months, days = frozenset(_numbers(parts, "BYMONTH")), frozenset(_numbers(parts, "BYMONTHDAY"))
        if not weekdays and not days:
            if freq == "YEARLY" and not months:
                months = frozenset((first.month,))
            if freq in ("YEARLY", "MONTHLY"):
                days = frozenset((first.day,))
            if freq == "WEEKLY":
                weekdays = frozenset(((0, first.weekday()),))
        hours = _numbers(parts, "BYHOUR") or (tuple(range(24)) if freq == "HOURLY" else (first.hour,))
        return cls(
            freq=freq,
            first=first,
            interval=int(parts.get("INTERVAL", "1")),
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            until=_until(until, zone) if until else None,
            months=months,
            month_days=days,
            weekdays=weekdays,
            hours=hours,
            minutes=_numbers(parts, "BYMINUTE") or (first.minute,),
            positions=_numbers(parts, "BYSETPOS"),
            week_starts=_WEEKDAYS.index(parts.get("WKST", "MO")),
        )

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Local times from `start` to before `end`, the latest first; MOST_DAYS are looked at. COUNT is left out."""
        low = max(start, self.first)
        high = min(end, self.until + timedelta(microseconds=1)) if self.until else end
        day, least = high.date(), max(low.date(), high.date() - timedelta(days=MOST_DAYS) - 2 * _SLACK)
        while day >= least:
            yield from (at for at in reversed(self._times(day)) if low <= at < high)
            day -= timedelta(days=1)

    def counted(self, end: datetime) -> tuple[datetime, ...]:
        """The first so many as COUNT says, up to before `end`; MOST_COUNTED and MOST_DAYS are looked at."""
        high = min(end, self.until + timedelta(microseconds=1)) if self.until else end
        days = min((high.date() - self.first.date()).days + 1, MOST_DAYS + _SLACK.days)
        each = (at for number in range(days) for at in self._times(self.first.date() + timedelta(days=number)))
        return tuple(at for at in islice((at for at in each if at >= self.first), self._most) if at < high)

    @property
    def _most(self) -> int:
        return MOST_COUNTED if self.count is None else min(self.count, MOST_COUNTED)

    def _times(self, day: date) -> list[datetime]:
        """Those of a day, in order."""
        if not self.positions:
            return self.all_times(day)
        return [at for at in _at_positions(self, day.year, day.month) if at.date() == day]

    def all_times(self, day: date) -> list[datetime]:
        if not (self._falls_due(day) and self._is_named(day)):
            return []
        at = self.first.replace(year=day.year, month=day.month, day=day.day)
        found = [at.replace(hour=hour, minute=minute) for hour in self.hours for minute in self.minutes]
        if self.freq != "HOURLY":
            return found
        begin = self.first.replace(minute=0, second=0)
        return [at for at in found if (at - begin) // timedelta(hours=1) % self.interval == 0]

    def _falls_due(self, day: date) -> bool:
        """Whether the interval, counted from the first occurrence, comes to this day."""
        begin = self.first.date()
        match self.freq:
            case "DAILY":
                units = (day - begin).days
            case "WEEKLY":
                into_week = (begin.weekday() - self.week_starts) % 7
                units = ((day - begin).days + into_week) // 7
            case "MONTHLY":
                units = 12 * (day.year - begin.year) + day.month - begin.month
            case "YEARLY":
                units = day.year - begin.year
            case _:
                return True  # which hours, `all_times` says
        return units % self.interval == 0

    def _is_named(self, day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        return (
            (not self.months or day.month in self.months)
            and (not self.month_days or not self.month_days.isdisjoint((day.day, day.day - length - 1)))
            and (not self.weekdays or self._is_weekday(day, length))
        )

    def _is_weekday(self, day: date, length: int) -> bool:
        if (0, day.weekday()) in self.weekdays or self.freq not in ("MONTHLY", "YEARLY"):
            return any(day.weekday() == weekday for _, weekday in self.weekdays)
        at = day.day
        if self.freq == "YEARLY" and not self.months:  # then they are counted within the year
            at = day.timetuple().tm_yday
            length = 366 if monthrange(day.year, 2)[1] == 29 else 365
        from_front, from_back = (at - 1) // 7 + 1, -((length - at) // 7 + 1)
        return not self.weekdays.isdisjoint(((from_front, day.weekday()), (from_back, day.weekday())))


@lru_cache(maxsize=256)
def _at_positions(rule: Rule, year: int, month: int) -> tuple[datetime, ...]:
    """BYSETPOS, of the times of a month: 1 is the first of them, -1 the last."""
    days = (date(year, month, day + 1) for day in range(monthrange(year, month)[1]))
    found = [at for day in days for at in rule.all_times(day)]
    at = {position - 1 if position > 0 else len(found) + position for position in rule.positions}
    return tuple(found[index] for index in sorted(at) if 0 <= index < len(found))


def _numbers(parts: dict[str, str], key: str) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in parts.get(key, "").split(",") if number}))


def _until(text: str, zone: str) -> datetime:
    """A moment of UTC where it says so, else one of the zone; of a day, its end."""
    if "T" not in text:
        return datetime.fromisoformat(text) + timedelta(days=1, microseconds=-1)
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return local_time(instant_of(moment, "UTC"), zone) if text.endswith("Z") else moment


@dataclass(frozen=True, slots=True)
class Starts:
    """Instants, oldest first. `cut`: there are more in the range than are looked at."""

    at_ns: tuple[int, ...]
    cut: bool = False


@lru_cache(maxsize=4096)  # one adjustment is about many objectives
def starts(recurring: Recurring, since_ns: int, until_ns: int) -> Starts:
    """Those from `since_ns` to before `until_ns`; where there are too many, the latest. ValueError for a rule that
    definitions would refuse."""
    zone = recurring.zone
    first = _ANCHOR if recurring.start_ns is None else local_time(recurring.start_ns, zone)
    rule = Rule.of(recurring.rule, first, zone)
    end_ns = until_ns if recurring.until_ns is None else min(until_ns, recurring.until_ns + 1)
    low, high = (local_time(at, zone) for at in (since_ns, end_ns))
    latest_first = (
        rule.between(low - _SLACK, high + _SLACK) if rule.count is None else reversed(rule.counted(high + _SLACK))
    )
    instants = (instant_of(local, zone) for local in latest_first if local >= low - _SLACK)
    found = list(islice((at for at in instants if since_ns <= at < end_ns), MOST_STARTS + 1))
    looked_at = (high - (first if rule.count is not None else max(low, first))).days
    at_ns = tuple(sorted(set(found[:MOST_STARTS])))  # local times of an hour that does not exist are one instant
    return Starts(at_ns, len(found) > MOST_STARTS or looked_at > MOST_DAYS)
