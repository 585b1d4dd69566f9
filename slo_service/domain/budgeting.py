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
    def unit(self) -> int:
        """How many of the counts make one event."""
        return 1

    @property
    def identity(self) -> str:
        return "Occurrences"


@dataclass(frozen=True, slots=True)
class Timeslices:
    """Budget = share of slices; a slice of `slice_ns` is good when its ratio of good events is at least `target`."""

    target: Fraction
    slice_ns: int

    @property
    def unit(self) -> int:
        """How many of the counts make one slice."""
        return 1

    @property
    def identity(self) -> str:
        return f"Timeslices {self.target} {format_duration(self.slice_ns)}"


@dataclass(frozen=True, slots=True)
class RatioTimeslices:
    """Budget = mean of the ratios of slices of `slice_ns`."""

    slice_ns: int

    @property
    def unit(self) -> int:
        """How many of the counts make one slice: ratios are rounded half-even to 10⁻⁹ once, and exact from then on."""
        return 10**9

    @property
    def identity(self) -> str:
        return f"RatioTimeslices {format_duration(self.slice_ns)}"


def nest(slice_ns: int) -> bool:
    """Whether slices of this length and the rows of 1 and 15 minutes that counts are kept in are multiples of each
    other, so that none lies across two rows."""
    return all(slice_ns % row_ns == 0 or row_ns % slice_ns == 0 for row_ns in (MINUTE, 15 * MINUTE))


OCCURRENCES = Occurrences()
Budgeting = Occurrences | Timeslices | RatioTimeslices


class Unmeasured(StrEnum):
    """What time in which nothing was measured counts as."""

    FREEZE = "freeze"
    BAD = "bad"
    GOOD = "good"


LONGEST_SLICE_NS = 48 * HOUR  # for as long are cells kept, so for as long can a slice be reckoned from them


@dataclass(frozen=True, slots=True)
class SliceInput:
    """Counts that slices are reckoned from, with the share of good events that Timeslices ask of them, and how much
    what they lack weighs in RatioTimeslices."""

    stream: str
    target: Fraction
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the cells of the stream `stream`, one a slice, follow from the counts of other streams: one for a plain
    objective, its members' for a composite. Slices follow each other from the Unix epoch on."""

    stream: str
    method: Timeslices | RatioTimeslices
    inputs: tuple[SliceInput, ...]

    def __post_init__(self) -> None:
        if not 0 < self.method.slice_ns <= LONGEST_SLICE_NS:
            longest, given = format_duration(LONGEST_SLICE_NS), format_duration(self.method.slice_ns)
            raise ValueError(f"a slice is longer than nothing and at most {longest} long, got {given}")
        if not self.inputs or any(each.stream == self.stream for each in self.inputs):
            raise ValueError(f"slices are reckoned from other streams, of which {self.stream} needs at least one")
