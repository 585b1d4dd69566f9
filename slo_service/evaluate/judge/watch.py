"""What watches beside the windows of a bank's objectives: one partition at a time, and the early detector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, HOUR, SECOND
from slo_service.domain.signals import PartitionTier
from slo_service.domain.slo import Slo
from slo_service.evaluate.chance.early import ALTERNATIVES, Detectors, DetectorState
from slo_service.evaluate.chance.partition import BURNS, CLEAR, Partitions, Watched
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.ring import BAD, GOOD, NEVER, OBSERVED, Columns, Ints
from slo_service.evaluate.judge.signs import Signs, listens_early, watches_partitions
from slo_service.evaluate.judge.tier import Verdict

MONTH_NS = 30 * DAY
SPARE = 16  # places for objectives that come later, at the least
OLD_NS = HOUR  # what was judged first so long after its time is no news
OFF = Watched(Fraction(0), PartitionTier())  # of a place that nobody watches, where nothing is expected
_VERDICTS = {BURNS: Verdict.BURNS, CLEAR: Verdict.CLEAR}


@dataclass(frozen=True, slots=True)
class Watching:
    """An objective, what is expected of its stream, and its number among those of the bank."""

    slo: Slo
    expectation: Expectation
    column: int


@dataclass(frozen=True, slots=True)
class Came:
    """Committed differences: of which columns and slices, 3 × n counts, and from which sources."""

    columns: Columns
    starts: Ints
    counts: Ints
    sources: Sequence[str]

    @classmethod
    def of(cls, columns: Sequence[int], deltas: Sequence[Delta]) -> Came:
        many = len(deltas)
        counts = np.empty((3, many), np.int64)
        counts[GOOD] = np.fromiter((delta.good for delta in deltas), np.int64, many)
        counts[BAD] = np.fromiter((delta.bad for delta in deltas), np.int64, many)
        counts[OBSERVED] = np.fromiter((delta.observed for delta in deltas), np.int64, many)
        starts = np.fromiter((delta.slice_start_ns for delta in deltas), np.int64, many)
        return cls(np.array(columns, np.intp), starts, counts, [delta.source for delta in deltas])


class Numbers:
    """Numbers by column, of which a column may have several."""

    def __init__(self, pairs: Sequence[tuple[int, int]]) -> None:
        """(column, number)"""
        self._layers: list[Columns] = []
        size = 1 + max((column for column, _ in pairs), default=-1)
        for column, number in pairs:
            layer = next((each for each in self._layers if each[column] < 0), None)
            if layer is None:
                self._layers.append(layer := np.full(size, -1, np.intp))
            layer[column] = number

    def of(self, columns: Columns) -> Iterator[tuple[Columns, Columns]]:
        """(places in `columns`, their numbers)"""
        for layer in self._layers:
            known = np.flatnonzero(columns < layer.size)
            numbers = layer[columns[known]]
            there = numbers >= 0
            yield known[there], numbers[there]


class Watch:
    """By the names of objectives. What it has seen of one goes on as long as that is asked for."""

    def __init__(self, slice_ns: int, ahead_ns: int) -> None:
        self._slice_ns, self._ahead_ns = slice_ns, ahead_ns
        self._places: dict[str, int] = {}  # in the partition tier; none is given twice
        self._room = 0
        self._partitions: Partitions | None = None
        self._detectors: Detectors | None = None
        self._listening: dict[str, int] = {}
        self._budgets: dict[str, Fraction] = {}
        self.put(())

    def put(self, watching: Sequence[Watching]) -> None:
        """These are watched from now on."""
        self._watching: Sequence[Watching] = watching
        self._put_partitions([each for each in watching if watches_partitions(each.slo)])
        self._put_detectors([each for each in watching if listens_early(each.slo)])
        listening = [each for each in watching if each.slo.name in self._listening]
        self._ears = Numbers([(each.column, self._listening[each.slo.name]) for each in listening])  # of the detectors
        several = [each.slo.name in self._places and each.expectation.sources > 1 for each in watching]
        self._several: Ints = np.array(several, np.int64)  # 1 where partitions can be told apart
        apart = [watching[at] for at in np.flatnonzero(self._several).tolist()]
        self._apart = Numbers([(each.column, self._places[each.slo.name]) for each in apart])  # of the partition tier
        names = [each.slo.name for each in watching]
        self._place_of: Columns = np.array([self._places.get(name, -1) for name in names], np.intp)
        self._ear_of: Columns = np.array([self._listening.get(name, -1) for name in names], np.intp)
        self._columns: Columns = np.array([each.column for each in watching], np.intp)
        self._sources: Ints = np.array([max(1, each.expectation.sources) for each in listening], np.int64)

    def reschedule(self) -> None:
        """After what is expected has changed."""
        self.put(self._watching)

    def _put_partitions(self, watching: Sequence[Watching]) -> None:
        gone = self._places.keys() - {each.slo.name for each in watching}
        new = [each for each in watching if each.slo.name not in self._places]
        if len(self._places) + len(new) > self._room:
            self._room = len(watching) + max(SPARE, len(watching) // 4)
            self._partitions = Partitions(self._slice_ns, self._ahead_ns, [OFF] * self._room)
            self._places = {}
            gone = set()
            new = list(watching)
        taken = max(self._places.values(), default=-1) + 1
        self._places |= {each.slo.name: taken + at for at, each in enumerate(new)}
        if self._partitions is None:
            return
        for name in gone:
            self._partitions.watch(self._places[name], OFF)
        for each in watching:
            tier, expected = each.slo.alerting.signals.partition_tier, each.expectation
            several = expected.sources if expected.sources > 1 else 0  # of one the windows tell
            if tier is not None:
                watched = Watched(each.slo.objective.budget, tier, several, expected.round_ns)
                self._partitions.watch(self._places[each.slo.name], watched)

    def _put_detectors(self, watching: Sequence[Watching]) -> None:
        old, before, kept = self._detectors, self._listening, self._budgets
        rounds = [Fraction(MONTH_NS, each.expectation.round_ns or SECOND) for each in watching]
        self._listening = {each.slo.name: at for at, each in enumerate(watching)}
        self._budgets = {each.slo.name: each.slo.objective.budget for each in watching}
        self._good, self._bad = np.zeros((2, len(watching)), np.int64)  # towards the next round of canaries
        self._detectors = Detectors([each.slo.objective.budget for each in watching], rounds) if watching else None
        if old is None or self._detectors is None:
            return
        same = [n for n in self._listening if n in before and kept[n] == self._budgets[n]]
        state, places = old.state(), [before[name] for name in same]
        held = DetectorState(state.log_statistics[:, places], state.alarmed[places], state.good_run[places])
        self._detectors.restore([self._listening[name] for name in same], held)

    def add(self, came: Came, watermarks: Ints) -> None:
        """What came, and where the columns stand."""
        self._add_partitions(came)
        self._hear(came, watermarks)

    def _add_partitions(self, came: Came) -> None:
        if self._partitions is None:
            return
        for at, places in self._apart.of(came.columns):
            named = [(n, place) for n, place in zip(at.tolist(), places.tolist(), strict=True) if came.sources[n]]
            of = np.array([n for n, _ in named], np.intp)
            tracks, sources = [place for _, place in named], [came.sources[n] for n, _ in named]
            self._partitions.add(tracks, sources, came.starts[of], *came.counts[:, of])

    def reaches(self) -> Mapping[int, int]:
        """By column whose partitions are watched, how far back what came of them matters."""
        found: dict[int, int] = {}
        for each in self._watching:
            place = self._places.get(each.slo.name)
            if place is not None and self._partitions is not None and each.expectation.sources > 1:
                found[each.column] = max(2 * self._partitions.window_ns(place), found.get(each.column, 0))
        return found

    def relive(self, cells: Mapping[int, Sequence[Delta]], ends: Mapping[int, int]) -> None:
        """Takes in a past, slice by slice, and judges its partitions at the end of each up to `ends`; both by
        column. They may fail for longer than the window that tells it."""
        by_start: dict[int, list[tuple[int, Delta]]] = {}
        for column, deltas in cells.items():
            for delta in deltas:
                by_start.setdefault(delta.slice_start_ns, []).append((column, delta))
        watched = [each for each in self._watching if each.column in cells and each.slo.name in self._places]
        places = [(self._places[each.slo.name], each.column) for each in watched]
        for start_ns in sorted(by_start):
            found = by_start[start_ns]
            self._add_partitions(Came.of([column for column, _ in found], [delta for _, delta in found]))
            head = start_ns + self._slice_ns
            due = [place for place, column in places if head <= ends[column]]
            if self._partitions is not None:
                self._partitions.advance(due, [head] * len(due))

    def alarm(self, slo: str) -> None:
        """The early detector has raised an alarm before, which has not ended."""
        at = self._listening.get(slo)
        if at is not None and self._detectors is not None:
            state = DetectorState(np.full((ALTERNATIVES, 1), -np.inf), np.ones(1, bool), np.zeros(1))
            self._detectors.restore([at], state)

    def alarm_left(self, slo: str) -> int:
        """So many good rounds of canaries at the least end the alarm of this objective."""
        at = self._listening.get(slo)
        return 0 if at is None or self._detectors is None else self._detectors.left(at)

    def _hear(self, came: Came, watermarks: Ints) -> None:
        """First judgements only: a difference that takes something back is a correction."""
        marks = watermarks[came.columns]
        old = (marks != NEVER) & (came.starts < marks - OLD_NS)
        first = (came.counts[GOOD] >= 0) & (came.counts[BAD] >= 0) & ~old
        for at, ears in self._ears.of(came.columns):
            heard = first[at]
            np.add.at(self._good, ears[heard], came.counts[GOOD, at[heard]])
            np.add.at(self._bad, ears[heard], came.counts[BAD, at[heard]])

    def advance(self, watermarks: Ints) -> None:
        """Judges at these watermarks, by column."""
        if self._partitions is not None:
            watched = (self._place_of >= 0) & (watermarks[self._columns] != NEVER)
            self._partitions.advance(self._place_of[watched], watermarks[self._columns[watched]])
        if self._detectors is not None:
            good, bad = self._good // self._sources, self._bad // self._sources
            heard = np.flatnonzero(good + bad)
            self._good[heard] -= (good * self._sources)[heard]
            self._bad[heard] -= (bad * self._sources)[heard]
            self._detectors.update(heard, good[heard], bad[heard])

    def codes(self) -> Ints:
        """Of each objective in the order of `put`, a number that changes with its signs."""
        codes = np.zeros(len(self._watching), np.int64)
        if self._partitions is not None:
            watched = self._place_of >= 0
            codes[watched] += self._partitions.verdicts()[self._place_of[watched]]
            codes += 8 * self._several
        if self._detectors is not None:
            heard = self._ear_of >= 0
            codes[heard] += 4 * self._detectors.alarmed()[self._ear_of[heard]]
        return codes

    def signs(self, slo: str, expectation: Expectation) -> Signs:
        place, at = self._places.get(slo), self._listening.get(slo)
        partitions: Verdict | None = None
        burning: tuple[str, ...] = ()
        if self._partitions is not None and place is not None and expectation.sources > 1:
            partitions = _VERDICTS.get(int(self._partitions.verdicts()[place]), Verdict.UNKNOWN)
            burning = self._partitions.burning(place) if partitions is Verdict.BURNS else ()
        alarmed = None
        if self._detectors is not None and at is not None and expectation.known:
            alarmed = bool(self._detectors.alarmed([at])[0])
        return Signs(partitions, burning, alarmed)
