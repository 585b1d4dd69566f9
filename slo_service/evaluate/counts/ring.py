"""Counts of many tracks in slots of one width: a row a slot, a column a track, so that all of a slot lies together."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Columns = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

GOOD, BAD, OBSERVED = range(3)
NEVER: Final = int(np.iinfo(np.int64).min)  # an instant that has not come
NARROW: Final = 1 << 30  # counts beyond it need 64 bits
BLOCK: Final = 64  # slots that are saved together


class Ring:
    """The newest `rows` slots up to `newest`, by absolute number (instant ÷ width). A slot that is not among them is
    gone, or not there yet, and adds to nothing. Counts take 32 bits until one of them needs more. `dirty` are the
    numbers of the blocks of slots in which counts have changed since somebody cleared it."""

    def __init__(self, width_ns: int, rows: int, columns: int) -> None:
        self.width_ns, self.rows = width_ns, rows
        self.newest: int | None = None
        self.dirty: set[int] = set()
        self.counts: npt.NDArray[np.int32] | Ints = np.zeros((3, rows, columns), np.int32)

    @property
    def oldest_ns(self) -> int:
        """Start of the oldest kept slot."""
        return 0 if self.newest is None else (self.newest - self.rows + 1) * self.width_ns

    def roll(self, newest: int) -> None:
        """Makes room up to this slot; never goes back."""
        if self.newest is None:
            self.newest = newest  # nothing was added yet
        if newest - self.newest >= self.rows:
            self.counts[:] = 0
            self.newest = newest
        while self.newest < newest:
            self.newest += 1
            self.counts[:, self.newest % self.rows] = 0

    def add(self, slots: Ints, columns: Columns, differences: Ints) -> None:
        """`differences` is 3 × n. Slots that are not kept are left out."""
        if self.newest is None:
            return
        kept = (slots <= self.newest) & (slots > self.newest - self.rows)
        if not kept.all():
            slots, columns, differences = slots[kept], columns[kept], differences[:, kept]
        if not slots.size:
            return
        self._soil(slots)
        rows = slots % self.rows
        places = rows * self.counts.shape[2] + columns
        if self.counts.dtype != np.int64 and self._outgrows(places, differences):
            self._widen()
        for kind in range(3):  # numpy is many times quicker at one dimension and one type
            flat = self.counts[kind].reshape(-1)
            np.add.at(flat, places, differences[kind].astype(flat.dtype, copy=False))

    def _outgrows(self, places: Ints, differences: Ints) -> bool:
        """Whether any of these places, by number within a kind, may then hold a count that 32 bits are too few for."""
        steps = np.abs(differences)
        before = np.abs(self.counts.reshape(3, -1)[:, places].astype(np.int64))
        if before.max() + steps.sum() <= NARROW:
            return False
        _, back = np.unique(places, return_inverse=True)
        for kind in range(3):
            added = np.zeros(back.max() + 1, np.int64)
            np.add.at(added, back, steps[kind])
            if (before[kind] + added[back]).max() > NARROW:
                return True
        return False

    def _widen(self) -> None:
        self.counts = self.counts.astype(np.int64)

    def at(self, slots: Ints | int, columns: Columns) -> Ints:
        """3 × n: what each column holds in its slot; zero where that is not kept."""
        numbers = np.asarray(slots)
        if self.newest is None or not numbers.size:
            return np.zeros((3, columns.size), np.int64)
        low, high = int(numbers.min()), int(numbers.max())
        if low == high:
            found = self.counts[:, low % self.rows].take(columns, axis=1).astype(np.int64)
        else:
            found = self.counts[:, numbers % self.rows, columns].astype(np.int64)
        if high <= self.newest and low > self.newest - self.rows:
            return found
        kept = (numbers <= self.newest) & (numbers > self.newest - self.rows)
        return np.where(kept, found, 0)

    def between(self, first: int, end: int, columns: Columns | slice) -> Ints:
        """3 × n: sums over the kept slots from `first` to before `end`."""
        if self.newest is None:
            return np.zeros((3, self.counts[0, 0, columns].size), np.int64)
        first, end = max(first, self.newest - self.rows + 1), min(end, self.newest + 1)
        total = np.zeros((3, self.counts[0, 0, columns].size), np.int64)
        for low, high in self._stretches(first, end):
            total += self.counts[:, low:high, columns].sum(axis=1, dtype=np.int64)
        return total

    def series(self, first: int, end: int, column: int) -> tuple[Ints, Ints]:
        """(numbers, 3 × n counts) of one column's kept slots in the range, oldest first."""
        if self.newest is None:
            return np.zeros(0, np.int64), np.zeros((3, 0), np.int64)
        numbers = np.arange(max(first, self.newest - self.rows + 1), min(end, self.newest + 1), dtype=np.int64)
        return numbers, self.counts[:, numbers % self.rows, column].astype(np.int64)

    def put(self, slots: Ints, column: int, counts: Ints) -> None:
        """Replaces what is kept of these slots by 3 × n counts; a slot may come more than once and then adds up."""
        self.clear(slots, column)
        self.add(slots, np.full(slots.size, column, np.intp), counts)

    def put_many(self, slots: Ints, columns: Columns, counts: Ints) -> None:
        """The same for n slots of n columns."""
        if self.newest is None:
            return
        kept = (slots <= self.newest) & (slots > self.newest - self.rows)
        self.counts[:, slots[kept] % self.rows, columns[kept]] = 0
        self._soil(slots[kept])
        self.add(slots, columns, counts)

    def clear(self, slots: Ints, column: int) -> None:
        if self.newest is not None:
            kept = slots[(slots <= self.newest) & (slots > self.newest - self.rows)]
            self._soil(kept)
            self.counts[:, kept % self.rows, column] = 0

    # --- blocks -------------------------------------------------------------------------------------------------------

    def blocks(self) -> range:
        """Numbers of those that hold kept slots: the first slot ÷ BLOCK."""
        if self.newest is None:
            return range(0)
        return range((self.newest - self.rows + 1) // BLOCK, self.newest // BLOCK + 1)

    def block(self, number: int) -> npt.NDArray[np.int32] | Ints:
        """A copy of its counts, 3 × BLOCK × columns; zeros for slots that are not kept."""
        found = np.zeros((3, BLOCK, self.counts.shape[2]), self.counts.dtype)
        kept = self._kept(number)
        found[:, kept - number * BLOCK] = self.counts[:, kept % self.rows]
        return found

    def lay(self, number: int, columns: Columns, counts: npt.NDArray[np.signedinteger]) -> None:
        """Puts 3 × BLOCK × n counts of a block at these columns."""
        if counts.dtype == np.int64:
            self._widen()
        kept = self._kept(number)
        if not kept.size or not columns.size:
            return
        least, many = int(columns[0]), columns.size
        alike = np.array_equal(columns, np.arange(least, least + many))
        of: Columns | slice = slice(least, least + many) if alike else columns
        at = int(kept[0]) - number * BLOCK
        for low, high in self._stretches(int(kept[0]), int(kept[-1]) + 1):
            self.counts[:, low:high, of] = counts[:, at : at + high - low]
            at += high - low

    def _soil(self, slots: Ints) -> None:
        if slots.size:
            numbers = slots // BLOCK
            least = int(numbers.min())
            self.dirty.update((np.flatnonzero(np.bincount(numbers - least)) + least).tolist())

    def _kept(self, number: int) -> Ints:
        slots = np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.int64)
        newest = NEVER if self.newest is None else self.newest
        return slots[(slots <= newest) & (slots > newest - self.rows)] if newest != NEVER else slots[:0]

    def clear_since(self, first: int, columns: Columns) -> None:
        """The slots from this one on."""
        if self.newest is not None:
            slots = np.arange(max(first, self.newest - self.rows + 1), self.newest + 1, dtype=np.int64)
            self._soil(slots)
            self.counts[:, (slots % self.rows)[:, None], columns] = 0

    def empty(self, column: int) -> None:
        self.counts[:, :, column] = 0

    def grow(self, columns: int) -> None:
        have = self.counts.shape[2]
        if columns > have:
            grown = np.zeros((3, self.rows, columns), self.counts.dtype)  # takes no memory before it is written to
            grown[:, :, :have] = self.counts
            self.counts = grown

    def _stretches(self, first: int, end: int) -> list[tuple[int, int]]:
        """The same slots as ranges of rows."""
        if end <= first:
            return []
        low, count = first % self.rows, end - first
        if low + count <= self.rows:
            return [(low, low + count)]
        return [(low, self.rows), (0, low + count - self.rows)]
