"""Rules one by one against dateutil, and the bounds of what is looked at."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from slo_service.domain.adjustment import Recurring
from slo_service.domain.calendar import instant_of
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.evaluate.adjust.recurrence import Rule, Starts, starts

SINCE, UNTIL = datetime.fromisoformat("2021-01-20T00:00:00"), datetime.fromisoformat("2023-02-10T00:00:00")
FIRSTS = ("2021-02-03T04:05:06", "2020-12-31T23:00:00", "2021-08-01T00:00:30")
RULES = (
    "FREQ=HOURLY;INTERVAL=5",
    "FREQ=HOURLY;INTERVAL=7;BYMINUTE=0,59",
    "FREQ=HOURLY;INTERVAL=2;BYDAY=SA",
    "FREQ=HOURLY;INTERVAL=100;COUNT=20",
    "FREQ=DAILY;INTERVAL=10",
    "FREQ=DAILY;INTERVAL=3;COUNT=7",
    "FREQ=DAILY;BYMONTH=2,12;BYHOUR=0,23;BYMINUTE=0,59",
    "FREQ=DAILY;BYMONTHDAY=-1,1,31,-31",
    "FREQ=DAILY;UNTIL=20210310T040506",
    "FREQ=DAILY;UNTIL=20210310T040505",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,WE,TH;WKST=WE",
    "FREQ=WEEKLY;INTERVAL=4;BYDAY=FR,SA,SU;WKST=SA;COUNT=9",
    "FREQ=WEEKLY;BYMONTH=3;BYDAY=WE",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;INTERVAL=3",
    "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=1,-1",
    "FREQ=MONTHLY;BYMONTHDAY=29,30,31",
    "FREQ=MONTHLY;BYMONTHDAY=-28,-31",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=MONTHLY;BYDAY=-1FR,2TU",
    "FREQ=MONTHLY;BYDAY=5WE,-5WE",
    "FREQ=MONTHLY;BYDAY=SU;BYMONTHDAY=7,8,9,10,11,12,13",
    "FREQ=MONTHLY;BYMONTH=4,5;BYDAY=-1SU",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-5",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYHOUR=3,9;BYSETPOS=2,-3",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=5",
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=2",
    "FREQ=YEARLY;BYMONTH=1,6",
    "FREQ=YEARLY;BYMONTHDAY=13",
    "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=13,-1",
    "FREQ=YEARLY;BYDAY=1MO,-1SU",
    "FREQ=YEARLY;BYDAY=5SA,52FR,53FR,-53SA",
    "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=TH",
    "FREQ=YEARLY;BYDAY=FR;BYMONTHDAY=13",
)


def recurring(rule: str, first: str | None, zone: str = "UTC", until_ns: int | None = None) -> Recurring:
    start = None if first is None else instant_of(datetime.fromisoformat(first), zone)
    return Recurring(rule, zone, start, HOUR, until_ns)


def found(rule: str, first: str | None, since: str, until: str, zone: str = "UTC") -> list[str]:
    """In UTC, to the second."""
    given = starts(recurring(rule, first, zone), from_rfc3339(since), from_rfc3339(until))
    return [
        f"{datetime.fromisoformat('1970-01-01') + timedelta(seconds=at // SECOND):%Y-%m-%dT%H:%M:%S}"
        for at in given.at_ns
    ]


@pytest.mark.parametrize("rule", RULES)
def test_starts_are_those_that_dateutil_finds(rule: str) -> None:
    for first in FIRSTS:
        wanted = []
        for at in rrulestr(rule, dtstart=datetime.fromisoformat(first)):
            if at >= UNTIL:
                break
            wanted += [instant_of(at, "UTC")] if at >= SINCE else []
        given = starts(recurring(rule, first), instant_of(SINCE, "UTC"), instant_of(UNTIL, "UTC"))
        assert (list(given.at_ns), given.cut) == (wanted, False)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=HOURLY;INTERVAL=168", "FREQ=DAILY;INTERVAL=7", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;INTERVAL=5"],
)
def test_without_a_start_intervals_are_counted_from_the_first_moment_of_1970(rule: str) -> None:
    since, until = datetime.fromisoformat("2026-05-28"), datetime.fromisoformat("2026-12-02")
    wanted = rrulestr(rule, dtstart=datetime.fromisoformat("1970-01-01")).between(since, until, inc=True)
    given = starts(recurring(rule, None), instant_of(since, "UTC"), instant_of(until, "UTC"))
    assert list(given.at_ns) == [instant_of(at, "UTC") for at in wanted] != []


def test_without_a_start_a_year_begins_with_january() -> None:
    assert found("FREQ=YEARLY;INTERVAL=3", None, "2020-01-01T00:00:00Z", "2028-01-01T00:00:00Z") == [
        "2021-01-01T00:00:00",
        "2024-01-01T00:00:00",
        "2027-01-01T00:00:00",
    ]


@pytest.mark.parametrize("count", ["", ";COUNT=9"], ids=["", "counted"])
def test_a_last_day_ends_before_the_midnight_after_it(count: str) -> None:
    rule = f"FREQ=DAILY;UNTIL=20260502{count}"
    given = found(rule, "2026-05-01T00:00:00", "2026-04-01T00:00:00Z", "2026-06-01T00:00:00Z")
    assert given == ["2026-05-01T00:00:00", "2026-05-02T00:00:00"]
    rule = f"FREQ=DAILY;UNTIL=20260502T000000{count}"
    assert found(rule, "2026-05-01T00:00:00", "2026-04-01T00:00:00Z", "2026-06-01T00:00:00Z") == given


def test_a_last_moment_of_utc_is_one_of_the_zone_and_one_without_is_local() -> None:
    of_utc, local = (
        found(f"FREQ=HOURLY;UNTIL=20260502T020000{mark}", "2026-05-02T00:00:00", "2026-05-01T00:00:00Z",
              "2026-05-03T00:00:00Z", "America/New_York")
        for mark in ("Z", "")
    )  # fmt: skip
    assert of_utc == []  # 22:00 of the day before
    assert local == ["2026-05-02T04:00:00", "2026-05-02T05:00:00", "2026-05-02T06:00:00"]


def test_the_range_holds_its_first_instant_and_not_its_last() -> None:
    for count in ("", ";COUNT=99"):
        given = found(f"FREQ=DAILY{count}", "2026-05-01T04:00:00", "2026-05-02T04:00:00Z", "2026-05-04T04:00:00Z")
        assert given == ["2026-05-02T04:00:00", "2026-05-03T04:00:00"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # 14 hours ahead, 11 behind
@pytest.mark.parametrize("count", ["", ";COUNT=9"], ids=["", "counted"])
def test_a_range_of_an_hour_holds_the_start_of_that_hour_wherever_the_zone(zone: str, count: str) -> None:
    (at,) = starts(recurring(f"FREQ=DAILY{count}", "2026-05-01T12:00:00", zone), from_rfc3339("2026-05-03T00:00:00Z"),
                   from_rfc3339("2026-05-04T00:00:00Z")).at_ns  # fmt: skip
    what = recurring(f"FREQ=DAILY{count}", "2026-05-01T12:00:00", zone)
    assert starts(what, at, at + HOUR).at_ns == (at,)
    assert starts(what, at + 1, at + HOUR).at_ns == ()
    assert starts(what, at - HOUR, at).at_ns == ()


def test_an_adjustment_begins_no_more_after_its_last_moment() -> None:
    last = from_rfc3339("2026-05-03T04:00:00Z")
    for until_ns, count in ((last - 1, 2), (last, 3), (last + DAY - 1, 3)):
        what = recurring("FREQ=DAILY", "2026-05-01T04:00:00", until_ns=until_ns)
        assert (
            len(starts(what, from_rfc3339("2026-04-01T00:00:00Z"), from_rfc3339("2026-06-01T00:00:00Z")).at_ns) == count
        )


EVERY_MINUTE = f"FREQ=HOURLY;BYMINUTE={','.join(str(n) for n in range(60))}"
END = from_rfc3339("2026-06-01T00:00:00Z")


@pytest.mark.parametrize(("minutes", "cut"), [(9_999, False), (10_000, False), (10_001, True)])
def test_ten_thousand_starts_are_looked_at_and_the_latest_of_more(minutes: int, cut: bool) -> None:
    for rule in (EVERY_MINUTE, f"{EVERY_MINUTE};COUNT=50000"):
        given = starts(recurring(rule, "2026-05-01T00:00:00"), END - minutes * MINUTE, END)
        assert given.cut is cut
        assert given.at_ns == tuple(range(END - min(minutes, 10_000) * MINUTE, END, MINUTE))


@pytest.mark.parametrize(("days", "cut"), [(20_000, False), (20_001, True)])
def test_twenty_thousand_days_are_looked_at(days: int, cut: bool) -> None:
    end = datetime.fromisoformat("2026-06-01T00:00:00")
    rule, first = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", (end - timedelta(days=days)).isoformat()
    assert starts(recurring(rule, first), END - (days + 9) * DAY, END) == Starts((), cut)
    assert starts(recurring(f"{rule};COUNT=3", first), END - DAY, END) == Starts((), cut)
    assert starts(recurring(rule, "1900-01-01T00:00:00"), END - days * DAY, END) == Starts((), cut)


def test_the_last_of_so_many_days_is_still_looked_at() -> None:
    rule = Rule.of("FREQ=YEARLY;INTERVAL=99", datetime.fromisoformat("1950-01-02T00:00:00"), "UTC")
    end = rule.first + timedelta(days=20_004)
    assert list(rule.between(rule.first, end)) == [rule.first]
    assert list(rule.between(rule.first, end + timedelta(days=1))) == []
    often = Rule.of("FREQ=DAILY;COUNT=30000", rule.first, "UTC")
    assert len(often.counted(rule.first + timedelta(days=19_998, hours=1))) == 19_999
    assert len(often.counted(rule.first + timedelta(days=25_000))) == 20_002


def test_the_first_of_twenty_thousand_days_is_not_lost_at_the_edge() -> None:
    first = datetime.fromisoformat("2026-06-01T00:00:00") - timedelta(days=20_000)
    since = END - 20_000 * DAY
    every_century = recurring("FREQ=YEARLY;INTERVAL=99", first.isoformat())
    assert starts(every_century, since, END) == Starts((since,), cut=False)
    counted = recurring("FREQ=DAILY;COUNT=20000", first.isoformat())
    found = starts(counted, END - 2 * DAY, END)
    assert (len(found.at_ns), found.cut) == (2, False)


def test_a_count_is_looked_through_for_a_hundred_thousand() -> None:
    first = datetime.fromisoformat("2026-01-01T00:00:00")
    rule = Rule.of(f"{EVERY_MINUTE};COUNT=200000", first, "UTC")
    assert len(rule.counted(first + timedelta(days=80))) == 100_000


def test_what_a_rule_leaves_open_limits_nothing() -> None:
    day = date(2026, 5, 1)
    rule = Rule("DAILY", datetime.fromisoformat("2026-04-30T00:00:00"), hours=(4,), minutes=(30,))
    assert [rule.all_times(day + timedelta(days=n)) for n in range(2)] == [
        [datetime.fromisoformat("2026-05-01T04:30:00")],
        [datetime.fromisoformat("2026-05-02T04:30:00")],
    ]
    assert len(list(rule.between(rule.first, rule.first + timedelta(days=9)))) == 9
    assert len(rule.counted(rule.first + timedelta(days=9))) == 9
    assert Rule("DAILY", rule.first).all_times(day) == []
    assert Rule("DAILY", rule.first, hours=(4,)).all_times(day) == []
    weekly = Rule("WEEKLY", rule.first, interval=2, hours=(0,), minutes=(0,))  # from a Thursday, weeks from Mondays on
    assert [at.day for at in weekly.between(rule.first, rule.first + timedelta(days=14))] == [13, 12, 11, 3, 2, 1, 30]


def test_a_frequency_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^MINUTELY is none of HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY$"):
        Rule.of("FREQ=MINUTELY", SINCE, "UTC")
