"""The newest slots of many columns, against a plain dictionary of counts."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.evaluate.counts.ring import BLOCK, NARROW, Ring

ROWS, COLUMNS, START = 2 * BLOCK + 3, 3, 10 * BLOCK
EVERY = np.arange(COLUMNS)
SLOTS = st.integers(START - 3 * BLOCK, START + 3 * BLOCK)
COLUMN = st.integers(0, COLUMNS - 1)
COUNTS = st.tuples(st.integers(-5, 9), st.integers(-5, 9), st.integers(0, 2))
CELLS = st.lists(st.tuples(SLOTS, COLUMN, COUNTS), max_size=5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("roll"), st.integers(0, BLOCK)),
        st.tuples(st.just("add"), CELLS),
        st.tuples(st.just("put"), CELLS),
        st.tuples(st.just("put_many"), CELLS),
        st.tuples(st.just("clear_since"), SLOTS),
        st.tuples(st.just("empty"), COLUMN),
    ),
    max_size=8,
)


class Plain:
    """By slot and column; what is not kept is forgotten."""

    def __init__(self) -> None:
        self.newest = START
        self.cells: dict[tuple[int, int], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        self.touched: set[int] = set()

    def keeps(self, slot: int) -> bool:
        return self.newest - ROWS < slot <= self.newest

    def set(self, slot: int, column: int, counts: tuple[int, int, int]) -> None:
        if self.keeps(slot):
            self.cells[slot, column] = counts
            self.touched.add(slot // BLOCK)

    def add(self, slot: int, column: int, counts: tuple[int, int, int]) -> None:
        good, bad, observed = self.cells[slot, column] if self.keeps(slot) else (0, 0, 0)
        self.set(slot, column, (good + counts[0], bad + counts[1], observed + counts[2]))

    def roll(self, newest: int) -> None:
        self.newest = max(newest, self.newest)
        for slot, column in [each for each in self.cells if not self.keeps(each[0])]:
            del self.cells[slot, column]

    def sums(self, first: int, end: int, column: int) -> list[int]:
        return [sum(self.cells[slot, column][kind] for slot in range(first, end)) for kind in range(3)]


def arrays(cells: list[tuple[int, int, tuple[int, int, int]]]):
    counts = np.array([each for _, _, each in cells], np.int64).reshape(-1, 3).T
    return np.array([s for s, _, _ in cells], np.int64), np.array([c for _, c, _ in cells], np.intp), counts


def roll(ring: Ring, plain: Plain, further: int) -> None:
    ring.roll(plain.newest + further)
    plain.roll(plain.newest + further)


def add(ring: Ring, plain: Plain, cells) -> None:
    ring.add(*arrays(cells))
    for cell in cells:
        plain.add(*cell)


def put(ring: Ring, plain: Plain, cells) -> None:
    slots, _, counts = arrays(cells)
    ring.put(slots, 1, counts)
    for slot, _, _ in cells:
        plain.set(slot, 1, (0, 0, 0))
    for slot, _, each in cells:
        plain.add(slot, 1, each)


def put_many(ring: Ring, plain: Plain, cells) -> None:
    ring.put_many(*arrays(cells))
    for slot, column, _ in cells:
        plain.set(slot, column, (0, 0, 0))
    for cell in cells:
        plain.add(*cell)


def clear_since(ring: Ring, plain: Plain, first: int) -> None:
    ring.clear_since(first, EVERY[:2])
    for slot in range(max(first, plain.newest - ROWS + 1), plain.newest + 1):
        for column in (0, 1):
            plain.set(slot, column, (0, 0, 0))


def empty(ring: Ring, plain: Plain, column: int) -> None:
    ring.empty(column)
    for slot, of in [each for each in plain.cells if each[1] == column]:
        del plain.cells[slot, of]


DO = {each.__name__: each for each in (roll, add, put, put_many, clear_since, empty)}


@given(STEPS, SLOTS, SLOTS)
@settings(max_examples=60)
def test_a_ring_holds_what_was_added_to_its_newest_slots(steps, first: int, end: int) -> None:
    ring, plain = Ring(10, ROWS, COLUMNS), Plain()
    ring.roll(START)
    for what, with_ in steps:
        DO[what](ring, plain, with_)
    assert ring.newest == plain.newest
    assert ring.oldest_ns == (plain.newest - ROWS + 1) * 10
    assert ring.between(first, end, EVERY).T.tolist() == [plain.sums(first, end, each) for each in range(COLUMNS)]
    assert ring.at(first, EVERY).T.tolist() == [list(plain.cells[first, each]) for each in range(COLUMNS)]
    each_its_own = np.array([first, end, plain.newest])
    assert ring.at(each_its_own, EVERY).T.tolist() == [
        list(plain.cells[int(slot), column]) for column, slot in enumerate(each_its_own)
    ]
    numbers, counts = ring.series(first, end, 2)
    assert numbers.tolist() == [slot for slot in range(first, end) if plain.keeps(slot)]
    assert counts.T.tolist() == [list(plain.cells[slot, 2]) for slot in numbers.tolist()]
    assert plain.touched <= ring.dirty


@given(STEPS)
@settings(max_examples=30)
def test_blocks_taken_from_one_ring_and_laid_into_another_make_it_the_same(steps) -> None:
    ring, plain = Ring(10, ROWS, COLUMNS), Plain()
    ring.roll(START)
    for what, with_ in steps:
        DO[what](ring, plain, with_)
    assert list(ring.blocks()) == sorted({slot // BLOCK for slot in range(plain.newest - ROWS + 1, plain.newest + 1)})
    for columns in (EVERY, EVERY[::-1], EVERY[1:], np.array([0, 2])):
        copy = Ring(10, ROWS, COLUMNS)
        copy.roll(plain.newest)
        for number in ring.blocks():
            copy.lay(number, columns, ring.block(number)[:, :, columns])
        for column in range(COLUMNS):
            wanted = plain.sums(plain.newest - ROWS, plain.newest + 1, column) if column in columns else [0, 0, 0]
            assert copy.between(0, plain.newest + 1, np.array([column]))[:, 0].tolist() == wanted
            assert column not in columns or np.array_equal(
                copy.series(0, plain.newest + 1, column)[1], ring.series(0, plain.newest + 1, column)[1]
            )


def test_a_ring_that_was_never_rolled_holds_nothing() -> None:
    ring = Ring(10, ROWS, COLUMNS)
    ring.add(*arrays([(5, 0, (1, 1, 1))]))
    ring.put_many(*arrays([(5, 0, (1, 1, 1))]))
    ring.clear(np.array([5]), 0)
    ring.clear_since(0, EVERY)
    assert (ring.oldest_ns, ring.newest, list(ring.blocks()), ring.dirty) == (0, None, [], set())
    assert ring.between(0, 9, EVERY).tolist() == ring.at(5, EVERY).tolist() == [[0] * COLUMNS] * 3
    assert [part.size for part in ring.series(0, 9, 0)] == [0, 0]


def test_counts_take_as_many_bits_as_they_need() -> None:
    ring = Ring(10, ROWS, COLUMNS)
    ring.roll(START)
    slots, columns, counts = arrays([(START, 0, (NARROW - 1, 0, 0))])
    ring.add(slots, columns, counts)
    ring.add(*arrays([(START, 1, (1, 0, 0)), (START, 0, (1, 0, 0))]))
    assert ring.counts.dtype == np.int32
    ring.add(*arrays([(START, 0, (1, 0, 0))]))
    assert ring.counts.dtype == np.int64
    assert ring.at(START, EVERY)[0].tolist() == [NARROW + 1, 1, 0]
