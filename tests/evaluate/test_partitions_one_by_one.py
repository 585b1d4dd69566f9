"""The partition tier against its definition, partition by partition and canary by canary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.indicator import Basis
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.signals import PartitionTier
from slo_service.evaluate.chance.binomial import tail
from slo_service.evaluate.chance.partition import BURNS, CLEAR, UNKNOWN, Partitions, Watched, looks_back_ns

START = 1_790_000_000 * SECOND
SLICE = 10 * SECOND
TIER = PartitionTier()
AT_LENGTH = PartitionTier(after_ns=100 * SECOND, canaries=20)
THOUSANDTH = Fraction(1, 1000)


def one(watched: Watched) -> Partitions:
    return Partitions(SLICE, MINUTE, [watched])


def counted(bank: Partitions, good: int, bad: int, at: int = START, observed: int = 1, head: int | None = None) -> int:
    """The verdict after so many canaries in one slice."""
    bank.add([0], ["p"], [at], [good], [bad], [observed])
    bank.advance([0], [at + SLICE if head is None else head])
    return int(bank.verdicts()[0])


@dataclass
class Plain:
    """One partition of one track."""

    cells: list[tuple[int, int, int, int]] = field(default_factory=list)
    failing = burning = covered = False
    since = seen_then = held = bad_then = 0

    def judge(self, watched: Watched, head: int) -> None:
        tier, unit = watched.tier, watched.period_ns if watched.basis is Basis.EVENTS else SLICE
        window = min(max(tier.after_ns, tier.canaries * watched.period_ns), HOUR)
        start = (head - window) // SLICE * SLICE
        inside = [each for each in self.cells if start <= each[0] < head]
        good, bad, observed = (sum(each[kind] for each in inside) for kind in (1, 2, 3))
        ever = [sum(each[kind] for each in self.cells) for kind in (1, 2, 3)]
        units = ever[0] + ever[1] if watched.basis is Basis.EVENTS else ever[2]
        likely = tail(bad, good + bad, float(watched.budget)) if good + bad else 1.0
        doubt = tier.significance / max(1, watched.sources)
        expected = watched.sources > 0 and watched.period_ns > 0
        failing = expected and 2 * (good + bad) >= tier.canaries and likely < doubt
        begins = failing and not self.failing
        if begins:
            self.since, self.seen_then = head, units
        if begins or ever[1] > self.bad_then:
            self.held = min(head - self.since, (units - self.seen_then + 1) * unit)
        self.failing, self.bad_then = failing, ever[1]
        at_once = bad >= tier.canaries and likely < doubt / 100
        self.burning = failing and (at_once or self.held >= tier.after_ns)
        due = head - start if watched.basis is Basis.EVENTS else (head - start) // SLICE * SLICE
        measured = unit * (good + bad if watched.basis is Basis.EVENTS else observed)
        near = watched.basis is Basis.EVENTS and due - measured < 2 * unit
        self.covered = 10 * measured >= 9 * due or near


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_are_those_of_the_definition_whatever_fails(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks = [
        Watched(THOUSANDTH, AT_LENGTH, 70, 10 * SECOND),
        Watched(Fraction(1, 50), PartitionTier(MINUTE, 5), 3, 20 * SECOND),
        Watched(Fraction(1, 200), replace(AT_LENGTH, significance=Fraction(1, 100)), 4, 5 * SECOND, Basis.SLICES),
        Watched(THOUSANDTH, TIER, 0, 10 * SECOND),
    ]
    partitions, failing = (70, 3, 4, 2), (0.15, 0.4, 0.2, 0.5)
    bank = Partitions(SLICE, MINUTE, tracks)
    plain = {(track, str(p)): Plain() for track, many in enumerate(partitions) for p in range(many)}
    shaky = {key for key in plain if rng.random() < 0.3}
    now, seen = START, set()
    for _ in range(45):
        rows = []
        for (track, name), each in plain.items():
            if rng.random() < 0.02:
                continue
            sent = SLICE // max(tracks[track].period_ns, SLICE // 4)
            sent = sent or int(rng.random() < 0.5)
            bad = int(rng.binomial(sent, failing[track])) if (track, name) in shaky else 0
            each.cells.append((now, sent - bad, bad, 1))
            rows.append((track, name, now, sent - bad, bad, 1))
        bank.add(*zip(*rows, strict=True))
        now += SLICE
        head = now - int(rng.integers(3)) * SECOND
        bank.advance([3, 1, 0, 2], [head] * 4)
        for track, watched in enumerate(tracks):
            mine = {name: each for (of, name), each in plain.items() if of == track}
            for each in mine.values():
                each.judge(watched, head)
            burning = tuple(sorted(name for name, each in mine.items() if each.burning))
            assert bank.burning(track) == burning
            clear = not any(each.failing for each in mine.values())
            clear &= 0 < watched.sources <= sum(each.covered for each in mine.values())
            verdict = BURNS if burning else CLEAR if clear else UNKNOWN
            assert bank.verdicts()[track] == verdict
            seen.add(verdict)
    assert seen == {UNKNOWN, CLEAR, BURNS}


@pytest.mark.parametrize(("bad", "verdict"), [(5, BURNS), (4, UNKNOWN)])
def test_half_of_the_canaries_that_are_asked_for_are_enough_to_fail(bad: int, verdict: int) -> None:
    bank = one(Watched(THOUSANDTH, replace(TIER, after_ns=0), 1, 30 * SECOND))
    assert counted(bank, 0, bad) == verdict


@pytest.mark.parametrize(("bad", "burns"), [(10, True), (9, False)])
def test_as_many_failures_as_canaries_are_asked_for_burn_at_once(bad: int, burns: bool) -> None:
    bank = one(Watched(THOUSANDTH, TIER, 1, 30 * SECOND))
    assert (counted(bank, 0, bad) == BURNS) is burns


def test_a_single_failure_is_enough_where_chance_would_not_give_one() -> None:
    bank = one(Watched(Fraction(1, 10**7), replace(TIER, after_ns=0), 1, 30 * SECOND))
    assert counted(bank, 9, 1) == BURNS


def of_chance(k: int, n: int, wanted: float) -> Fraction:
    """The budget at which k failures of n are as likely as that."""
    low, high = 0.0, k / n
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(k, n, middle) < wanted else (low, middle)
    return Fraction(high)


@pytest.mark.parametrize("sources", [1, 7, 48])
@pytest.mark.parametrize(
    ("tier", "times"),
    [
        pytest.param(replace(TIER, after_ns=0), 1, id="at length, the significance"),
        pytest.param(TIER, 100, id="at once, a hundred times less"),
    ],
)
def test_the_significance_is_shared_among_the_partitions(tier: PartitionTier, times: int, sources: int) -> None:
    for share, burns in ((0.995, True), (1.005, False)):
        budget = of_chance(10, 300, share * float(tier.significance) / sources / times)
        assert (counted(one(Watched(budget, tier, sources, SECOND)), 290, 10) == BURNS) is burns


@pytest.mark.parametrize(
    ("tier", "period_ns", "window_ns"),
    [
        (TIER, SECOND, 5 * MINUTE),
        (TIER, 30 * SECOND, 5 * MINUTE),
        (TIER, 31 * SECOND, 310 * SECOND),
        (TIER, 20 * MINUTE, HOUR),
        (replace(TIER, after_ns=2 * HOUR), SECOND, HOUR),
    ],
)
def test_a_partition_is_looked_back_upon_for_ten_canaries_and_five_minutes_and_no_more_than_an_hour(
    tier: PartitionTier, period_ns: int, window_ns: int
) -> None:
    bank = one(Watched(THOUSANDTH, tier, 1, period_ns))
    assert (bank.window_ns(0), looks_back_ns(tier, period_ns)) == (window_ns, window_ns)
    counted(bank, 0, 50)
    last = START // SLICE * SLICE + SLICE + window_ns - 1  # of its slice something is still inside
    bank.advance([0], [last])
    before = bank.verdicts()[0]
    bank.advance([0], [last + 1])
    assert (before, bank.verdicts()[0]) == (BURNS, UNKNOWN)


def failing(seconds: int, every: int, tier: PartitionTier = AT_LENGTH, stop: int = 10**9, late: int = 0) -> int | None:
    """When a partition burns of whose canaries, one in 10 s, one in `every` fails until `stop`, after a clean time."""
    bank = one(Watched(THOUSANDTH, tier, 1, SLICE))
    for step in range(-60, seconds // 10):
        bad = int(step >= 0 and step % every == 0 and 10 * step < stop)
        if counted(bank, 1 - bad, bad, at := START + step * SLICE, head=at + SLICE + late) == BURNS:
            return 10 * step + 10
    return None


@pytest.mark.parametrize(
    ("after", "every", "burns"),
    [
        pytest.param(100, 2, 50 + 100, id="a hundred seconds after the third failure"),
        pytest.param(110, 2, 50 + 120, id="and not between two failures"),
        pytest.param(90, 2, 50 + 100, id="but at the first that is long enough after"),
        pytest.param(100, 5, 110 + 100, id="fewer fail later"),
        pytest.param(100, 9, None, id="three of twenty never come together"),
    ],
)
def test_a_partition_burns_at_the_first_failure_after_it_has_failed_for_so_long(
    after: int, every: int, burns: int | None
) -> None:
    assert failing(600, every, replace(AT_LENGTH, after_ns=after * SECOND)) == burns


@pytest.mark.parametrize("late", [0, 1, 200, SECOND - 1])
def test_the_time_of_failing_is_exact_to_the_nanosecond_wherever_the_watermark_stands(late: int) -> None:
    assert failing(600, 2, late=late) == 150


def test_failures_that_stay_in_the_window_do_not_make_it_last() -> None:
    assert failing(600, 2, stop=140) is None
    assert failing(600, 2, stop=141) == 150


def test_a_clock_that_goes_back_within_a_slice_begins_the_failing_anew() -> None:
    bank = one(Watched(THOUSANDTH, replace(TIER, after_ns=10 * SECOND, canaries=30), 1, SECOND))
    assert counted(bank, 10, 5, head=START + 9 * SECOND) != BURNS
    assert counted(bank, 0, 1, head=START + SECOND) != BURNS
    assert counted(bank, 9, 1, START + SLICE, head=START + 11 * SECOND) == BURNS


def test_a_track_of_which_nothing_ever_came_is_unknown_and_costs_nothing() -> None:
    bank = Partitions(SLICE, MINUTE, [Watched(THOUSANDTH, TIER), Watched(THOUSANDTH, TIER, 1, SECOND)])
    bank.advance([0, 1], [START, START])
    assert bank.verdicts().tolist() == [UNKNOWN, UNKNOWN]
    bank.add([], [], [], [], [], [])
    bank.advance([], [])
    assert bank.burning(0) == bank.burning(1) == ()


@pytest.mark.parametrize("watched", [Watched(THOUSANDTH, TIER, 1), Watched(THOUSANDTH, TIER, period_ns=SECOND)])
def test_without_a_period_or_a_number_of_sources_nothing_is_said(watched: Watched) -> None:
    assert counted(one(watched), 0, 300) == UNKNOWN
    assert counted(one(watched), 900, 0) == UNKNOWN


def test_verdicts_are_a_copy() -> None:
    bank = one(Watched(THOUSANDTH, TIER, 1, SECOND))
    bank.verdicts()[:] = BURNS
    assert bank.verdicts().tolist() == [UNKNOWN]


@pytest.mark.parametrize(
    ("basis", "looked", "clear"),
    [
        pytest.param(Basis.EVENTS, 270, True, id="nine tenths of the canaries"),
        pytest.param(Basis.EVENTS, 269, False, id="one less"),
        pytest.param(Basis.SLICES, 27, True, id="nine tenths of the slices"),
        pytest.param(Basis.SLICES, 26, False, id="one slice less"),
        pytest.param(Basis.SLICES, 300_000, True, id="more than there can be"),
        pytest.param(Basis.EVENTS, 1 << 40, True, id="any number of canaries"),
    ],
)
def test_nine_tenths_of_what_was_due_is_coverage(basis: Basis, looked: int, clear: bool) -> None:
    bank = one(Watched(THOUSANDTH, TIER, 1, SECOND, basis))
    verdict = counted(bank, looked, 0, observed=looked)
    assert verdict == (CLEAR if clear else UNKNOWN)


def test_the_slice_of_the_head_is_not_due_before_it_ends() -> None:
    bank = one(Watched(THOUSANDTH, TIER, 1, SECOND, Basis.SLICES))
    assert counted(bank, 1, 0, START, 27, head=START + SLICE - 1) == CLEAR  # of the thirty before it


@pytest.mark.parametrize(("sources", "verdict"), [(1, CLEAR), (2, UNKNOWN)])
def test_as_many_must_be_covered_as_are_expected(sources: int, verdict: int) -> None:
    assert counted(one(Watched(THOUSANDTH, TIER, sources, SECOND)), 300, 0) == verdict
