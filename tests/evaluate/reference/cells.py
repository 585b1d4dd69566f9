"""What was said of every cell, and nothing summed: the raw material that all figures are made of anew at each tick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from tests.evaluate.reference.sliced import verdict

KEPT_NS = 48 * HOUR  # how long cells are kept bounds how late a correction may come
MINUTES_KEPT_NS = 14 * DAY  # of which whole minutes make a slice of time
Counts = tuple[int, int, int]  # good, bad, cells


class Cells:
    """A sample replaces its cell when its revision is higher. Schedules say what was expected from when on. A slice of
    time is reckoned anew with each of its cells, as long as all that make it up are kept."""

    def __init__(self, methods: Mapping[str, Timeslices | RatioTimeslices]) -> None:
        """`methods`: of the streams with slices of time."""
        self.cells: dict[CellKey, tuple[int, int, Revision]] = {}
        self._methods = methods
        self._within: dict[tuple[str, int], set[CellKey]] = defaultdict(set)
        self.sliced: dict[str, dict[int, Counts]] = defaultdict(dict)
        self.marks: dict[str, dict[str, int]] = defaultdict(dict)
        self.schedules: dict[str, list[Schedule]] = defaultdict(list)

    def take(self, sample: Sample, now_ns: int) -> None:
        if sample.key.slice_start_ns < now_ns - KEPT_NS:
            return
        held = self.cells.get(sample.key)
        if held is not None and sample.revision <= held[2]:
            return
        said = sample.tally.good, sample.tally.bad
        self.cells[sample.key] = (*said, sample.revision)
        if held is None or said != held[:2]:
            self._slice(sample.key, now_ns)

    def _slice(self, key: CellKey, now_ns: int) -> None:
        method = self._methods.get(key.stream)
        if method is None:
            return
        start = key.slice_start_ns // method.slice_ns * method.slice_ns
        inside = self._within[key.stream, start]
        inside.add(key)
        if start >= now_ns - (KEPT_NS if method.slice_ns % MINUTE else MINUTES_KEPT_NS):
            good, bad = sum(self.cells[each][0] for each in inside), sum(self.cells[each][1] for each in inside)
            self.sliced[key.stream][start] = (*verdict(method, good, bad), 1)

    def mark(self, progress: Progress) -> None:
        self.marks[progress.stream][progress.source] = progress.through_ns

    def schedule(self, said: Schedule) -> None:
        """One that says the same says nothing; one that claims to be older than the newest begins with it and replaces
        it."""
        history = self.schedules[said.stream]
        if history and (said.events_per_second, said.sources) == (history[-1].events_per_second, history[-1].sources):
            return
        if history and said.since_ns <= history[-1].since_ns:
            said = Schedule(said.stream, history.pop().since_ns, said.events_per_second, said.sources)
        history.append(said)

    def slices(self, stream: str) -> dict[int, Counts]:
        """Over all sources."""
        found: dict[int, Counts] = {}
        for key, (good, bad, _) in self.cells.items():
            if key.stream == stream:
                old = found.get(key.slice_start_ns, (0, 0, 0))
                found[key.slice_start_ns] = (old[0] + good, old[1] + bad, old[2] + 1)
        return found


class Expected:
    """What a stream was expected to yield. Before the first schedule it was as the first one says."""

    def __init__(self, history: list[Schedule]) -> None:
        self._history = history

    @property
    def sources(self) -> int:
        return self._history[-1].sources if self._history else 0

    @property
    def rate(self) -> Fraction:
        return self._history[-1].events_per_second

    def _parts(self, from_ns: int, to_ns: int) -> list[tuple[int, Schedule]]:
        parts = []
        for index, schedule in enumerate(self._history):
            begins = schedule.since_ns if index else from_ns
            ends = self._history[index + 1].since_ns if index + 1 < len(self._history) else to_ns
            length = min(ends, to_ns) - max(begins, from_ns)
            if length > 0:
                parts.append((length, schedule))
        return parts

    def events(self, from_ns: int, to_ns: int) -> Fraction:
        return sum((s.events_per_second * length / SECOND for length, s in self._parts(from_ns, to_ns)), Fraction(0))

    def cells(self, from_ns: int, to_ns: int, width_ns: int) -> Fraction:
        return sum((Fraction(s.sources * length, width_ns) for length, s in self._parts(from_ns, to_ns)), Fraction(0))


def total(slices: Mapping[int, Counts], from_ns: int, to_ns: int) -> Counts:
    inside = [counts for start, counts in slices.items() if from_ns <= start < to_ns]
    return sum(c[0] for c in inside), sum(c[1] for c in inside), sum(c[2] for c in inside)
