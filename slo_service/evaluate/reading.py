"""One window of one stream, read: counts, what is missing from them, coverage and burn rate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.ring import Rings


class Expectation:
    """What was scheduled of a stream, over time. Before the first schedule the first one is taken to hold, so that
    the first hours of a new objective count as unmeasured rather than as a window with next to no events."""

    def __init__(self, schedules: Sequence[Schedule] = ()) -> None:
        self._schedules: list[Schedule] = []
        for schedule in schedules:
            self.append(schedule)

    def append(self, schedule: Schedule) -> None:
        """Takes the newest schedule; one that changes nothing is dropped."""
        if self._schedules and schedule.since_ns <= self._schedules[-1].since_ns:
            return
        newest = self._schedules[-1] if self._schedules else None
        if newest and (newest.events_per_second, newest.sources) == (schedule.events_per_second, schedule.sources):
            return
        self._schedules.append(schedule)

    @property
    def known(self) -> bool:
        return bool(self._schedules)

    @property
    def sources(self) -> int:
        return self._schedules[-1].sources if self._schedules else 0

    @property
    def round_ns(self) -> int:
        """The time in which every source is expected to give one event; 0 while nothing is expected."""
        if not self._schedules or not self._schedules[-1].events_per_second:
            return 0
        newest = self._schedules[-1]
        return int(newest.sources * SECOND / newest.events_per_second)

    def _spans(self, start_ns: int, end_ns: int) -> list[tuple[Schedule, int]]:
        """(schedule, nanoseconds of the range in which it held)."""
        spans = []
        for index, schedule in enumerate(self._schedules):
            since = start_ns if index == 0 else max(start_ns, schedule.since_ns)
            until = self._schedules[index + 1].since_ns if index + 1 < len(self._schedules) else end_ns
            if min(until, end_ns) > since:
                spans.append((schedule, min(until, end_ns) - since))
        return spans

    def events(self, start_ns: int, end_ns: int) -> Fraction:
        return sum((s.events_per_second * length / SECOND for s, length in self._spans(start_ns, end_ns)), Fraction(0))

    def cells(self, start_ns: int, end_ns: int, width_ns: int) -> Fraction:
        spans = self._spans(start_ns, end_ns)
        return sum((Fraction(s.sources * length, width_ns) for s, length in spans), Fraction(0))


def _is_jitter(short: Fraction, sources: int) -> bool:
    """Whether a shortfall may come from the random instants of sending alone: at each end of a window a source is off
    by less than one canary, with a variance of 1/6, so that many together stay within 3 √sources."""
    return short < sources and (short < 0 or short * short < 9 * sources)


def read(
    rings: Rings, expectation: Expectation, basis: Basis, objective: Objective, watermark_ns: int, length_ns: int
) -> Reading:
    """The window of this length that ends at the watermark."""
    start, sums = rings.window(watermark_ns, length_ns)
    total = sums.tally.total
    if not expectation.known:  # then nothing can be said of what is missing, hence nothing at all
        return Reading(length_ns, Tally(), Fraction(0), Fraction(0), None)
    if basis is Basis.EVENTS:
        expected = expectation.events(start, watermark_ns)
        short = expected - total
        unmeasured = Fraction(0) if _is_jitter(short, expectation.sources) else short
        coverage = 1 - unmeasured / expected if expected else Fraction(0)
    else:
        width = rings.fine.width_ns
        whole = floor_to(watermark_ns, width)  # the head's slice is not due before its end
        cells = expectation.cells(start, whole, width)
        looked = rings.ring_for(length_ns).sum(start, whole).observed if whole > start else 0
        coverage = min(Fraction(1), looked / cells) if cells else Fraction(0)
        unmeasured = (1 - coverage) * expectation.events(start, whole)
    return Reading(length_ns, sums.tally, unmeasured, coverage, objective.burn_rate(sums.tally))
