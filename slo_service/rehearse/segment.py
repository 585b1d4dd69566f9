"""A written series: what was measured over stretches of a timeline, as exact counts per slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from slo_service.definitions.finding import Mark
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.tally import Tally


class Look(StrEnum):
    MEASURED = "measured"
    IDLE = "idle"  # looked at, and there was nothing
    UNMEASURED = "unmeasured"  # nobody looked


@dataclass(frozen=True, slots=True)
class Segment:
    """From `start_ns` up to `end_ns`, counted from the start of the case. `bad` is the share of its events; they are
    spread evenly. `rate` is in events a second where it is not the schedule's."""

    start_ns: int
    end_ns: int
    look: Look
    bad: Fraction
    rate: Fraction | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one slice got over a part of it."""

    slice_start_ns: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Flow:
    """Events of one stream over a timeline that begins at `start_ns`; what no segment names is good, at the schedule's
    `rate`. Segments are in order and do not overlap."""

    start_ns: int
    rate: Fraction
    segments: tuple[Segment, ...] = ()

    def events(self, segment: Segment) -> int:
        """How many there are in the whole segment."""
        return self._passed(segment, self.start_ns + segment.end_ns)

    def at(self, instant_ns: int) -> Segment | None:
        offset = instant_ns - self.start_ns
        return next((s for s in self.segments if s.start_ns <= offset < s.end_ns), None)

    def stretches(self, since_ns: int, until_ns: int, width_ns: int) -> Iterator[Stretch]:
        """Counts of [since, until) by slice, oldest first; a stretch of which nothing is known is left out."""
        for begin, end, segment in self._parts(since_ns, until_ns):
            if segment is not None and segment.look is Look.UNMEASURED:
                continue
            at = begin
            while at < end:
                slice_ns = floor_to(at, width_ns)
                to = min(slice_ns + width_ns, end)
                yield Stretch(slice_ns, self._tally(segment, at, to))
                at = to

    def _parts(self, since_ns: int, until_ns: int) -> Iterator[tuple[int, int, Segment | None]]:
        at = since_ns
        for segment in self.segments:
            begin, end = self.start_ns + segment.start_ns, self.start_ns + segment.end_ns
            if end <= at or begin >= until_ns:
                continue
            if begin > at:
                yield at, begin, None
            yield max(at, begin), min(end, until_ns), segment
            at = min(end, until_ns)
        if at < until_ns:
            yield at, until_ns, None

    def _tally(self, segment: Segment | None, since_ns: int, until_ns: int) -> Tally:
        if segment is None:
            return Tally(good=_count(self.rate, until_ns) - _count(self.rate, since_ns))
        first, last = self._passed(segment, since_ns), self._passed(segment, until_ns)
        bad = int(segment.bad * last) - int(segment.bad * first)
        return Tally(last - first - bad, bad)

    def _passed(self, segment: Segment, until_ns: int) -> int:
        """Events of the segment before the instant, which lies in it or at its end."""
        if segment.look is not Look.MEASURED:
            return 0
        begin = self.start_ns + segment.start_ns
        if segment.rate is not None:
            return _count(segment.rate, until_ns - begin)
        return _count(self.rate, until_ns) - _count(self.rate, begin)


def steady(rate: Fraction, since_ns: int, until_ns: int, width_ns: int) -> Iterator[tuple[int, int]]:
    """The start of each slice of [since, until) and how many events of the rate fall into its part of it."""
    at, before = since_ns, _count(rate, since_ns)
    while at < until_ns:
        slice_ns = floor_to(at, width_ns)
        at = min(slice_ns + width_ns, until_ns)
        after = _count(rate, at)
        yield slice_ns, after - before
        before = after


def _count(rate: Fraction, length_ns: int) -> int:
    """Whole events of a steady rate; an event falls on the end of its share of time."""
    return rate.numerator * length_ns // (rate.denominator * SECOND)
