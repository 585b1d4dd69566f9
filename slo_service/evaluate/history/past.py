"""A past stretch of one stream, slot by slot, and many windows of it read at once by prefix sums. Exact: integers of 64
bits where they suffice, Python's own where they would not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isqrt, lcm

import numpy as np
import numpy.typing as npt

from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Basis
from slo_service.domain.instant import floor_to
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.counts.expectation import Course, Expectation
from slo_service.evaluate.counts.reading import JITTER_ROOTS

Counts = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int64] | npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

SAFE = 1 << 62  # results below it, and differences of two of them, fit into 64 bits with sign


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """`good[i]`, `bad[i]` and `observed[i]` are of the slot that starts at `start_ns + i × width_ns`; a slot of which
    nothing is kept holds zeros."""

    start_ns: int
    width_ns: int
    good: Counts
    bad: Counts
    observed: Counts

    def __post_init__(self) -> None:
        if self.start_ns % self.width_ns:
            raise ValueError(f"a past starts with a slot of {self.width_ns} ns, got {self.start_ns}")
        if not self.good.shape == self.bad.shape == self.observed.shape:
            raise ValueError("good, bad and observed are of the same slots")

    @classmethod
    def of(cls, rows: Sequence[Delta], width_ns: int, since_ns: int, until_ns: int) -> Past:
        """From stored rows of one width, those of the slots from `since_ns` to before `until_ns`."""
        start = floor_to(since_ns, width_ns)
        slots = max(0, -(-(until_ns - start) // width_ns))
        table = np.zeros((3, slots), np.int64)
        for row in rows:
            at = (row.slice_start_ns - start) // width_ns
            if 0 <= at < slots:
                table[:, at] += (row.good, row.bad, row.observed)
        return cls(start, width_ns, table[0], table[1], table[2])

    @property
    def end_ns(self) -> int:
        return self.start_ns + len(self.bad) * self.width_ns

    def preceded_by(self, older: Past) -> Past:
        """The same, with what `older`, of slots as wide or wider, holds of the time before. Its slots are then exact
        only as whole ones, which is enough for the longer windows whose tails lie in them."""
        if older.width_ns % self.width_ns or (self.start_ns - older.start_ns) % older.width_ns:
            raise ValueError(f"slots of {older.width_ns} ns do not meet those of {self.width_ns} ns")
        if older.start_ns >= self.start_ns:
            return self
        ratio, slots = older.width_ns // self.width_ns, (self.start_ns - older.start_ns) // self.width_ns
        parts = []
        pairs = ((older.good, self.good), (older.bad, self.bad), (older.observed, self.observed))
        for before, here in pairs:
            front = np.zeros(slots, np.int64)
            known = before[: slots // ratio]
            front[: len(known) * ratio : ratio] = known
            parts.append(np.concatenate([front, here]))
        return Past(older.start_ns, self.width_ns, *parts)

    def reaching(self, back_to_ns: int) -> Past:
        """The same, with empty slots in front of it so that it goes back to this instant at least."""
        missing = max(0, -(-(self.start_ns - back_to_ns) // self.width_ns))
        parts = (np.pad(part, (missing, 0)) for part in (self.good, self.bad, self.observed))
        return Past(self.start_ns - missing * self.width_ns, self.width_ns, *parts)

    def between(self, since_ns: int, until_ns: int) -> Past:
        """The slots that start from `since_ns` to before `until_ns`."""
        first = min(max(0, -(-(since_ns - self.start_ns) // self.width_ns)), len(self.bad))
        last = max(first, -(-(until_ns - self.start_ns) // self.width_ns))
        parts = (part[first:last] for part in (self.good, self.bad, self.observed))
        return Past(self.start_ns + first * self.width_ns, self.width_ns, *parts)


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Windows read at once, each field an array with an element a window. `unmeasured ÷ scale` events were expected
    and not judged, `judged ÷ due` is the coverage."""

    bad: Ints
    total: Ints
    unmeasured: Ints
    scale: Ints
    judged: Ints
    due: Ints

    def covered(self, share: Fraction) -> Flags:
        """Where the coverage is at least this share."""
        factor = max(share.numerator, share.denominator)
        judged, due = roomy(factor, self.judged, self.due)
        return _flags(judged * share.denominator >= due * share.numerator)

    def at(self, index: int, length_ns: int, objective: Objective) -> Reading:
        bad, total = int(self.bad[index]), int(self.total[index])
        tally = Tally(total - bad, bad)
        unmeasured = Fraction(int(self.unmeasured[index]), int(self.scale[index]))
        coverage = Fraction(int(self.judged[index]), int(self.due[index]))
        return Reading(length_ns, tally, unmeasured, coverage, objective.burn_rate(tally))


class Sums:
    """Prefix sums of a past, with what was expected of it. `cell_ns`: how much time of a source a cell stands for."""

    def __init__(self, past: Past, expectation: Expectation, basis: Basis, cell_ns: int) -> None:
        """`expectation` must be known."""
        self._past, self._expectation, self._basis = past, expectation, basis
        self._good, self._bad, self._observed = (_prefix(part) for part in (past.good, past.bad, past.observed))
        self._events, self._scale = _levels(expectation.event_course, past)
        self._largest_jitter = [_largest_jitter(schedule.sources, self._scale) for schedule in expectation.schedules]
        if basis is Basis.SLICES:
            self._cells, self._cell_scale = _levels(expectation.cell_course(cell_ns), past)

    def read(self, tails: Counts, heads: Counts) -> Stretches:
        """Windows from each tail to before its head: boundaries of the past's slots by number, 0 being its start."""
        good, bad, observed = (part[heads] - part[tails] for part in (self._good, self._bad, self._observed))
        expected: Ints = self._events[heads] - self._events[tails]
        if self._basis is Basis.EVENTS:
            return self._by_events(bad, good + bad, expected, heads)
        due: Ints = self._cells[heads] - self._cells[tails]
        return self._by_slices(bad, good + bad, observed, expected, due)

    def _by_events(self, bad: Counts, total: Counts, expected: Ints, heads: Counts) -> Stretches:
        counted, wanted = roomy(self._scale, total, expected)
        short = wanted - counted * self._scale
        unmeasured = np.where(_flags(short <= self._jitter(heads)), 0, short)
        judged, due = wanted - unmeasured, np.maximum(wanted, 1)
        scale = np.array(self._scale, object if self._scale >= SAFE else np.int64)
        return Stretches(bad, total, unmeasured, np.broadcast_to(scale, bad.shape), judged, due)

    def _jitter(self, heads: Counts) -> Ints:
        """The largest shortfall, in scaled events, that is taken for jitter; by the sources expected at the head."""
        largest = self._largest_jitter
        limits: Ints = np.array(largest, np.int64 if max(largest) < SAFE else object)
        if len(largest) == 1:
            return limits
        since = np.array([schedule.since_ns for schedule in self._expectation.schedules[1:]], np.int64)
        held = np.searchsorted(since, self._past.start_ns + heads * self._past.width_ns, side="right")
        found: Ints = limits[held]
        return found

    def _by_slices(self, bad: Counts, total: Counts, observed: Counts, expected: Ints, due: Ints) -> Stretches:
        looked, due = roomy(self._cell_scale, observed, due)
        judged, due = np.minimum(looked * self._cell_scale, due), np.maximum(due, 1)
        whole, wanted, seen = roomy(max(self._scale, top(expected)), due, expected, judged)
        return Stretches(bad, total, (whole - seen) * wanted, whole * self._scale, judged, due)


def _levels(course: Course, past: Past) -> tuple[Ints, int]:
    """The course at every boundary of the past's slots, counted from its start, as integers; and what they are to be
    divided by."""
    lines = _lines(course, past)
    unit = gcd(past.width_ns, *(since for since, _, _ in lines))
    scale = lcm(*((slope * unit).denominator for _, _, slope in lines))
    steps = [int(slope * unit * scale) for _, _, slope in lines]
    top = sum(step * ((until - since) // unit) for step, (since, until, _) in zip(steps, lines, strict=True))
    levels: Ints = np.zeros(len(past.bad) + 1, object if top >= SAFE else np.int64)
    level, width = 0, past.width_ns
    for step, (since, until, _) in zip(steps, lines, strict=True):
        first, last = -(-since // width), until // width
        units = (np.arange(first, last + 1) * width - since) // unit
        levels[first : last + 1] = units.astype(levels.dtype) * step + level
        level += step * ((until - since) // unit)
    return levels, scale


def _lines(course: Course, past: Past) -> list[tuple[int, int, Fraction]]:
    """(since, until, slope per nanosecond) of the past, in nanoseconds after its start."""
    lines: list[tuple[int, int, Fraction]] = []
    at = past.start_ns
    while at < past.end_ns:
        line, following = course.line(at)
        until = past.end_ns if following is None else min(following, past.end_ns)
        since = lines.pop()[0] if lines and lines[-1][2] == line.slope else at - past.start_ns
        lines.append((since, until - past.start_ns, line.slope))
        at = until
    return lines


def _largest_jitter(sources: int, scale: int) -> int:
    """In scaled events: less than one event a source, and less than `JITTER_ROOTS` of their sum of squares."""
    if not sources:
        return -1
    return min(sources * scale - 1, isqrt(JITTER_ROOTS * sources * scale**2 - 1))


def roomy(factor: int, *parts: Ints) -> tuple[Ints, ...]:
    """The arrays in a width that holds their products with a number up to `factor`."""
    if max(top(part) for part in parts) * factor < SAFE and all(part.dtype != object for part in parts):
        return parts
    return tuple(part.astype(object) for part in parts)


def top(counts: Ints) -> int:
    """The highest of counts, none of which is negative."""
    return int(counts.max(initial=0))


def _flags(said: npt.NDArray[np.generic]) -> Flags:
    return said.astype(np.bool_)


def _prefix(counts: Counts) -> Counts:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
