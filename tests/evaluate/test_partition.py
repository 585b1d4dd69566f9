from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.indicator import Basis
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.signals import PartitionTier
from slo_service.evaluate.chance.binomial import tail
from slo_service.evaluate.chance.partition import BURNS, CLEAR, UNKNOWN, Partitions, Watched

START = 1_790_000_000 * SECOND
SLICE = 10 * SECOND
TIER = PartitionTier()
THOUSANDTH = Fraction(1, 1000)


class Canaries:
    """One track under a hand-moved clock, after a clean past. Each partition's canaries are sent a period apart, at a
    moment of its own; `fails(partition, t_seconds)` says which are lost, None where nobody looked."""

    def __init__(
        self, partitions: int, period: int, budget: Fraction = THOUSANDTH, basis: Basis = Basis.EVENTS
    ) -> None:
        self.period, self.partitions, self.basis = period, partitions, basis
        self.bank = Partitions(SLICE, MINUTE, [Watched(budget, TIER, partitions, period * SECOND, basis)])
        self.now = START - 2 * max(300, 10 * period) * SECOND
        self.burnt: list[int] = []
        while self.now < START:
            self.step(SLICE // SECOND, lambda _partition, _t: False)

    @property
    def verdict(self) -> int:
        return int(self.bank.verdicts()[0])

    def run(self, seconds: int, fails=lambda _partition, _t: False) -> None:
        for at in range(0, seconds, 5):
            self.step(min(5, seconds - at), fails)

    def step(self, seconds: int, fails) -> None:
        t = (self.now - START) // SECOND
        sent = {p: sum((u + 7 * p) % self.period == 0 for u in range(t, t + seconds)) for p in range(self.partitions)}
        looked = {p: failed for p in sent if (failed := fails(p, t)) is not None}
        cell = int(self.now % SLICE == 0)
        rows = [(p, sent[p] * (not lost), sent[p] * lost, cell) for p, lost in looked.items() if sent[p] or cell]
        if rows:
            numbers, good, bad, observed = zip(*rows, strict=True)
            names = [f"eu/{p}" for p in numbers]
            self.bank.add([0] * len(rows), names, [self.now - self.now % SLICE] * len(rows), good, bad, observed)
        self.now += seconds * SECOND
        self.bank.advance([0], [self.now])
        if self.verdict == BURNS:
            self.burnt.append((self.now - START) // SECOND)


def dead(*partitions: int):
    return lambda partition, _t: partition in partitions


@pytest.mark.parametrize(
    ("partitions", "period", "target"),
    [
        *((48, period, "0.999") for period in (1, 2, 5, 10, 15, 20, 30, 45, 60)),
        *((200, period, "0.999") for period in (1, 10, 60)),
        *((48, period, target) for period in (1, 60) for target in ("0.95", "0.99", "0.9999")),
        (200, 60, "0.95"),
        (200, 60, "0.9999"),
    ],
)
def test_a_dead_partition_is_found_within_five_minutes_or_ten_canaries(
    partitions: int, period: int, target: str
) -> None:
    canaries = Canaries(partitions, period, 1 - Fraction(target))
    assert canaries.verdict == CLEAR
    canaries.run(max(300, 10 * period), dead(17))
    assert canaries.verdict == BURNS
    assert canaries.bank.burning(0) == ("eu/17",)
    assert canaries.burnt[0] > 5 * period  # and not at the first few failures


def test_two_dead_partitions_are_both_named() -> None:
    canaries = Canaries(48, 10)
    canaries.run(300, dead(3, 17))
    assert canaries.bank.burning(0) == ("eu/17", "eu/3")


def test_a_few_failures_burn_only_once_they_have_lasted() -> None:
    canaries = Canaries(4, 60)
    flaky = lambda partition, t: partition == 1 and t // 60 % 2 == 0  # noqa: E731 -- a name for one shape of failing
    canaries.run(1200, flaky)
    first = canaries.burnt[0]
    assert 300 < first < 900
    assert canaries.bank.burning(0) == ("eu/1",)


def test_a_blip_that_is_over_does_not_burn_for_staying_in_the_window() -> None:
    canaries = Canaries(4, 10, Fraction(1, 10_000))
    canaries.run(60, dead(1))
    canaries.run(1200)
    assert canaries.burnt == []


def test_a_partition_that_recovers_is_clear_once_its_failures_have_left_the_window() -> None:
    canaries = Canaries(4, 10)
    canaries.run(200, dead(1))
    assert canaries.verdict == BURNS
    canaries.run(310)
    assert canaries.verdict == CLEAR


@pytest.mark.parametrize("basis", list(Basis))
def test_a_partition_nobody_looks_at_is_unknown_rather_than_clear(basis: Basis) -> None:
    canaries = Canaries(4, 10, basis=basis)
    canaries.run(60, lambda partition, _t: None if partition == 2 else False)
    assert canaries.verdict == UNKNOWN


def test_a_partition_that_never_reported_is_missed() -> None:
    canaries = Canaries(4, 10)
    canaries.bank.watch(0, Watched(THOUSANDTH, TIER, 5, 10 * SECOND))
    canaries.run(10)
    assert canaries.verdict == UNKNOWN


def test_a_partition_that_is_no_longer_expected_is_not_missed() -> None:
    canaries = Canaries(4, 10)
    canaries.bank.watch(0, Watched(THOUSANDTH, TIER, 3, 10 * SECOND))
    canaries.run(60, lambda partition, _t: None if partition == 3 else False)
    assert canaries.verdict == CLEAR


def test_without_a_schedule_nothing_is_said() -> None:
    canaries = Canaries(4, 10)
    canaries.bank.watch(0, Watched(THOUSANDTH, TIER))
    canaries.run(60, dead(1))
    assert canaries.verdict == UNKNOWN


@pytest.mark.parametrize("basis", list(Basis))
def test_time_in_which_nobody_looked_is_no_time_of_failing(basis: Basis) -> None:
    canaries = Canaries(4, 60, Fraction(1, 10_000), basis)
    canaries.run(180, dead(1))  # three failures of ten: it fails, and not for long
    canaries.run(240, lambda _partition, _t: None)
    canaries.run(90, dead(1))
    assert canaries.burnt == []
    canaries.run(150, dead(1))
    assert canaries.burnt != []


@pytest.mark.parametrize(("sources", "failing"), [(1, True), (1000, False)])
def test_many_partitions_share_the_significance(sources: int, failing: bool) -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(THOUSANDTH, replace(TIER, after_ns=0), sources, 30 * SECOND)])
    bank.add([0] * 2, ["p"] * 2, [START, START - 10 * SECOND], [7, 0], [1, 2], [1, 1])  # p = 1.2e-7 of 3 in 10
    bank.advance([0], [START + SLICE])
    assert bool(bank.burning(0)) is failing


@pytest.mark.parametrize(("bad", "burns"), [(9, False), (10, False), (12, True)])
def test_many_failures_burn_at_once_only_where_they_are_far_beyond_chance(bad: int, burns: bool) -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(Fraction(1, 200), TIER, 1, SECOND)])
    bank.add([0], ["p"], [START], [300 - bad], [bad], [1])  # p = 3e-6 of 10 in 300 is few, and not few enough
    bank.advance([0], [START + SLICE])
    assert bool(bank.verdicts()[0] == BURNS) is burns


@pytest.mark.parametrize(("judged", "verdict"), [(10, CLEAR), (9, CLEAR), (8, UNKNOWN)])
def test_one_canary_may_lie_beyond_an_end_of_the_window_and_two_may_not(judged: int, verdict: int) -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(THOUSANDTH, TIER, 1, MINUTE)])
    bank.add([0], ["p"], [START], [judged], [0], [1])
    bank.advance([0], [START + SLICE])
    assert bank.verdicts()[0] == verdict


def test_no_failure_is_held_against_a_partition_for_more_than_an_hour() -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(THOUSANDTH, replace(TIER, after_ns=0), 1, 10 * MINUTE)])
    for at, good, bad in ((START, 0, 4), (START + 30 * MINUTE, 6, 0)):
        bank.add([0], ["p"], [at], [good], [bad], [1])
        bank.advance([0], [at + SLICE])
    assert bank.verdicts()[0] == BURNS
    bank.advance([0], [START + HOUR + SLICE])
    assert bank.verdicts()[0] == CLEAR


def test_a_slice_counts_as_soon_as_it_has_begun() -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(THOUSANDTH, TIER, 1, SECOND)])
    bank.add([0], ["p"], [START], [0], [10], [1])
    bank.advance([0], [START])
    assert bank.burning(0) == ()
    bank.advance([0], [START + 1])
    assert bank.burning(0) == ("p",)


def test_a_correction_takes_a_failure_back() -> None:
    canaries = Canaries(4, 10)
    canaries.run(200, dead(1))
    starts = range(START, START + 200 * SECOND, SLICE)
    many = len(starts)
    canaries.bank.add([0] * many, ["eu/1"] * many, list(starts), [1] * many, [-1] * many, [0] * many)
    canaries.run(1)
    assert canaries.verdict == CLEAR
    canaries.run(400)  # and the slices that leave take only what they hold
    assert canaries.verdict == CLEAR


def test_a_clock_that_was_set_back_forgets_rather_than_counts_twice() -> None:
    canaries = Canaries(4, 10)
    canaries.run(200, dead(1))
    canaries.bank.advance([0], [START - HOUR])
    assert canaries.verdict == UNKNOWN


def test_a_longer_period_keeps_what_was_counted() -> None:
    canaries = Canaries(4, 10)
    canaries.run(90, dead(1))
    canaries.bank.watch(0, Watched(THOUSANDTH, TIER, 4, 60 * SECOND))
    canaries.bank.advance([0], [canaries.now])
    canaries.run(60, dead(1))
    assert canaries.bank.burning(0) == ("eu/1",)


def test_counts_beyond_32_bits_are_exact() -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(Fraction(1, 2), replace(TIER, after_ns=MINUTE), 1, SECOND)])
    for _ in range(3):
        bank.add([0], ["p"], [START], [2**31], [2**31 - 2**17], [0])  # half of them, less what chance does not explain
    bank.advance([0], [START + SLICE])
    assert bank.verdicts()[0] == CLEAR
    bank.add([0], ["p"], [START], [0], [2**20], [0])
    bank.advance([0], [START + SLICE])
    assert bank.burning(0) == ("p",)


def by_hand(
    cells: dict[tuple[int, str, int], list[int]], watched: Watched, track: int, head: int
) -> tuple[set[str], set[str]]:
    """(partitions that fail, partitions that are covered) by the definitions alone."""
    window = min(max(watched.tier.after_ns, watched.tier.canaries * watched.period_ns), HOUR)
    start = (head - window) // SLICE * SLICE
    failing, covered = set(), set()
    for name in {name for of, name, _ in cells if of == track}:
        inside = [v for (of, source, at), v in cells.items() if of == track and source == name and start <= at < head]
        good, bad = sum(v[0] for v in inside), sum(v[1] for v in inside)
        likely = tail(bad, good + bad, float(watched.budget))
        if 2 * (good + bad) >= watched.tier.canaries and likely < watched.tier.significance / watched.sources:
            failing.add(name)
        missing = Fraction(head - start, watched.period_ns) - good - bad
        if missing < 2 or good + bad >= Fraction(9, 10) * Fraction(head - start, watched.period_ns):
            covered.add(name)
    return failing, covered


CELL = st.tuples(st.integers(0, 1), st.sampled_from("ab"), st.integers(-40, 3), st.integers(-2, 12), st.integers(-2, 6))


@given(st.lists(st.tuples(st.lists(CELL, max_size=12), st.integers(0, 1), st.integers(0, 200 * SECOND)), max_size=12))
def test_any_order_of_cells_and_corrections_gives_what_the_definitions_say(steps) -> None:
    tier = PartitionTier(2 * MINUTE, 6, Fraction(1, 100))
    tracks = [Watched(Fraction(1, 20), tier, 2, 5 * SECOND), Watched(Fraction(1, 100), tier, 1, 30 * SECOND)]
    bank = Partitions(SLICE, 4 * MINUTE, tracks)
    cells: dict[tuple[int, str, int], list[int]] = {}
    heads = [START, START]
    bank.advance([0, 1], heads)
    for batch, moved, by in steps:
        taken = []
        for track, name, back, good, bad in batch:
            at = heads[track] // SLICE * SLICE + back * SLICE
            cell = cells.setdefault((track, name, at), [0, 0])
            if at < max(heads) - 3 * MINUTE or min(cell[0] + good, cell[1] + bad) < 0:
                continue  # before all windows, or less than nothing
            cell[0], cell[1] = cell[0] + good, cell[1] + bad
            taken.append((track, name, at, good, bad, 0))
        bank.add(*zip(*taken, strict=True)) if taken else None
        heads[moved] += by
        bank.advance([0, 1], heads)
        for track, watched in enumerate(tracks):
            failing, covered = by_hand(cells, watched, track, heads[track])
            verdict = bank.verdicts()[track]
            assert set(bank.burning(track)) <= failing
            assert (verdict == CLEAR) == (not failing and len(covered) >= watched.sources)
            assert (verdict == BURNS) == bool(bank.burning(track))
