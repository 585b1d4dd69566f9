"""How a budget is reckoned: over which window, and by events or by slices of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.instant import DAY, HOUR, MINUTE, format_duration

NOMINAL_NS = {
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "M": 30 * DAY,
    "Q": 90 * DAY,
    "Y": 365 * DAY,
}
"""Lengths that stand for units of the calendar where a length is asked for, as in burn-rate factors."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows that follow each other in civil time from `start`, `count` units (m, h, d, w, M, Q, Y) each. `start` is
    the local time of the IANA `zone`, without a zone of its own; `1M` from the 31st means the last day of the month."""

    start: datetime
    zone: str
    count: int
    unit: str

    @property
    def name(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Budget = share of events."""

    @property
    def identity(self) -> str:
        return "Occurrences"


@dataclass(frozen=True, slots=True)
class Timeslices:
    """Budget = share of slices; a slice of `slice_ns` is good when its ratio of good events is at least `target`."""

    target: Fraction
    slice_ns: int

    @property
    def identity(self) -> str:
        return f"Timeslices {self.target} {format_duration(self.slice_ns)}"


@dataclass(frozen=True, slots=True)
class RatioTimeslices:
    """Budget = mean of the ratios of slices of `slice_ns`."""

    slice_ns: int

    @property
    def identity(self) -> str:
        return f"RatioTimeslices {format_duration(self.slice_ns)}"


OCCURRENCES = Occurrences()
Budgeting = Occurrences | Timeslices | RatioTimeslices


class Unmeasured(StrEnum):
    """What time in which nothing was measured counts as."""

    FREEZE = "freeze"
    BAD = "bad"
    GOOD = "good"
