"""Which slots a ring keeps, in how many bits, and which blocks of them changed."""

from __future__ import annotations

import numpy as np
import pytest

from slo_service.evaluate.counts.ring import BLOCK, NARROW, Ring


@pytest.mark.parametrize("steps", [[NARROW // 2, NARROW // 2], [-NARROW, 0], [1, NARROW - 1]])
def test_a_ring_stays_narrow_while_all_that_comes_fits(steps: list[int]) -> None:
    ring = Ring(10, 4, 2)
    ring.roll(9)
    for step in steps:
        ring.add(np.array([9, 9]), np.array([0, 1]), np.array([[step, 0], [0, step], [step, step]]))
    assert ring.counts.dtype == np.int32
    ring.add(np.array([9]), np.array([0]), np.array([[1 if sum(steps) > 0 else -1], [0], [0]]))
    assert ring.counts.dtype == np.int64
    assert ring.at(9, np.array([0, 1]))[2].tolist() == [sum(steps)] * 2


def test_several_that_fall_into_one_slot_are_too_many_together() -> None:
    ring = Ring(10, 4, 2)
    ring.roll(9)
    half = NARROW // 2 + 1
    ring.add(np.array([9, 9]), np.array([0, 1]), np.full((3, 2), half))
    assert ring.counts.dtype == np.int32
    ring = Ring(10, 4, 2)
    ring.roll(9)
    ring.add(np.array([9, 9]), np.array([1, 1]), np.array([[0, 0], [0, 0], [half, half]]))
    assert ring.counts.dtype == np.int64
    assert ring.at(9, np.array([1]))[:, 0].tolist() == [0, 0, 2 * half]


@pytest.mark.parametrize(("count", "bits"), [(7, np.int32), (1 << 40, np.int64)])
def test_a_block_has_as_many_bits_as_its_ring_and_a_ring_that_takes_it_gets_them(count: int, bits: type) -> None:
    ring, other = Ring(10, 2 * BLOCK, 3), Ring(10, 2 * BLOCK, 3)
    for each in (ring, other):
        each.roll(5 * BLOCK)
    other.add(np.array([5 * BLOCK - 1]), np.array([0]), np.array([[1], [2], [3]]))
    ring.add(np.array([5 * BLOCK - 1]), np.array([2]), np.array([[count], [0], [count + 1]]))
    block = ring.block(4)
    assert (block.dtype, block.shape) == (bits, (3, BLOCK, 3))
    assert block[:, -1].T.tolist() == [[0, 0, 0], [0, 0, 0], [count, 0, count + 1]]
    block[:] = 5
    assert ring.at(5 * BLOCK - 1, np.array([2]))[0].tolist() == [count]  # it is a copy
    other.lay(4, np.array([1, 2]), ring.block(4)[:, :, 1:])
    assert other.counts.dtype == bits
    assert other.at(5 * BLOCK - 1, np.arange(3)).T.tolist() == [[1, 2, 3], [0, 0, 0], [count, 0, count + 1]]


def test_blocks_that_are_not_kept_are_empty_and_leave_all_as_it_is() -> None:
    ring = Ring(10, BLOCK, 2)
    assert ring.block(4).tolist() == np.zeros((3, BLOCK, 2)).tolist()
    ring.roll(5 * BLOCK + 9)
    assert list(ring.blocks()) == [4, 5]
    everything = np.full((3, BLOCK, 2), 8, np.int32)
    for number in (3, 6):
        ring.lay(number, np.arange(2), everything)
        assert not ring.block(number).any()
    ring.lay(5, np.zeros(0, np.intp), everything[:, :, :0])
    assert not ring.counts.any()
    ring.lay(4, np.arange(2), everything)
    ring.lay(5, np.arange(2), everything)
    assert (ring.block(4)[0, :, 0] == 8).tolist() == [at >= 10 for at in range(BLOCK)]
    assert (ring.block(5)[0, :, 0] == 8).tolist() == [at < 10 for at in range(BLOCK)]


def test_only_the_blocks_that_changed_are_dirty() -> None:
    ring = Ring(10, 4 * BLOCK, 2)
    ring.roll(8 * BLOCK)
    first = 5 * BLOCK
    ring.add(np.array([first, 7 * BLOCK, 99 * BLOCK]), np.zeros(3, np.intp), np.ones((3, 3), np.int64))
    assert ring.dirty == {5, 7}
    ring.dirty.clear()
    ring.add(np.array([99 * BLOCK]), np.zeros(1, np.intp), np.ones((3, 1), np.int64))
    ring.clear(np.array([99 * BLOCK]), 0)
    assert ring.dirty == set()
    ring.clear(np.array([6 * BLOCK - 1]), 0)
    ring.put(np.array([8 * BLOCK]), 1, np.ones((3, 1), np.int64))
    assert ring.dirty == {5, 8}
    ring.dirty.clear()
    ring.put_many(np.array([6 * BLOCK, 0]), np.array([0, 1]), np.ones((3, 2), np.int64))
    assert ring.dirty == {6}
    ring.dirty.clear()
    ring.clear_since(7 * BLOCK - 1, np.array([1]))
    assert ring.dirty == {6, 7, 8}
    assert ring.counts.sum(axis=(1, 2)).tolist() == [3, 3, 3]


@pytest.mark.parametrize("ago", [0, 1, 3, 4, -1])
def test_a_ring_keeps_its_newest_slots_and_no_other(ago: int) -> None:
    ring, slot = Ring(10, 4, 1), np.array([50 - ago])
    ring.roll(50)
    one, kept = np.ones((3, 1), np.int64), 0 <= ago < 4
    ring.add(slot, np.zeros(1, np.intp), one)
    assert ring.at(slot, np.zeros(1, np.intp)).tolist() == ring.at(50 - ago, np.zeros(1, np.intp)).tolist()
    assert ring.at(slot, np.zeros(1, np.intp))[:, 0].tolist() == [int(kept)] * 3
    ring.put(slot, 0, 7 * one)
    assert ring.between(40, 60, slice(None))[:, 0].tolist() == [7 * kept] * 3
    assert ring.between(50 - ago, 51 - ago, np.zeros(1, np.intp))[:, 0].tolist() == [7 * kept] * 3
    assert (ring.oldest_ns, ring.series(0, 99, 0)[0].tolist()) == (470, [47, 48, 49, 50])
    ring.roll(51)
    assert ring.between(40, 60, slice(None))[0, 0] == 7 * (kept and ago < 3)
    ring.roll(55)
    assert not ring.counts.any()


def test_room_for_more_columns_keeps_those_that_were_there_and_never_shrinks() -> None:
    ring = Ring(10, 4, 2)
    ring.roll(9)
    ring.add(np.array([9]), np.array([1]), np.array([[1 << 40], [2], [3]]))
    for columns in (3, 2, 3):
        ring.grow(columns)
        assert ring.counts.shape == (3, 4, 3)
    assert ring.counts.dtype == np.int64
    assert ring.at(9, np.arange(3)).T.tolist() == [[0, 0, 0], [1 << 40, 2, 3], [0, 0, 0]]
