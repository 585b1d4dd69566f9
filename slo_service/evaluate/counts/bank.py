"""Many tracks side by side: their slots in three widths, and one running sum a window and track, which moves by what
enters at the head, what leaves at the tail, and what is corrected in between; never by the length of the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slo_service.evaluate.counts.ring import NEVER, Bools, Columns, Ints, Ring
from slo_service.evaluate.counts.slots import SLACK_NS, Slots
from slo_service.evaluate.counts.window import Window


class Bank:
    """`horizon_ns` is how far the watermarks lie behind now at the least, `reach_ns` how far back windows go."""

    def __init__(self, slots: Slots, horizon_ns: int, patience_ns: int, reach_ns: int) -> None:
        """`patience_ns`: how much longer a watermark may be held back."""
        self.slots, self.horizon_ns, self.reach_ns = slots, horizon_ns, reach_ns
        slack = 2 * SLACK_NS + patience_ns
        reaches = {slots.fine_ns: max(slots.fine_reach_ns, slots.coarse_ns)}
        for width, reach in ((slots.middle_ns, min(slots.middle_reach_ns, reach_ns)), (slots.coarse_ns, reach_ns)):
            reaches[width] = max(reach, reaches.get(width, 0))
        self._rings = {width: Ring(width, _rows(reach + slack, width), 0) for width, reach in reaches.items()}
        self.fine = self._rings[slots.fine_ns]
        self.windows: list[Window] = []
        self._numbers: dict[Window, int] = {}
        self._lengths: Ints = np.zeros(0, np.int64)
        self._widths: Ints = np.zeros(0, np.int64)
        self.sums: Ints = np.zeros((3, 0, 0), np.int64)
        self.tails: Ints = np.zeros((0, 0), np.int64)  # number of the first slot inside, of the window's own width
        self.heads: Ints = np.zeros(0, np.int64)  # number of the first fine slot beyond
        self.watermarks: Ints = np.full(0, NEVER, np.int64)
        self._ahead: list[tuple[int, Ints, Columns, Ints]] = []  # from its first slot on
        self._rolled_ns: int | None = None
        self._free: list[int] = []
        self.emptied: set[int] = set()  # columns, since somebody cleared it

    @property
    def rings(self) -> Sequence[Ring]:
        return tuple(self._rings.values())

    @property
    def columns(self) -> int:
        return self.heads.size

    def ring_for(self, window: Window) -> Ring:
        return self._rings[self._width(window)]

    def _width(self, window: Window) -> int:
        return self.slots.coarse_ns if window.calendar is not None else self.slots.width_for(window.length_ns)

    # --- shape --------------------------------------------------------------------------------------------------------

    def reserve(self, columns: int) -> None:
        """Room for so many more tracks at once."""
        have, size = self.columns, self.columns + max(0, columns - len(self._free))
        if size == have:
            return
        if have:  # all counts are copied, so that those that come one by one must not each do so
            size = max(size, have + have // 8)
        for ring in self._rings.values():
            ring.grow(size)
        more = size - have
        self.sums = np.concatenate([self.sums, np.zeros((3, len(self.windows), more), np.int64)], axis=2)
        self.tails = np.concatenate([self.tails, np.zeros((len(self.windows), more), np.int64)], axis=1)
        self.heads = np.concatenate([self.heads, np.zeros(more, np.int64)])
        self.watermarks = np.concatenate([self.watermarks, np.full(more, NEVER, np.int64)])
        self._free += range(size - 1, have - 1, -1)

    def take(self) -> int:
        """An empty column."""
        if not self._free:
            self.reserve(max(1, self.columns // 8))
        return self._free.pop()

    def give_back(self, column: int) -> None:
        self.empty(column)
        self._free.append(column)

    def empty(self, column: int) -> None:
        self.emptied.add(column)
        for ring in self._rings.values():
            ring.empty(column)
        self.sums[:, :, column] = 0
        self.watermarks[column] = NEVER
        for _, _, columns, differences in self._ahead:
            differences[:, columns == column] = 0

    def empty_many(self, columns: Columns) -> None:
        """The same for all of these, which is quicker than one by one."""
        of = self._these(columns)
        self.emptied.update(columns.tolist())
        for ring in self._rings.values():
            ring.counts[:, :, of] = 0
        self.sums[:, :, of] = 0
        self.watermarks[of] = NEVER
        for _, _, ahead, differences in self._ahead:
            differences[:, np.isin(ahead, columns)] = 0

    def index_of(self, window: Window) -> int:
        """Where the sums of this window are; from now on it is summed."""
        if window not in self._numbers:
            self._numbers[window] = len(self.windows)
            self.windows.append(window)
            self._lengths = np.append(self._lengths, window.length_ns)
            self._widths = np.append(self._widths, self._width(window))
            self.sums = np.concatenate([self.sums, np.zeros((3, 1, self.columns), np.int64)], axis=1)
            self.tails = np.concatenate([self.tails, np.zeros((1, self.columns), np.int64)])
            judged = np.flatnonzero(self.watermarks != NEVER)
            if judged.size:
                at = len(self.windows) - 1
                self.tails[at, judged] = self._tails(np.array([at]), self.watermarks[judged])[0]
                self._resum(at, judged)
        return self._numbers[window]

    # --- counts -------------------------------------------------------------------------------------------------------

    def roll(self, now_ns: int) -> None:
        """Makes room for the present, and takes in what came ahead of it."""
        self._rolled_ns = now_ns if self._rolled_ns is None else max(now_ns, self._rolled_ns)
        newest_ns = now_ns - self.horizon_ns + SLACK_NS
        for ring in self._rings.values():
            if ring.newest is None or newest_ns // ring.width_ns > ring.newest:
                ring.roll(newest_ns // ring.width_ns)
        if any(first <= newest_ns // self.slots.fine_ns for first, *_ in self._ahead):
            waiting, self._ahead = self._ahead, []
            for _, slots, columns, differences in waiting:
                self.add(slots, columns, differences)

    def rewind(self, now_ns: int) -> bool:
        """Whether the clock was set back so far that windows reach beyond what is kept; then nothing is kept any more,
        and all is to be read anew."""
        if self._rolled_ns is None or now_ns >= self._rolled_ns - SLACK_NS:
            return False
        marks = self.watermarks.copy()
        self.empty_many(np.arange(self.columns))
        self.watermarks[:] = marks
        self._ahead.clear()
        for ring in self._rings.values():
            ring.newest = None
        self._rolled_ns = None
        self.roll(now_ns)
        return True

    def add(self, slots: Ints, columns: Columns, differences: Ints) -> None:
        """Adds 3 × n differences to fine slots, to the coarser ones they lie in, and to every sum that holds them."""
        if self.fine.newest is None:
            raise RuntimeError("a bank is rolled to the present before anything is added")
        early = slots > self.fine.newest
        if early.any():
            self._ahead.append((int(slots[early].min()), slots[early], columns[early], differences[:, early]))
            slots, columns, differences = slots[~early], columns[~early], differences[:, ~early]
        starts = slots * self.slots.fine_ns
        for ring in self._rings.values():
            ring.add(starts // ring.width_ns, columns, differences)
        inside = (slots < self.heads[columns]) & (self.watermarks[columns] != NEVER)
        for at, window in enumerate(self.windows):
            held = inside & (starts // self._width(window) >= self.tails[at, columns])
            if held.any():
                for kind in range(3):
                    np.add.at(self.sums[kind, at], columns[held], differences[kind, held])

    def put(self, width_ns: int, slots: Ints, column: int, counts: Ints) -> None:
        """Replaces slots of one width; the sums are wrong until `resum`."""
        self._rings[width_ns].put(slots, column, counts)

    def put_many(self, width_ns: int, slots: Ints, columns: Columns, counts: Ints) -> None:
        """The same for n slots of n columns."""
        self._rings[width_ns].put_many(slots, columns, counts)

    def postpone(self, slots: Ints, columns: Columns, counts: Ints) -> None:
        """Of fine slots that were put together with coarser ones: those that lie ahead count when their time comes, and
        not before as parts of the coarser ones."""
        early = slots > (NEVER if self.fine.newest is None else self.fine.newest)
        if early.any():
            slots, columns, counts = slots[early], columns[early], counts[:, early]
            for ring in self._rings.values():
                if ring is not self.fine:
                    ring.add(slots * self.fine.width_ns // ring.width_ns, columns, -counts)
            self._ahead.append((int(slots.min()), slots, columns, counts))

    @property
    def waiting(self) -> set[int]:
        """Columns of which something lies ahead."""
        return {int(column) for _, _, columns, counts in self._ahead for column in columns[counts.any(axis=0)]}

    def resum(self, columns: Columns) -> None:
        """Sums these tracks anew from their slots."""
        judged = columns[self.watermarks[columns] != NEVER]
        for at in range(len(self.windows)):
            self._resum(at, judged)

    def advance_one(self, column: int, watermark_ns: int) -> None:
        marks = np.full(self.columns, NEVER, np.int64)
        marks[column] = watermark_ns
        self.advance(marks)

    # --- time ---------------------------------------------------------------------------------------------------------

    def advance(self, watermarks: Ints) -> None:
        """Moves every window to its track's watermark; `NEVER` leaves a track as it is."""
        moving = np.flatnonzero((watermarks != NEVER) & (watermarks != self.watermarks))
        if not moving.size:
            return
        marks = watermarks[moving]
        heads = -(-marks // self.slots.fine_ns)
        steps = heads - self.heads[moving]
        afresh: Bools = (self.watermarks[moving] == NEVER) | (steps < 0) | (steps > SLACK_NS // self.slots.fine_ns // 2)
        going = moving[~afresh]
        target = heads[~afresh]
        while (late := self.heads[going] < target).any():
            going, target = going[late], target[late]
            of = self._these(going)
            self.sums[:, :, of] += self.fine.at(self.heads[going], going)[:, None, :]
            self.heads[going] += 1
        of = self._these(moving)
        self.heads[of], self.watermarks[of] = heads, marks
        tails = self._tails(np.arange(len(self.windows)), marks)
        moved = (tails != self.tails[:, of]) | afresh
        for at in np.flatnonzero(moved.any(axis=1)):
            self._follow(int(at), moving[moved[at]], tails[at, moved[at]], afresh[moved[at]])

    def _these(self, columns: Columns) -> Columns | slice:
        """The same, ascending ones in the form in which numpy is quickest."""
        return slice(None) if columns.size == self.columns else columns

    def _follow(self, at: int, moving: Columns, tails: Ints, afresh: Bools) -> None:
        ring = self.ring_for(self.windows[at])
        steps = tails - self.tails[at, moving]
        leap = afresh | (steps < 0) | (steps > max(1, SLACK_NS // ring.width_ns // 2))
        going, target = moving[~leap], tails[~leap]
        while (late := self.tails[at, going] < target).any():
            going, target = going[late], target[late]
            self.sums[:, at, self._these(going)] -= ring.at(self.tails[at, going], going)
            self.tails[at, going] += 1
        self.tails[at, moving] = tails
        if leap.any():
            self._resum(at, moving[leap])

    def _tails(self, windows: Columns, marks: Ints) -> Ints:
        """Numbers of the first slots inside: windows × marks."""
        tails = np.empty((windows.size, marks.size), np.int64)
        for row, at in enumerate(windows.tolist()):
            width, starts = int(self._widths[at]), marks - self._lengths[at]
            if self.windows[at].calendar is not None:
                unique, back = np.unique(marks, return_inverse=True)
                starts = np.array([self.windows[at].start_ns(int(mark)) for mark in unique], np.int64)[back]
            np.floor_divide(starts, width, out=tails[row])  # many times quicker by one divisor than by many
        return tails

    def starts(self) -> Ints:
        """Instants at which the windows begin: windows × columns."""
        return self.tails * self._widths[:, None]

    def _resum(self, at: int, columns: Columns) -> None:
        ring, fine = self.ring_for(self.windows[at]), self.fine
        tails, heads = self.tails[at, columns], self.heads[columns]
        for tail, head in set(zip(tails.tolist(), heads.tolist(), strict=True)):
            alike = columns[(tails == tail) & (heads == head)]
            of = self._these(alike)
            self.sums[:, at, of] = self._sum(ring, fine, tail, head, of)

    def _sum(self, ring: Ring, fine: Ring, tail: int, head: int, columns: Columns | slice) -> Ints:
        """From the slot `tail` of the ring to before the fine slot `head`."""
        whole = head * fine.width_ns // ring.width_ns
        if whole <= tail:
            return fine.between(-(-tail * ring.width_ns // fine.width_ns), head, columns)
        rest = fine.between(-(-whole * ring.width_ns // fine.width_ns), head, columns)
        return ring.between(tail, whole, columns) + rest

    def sum(self, column: int, window: Window, watermark_ns: int) -> tuple[int, Ints]:
        """(start, three sums) of any window of a track that ends at any instant; as slow as the window is long."""
        ring = self.ring_for(window)
        tail = window.start_ns(watermark_ns) // ring.width_ns
        head = -(-watermark_ns // self.slots.fine_ns)
        return tail * ring.width_ns, self._sum(ring, self.fine, tail, head, np.array([column]))[:, 0]


def _rows(reach_ns: int, width_ns: int) -> int:
    return -(-reach_ns // width_ns) + 2
