"""A bank with its tracks, the objectives on them, and the screen that watches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.facts import Facts
from slo_service.evaluate.counts.outline import Outline
from slo_service.evaluate.counts.ring import NEVER, Ints
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import AHEAD_NS, Track, TrackKey
from slo_service.evaluate.judge.figures import Figures
from slo_service.evaluate.judge.measuring import Patience
from slo_service.evaluate.judge.objective import lately, silence_ns
from slo_service.evaluate.judge.screen import Row, Screen
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.watch import Came, Watch, Watching


@dataclass(frozen=True, slots=True)
class HallKey:
    """What tracks must share to advance together."""

    slots: Slots
    horizon_ns: int
    patience_ns: int
    reach_ns: int


class Hall:
    """Advances its tracks together. `rows` are its objectives in the order of their numbers."""

    def __init__(self, key: HallKey, few: int) -> None:
        """So `few` objectives are all judged exactly at every tick, which is quicker then."""
        self._few = few
        self.bank = Bank(key.slots, key.horizon_ns, key.patience_ns, key.reach_ns)
        self._outline = Outline(self.bank)
        self._tracks: dict[int, Track] = {}
        self._of: dict[TrackKey, Track] = {}
        self.slos: list[Slo] = []
        self._on: dict[str, Track] = {}
        self._numbers: dict[str, int] = {}
        self._screen: Screen | None = None
        self._rescheduled = False
        self._stale = True  # the screen no longer fits the objectives and what is expected
        self._dirty: set[int] = set()  # columns whose progress must be looked at
        self._sole: dict[int, int] = {}  # marks of columns of which no other collector speaks
        self._new: list[Track] = []
        self._watch_over = Watch(key.slots.fine_ns, key.patience_ns)
        self._facts = Facts()
        self._now_ns = NEVER
        self._previous: Ints = np.full(0, NEVER, np.int64)

    # --- what it holds ------------------------------------------------------------------------------------------------

    def track(self, key: TrackKey, *, filled: bool) -> Track:
        """The one of that key, made if there is none."""
        if key not in self._of:
            column = self.bank.take()
            self._facts.fit(self.bank.columns)
            track = Track(key, self.bank, column, filled=filled)
            self._of[key] = self._tracks[column] = track
            self._facts.begin(column, key)
            self._new.append(track)
            self._dirty.add(column)
        return self._of[key]

    def drop(self, key: TrackKey) -> None:
        track = self._of.pop(key)
        self._new = [each for each in self._new if each is not track]
        del self._tracks[track.column]
        self._dirty.discard(track.column)
        self._sole.pop(track.column, None)
        self._facts.begin(track.column, key)
        self.bank.give_back(track.column)

    @property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(self._of.values())

    def holds(self, key: TrackKey) -> bool:
        return key in self._of

    @property
    def keys(self) -> frozenset[TrackKey]:
        return frozenset(self._of)

    def put(self, objectives: Sequence[tuple[Slo, Track]]) -> None:
        """These are the objectives on its tracks from now on."""
        self.slos = [slo for slo, _ in objectives]
        self._on = {slo.name: track for slo, track in objectives}
        self._numbers = {slo.name: at for at, slo in enumerate(self.slos)}
        self._stale = True
        self._watch_over.put([Watching(slo, track.expectation, track.column) for slo, track in objectives])

    def reschedule(self, track: Track) -> None:
        """After the expectation of a track has changed."""
        self._dirty.add(track.column)
        self._outline.redraw([track])
        self._stale = True
        self._rescheduled = True

    def looked(self, track: Track, mark: Progress) -> None:
        if track.looked(mark):
            self._sole[track.column] = mark.through_ns
        else:
            self._dirty.add(track.column)

    def refilled(self, track: Track) -> None:
        self._dirty.add(track.column)
        self._facts.firsts[track.column] = NEVER if track.first_ns is None else track.first_ns

    def partitioned(self) -> Mapping[Track, int]:
        """The tracks whose partitions are watched, and how far back what came of them matters."""
        self._catch_up_with_schedules()
        return {self._tracks[column]: reach for column, reach in self._watch_over.reaches().items()}

    def relive(self, cells: Mapping[str, Sequence[Delta]], now_ns: int) -> None:
        """Takes the recent past of partitions, by stream."""
        tracks = [track for track in self.partitioned() if track.key.stream in cells]
        ends = {t.column: now_ns - t.key.horizon_ns - t.key.grace_ns - t.key.grain_ns for t in tracks}
        self._watch_over.relive({track.column: cells[track.key.stream] for track in tracks}, ends)

    def alarm(self, slo: str) -> None:
        """The early detector of this objective had raised an alarm."""
        self._watch_over.alarm(slo)

    def alarm_left(self, slo: str) -> int:
        return self._watch_over.alarm_left(slo)

    def _catch_up_with_schedules(self) -> None:
        if self._rescheduled:
            self._watch_over.reschedule()
            self._rescheduled = False

    # --- time and counts ----------------------------------------------------------------------------------------------

    def add(self, found: Sequence[tuple[Track, Delta]]) -> None:
        """Committed differences, all at once."""
        if not found:
            return
        came = Came.of([track.column for track, _ in found], [delta for _, delta in found])
        firsts = self._facts.firsts[came.columns]
        for at in np.flatnonzero((firsts == NEVER) | (came.starts < firsts)).tolist():
            track, delta = found[at]
            self._facts.firsts[track.column] = track.saw(delta.slice_start_ns)
        self.bank.add(came.starts // self.bank.slots.fine_ns, came.columns, came.counts)
        self._watch_over.add(came, self.bank.watermarks)

    def advance(self, now_ns: int) -> Iterator[int]:
        """Moves on to now; numbers of the objectives to be judged exactly."""
        self.bank.roll(now_ns)
        if now_ns < self._now_ns:  # what was in the past may lie ahead now, and watermarks go back
            self._dirty.update(self._tracks)
            self.stir(self._numbers)
        self._now_ns = now_ns
        self._look_at_sole(now_ns)
        for column in list(self._dirty):
            self._look(self._tracks[column], now_ns)
        self._previous = self.bank.watermarks.copy()
        self.bank.advance(self._watermarks(now_ns))
        for track in self._new:
            track.begun_ns = now_ns
            self._facts.begun[track.column] = now_ns
        self._new.clear()
        self._catch_up_with_schedules()
        self._watch_over.advance(self.bank.watermarks)
        if len(self.slos) <= self._few:
            yield from range(len(self.slos))
            return
        screen = self._watch()
        self._outline.follow(self._tracks)
        stirred = screen.stirred(now_ns, self._facts, self._watch_over.codes())
        yield from (int(at) for at in stirred)

    def figures(self) -> Figures | None:
        """Of the newest tick; None where all are judged exactly at every one."""
        return None if self._screen is None or len(self.slos) <= self._few else self._screen.figures

    def previous_ns(self, track: Track) -> int | None:
        """The watermark at the tick before."""
        mark = int(self._previous[track.column])
        return None if mark == NEVER else mark

    def signs(self, slo: str) -> Signs:
        return self._watch_over.signs(slo, self._on[slo].expectation)

    def wake(self, slo: str, watermark_ns: int | None) -> None:
        """From this watermark on the objective is judged exactly at every tick."""
        if self._screen is not None:
            self._screen.wake[self._numbers[slo]] = np.iinfo(np.int64).max if watermark_ns is None else watermark_ns

    def stir(self, slos: Iterable[str]) -> None:
        """These are judged exactly at the next tick."""
        if self._screen is not None:
            self._screen.stir({slo for slo in slos if slo in self._numbers})

    def _look_at_sole(self, now_ns: int) -> None:
        """Takes the marks that stand for themselves; what else there is to be seen of a track is left to `_look`."""
        facts, sole = self._facts, self._sole
        columns = np.fromiter(sole.keys(), np.intp, len(sole))
        marks = np.fromiter(sole.values(), np.int64, len(sole))
        plain = facts.filled[columns] & (marks <= now_ns + AHEAD_NS)
        facts.progress[columns[plain]] = marks[plain]
        self._dirty.update(columns[~plain].tolist())
        sole.clear()

    def _look(self, track: Track, now_ns: int) -> None:
        progress = track.progress_ns(now_ns)
        self._facts.progress[track.column] = NEVER if progress is None else progress
        self._facts.sources[track.column] = track.expectation.sources
        self._facts.filled[track.column] = track.filled
        self._facts.heard[track.column] = track.is_heard(now_ns)
        if not track.hurries(now_ns):
            self._dirty.discard(track.column)

    def _watermarks(self, now_ns: int) -> Ints:
        """Event time up to which each track is judged: now − horizon, held back to the readers' progress for at most
        the grace; after that time goes on and what is missing is unmeasured. It runs backwards only where the clock
        was set back so far that it would lie ahead."""
        facts = self._facts
        seen = np.minimum(now_ns, np.maximum(facts.progress, now_ns - facts.grace))
        marks = seen - self.bank.horizon_ns
        marks -= marks % facts.grain
        before = self.bank.watermarks
        judged = before != NEVER
        marks = np.where(judged & (before <= now_ns), np.maximum(marks, before), marks)
        # a source that has never reported holds back nobody for longer, once any other has or the track was judged
        marks = np.where((facts.progress == NEVER) & ~(facts.heard | (judged & facts.filled)), NEVER, marks)
        lost = (marks == NEVER) & (before != NEVER)
        self.bank.watermarks[lost] = NEVER
        return marks

    def _watch(self) -> Screen:
        old = self._screen
        if old is not None and not self._stale:
            return old
        rows = []
        for slo in self.slos:
            track = self._on[slo.name]
            patience = Patience.of(slo, track.expectation.round_ns)
            rows.append(Row(slo, track, lately(slo, track.expectation.round_ns), silence_ns(slo), patience))
        self._screen, self._stale = Screen(self.bank, rows, self._outline), False
        if old is not None:
            self._screen.inherit(old)
        return self._screen
