"""The only place that reads clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def wall_ns() -> int:
    """Nanoseconds since the Unix epoch, UTC."""
    return time.time_ns()


def utc() -> datetime:
    """The wall clock as APScheduler wants it."""
    return datetime.now(UTC)


def mono_ns() -> int:
    """Nanoseconds of a clock that never steps; only differences within one process mean anything."""
    return time.monotonic_ns()
