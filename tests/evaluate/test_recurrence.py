from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.adjustment import Recurring
from slo_service.domain.calendar import instant_of
from slo_service.domain.instant import DAY, HOUR, from_rfc3339
from slo_service.evaluate.adjust.recurrence import MOST_STARTS, starts

BERLIN = "Europe/Berlin"
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def recurring(rule: str, first: str | None, zone: str = "UTC", until: str | None = None) -> Recurring:
    start, end = (None if at is None else instant_of(local(at), zone) for at in (first, until))
    return Recurring(rule, zone, start, HOUR, end)


def between(what: Recurring, since: str, until: str) -> list[int]:
    return list(starts(what, from_rfc3339(since), from_rfc3339(until)).at_ns)


def subset(values: range, most: int = 3) -> st.SearchStrategy[str]:
    chosen = st.lists(st.sampled_from([n for n in values if n]), min_size=1, max_size=most, unique=True)
    return chosen.map(lambda numbers: ",".join(str(n) for n in numbers))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Those that come, since dateutil never ends with others."""
    freq = draw(st.sampled_from(("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    interval = draw(st.integers(1, 5))
    parts = {"FREQ": freq, "INTERVAL": str(interval)}
    by_day, by_month_day, by_month = (draw(st.booleans()) for _ in range(3))
    if by_month and (freq != "MONTHLY" or interval == 1):
        parts["BYMONTH"] = draw(subset(range(1, 13)))
    if by_month_day and freq != "WEEKLY":
        last = 28 if "BYMONTH" in parts else 31
        parts["BYMONTHDAY"] = draw(subset(range(-last, last + 1), 6))
    if by_day:
        weekday = st.sampled_from(WEEKDAYS)
        if freq in ("MONTHLY", "YEARLY") and "BYMONTHDAY" not in parts and draw(st.booleans()):
            weekday = st.tuples(st.sampled_from(("1", "2", "-1", "-2", "4")), weekday).map("".join)
        parts["BYDAY"] = draw(st.lists(weekday, min_size=1, max_size=3, unique=True).map(",".join))
    if draw(st.integers(0, 3)) == 0 and freq != "HOURLY":
        parts["BYHOUR"] = draw(subset(range(1, 24)))
    if draw(st.integers(0, 3)) == 0:
        parts["BYMINUTE"] = draw(subset(range(1, 60)))
    if freq == "MONTHLY" and draw(st.booleans()):
        parts["BYSETPOS"] = "1," + draw(subset(range(-4, 5)))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(WEEKDAYS))
    parts |= {"COUNT": str(draw(st.integers(1, 40)))} if draw(st.booleans()) else {"UNTIL": "20300101T000000"}
    return ";".join(f"{key}={value}" for key, value in parts.items())


DAYS = {"HOURLY": 20, "DAILY": 200, "WEEKLY": 300, "MONTHLY": 600, "YEARLY": 4000}


@given(rules(), st.datetimes(local("2021-03-01"), local("2021-06-15")))
def test_starts_are_those_that_dateutil_finds(rule, first) -> None:
    first = first.replace(day=min(first.day, 28) if "BYMONTH=" in rule else first.day, microsecond=0)
    since = local("2021-06-01")
    until = since + timedelta(days=DAYS[rule.removeprefix("FREQ=").partition(";")[0]])
    expected: list[int] = []
    for at in rrulestr(rule, dtstart=first):
        if at >= until:
            break
        expected += [instant_of(at, "UTC")] if at >= since else []
    found = between(recurring(rule, first.isoformat()), f"{since.isoformat()}Z", f"{until.isoformat()}Z")
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("FREQ=HOURLY;INTERVAL=5;BYHOUR=3,9", "2026-01-01T04:20:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "1996-02-29T00:00:00"),
        ("FREQ=MONTHLY;BYDAY=5FR", "2026-01-01T00:00:00"),
        ("FREQ=YEARLY;BYDAY=53TH,-53TH", "2026-01-01T00:00:00"),
    ],
)
def test_rare_starts_are_those_that_dateutil_finds(rule, first) -> None:
    found = between(recurring(rule, first), "2026-01-01T00:00:00Z", "2061-01-01T00:00:00Z")
    expected = rrulestr(rule, dtstart=local(first)).between(local("2026-01-01"), local("2061-01-01"), inc=True)
    assert found == [instant_of(at, "UTC") for at in expected]


@pytest.mark.parametrize(
    ("rule", "first", "since", "until", "expected"),
    [
        pytest.param(
            "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30", None, "2026-03-22T00:00:00Z", "2026-04-06T00:00:00Z",
            ["2026-03-22T01:30:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"],
            id="a time that does not exist is the next one that does",
        ),
        pytest.param(
            "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", None, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            id="one that comes twice is the first",
        ),
        pytest.param(
            "FREQ=HOURLY", None, "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z",
            ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
            id="two local times of one instant are one start",
        ),
        pytest.param(
            "FREQ=DAILY;COUNT=2", "2026-05-01T04:00:00", "2026-05-02T00:00:00Z", "2026-06-01T00:00:00Z",
            ["2026-05-02T02:00:00Z"],
            id="a count begins with the first, not with the range",
        ),
        pytest.param(
            "FREQ=DAILY;UNTIL=20260502", "2026-05-01T04:00:00", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z",
            ["2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z"],
            id="a last day counts to its end",
        ),
        pytest.param(
            "FREQ=DAILY;UNTIL=20260502T020000Z", "2026-05-01T04:00:00", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z",
            ["2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z"],
            id="a last moment of UTC",
        ),
        pytest.param(
            "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-01T20:00:00",
            "2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z", ["2026-05-29T18:00:00Z", "2026-06-30T18:00:00Z"],
            id="the last working day of the month",
        ),
        pytest.param(
            "FREQ=MONTHLY;BYDAY=1MO,TU", "2026-06-01T00:00:00", "2026-06-01T00:00:00Z", "2026-06-12T00:00:00Z",
            ["2026-06-01T22:00:00Z", "2026-06-08T22:00:00Z"],
            id="the first Monday and every Tuesday",
        ),
        pytest.param(
            "FREQ=MONTHLY", "2026-01-31T00:00:00", "2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z",
            ["2026-03-30T22:00:00Z", "2026-05-30T22:00:00Z"],
            id="a month without a 31st has no such day",
        ),
    ],
)  # fmt: skip
def test_starts_are_in_local_time(rule, first, since, until, expected) -> None:
    assert between(recurring(rule, first, BERLIN), since, until) == [from_rfc3339(at) for at in expected]


def test_a_start_at_the_last_moment_still_begins_and_one_after_it_does_not() -> None:
    what = recurring("FREQ=DAILY", "2026-05-01T04:00:00", until="2026-05-03T04:00:00")
    assert len(between(what, "2026-04-01T00:00:00Z", "2026-06-01T00:00:00Z")) == 3


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;INTERVAL=168;BYDAY=MO",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=SU;COUNT=99999",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_that_never_comes_takes_no_longer_than_one_that_does(rule) -> None:
    found = starts(
        recurring(rule, "1971-06-01T00:00:00"),
        from_rfc3339("2025-01-01T00:00:00Z"),
        from_rfc3339("2026-12-01T00:00:00Z"),
    )
    assert found.at_ns == ()


@pytest.mark.timeout(20)
def test_of_too_many_starts_the_latest_are_kept_and_it_says_so() -> None:
    rule = f"FREQ=HOURLY;BYMINUTE={','.join(str(n) for n in range(60))}"
    end = from_rfc3339("2026-06-01T00:00:00Z")
    for each in (rule, f"{rule};COUNT=90000"):
        found = starts(recurring(each, "2026-05-01T00:00:00"), end - 400 * DAY, end)
        assert found.cut
        assert len(found.at_ns) == MOST_STARTS
        assert found.at_ns[-1] == end - 60 * 10**9


def test_a_day_of_starts_is_not_cut() -> None:
    end = from_rfc3339("2026-06-01T00:00:00Z")
    assert not starts(recurring("FREQ=HOURLY", None), end - DAY, end).cut


def test_a_frequency_of_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="SECONDLY is none of HOURLY"):
        between(recurring("FREQ=SECONDLY", None), "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z")
