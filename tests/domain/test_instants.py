from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.instant import (
    DAY,
    HOUR,
    MICROSECOND,
    MILLISECOND,
    MINUTE,
    SECOND,
    floor_to,
    format_duration,
    from_rfc3339,
    parse_duration,
    rfc3339,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        pytest.param("1ns", 1, id="nanosecond"),
        pytest.param("1us", 1_000, id="microsecond"),
        pytest.param("1ms", 1_000_000, id="millisecond"),
        pytest.param("1s", 1_000_000_000, id="second"),
        pytest.param("1m", 60 * 10**9, id="minute"),
        pytest.param("1h", 3_600 * 10**9, id="hour"),
        pytest.param("1d", 86_400 * 10**9, id="day"),
        pytest.param("1w", 604_800 * 10**9, id="week"),
        pytest.param("2.5s", 2_500_000_000, id="a fraction that comes out even"),
        pytest.param("1h30m", 5_400 * 10**9, id="two parts add up"),
        pytest.param("0s", 0, id="nothing"),
        pytest.param("4000d", 4000 * DAY, id="the longest"),
    ],
)
def test_a_duration_means_what_its_unit_says(text: str, duration_ns: int) -> None:
    assert parse_duration(text) == duration_ns


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5m ", " 5m", "5mx", "x5m", "-5m", "5m,3s", "1.s", ".5s"])
def test_what_is_not_a_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write a number and a unit, like 30s, 5m, 1h30m or 28d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0.5ns", "4000d1ns", "1.0000000001s"])
def test_a_duration_between_two_nanoseconds_or_beyond_the_longest_is_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match="is out of range; a duration lies between 1ns and 4000d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0s"),
        (90 * SECOND, "1m30s"),
        (28 * DAY, "28d"),
        (DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + 5 * MILLISECOND + 6 * MICROSECOND + 7, "1d2h3m4s5ms6us7ns"),
        (-90 * MINUTE, "-1h30m"),
    ],
)
def test_a_duration_is_written_in_its_largest_units(duration_ns: int, text: str) -> None:
    assert format_duration(duration_ns) == text


@given(st.integers(min_value=0, max_value=4000 * DAY))
def test_a_written_duration_reads_back_as_itself(duration_ns: int) -> None:
    assert parse_duration(format_duration(duration_ns)) == duration_ns


def test_an_instant_is_written_in_utc_with_milliseconds_only_where_there_are_any() -> None:
    noon = 1_763_640_000 * SECOND
    assert rfc3339(noon) == "2025-11-20T12:00:00Z"
    assert rfc3339(noon + 7 * MILLISECOND) == "2025-11-20T12:00:00.007Z"
    assert rfc3339(noon + MILLISECOND - 1) == "2025-11-20T12:00:00Z"


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "1970-01-01T02:00:00+02:00", "1969-12-31T19:00:00-05:00"])
def test_an_instant_is_the_same_from_any_offset(text: str) -> None:
    assert from_rfc3339(text) == 0


def test_an_instant_is_read_to_the_microsecond_and_never_without_a_zone() -> None:
    assert from_rfc3339("1970-01-02T00:00:01.000002Z") == DAY + SECOND + 2 * MICROSECOND
    with pytest.raises(ValueError, match="has no time zone; write it as UTC, like 2026-11-20T09:40:00Z"):
        from_rfc3339("2026-11-20T09:40:00")


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_written_instant_reads_back_as_itself(milliseconds: int) -> None:
    assert from_rfc3339(rfc3339(milliseconds * MILLISECOND)) == milliseconds * MILLISECOND


def test_a_slot_starts_at_or_before_what_it_contains() -> None:
    assert [floor_to(instant, 10) for instant in (-1, 0, 9, 10, 11)] == [-10, 0, 0, 10, 10]


def test_seconds_are_for_reading() -> None:
    assert seconds(1_500 * MILLISECOND) == 1.5
