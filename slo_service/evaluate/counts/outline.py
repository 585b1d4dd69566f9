"""The expectations of a bank's tracks as arrays: at the head and at each tail the straight line that holds there, so
that what a window should hold is two products and a difference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from slo_service.domain.indicator import Basis
from slo_service.domain.instant import floor_to
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.ring import NEVER, Ints
from slo_service.evaluate.counts.track import Track

Floats = npt.NDArray[np.float64]
EVENTS, CELLS, ALL_EVENTS = range(3)  # the last as if nothing were excluded
_FAR: Final = np.iinfo(np.int64).max


class Outline:
    """`slope` and `level` are kinds × (windows + 1) × columns; the last position is the head. Instants are taken from
    `epoch` of the column, so that floats keep their nanoseconds."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._shape = (0, 0)
        self.slope: Floats = np.zeros((3, 0, 0))
        self.level: Floats = np.zeros((3, 0, 0))
        self.epoch: Ints = np.zeros(0, np.int64)
        self.known: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._from: Ints = np.zeros(0, np.int64)  # the lines hold for watermarks in [from, until)
        self._until: Ints = np.zeros(0, np.int64)
        self.turns: Ints = np.zeros(0, np.int64)  # when the line at the head ends, as if nothing were excluded

    def redraw(self, tracks: Iterable[Track]) -> None:
        """For tracks whose expectation has changed."""
        self._fit()
        for track in tracks:
            self._until[track.column] = NEVER

    def follow(self, tracks: dict[int, Track]) -> None:
        """Draws anew what the watermarks have left. `tracks` by column."""
        self._fit()
        marks = self._bank.watermarks
        stale = (marks != NEVER) & ((marks >= self._until) | (marks < self._from))
        for column in np.flatnonzero(stale):
            if int(column) in tracks:
                self._draw(tracks[int(column)], int(marks[column]))

    def between(self, kind: int, starts: Ints, ends: Ints) -> Floats:
        """Expected from each window's start (windows × columns) to its end (columns)."""
        begin = self.level[kind, :-1] + self.slope[kind, :-1] * (starts - self.epoch)
        stop = self.level[kind, -1] + self.slope[kind, -1] * (ends - self.epoch)
        difference: Floats = stop - begin
        return difference

    def _fit(self) -> None:
        shape = (len(self._bank.windows), self._bank.columns)
        if shape == self._shape:
            return
        self._shape = shape
        self.slope, self.level = np.zeros((3, shape[0] + 1, shape[1])), np.zeros((3, shape[0] + 1, shape[1]))
        self.epoch, self.known = np.zeros(shape[1], np.int64), np.zeros(shape[1], np.bool_)
        self._from, self._until = np.full(shape[1], NEVER, np.int64), np.full(shape[1], NEVER, np.int64)
        self.turns = np.full(shape[1], _FAR, np.int64)

    def _draw(self, track: Track, watermark_ns: int) -> None:
        column, expectation = track.column, track.expectation
        self.known[column] = expectation.known
        self._from[column], self._until[column] = watermark_ns, _FAR
        self.turns[column] = _FAR
        if not expectation.known:
            self.slope[:, :, column] = self.level[:, :, column] = 0
            return
        self.epoch[column] = watermark_ns
        head = watermark_ns if track.key.basis is Basis.EVENTS else floor_to(watermark_ns, track.slice_ns)
        courses = (expectation.event_course, expectation.cell_course(track.key.cell_ns), expectation.whole_course)
        only = [course.only for course in courses]
        if all(only):
            self.slope[:, :, column] = [[float(line.slope)] for line in only if line is not None]
            self.level[:, :, column] = 0.0
            return
        _, following = expectation.whole_course.line(head)
        self.turns[column] = _FAR if following is None else following
        places = [*self._tails(column, watermark_ns), (head, 0)]
        for kind, course in enumerate(courses):
            base = course.at(watermark_ns)
            for position, (instant, later) in enumerate(places):
                line, following = course.line(instant)
                self.slope[kind, position, column] = float(line.slope)
                level = line.level + line.slope * (watermark_ns - line.since_ns) - base
                self.level[kind, position, column] = float(level)
                if following is not None:
                    self._until[column] = min(self._until[column], following + later)

    def _tails(self, column: int, watermark_ns: int) -> list[tuple[int, int]]:
        """(start, how much later the watermark is) of each window. A calendar's stays where it is until it ends."""
        found = []
        for at, window in enumerate(self._bank.windows):
            start = int(self._bank.tails[at, column]) * self._bank.ring_for(window).width_ns
            if window.calendar is None:
                found.append((start, window.length_ns))
                continue
            self._until[column] = min(self._until[column], window.end_ns(watermark_ns))
            found.append((start, _FAR // 2))
        return found
