"""What is expected of a stream over time: a sum that rises by what was scheduled and stands still where excluded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from slo_service.domain.adjustment import Span
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import SECOND


@dataclass(frozen=True, slots=True)
class Line:
    """From `since_ns` until the next line: `level` at its start, and `slope` per nanosecond."""

    since_ns: int
    level: Fraction
    slope: Fraction


class Course:
    """A sum over time in straight lines. Before the first line it goes on backwards as that one does."""

    def __init__(self, slopes: Sequence[tuple[int, Fraction]]) -> None:
        """`slopes`: since when (ascending) and per nanosecond."""
        self._lines: list[Line] = []
        for since_ns, slope in slopes:
            level = Fraction(0)
            if self._lines:
                last = self._lines[-1]
                level = last.level + last.slope * (since_ns - last.since_ns)
            self._lines.append(Line(since_ns, level, slope))
        self._starts = [line.since_ns for line in self._lines]

    def between(self, start_ns: int, end_ns: int) -> Fraction:
        if end_ns <= start_ns or not self._lines:
            return Fraction(0)
        if len(self._lines) == 1:
            return self._lines[0].slope * (end_ns - start_ns)
        return self.at(end_ns) - self.at(start_ns)

    def ratio(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """The same as numerator and denominator, which need not be in lowest terms: far cheaper than a `Fraction`."""
        if len(self._lines) == 1 and end_ns > start_ns:
            slope = self._lines[0].slope
            return slope.numerator * (end_ns - start_ns), slope.denominator
        found = self.between(start_ns, end_ns)
        return found.numerator, found.denominator

    @property
    def only(self) -> Line | None:
        """The line that always holds; None where there are several, or none."""
        return self._lines[0] if len(self._lines) == 1 else None

    def at(self, instant_ns: int) -> Fraction:
        line, _ = self.line(instant_ns)
        return line.level + line.slope * (instant_ns - line.since_ns)

    def line(self, instant_ns: int) -> tuple[Line, int | None]:
        """The line that holds then, and when the next one begins. There must be one."""
        at = max(bisect_right(self._starts, instant_ns) - 1, 0)
        following = self._starts[at + 1] if at + 1 < len(self._starts) else None
        if instant_ns < self._starts[0]:
            following = self._starts[0] if len(self._starts) > 1 else None
        return self._lines[at], following


class Expectation:
    """What was scheduled of a stream, over time. Before the first schedule the first one is taken to hold, so that
    the first hours of a new objective count as unmeasured rather than as a window with next to no events."""

    def __init__(self, schedules: Sequence[Schedule] = (), holes: Sequence[Span] = ()) -> None:
        """`holes`: ascending, apart; nothing is expected in them."""
        self._schedules: list[Schedule] = []
        self._holes = tuple(holes)
        self._courses: dict[int, Course] = {}
        self._round_ns = 0
        for schedule in schedules:
            self.append(schedule)

    def append(self, schedule: Schedule) -> bool:
        """Takes the newest schedule; one that changes nothing is dropped. One that claims to be older than the newest
        (a clock was set back) begins with it and takes its place, like in the store."""
        newest = self._schedules[-1] if self._schedules else None
        if newest and (newest.events_per_second, newest.sources) == (schedule.events_per_second, schedule.sources):
            return False
        if newest and schedule.since_ns <= newest.since_ns:
            self._schedules[-1] = replace(schedule, since_ns=newest.since_ns)
        else:
            self._schedules.append(schedule)
        self._courses.clear()
        often = schedule.events_per_second
        self._round_ns = int(schedule.sources * SECOND / often) if often else 0
        return True

    def with_holes(self, holes: Sequence[Span]) -> Expectation:
        """The same schedules, with these holes."""
        return Expectation(self._schedules, holes)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        return tuple(self._schedules)

    @property
    def known(self) -> bool:
        return bool(self._schedules)

    @property
    def sources(self) -> int:
        return self._schedules[-1].sources if self._schedules else 0

    @property
    def round_ns(self) -> int:
        """The time in which every source is expected to give one event; 0 while nothing is expected."""
        return self._round_ns

    def events(self, start_ns: int, end_ns: int) -> Fraction:
        return self.event_course.between(start_ns, end_ns)

    def excused(self, start_ns: int, end_ns: int) -> Fraction:
        """Events that would be expected if nothing were excluded, and are not."""
        if not self._holes:
            return Fraction(0)
        return self.whole_course.between(start_ns, end_ns) - self.events(start_ns, end_ns)

    def cells(self, start_ns: int, end_ns: int, cell_ns: int) -> Fraction:
        """Cells each of which stands for so much time of a source."""
        return self.cell_course(cell_ns).between(start_ns, end_ns)

    @property
    def event_course(self) -> Course:
        return self._course(0, self._holes)

    @property
    def whole_course(self) -> Course:
        """Of events, as if nothing were excluded."""
        return self._course(-1, holes=())

    def cell_course(self, cell_ns: int) -> Course:
        """Of cells each of which stands for so much time of a source, of all sources."""
        return self._course(cell_ns, self._holes)

    def _course(self, kind: int, holes: Sequence[Span]) -> Course:
        """`kind`: the width of cells; 0 for events, and -1 for events without holes."""
        if kind not in self._courses:
            self._courses[kind] = Course(_cut([(s.since_ns, _slope(s, kind)) for s in self._schedules], holes))
        return self._courses[kind]


def _slope(schedule: Schedule, kind: int) -> Fraction:
    return Fraction(schedule.sources, kind) if kind > 0 else schedule.events_per_second / SECOND


def _cut(slopes: Sequence[tuple[int, Fraction]], holes: Sequence[Span]) -> list[tuple[int, Fraction]]:
    """The same slopes, 0 in the holes."""
    if not slopes or not holes:
        return list(slopes)
    begin = min(slopes[0][0], holes[0].from_ns) - 1
    starts = [begin, *(since for since, _ in slopes[1:])]
    edges = sorted({*starts, *(hole.from_ns for hole in holes), *(hole.to_ns for hole in holes)})
    begins, cut = [hole.from_ns for hole in holes], []
    for edge in edges:
        at = bisect_right(begins, edge) - 1
        inside = at >= 0 and edge < holes[at].to_ns
        slope = slopes[max(bisect_right(starts, edge) - 1, 0)][1]
        cut.append((edge, Fraction(0) if inside else slope))
    return cut
