from __future__ import annotations

from calendar import isleap, monthrange
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar
from slo_service.domain.calendar import following, instant_of, local_time, previous, window_of
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339

BERLIN = "Europe/Berlin"
ZONES = (
    "UTC",
    BERLIN,
    "America/New_York",
    "America/St_Johns",  # clocks were set at one minute past midnight
    "America/Sao_Paulo",  # midnight itself did not exist
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Pacific/Apia",  # skipped 30 December 2011
    "Pacific/Kwajalein",  # skipped 21 August 1993
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Europe/Dublin",
    "Europe/Lisbon",
)
FIRST, LAST = from_rfc3339("1970-01-01T00:00:00Z"), from_rfc3339("2200-12-31T00:00:00Z")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


@cache
def changes(zone: str) -> tuple[int, ...]:
    """Seconds at which clocks of the zone are set, found by looking once a week."""
    place, days = ZoneInfo(zone), range(FIRST // SECOND, LAST // SECOND, 7 * DAY // SECOND)
    found = []
    for before, after in pairwise(days):
        low, high = before, after
        end = datetime.fromtimestamp(high, place).utcoffset()
        if datetime.fromtimestamp(low, place).utcoffset() == end:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if datetime.fromtimestamp(middle, place).utcoffset() == end else (middle, high)
        found.append(high)
    return tuple(found)


@st.composite
def instants(draw: st.DrawFn, zone: str) -> int:
    """Any, or one near a moment at which clocks are set."""
    known = changes(zone)
    if draw(st.booleans()) and known:
        return draw(st.sampled_from(known)) * SECOND + draw(st.integers(-30 * HOUR, 30 * HOUR))
    return draw(st.integers(FIRST + 2 * DAY, LAST))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, int]:
    zone = draw(st.sampled_from(ZONES))
    instant = draw(instants(zone))
    near = local_time(draw(instants(zone)), zone)
    start = draw(st.sampled_from((near, near.replace(day=1, hour=0, minute=0, second=0), local("2020-01-31"))))
    unit, most = draw(st.sampled_from((("m", 90), ("h", 49), ("d", 40), ("w", 9), ("M", 13), ("Q", 5), ("Y", 3))))
    return Calendar(start, zone, draw(st.integers(1, most)), unit), instant


def berlin(text: str, count: int, unit: str) -> Calendar:
    return Calendar(local(text), BERLIN, count, unit)


def starts(calendar: Calendar, first: str, count: int) -> list[str]:
    """The local beginnings of so many windows, from the one that contains the local time `first`."""
    window = window_of(calendar, instant_of(local(first), calendar.zone))
    found = []
    for _ in range(count):
        found.append(local_time(window.from_ns, calendar.zone).isoformat(" ", "minutes"))
        window = following(calendar, window)
    return found


@pytest.mark.parametrize(
    ("written", "zone", "instant"),
    [
        pytest.param("2026-03-29T02:30:00", BERLIN, "2026-03-29T01:00:00Z", id="one that does not exist is the next"),
        pytest.param("2026-10-25T02:30:00", BERLIN, "2026-10-25T00:30:00Z", id="of one that comes twice the first"),
        pytest.param("2026-10-25T03:00:00", BERLIN, "2026-10-25T02:00:00Z", id="after both"),
        pytest.param("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:30:00Z", id="half an hour forward"),
        pytest.param("2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", id="half an hour back"),
        pytest.param("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z", id="a day that does not exist"),
        pytest.param("1993-08-21T12:00:00", "Pacific/Kwajalein", "1993-08-21T12:00:00Z", id="another such day"),
        pytest.param("2199-07-01T00:00:00", BERLIN, "2199-06-30T22:00:00Z", id="beyond the table of the zone"),
        pytest.param("1971-01-01T00:00:00", "Africa/Monrovia", "1971-01-01T00:44:30Z", id="an offset with seconds"),
    ],
)
def test_a_local_time_is_one_instant(written, zone, instant) -> None:
    assert instant_of(local(written), zone) == from_rfc3339(instant)


@given(st.data())
def test_an_instant_of_a_local_time_is_the_first_at_which_clocks_show_it_or_a_later_one(data) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    asked = local_time(data.draw(instants(zone)), zone) + timedelta(minutes=data.draw(st.integers(-90, 90)))
    found = instant_of(asked, zone)
    assert local_time(found, zone) >= asked
    ends_of_minutes = range(found // MINUTE * MINUTE - SECOND, found - 26 * HOUR, -MINUTE)
    assert all(local_time(before, zone) < asked for before in ends_of_minutes)
    assert local_time(found - SECOND, zone) < asked


@given(calendars())
def test_every_instant_is_in_the_one_window_and_windows_tile_time(case) -> None:
    calendar, instant = case
    window = window_of(calendar, instant)
    assert window.from_ns <= instant < window.to_ns
    assert window_of(calendar, window.from_ns) == window == window_of(calendar, window.to_ns - 1)
    after, before = following(calendar, window), previous(calendar, window)
    assert after.from_ns == window.to_ns
    assert before.to_ns == window.from_ns
    assert (previous(calendar, after), following(calendar, before)) == (window, window)


def declared(calendar: Calendar, near: datetime) -> list[datetime]:
    """Local beginnings of windows about a local time, by counting."""
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}
    if unit := units.get(calendar.unit):
        length = unit * calendar.count
        first = near - (near - calendar.start) % length
        around = timedelta(days=2) // length + 2
        return [first + number * length for number in range(-around, around + 1)]
    months = {"M": 1, "Q": 3, "Y": 12}[calendar.unit] * calendar.count
    begin, found = calendar.start.year * 12 + calendar.start.month - 1, []
    for month in range(near.year * 12 - 60, near.year * 12 + 72):
        if (month - begin) % months == 0:
            year, number = divmod(month, 12)
            day = min(calendar.start.day, monthrange(year, number + 1)[1])
            found.append(calendar.start.replace(year=year, month=number + 1, day=day))
    return found


@given(calendars())
def test_windows_begin_at_the_declared_local_time_and_nowhere_else(case) -> None:
    calendar, instant = case
    window = window_of(calendar, instant)
    possible = sorted(
        instant_of(begin, calendar.zone) for begin in declared(calendar, local_time(instant, calendar.zone))
    )
    assert window == Span(max(at for at in possible if at <= instant), min(at for at in possible if at > instant))


def test_a_month_from_the_31st_begins_on_the_last_day_of_a_shorter_one_and_does_not_drift() -> None:
    assert starts(berlin("2024-01-31", 1, "M"), "2024-01-31", 5) == [
        "2024-01-31 00:00", "2024-02-29 00:00", "2024-03-31 00:00", "2024-04-30 00:00", "2024-05-31 00:00",
    ]  # fmt: skip


def test_a_year_from_29_february_begins_on_the_28th_where_there_is_none() -> None:
    assert starts(berlin("2024-02-29 06:00", 1, "Y"), "2024-03-01", 5) == [
        "2024-02-29 06:00", "2025-02-28 06:00", "2026-02-28 06:00", "2027-02-28 06:00", "2028-02-29 06:00",
    ]  # fmt: skip


def test_quarters_and_fortnights_are_counted_from_the_start() -> None:
    assert starts(berlin("2026-02-01", 1, "Q"), "2026-06-15", 3) == [
        "2026-05-01 00:00", "2026-08-01 00:00", "2026-11-01 00:00",
    ]  # fmt: skip
    assert starts(berlin("2026-01-05", 2, "w"), "2026-03-28", 3) == [
        "2026-03-16 00:00", "2026-03-30 00:00", "2026-04-13 00:00",
    ]  # fmt: skip


def test_windows_go_on_backwards_before_the_start() -> None:
    calendar = berlin("2026-03-31", 2, "M")
    window = window_of(calendar, instant_of(local("2026-03-30 23:00"), BERLIN))
    assert local_time(window.from_ns, BERLIN) == local("2026-01-31")
    assert local_time(previous(calendar, window).from_ns, BERLIN) == local("2025-11-30")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_its_clock_makes_it(day, hours) -> None:
    window = window_of(berlin("2026-01-01", 1, "d"), instant_of(local(day), BERLIN))
    assert window.to_ns - window.from_ns == hours * HOUR


def test_an_hour_that_does_not_exist_is_no_window_and_one_that_comes_twice_is_a_long_one() -> None:
    hourly = berlin("2026-01-01", 1, "h")
    assert starts(hourly, "2026-03-29 01:30", 2) == ["2026-03-29 01:00", "2026-03-29 03:00"]
    window = window_of(hourly, from_rfc3339("2026-10-25T01:10:00Z"))
    assert (window.to_ns - window.from_ns, local_time(window.from_ns, BERLIN).hour) == (2 * HOUR, 2)


def test_a_day_that_a_country_skipped_is_no_window() -> None:
    assert starts(Calendar(local("2011-01-01"), "Pacific/Apia", 1, "d"), "2011-12-29", 3) == [
        "2011-12-29 00:00", "2011-12-31 00:00", "2012-01-01 00:00",
    ]  # fmt: skip


def test_a_midnight_that_comes_twice_begins_the_day_the_first_time() -> None:
    daily = Calendar(local("2006-01-01"), "America/St_Johns", 1, "d")
    window = window_of(daily, from_rfc3339("2006-10-29T02:45:00Z"))  # 23:15 of the 28th, for the second time
    assert window.from_ns == from_rfc3339("2006-10-29T02:30:00Z")


@given(st.sampled_from(ZONES), st.integers(1971, 2199))
@example("Pacific/Apia", 2011)
def test_a_year_of_days_is_as_long_as_the_year(zone, year) -> None:
    daily = Calendar(local("2020-01-01"), zone, 1, "d")
    begin, end = instant_of(local(f"{year}-01-01"), zone), instant_of(local(f"{year + 1}-01-01"), zone)
    window, lengths = window_of(daily, begin), []
    while window.from_ns < end:
        lengths.append(window.to_ns - window.from_ns)
        window = following(daily, window)
    skipped = (zone, year) in {("Pacific/Apia", 2011), ("Pacific/Kwajalein", 1993)}
    assert sum(lengths) == end - begin
    assert len(lengths) == 365 + isleap(year) - skipped
    assert min(lengths) >= 20 * HOUR
