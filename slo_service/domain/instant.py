"""Instants (nanoseconds since the Unix epoch, UTC) and durations (nanoseconds), both plain integers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"ns": 1, "us": MICROSECOND, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h|d|w)")
DURATION = re.compile(rf"({_PART.pattern})+")  # the form; the range is checked besides
_LONGEST = 4000 * DAY  # beyond it 64-bit nanosecond instants could overflow when added


def parse_duration(text: str) -> int:
    """`30s`, `1h30m`, `28d`, `2.5s` → nanoseconds; ValueError says what a duration looks like."""
    total, end = Fraction(0), 0
    for part in _PART.finditer(text):
        if part.start() != end:
            break
        total += Fraction(part[1]) * _UNITS[part[2]]
        end = part.end()
    if not text or end != len(text):
        raise ValueError(f"{text!r} is not a duration; write a number and a unit, like 30s, 5m, 1h30m or 28d")
    if total.denominator != 1 or total > _LONGEST:
        raise ValueError(f"{text!r} is out of range; a duration lies between 1ns and {_LONGEST // DAY}d")
    return int(total)


def format_duration(duration_ns: int) -> str:
    """The shortest exact text that `parse_duration` reads back: 90 s → `1m30s`, 28 days → `28d`."""
    if duration_ns < 0:
        return "-" + format_duration(-duration_ns)
    parts, rest = [], duration_ns
    for unit in ("d", "h", "m", "s", "ms", "us", "ns"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def seconds(duration_ns: int) -> float:
    """For display and JSON only; comparisons stay in integers."""
    return duration_ns / SECOND


def rfc3339(instant_ns: int) -> str:
    """`2026-11-20T09:40:00.123Z`; milliseconds are written only when there are any."""
    whole, rest = divmod(instant_ns, SECOND)
    stamp = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    millis = rest // MILLISECOND
    return f"{stamp}.{millis:03d}Z" if millis else f"{stamp}Z"


def from_rfc3339(text: str) -> int:
    """The inverse of `rfc3339`, to the microsecond; an instant without a zone is refused."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it as UTC, like 2026-11-20T09:40:00Z")
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * MICROSECOND


def floor_to(instant_ns: int, width_ns: int) -> int:
    """The start of the slot of the given width that contains the instant."""
    return instant_ns - instant_ns % width_ns
