"""Counts of many partitions over trailing windows, against a plain list of everything that came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from slo_service.evaluate.chance.trail import Trails

LIMIT = 2**31 - 1


def numbers(*given: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(given, np.int64)


def one_row(slots: int = 4) -> Trails:
    trails = Trails(1, slots)
    trails.row(0)
    return trails


def add(trails: Trails, at: int, good: int = 0, bad: int = 0, observed: int = 0, row: int = 0) -> None:
    trails.add(numbers(row), numbers(at), np.array([[good], [bad], [observed]], np.int64))


def move(trails: Trails, tail: int, head: int, track: int = 0) -> None:
    trails.advance(numbers(track), numbers(tail), numbers(head))


def shown(trails: Trails, row: int = 0) -> list[int]:
    return [int(each) for each in trails.sums[:, row]]


@dataclass
class Plain:
    """The same of one track, slice by slice."""

    slots: int
    cells: dict[tuple[int, int, int], int] = field(default_factory=Counter)
    end: int | None = None
    tail: int = 0
    head: int = 0

    def add(self, row: int, at: int, counts: tuple[int, int, int]) -> None:
        self.end = at + 1 if self.end is None else max(self.end, at + 1)
        for kind, count in enumerate(counts):
            self.cells[row, kind, at] += count

    def advance(self, tail: int, head: int) -> None:
        if self.end is None or head < self.head:
            self.cells.clear()
            self.end = head
        self.end = max(self.end, head)
        self.tail, self.head = max(tail, self.end - self.slots), head

    def sums(self, row: int) -> list[int]:
        inside = range(max(self.tail, (self.end or 0) - self.slots), self.head)
        return [sum(self.cells[row, kind, at] for at in inside) for kind in range(3)]


@pytest.mark.parametrize("seed", range(3))
def test_many_rows_of_many_tracks_hold_what_came_into_their_windows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks, slots, now = 3, 6, 1_000
    trails = Trails(tracks, slots)
    plain = [Plain(slots) for _ in range(tracks)]
    rows: list[int] = []
    for step in range(60):
        for _ in range(4):  # beyond 64 and beyond 128 rows
            track = int(rng.integers(tracks))
            assert trails.row(track) == len(rows)
            rows.append(track)
        if step == 40:
            slots = 9
            trails.widen(slots)
            for each in plain:
                each.slots = slots
        many = 12
        chosen, at = rng.integers(len(rows), size=many), now + rng.integers(-3, 3, size=many)
        counts = rng.integers(1, 9, size=(3, many))
        trails.add(chosen, at, counts)
        for number, slice_, each in zip(chosen.tolist(), at.tolist(), counts.T.tolist(), strict=True):
            plain[rows[number]].add(number, slice_, tuple(each))
        now += int(rng.integers(3))
        moved = np.flatnonzero(rng.random(tracks) < 0.8)
        trails.advance(moved, np.full(moved.size, now - 4), np.full(moved.size, now))
        for track in moved.tolist():
            plain[track].advance(now - 4, now)
            for number in np.flatnonzero(np.array(rows) == track).tolist():
                assert shown(trails, number) == plain[track].sums(number)
    assert trails.rows == len(rows)
    assert trails.track_of[: trails.rows].tolist() == rows
    for track in range(tracks):
        assert trails.rows_of(numbers(track)).tolist() == [at for at, of in enumerate(rows) if of == track]


def test_a_slice_is_inside_from_the_tail_to_before_the_head() -> None:
    trails = one_row()
    move(trails, 8, 10)
    for at in (7, 8, 9, 10):
        add(trails, at, good=1 << at)
    assert shown(trails)[0] == (1 << 8) + (1 << 9)
    move(trails, 9, 11)
    assert shown(trails)[0] == (1 << 9) + (1 << 10)
    assert trails.seen[0, 0] == (1 << 8) + (1 << 9) + (1 << 10)


def test_what_came_before_the_track_had_a_window_counts_once_the_window_reaches_it() -> None:
    trails = one_row()
    add(trails, 9, 1, 2, 3)
    assert shown(trails) == [0, 0, 0]
    move(trails, 7, 10)
    assert shown(trails) == [1, 2, 3]
    assert trails.seen[:, 0].tolist() == [1, 2, 3]


def test_the_newest_slots_are_kept_and_what_is_older_adds_to_nothing() -> None:
    trails = one_row(4)
    move(trails, 6, 10)
    add(trails, 5, good=1)
    add(trails, 6, good=10)
    assert shown(trails)[0] == 10
    add(trails, 10, good=100)  # ahead of the head, and for it slice 6 makes room
    assert shown(trails)[0] == 0
    move(trails, 6, 11)
    assert shown(trails)[0] == 100


def test_a_window_longer_than_what_is_kept_ends_where_that_does() -> None:
    trails = one_row(4)
    move(trails, 0, 10)
    add(trails, 6, good=1)
    move(trails, 0, 13)
    assert shown(trails)[0] == 0
    trails = one_row(4)
    add(trails, 6, good=1)
    move(trails, 0, 7)
    assert shown(trails)[0] == 1


def test_several_differences_to_one_slice_add_up_and_negative_ones_take_away() -> None:
    trails = one_row()
    move(trails, 6, 10)
    trails.add(numbers(0, 0, 0), numbers(9, 9, 8), np.array([[3, 4, 5], [1, -1, 2], [1, 1, 0]]))
    assert shown(trails) == [12, 2, 2]
    add(trails, 9, good=-7)
    assert shown(trails) == [5, 2, 2]
    move(trails, 10, 10)
    assert shown(trails) == [0, 0, 0]


def test_a_head_that_goes_back_forgets_this_track_alone() -> None:
    trails = Trails(2, 4)
    for track in (0, 1):
        trails.row(track)
        move(trails, 6, 10, track)
        add(trails, 9, 1, 2, 3, row=track)
    move(trails, 5, 9)
    assert (shown(trails, 0), shown(trails, 1)) == ([0, 0, 0], [1, 2, 3])
    move(trails, 5, 9)
    add(trails, 8, good=5)
    assert shown(trails)[0] == 5
    move(trails, 6, 10)
    assert shown(trails) == [5, 0, 0]


def test_a_head_that_stands_still_forgets_nothing() -> None:
    trails = one_row()
    move(trails, 6, 10)
    add(trails, 9, good=2)
    move(trails, 6, 10)
    assert shown(trails)[0] == 2


def test_a_head_may_lie_behind_what_came_ahead_of_it() -> None:
    trails = one_row(6)
    move(trails, 7, 10)
    add(trails, 12, good=1)
    move(trails, 8, 11)
    assert shown(trails)[0] == 0
    move(trails, 10, 13)
    assert shown(trails)[0] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([LIMIT], [0], id="as much as 32 bits hold"),
        pytest.param([LIMIT], [1], id="one more"),
        pytest.param([1 << 40], [1], id="far more at once"),
        pytest.param([LIMIT - 1, 1, 1], [0], id="several together"),
        pytest.param([-LIMIT, -2], [5], id="less than nothing"),
        pytest.param([1 << 30, 1 << 30], [1 << 30, 1 << 30], id="again and again"),
    ],
)
def test_counts_of_any_size_enter_and_leave_the_window_whole(first: list[int], second: list[int]) -> None:
    trails = one_row()
    for counts in (first, second):
        many = len(counts)
        trails.add(np.zeros(many, np.int64), np.full(many, 9), np.array([counts, [1] * many, counts]))
    move(trails, 6, 10)
    total, each = sum(first) + sum(second), len(first) + len(second)
    assert shown(trails) == [total, each, total]
    move(trails, 10, 11)
    assert shown(trails) == [0, 0, 0]


def test_small_counts_take_half_the_memory_of_large_ones() -> None:
    trails = one_row()
    add(trails, 9, LIMIT - 1)
    add(trails, 9, 1)
    assert trails._counts.dtype == np.int32
    add(trails, 9, 1)
    assert trails._counts.dtype == np.int64


def test_more_slots_keep_what_was_kept_and_fewer_change_nothing() -> None:
    trails = one_row(4)
    move(trails, 6, 10)
    for at in range(6, 10):
        add(trails, at, good=1 << at)
    trails.widen(3)
    trails.widen(4)
    assert trails._counts.shape[1] == 4
    trails.widen(7)
    assert trails._counts.shape[1] == 7
    for tail in range(6, 11):
        move(trails, tail, 10)
        assert shown(trails)[0] == sum(1 << at for at in range(tail, 10))
    move(trails, 6, 13)
    assert shown(trails)[0] == sum(1 << at for at in range(6, 10))
    move(trails, 6, 14)
    assert shown(trails)[0] == sum(1 << at for at in range(7, 10))


def test_counts_that_need_64_bits_keep_them_when_more_slots_come() -> None:
    trails = one_row(4)
    add(trails, 9, good=1 << 40)
    trails.widen(8)
    move(trails, 6, 10)
    assert shown(trails)[0] == 1 << 40


def test_rows_come_in_the_order_in_which_they_are_asked_for_with_room_for_as_many_again() -> None:
    trails = Trails(2, 1)
    assert [trails.row(at % 2) for at in range(65)] == list(range(65))
    assert (trails.rows, trails.track_of.size, trails.sums.shape, trails.seen.shape) == (65, 128, (3, 128), (3, 128))
    assert trails._counts.shape == (3, 1, 128)
    for _ in range(64):
        trails.row(0)
    assert trails.track_of.size == 256
