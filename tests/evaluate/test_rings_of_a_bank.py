"""What a bank keeps for how long, which columns it gives away, and sums of columns that go each their own way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import numpy as np
import pytest

from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import SLACK_NS, Slots
from slo_service.evaluate.counts.window import Window

SLOTS = Slots()
WIDTH = SLOTS.fine_ns
T0 = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % DAY
WEEKS = Calendar(datetime(2026, 1, 5), "UTC", 1, "w")  # noqa: DTZ001 - its zone stands beside it
WINDOWS = [Window(30 * SECOND), Window(HOUR), Window(DAY), Window(7 * DAY, WEEKS), Window(7 * DAY)]


def a_bank(columns: int = 3, reach_ns: int = 8 * DAY, horizon_ns: int = 0, slots: Slots = SLOTS) -> Bank:
    bank = Bank(slots, horizon_ns, 0, reach_ns)
    bank.reserve(columns)
    for _ in range(columns):
        bank.take()
    return bank


def add(bank: Bank, at_ns: int, counts: tuple[int, int, int] = (1, 0, 0), column: int = 0) -> None:
    bank.add(np.array([at_ns // bank.slots.fine_ns]), np.array([column]), np.array(counts).reshape(3, 1))


def good(bank: Bank, window: Window, column: int = 0) -> int:
    return int(bank.sums[0, bank.index_of(window), column])


@pytest.mark.parametrize(
    ("slots", "patience_ns", "reach_ns", "spans"),
    [
        pytest.param(Slots(), 0, 30 * DAY, [6 * HOUR, 3 * DAY, 30 * DAY], id="ten seconds"),
        pytest.param(Slots(), 20 * MINUTE, 30 * DAY, [6 * HOUR, 3 * DAY, 30 * DAY], id="a patient one"),
        pytest.param(Slots(), 0, 2 * DAY, [6 * HOUR, 2 * DAY, 2 * DAY], id="short budgets"),
        pytest.param(Slots.of_width(5 * MINUTE), 0, 30 * DAY, [3 * DAY, 30 * DAY], id="slices of five minutes"),
        pytest.param(Slots.of_width(HOUR), 0, 30 * DAY, [30 * DAY], id="slices of an hour"),
        pytest.param(Slots(10 * SECOND, MINUTE, 15 * MINUTE, MINUTE), 0, DAY, [15 * MINUTE, DAY, DAY], id="fine ones"),
    ],
)
def test_each_width_of_slots_is_kept_for_its_windows_and_the_slack_on_both_sides(
    slots: Slots, patience_ns: int, reach_ns: int, spans: list[int]
) -> None:
    bank = Bank(slots, 0, patience_ns, reach_ns)
    widths = sorted({slots.fine_ns, slots.middle_ns, slots.coarse_ns})
    assert [ring.width_ns for ring in bank.rings] == widths
    assert bank.fine is bank.rings[0]
    for ring, span in zip(bank.rings, spans, strict=True):
        assert ring.rows == -(-(span + 2 * SLACK_NS + patience_ns) // ring.width_ns) + 2
    assert (bank.columns, bank.windows, bank.emptied, bank.waiting) == (0, [], set(), set())


def test_a_window_is_summed_in_slots_of_its_length_and_one_of_a_calendar_in_the_coarsest() -> None:
    bank = a_bank()
    windows = (Window(6 * HOUR), Window(DAY), Window(7 * DAY), Window(HOUR, WEEKS))
    assert [bank.ring_for(each).width_ns for each in windows] == [WIDTH, MINUTE, 15 * MINUTE, 15 * MINUTE]


def test_columns_are_given_away_from_the_first_on_and_again_once_they_came_back() -> None:
    bank = Bank(SLOTS, 0, 0, DAY)
    bank.reserve(3)
    assert [bank.take() for _ in range(3)] == [0, 1, 2]
    bank.give_back(1)
    assert bank.emptied == {1}
    bank.reserve(1)
    assert bank.columns == 3
    assert bank.take() == 1
    bank.reserve(0)
    assert bank.columns == 3


@pytest.mark.parametrize(
    ("have", "asked", "columns"),
    [(0, 5, 5), (8, 1, 9), (80, 1, 90), (80, 9, 90), (80, 10, 90), (80, 11, 91), (7, 1, 8)],
)
def test_room_is_made_for_an_eighth_more_at_the_least(have: int, asked: int, columns: int) -> None:
    bank = a_bank(have)
    bank.reserve(asked)
    assert bank.columns == columns
    assert [bank.take() for _ in range(columns - have)] == list(range(have, columns))
    assert {ring.counts.shape[2] for ring in bank.rings} == {columns}
    assert bank.sums.shape[2] == bank.tails.shape[1] == bank.watermarks.size == columns


@pytest.mark.parametrize(("have", "columns"), [(0, 1), (1, 2), (80, 90)])
def test_a_column_more_than_there_is_room_for_makes_room(have: int, columns: int) -> None:
    bank = a_bank(have)
    assert bank.take() == have
    assert bank.columns == columns


def test_the_newest_slots_lie_the_slack_ahead_of_the_watermarks() -> None:
    bank = a_bank(horizon_ns=MINUTE)
    bank.roll(T0)
    newest = T0 - MINUTE + SLACK_NS
    assert [ring.newest for ring in bank.rings] == [newest // ring.width_ns for ring in bank.rings]
    bank.roll(T0 - HOUR)  # never back
    assert bank.fine.newest == newest // WIDTH
    bank.roll(T0 + WIDTH)
    assert bank.fine.newest == newest // WIDTH + 1


def test_nothing_is_added_before_it_is_known_when_now_is() -> None:
    with pytest.raises(RuntimeError, match="rolled to the present"):
        add(a_bank(), T0)


def test_what_lies_ahead_waits_and_counts_when_its_time_has_come() -> None:
    bank = a_bank()
    bank.index_of(Window(HOUR))
    bank.roll(T0)
    ahead = T0 + SLACK_NS + WIDTH
    add(bank, ahead - WIDTH, column=1)
    add(bank, ahead, column=2)
    add(bank, ahead, (0, 0, 0), column=0)
    assert bank.waiting == {2}
    bank.roll(T0 + WIDTH - 1)
    assert bank.waiting == {2}
    bank.roll(T0 + WIDTH)
    assert bank.waiting == set()
    bank.roll(ahead + HOUR)
    bank.advance(np.full(3, ahead + WIDTH))
    assert [good(bank, Window(HOUR), each) for each in range(3)] == [0, 1, 1]


def test_what_waits_of_a_column_goes_with_it() -> None:
    for clear in (lambda bank: bank.empty(1), lambda bank: bank.empty_many(np.array([1]))):
        bank = a_bank()
        bank.index_of(Window(HOUR))
        bank.roll(T0)
        for column in (0, 1):
            add(bank, T0 + HOUR, column=column)
            add(bank, T0, (7, 7, 7), column=column)
        bank.advance(np.full(3, T0 + WIDTH))
        clear(bank)
        assert (bank.waiting, bank.emptied) == ({0}, {1})
        assert bank.watermarks.tolist() == [T0 + WIDTH, NEVER, T0 + WIDTH]
        assert bank.sums[:, 0].T.tolist() == [[7, 7, 7], [0, 0, 0], [0, 0, 0]]
        bank.roll(T0 + 2 * HOUR)
        bank.advance(np.full(3, T0 + HOUR + WIDTH))
        assert [good(bank, Window(HOUR), each) for each in range(3)] == [1, 0, 0]
        assert all(not ring.counts[:, :, 1].any() for ring in bank.rings)


@pytest.mark.parametrize(("back_ns", "anew"), [(SLACK_NS, False), (SLACK_NS + 1, True)])
def test_a_clock_set_back_by_more_than_the_slack_empties_all_and_keeps_the_watermarks(back_ns: int, anew: bool) -> None:
    bank = a_bank()
    assert not bank.rewind(0)
    bank.index_of(Window(HOUR))
    bank.roll(T0 - MINUTE)
    bank.roll(T0)
    bank.roll(T0 - MINUTE)
    add(bank, T0 - WIDTH, column=1)
    add(bank, T0 + HOUR, column=2)
    bank.advance_one(1, T0)
    assert bank.rewind(T0 - back_ns) is anew
    assert bank.watermarks.tolist() == [NEVER, T0, NEVER]
    assert good(bank, Window(HOUR), 1) == (0 if anew else 1)
    assert bank.waiting == (set() if anew else {2})
    assert bank.emptied == ({0, 1, 2} if anew else set())
    assert bank.fine.newest == (T0 + SLACK_NS - (back_ns if anew else 0)) // WIDTH
    assert not bank.rewind(T0 - back_ns)


def test_stored_slots_that_lie_ahead_count_in_the_coarser_ones_only_when_their_time_has_come() -> None:
    bank = a_bank()
    for window in WINDOWS:
        bank.index_of(window)
    bank.roll(T0)
    ahead = T0 + SLACK_NS + WIDTH  # no fine slot is there yet, and of the coarser ones the minute is
    slots, columns = np.array([T0 // WIDTH, ahead // WIDTH]), np.array([1, 1])
    counts = np.array([[1, 20], [2, 30], [3, 40]])
    for ring in bank.rings:
        bank.put(ring.width_ns, slots * WIDTH // ring.width_ns, 1, counts)
    bank.postpone(slots, columns, counts)
    assert bank.waiting == {1}
    for ring in bank.rings:
        assert ring.between(0, 1 << 60, np.array([1]))[:, 0].tolist() == [1, 2, 3]
    bank.roll(ahead)
    for ring in bank.rings:
        assert ring.between(0, 1 << 60, np.array([1]))[:, 0].tolist() == [21, 32, 43]
    bank.postpone(slots[:1], columns[:1], counts[:, :1])
    assert bank.waiting == set()


def test_slots_of_one_width_are_put_and_sums_are_right_once_they_are_summed_anew() -> None:
    bank = a_bank()
    bank.index_of(Window(HOUR))
    bank.roll(T0)
    bank.advance(np.array([T0, T0, NEVER]))
    slots = np.array([T0 // WIDTH - 1, T0 // WIDTH - 1])
    bank.put_many(WIDTH, slots, np.array([0, 1]), np.array([[5, 6], [0, 0], [1, 1]]))
    bank.put(WIDTH, slots[:1], 2, np.array([[7], [0], [1]]))
    assert good(bank, Window(HOUR), 1) == 0
    bank.resum(np.array([1, 2]))
    assert [good(bank, Window(HOUR), each) for each in range(3)] == [0, 6, 0]
    bank.advance_one(2, T0)
    assert bank.watermarks.tolist() == [T0] * 3
    assert good(bank, Window(HOUR), 2) == 7


class Plain:
    """Everything that came, by instant and column."""

    def __init__(self) -> None:
        self.cells: Counter[tuple[int, int, int]] = Counter()

    def add(self, at_ns: int, counts: tuple[int, int, int], column: int) -> None:
        for kind, count in enumerate(counts):
            self.cells[kind, column, at_ns // WIDTH * WIDTH] += count

    def sums(self, window: Window, mark: int, column: int) -> list[int]:
        start = self.start(window, mark)
        inside = [(kind, n) for (kind, of, at), n in self.cells.items() if of == column and start <= at < mark]
        return [sum(n for kind, n in inside if kind == each) for each in range(3)]

    @staticmethod
    def start(window: Window, mark: int) -> int:
        width = SLOTS.coarse_ns if window.calendar else SLOTS.width_for(window.length_ns)
        return window.start_ns(mark) // width * width


@pytest.mark.parametrize("seed", range(4))
def test_columns_go_each_their_own_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bank, plain, now = a_bank(5), Plain(), T0
    for window in WINDOWS[:3]:
        bank.index_of(window)
    marks = np.full(5, NEVER, np.int64)
    for step in range(40):
        now += int(rng.choice([1, 3, 10, 47, 600, 1900, 5400, 90_000])) * SECOND
        bank.roll(now)
        for _ in range(6):
            at = now - int(rng.integers(-1500, 90_000 if rng.random() < 0.3 else 400)) * SECOND
            column, counts = int(rng.integers(5)), (int(rng.integers(9)), int(rng.integers(9)), 1)
            add(bank, at, counts, column)
            plain.add(at, counts, column)
        if step == 20:
            for window in WINDOWS[3:]:
                bank.index_of(window)
        moving = np.flatnonzero(rng.random(5) < 0.6)
        marks[moving] = now - rng.integers(0, 900, moving.size) * SECOND
        asked = np.full(5, NEVER, np.int64)
        asked[moving] = marks[moving]
        bank.advance(asked)
        assert bank.watermarks.tolist() == marks.tolist()
        starts = bank.starts()
        for column in np.flatnonzero(marks != NEVER).tolist():
            for at, window in enumerate(bank.windows):
                wanted = plain.sums(window, int(marks[column]), column)
                assert bank.sums[:, at, column].tolist() == wanted
                assert starts[at, column] == plain.start(window, int(marks[column]))
                if column not in moving:  # of older ones the slots may be gone
                    continue
                start, summed = bank.sum(column, window, int(marks[column]))
                assert (start, summed.tolist()) == (plain.start(window, int(marks[column])), wanted)


def test_all_that_is_counted_and_every_instant_is_a_whole_number_of_64_bits() -> None:
    bank = a_bank(2, slots=Slots.every(7 * SECOND, HOUR))
    bank.index_of(Window(HOUR))
    bank.roll(T0)
    bank.advance(np.array([T0 + 1, NEVER]))
    bank.index_of(Window(6 * HOUR))
    bank.reserve(9)
    bank.take()
    whole = (bank.sums, bank.tails, bank.heads, bank.watermarks, bank.starts(), bank.sum(0, Window(HOUR), T0)[1])
    assert {each.dtype for each in whole} == {np.dtype(np.int64)}
    assert bank.heads[0] == -(-(T0 + 1) // (7 * SECOND))


def test_a_later_slot_counts_with_those_that_the_watermark_has_passed_and_not_twice() -> None:
    bank = a_bank()
    bank.index_of(Window(HOUR))
    bank.roll(T0)
    bank.advance_one(0, T0 + 1)  # the head is beyond the slot that has begun
    add(bank, T0)
    assert good(bank, Window(HOUR)) == 1
    add(bank, T0 + WIDTH)
    assert good(bank, Window(HOUR)) == 1
    bank.advance_one(0, T0 + WIDTH)
    assert good(bank, Window(HOUR)) == 1
    bank.advance_one(0, T0 + WIDTH + 1)
    assert good(bank, Window(HOUR)) == 2
    add(bank, T0 + WIDTH, column=1)
    assert good(bank, Window(HOUR), 1) == 0
