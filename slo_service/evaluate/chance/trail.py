"""Counts of many partitions in slices, and their sums over each one's trailing window, moved on together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

GOOD, BAD, OBSERVED = 0, 1, 2
_NARROW_LIMIT = 2**31 - 1


class Trails:
    """A ring of slices for each row; rows of one track share its window [tail, head). Slices are numbered by their
    start ÷ width. Kept are the newest `slots` of a track: what is older is gone, and adds to nothing.

    `sums` (3 × capacity) are good, bad and observed within the window; `seen`, of the same shape, all that ever came
    under the head. Columns beyond `rows` are spare."""

    def __init__(self, tracks: int, slots: int) -> None:
        self.rows = 0
        self.track_of: Integers = np.zeros(0, np.int64)
        self.sums: Integers = np.zeros((3, 0), np.int64)
        self.seen: Integers = np.zeros((3, 0), np.int64)
        self._slots = slots
        self._counts: npt.NDArray[np.signedinteger] = np.zeros((3, slots, 0), np.int32)
        self._placed: Flags = np.zeros(tracks, bool)
        self._end: Integers = np.zeros(tracks, np.int64)  # one past the newest slice that is kept
        self._tail: Integers = np.zeros(tracks, np.int64)
        self._head: Integers = np.zeros(tracks, np.int64)

    def row(self, track: int) -> int:
        """A new row of this track."""
        if self.rows == len(self.track_of):
            more = max(64, self.rows)
            self.track_of = np.pad(self.track_of, (0, more))
            self.sums = np.pad(self.sums, ((0, 0), (0, more)))
            self.seen = np.pad(self.seen, ((0, 0), (0, more)))
            self._counts = np.pad(self._counts, ((0, 0), (0, 0), (0, more)))
        self.track_of[self.rows] = track
        self.rows += 1
        return self.rows - 1

    def add(self, rows: Integers, slices: Integers, counts: Integers) -> None:
        """Adds differences (3 × n) to n rows at these slices, also several to one; negative ones are corrections."""
        tracks = self.track_of[rows]
        end = np.where(self._placed, self._end, 0)
        np.maximum.at(end, tracks, slices + 1)
        self._extend(np.unique(tracks), end)
        kept = slices >= self._end[tracks] - self._slots
        rows, slices, counts, tracks = rows[kept], slices[kept], counts[:, kept], tracks[kept]
        if not len(rows):
            return
        at = slices % self._slots
        self._make_room(rows, at, counts)
        inside = (slices >= self._tail[tracks]) & (slices < self._head[tracks])
        for kind, each in enumerate(counts):
            np.add.at(self._counts[kind], (at, rows), each)
            np.add.at(self.sums[kind], rows[inside], each[inside])
            np.add.at(self.seen[kind], rows[inside], each[inside])

    def advance(self, tracks: Integers, tails: Integers, heads: Integers) -> None:
        """Moves the windows of these distinct tracks. A head that goes back (a clock was set) forgets the track."""
        back = self._placed[tracks] & (heads < self._head[tracks])
        self._forget(tracks[back])
        end = self._end.copy()
        end[tracks] = heads  # an end never goes back
        self._extend(tracks, end)
        tail, head = self._tail.copy(), self._head.copy()
        tail[tracks] = np.maximum(tails, self._end[tracks] - self._slots)
        head[tracks] = heads
        self._move(tracks[(tail != self._tail)[tracks] | (head != self._head)[tracks]], tail, head)

    def widen(self, slots: int) -> None:
        """Keeps at least so many slices a row from now on."""
        if slots <= self._slots:
            return
        wide = np.zeros((3, slots, len(self.track_of)), self._counts.dtype)
        ends, rows = self._end[self.track_of], np.arange(len(self.track_of))
        for back in range(1, self._slots + 1):
            wide[:, (ends - back) % slots, rows] = self._counts[:, (ends - back) % self._slots, rows]
        self._counts, self._slots = wide, slots

    def rows_of(self, tracks: Integers) -> Integers:
        wanted = np.zeros(len(self._end), bool)
        wanted[tracks] = True
        return np.flatnonzero(wanted[self.track_of[: self.rows]])

    def _make_room(self, rows: Integers, at: Integers, counts: Integers) -> None:
        if self._counts.dtype == np.int64:
            return
        highest = int(np.abs(self._counts[:, at, rows]).max()) + int(np.abs(counts).max() * np.bincount(rows).max())
        if highest > _NARROW_LIMIT:
            self._counts = self._counts.astype(np.int64)

    def _forget(self, tracks: Integers) -> None:
        if not len(tracks):
            return
        rows = self.rows_of(tracks)
        self._counts[:, :, rows] = 0
        self.sums[:, rows] = 0
        self._placed[tracks] = False

    def _extend(self, tracks: Integers, ends: Integers) -> None:
        """Makes room for slices up to `ends` (of all tracks), after what must make room has left the window."""
        new = tracks[~self._placed[tracks]]
        self._end[new] = ends[new]
        self._tail[new] = self._head[new] = ends[new] - self._slots
        self._placed[new] = True
        tracks = tracks[ends[tracks] > self._end[tracks]]
        if not len(tracks):
            return
        start = ends - self._slots
        self._move(tracks, np.maximum(self._tail, start), np.maximum(self._head, start))
        rows = self.rows_of(tracks)
        track = self.track_of[rows]
        since, until = np.maximum(self._end, start)[track], ends[track]
        for step in range(int((until - since).max(initial=0))):
            due = since + step < until
            self._counts[:, (since[due] + step) % self._slots, rows[due]] = 0
        self._end[tracks] = ends[tracks]

    def _move(self, tracks: Integers, tail: Integers, head: Integers) -> None:
        if not len(tracks):
            return
        rows = self.rows_of(tracks)
        track = self.track_of[rows]
        entered = self._between(rows, self._head[track], head[track])
        self.sums[:, rows] += entered - self._between(rows, self._tail[track], tail[track])
        self.seen[:, rows] += entered
        self._tail[tracks], self._head[tracks] = tail[tracks], head[tracks]

    def _between(self, rows: Integers, since: Integers, until: Integers) -> Integers:
        """Sums of the kept slices from one to before the other; negative where the other comes first."""
        sign = np.where(until < since, -1, 1)
        low, high = np.minimum(since, until), np.maximum(since, until)
        total: Integers = np.zeros((3, len(rows)), np.int64)
        for step in range(int((high - low).max(initial=0))):
            due = low + step < high
            total[:, due] += self._counts[:, (low[due] + step) % self._slots, rows[due]]
        return total * sign
