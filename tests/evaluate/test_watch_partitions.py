"""What is seen of single partitions: by which objectives, since when, and what of it goes on over a change."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.signals import PartitionTier
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.tier import Verdict
from slo_service.evaluate.judge.watch import Came, Numbers, Watch, Watching
from tests.evaluate.test_screen import slo

T0 = 1_800_000_000 * SECOND
SLICE = 10 * SECOND
WAYS = ("canary/eu/0", "canary/eu/1")


def expecting(sources: int, often: Fraction | None = None) -> Expectation:
    """Each source gets a canary every ten seconds, unless said otherwise."""
    return Expectation([Schedule("orders", T0 - HOUR, Fraction(sources, 10) if often is None else often, sources)])


TWO, ONE = expecting(2), expecting(1)
STRICT, LAX, OTHER = slo("strict", "0.99"), slo("lax", "0.9"), slo("other", "0.99")
BLIND = replace(STRICT, name="blind", alerting=replace(STRICT.alerting, signals=replace(
    STRICT.alerting.signals, partition_tier=None, early=None)))  # fmt: skip


def watching(*objectives: tuple[Slo, Expectation, int]) -> Watch:
    watch = Watch(SLICE, MINUTE)
    watch.put([Watching(*each) for each in objectives])
    return watch


def cells(slices: range, fails=lambda _n: True) -> list[Delta]:
    """A canary a slice and partition; of the second one those that `fails` says are lost."""
    return [
        Delta("orders", T0 + n * SLICE, int(not lost), int(lost), 1, source)
        for n in slices
        for source, lost in ((WAYS[0], False), (WAYS[1], fails(n)))
    ]


def live(watch: Watch, deltas: list[Delta], column: int = 0, columns: int = 3) -> None:
    """Slice by slice, judged at the end of each; of the other columns no watermark is known."""
    for start in sorted({delta.slice_start_ns for delta in deltas}):
        found = [delta for delta in deltas if delta.slice_start_ns == start]
        marks = np.full(columns, NEVER, np.int64)
        marks[column] = start + SLICE
        watch.add(Came.of([column] * len(found), found), marks)
        watch.advance(marks)


def verdict(watch: Watch, objective: Slo = STRICT, expectation: Expectation = TWO) -> Verdict | None:
    return watch.signs(objective.name, expectation).partitions


def good(_n: int) -> bool:
    return False


def every_fourth(n: int) -> bool:
    return n % 4 == 0


# --- by column --------------------------------------------------------------------------------------------------------


def test_a_column_may_have_several_numbers_and_nought_is_one_of_them() -> None:
    numbers = Numbers([(0, 5), (2, 0), (0, 6), (2, 8), (0, 7)])
    found = [(at.tolist(), those.tolist()) for at, those in numbers.of(np.array([2, 0, 3, 1, 0]))]
    assert found == [([0, 1, 4], [0, 5, 5]), ([0, 1, 4], [8, 6, 6]), ([1, 4], [7, 7])]


def test_no_numbers_at_all_are_of_no_column() -> None:
    assert list(Numbers(()).of(np.array([0, 1]))) == []


def test_what_came_keeps_its_order_with_good_bad_and_observed_in_rows() -> None:
    came = Came.of([4, 2], [Delta("s", 7, 1, 2, 3, "a"), Delta("t", 9, -4, 5, 0)])
    assert (came.columns.tolist(), came.starts.tolist(), came.sources) == ([4, 2], [7, 9], ["a", ""])
    assert came.counts.tolist() == [[1, -4], [2, 5], [3, 0]]
    assert came.counts.dtype == came.starts.dtype == np.int64


def test_nothing_that_came_is_of_no_column() -> None:
    nothing = Came.of([], [])
    assert (nothing.columns.dtype, nothing.starts.dtype, nothing.counts.shape) == (np.intp, np.int64, (3, 0))


# --- one partition ----------------------------------------------------------------------------------------------------


def test_a_dead_partition_burns_for_every_objective_on_its_stream_and_for_no_other() -> None:
    watch = watching((OTHER, TWO, 1), (STRICT, TWO, 0), (LAX, TWO, 0), (BLIND, TWO, 0))
    live(watch, cells(range(30)))
    assert watch.signs("strict", TWO) == Signs(Verdict.BURNS, (WAYS[1],), alarmed=True)
    assert watch.signs("lax", TWO) == Signs(Verdict.BURNS, (WAYS[1],), alarmed=False)
    assert watch.signs("other", TWO) == Signs(Verdict.UNKNOWN, (), alarmed=False)
    assert watch.signs("blind", TWO) == Signs()


def test_partitions_that_are_all_well_are_clear_once_they_have_been_measured_and_unknown_before() -> None:
    watch = watching((STRICT, TWO, 0))
    assert verdict(watch) is Verdict.UNKNOWN
    live(watch, cells(range(20), good))
    assert verdict(watch) is Verdict.UNKNOWN
    live(watch, cells(range(20, 31), good))
    assert watch.signs("strict", TWO) == Signs(Verdict.CLEAR, (), alarmed=False)


def test_a_stream_of_one_source_has_no_partitions_to_be_told_apart() -> None:
    watch = watching((STRICT, ONE, 0))
    live(watch, [replace(delta, source=WAYS[0]) for delta in cells(range(30)) if delta.source == WAYS[1]])
    assert watch.signs("strict", ONE) == Signs(None, (), alarmed=True)
    assert watch.reaches() == {}
    assert verdict(watch, STRICT, TWO) is Verdict.UNKNOWN  # had there been several: of none anything was seen


def test_counts_of_all_sources_together_are_of_no_partition() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, [replace(delta, source="") for delta in cells(range(30))])
    assert verdict(watch) is Verdict.UNKNOWN


def test_where_nothing_is_expected_the_detector_says_nothing() -> None:
    nothing = Expectation()
    watch = watching((STRICT, nothing, 0))
    assert watch.signs("strict", nothing) == Signs()
    assert watch.signs("unknown", TWO) == Signs()
    assert Watch(SLICE, MINUTE).signs("strict", TWO) == Signs()


def test_before_anything_is_watched_whatever_comes_is_left_alone() -> None:
    watch = Watch(SLICE, MINUTE)
    live(watch, cells(range(3)))
    watch.relive({0: cells(range(3))}, {0: T0 + HOUR})
    watch.alarm("strict")
    assert (watch.codes().tolist(), watch.reaches(), watch.alarm_left("strict")) == ([], {}, 0)
    assert watch.signs("strict", TWO) == Signs()


def test_after_the_last_objective_is_gone_nothing_is_watched() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, cells(range(20)))
    watch.put([])
    live(watch, cells(range(20, 40)))
    assert (watch.codes().tolist(), watch.reaches()) == ([], {})


def test_how_far_back_partitions_matter_is_twice_the_longest_window_of_the_objectives_on_a_stream() -> None:
    seldom = expecting(2, Fraction(2, 60))  # ten canaries take ten minutes
    signals = replace(LAX.alerting.signals, partition_tier=PartitionTier(after_ns=7 * MINUTE))
    patient = replace(LAX, alerting=replace(LAX.alerting, signals=signals))
    watch = watching(
        (STRICT, TWO, 0), (patient, TWO, 0), (OTHER, seldom, 2), (BLIND, TWO, 1), (slo("one", "0.99"), ONE, 3)
    )
    assert watch.reaches() == {0: 14 * MINUTE, 2: 20 * MINUTE}
    backwards = watching((patient, TWO, 0), (STRICT, TWO, 0))
    assert backwards.reaches() == {0: 14 * MINUTE}


def test_an_objective_whose_watermark_is_not_known_is_not_judged() -> None:
    watch = watching((OTHER, TWO, 1), (STRICT, TWO, 0))
    marks = np.array([NEVER, T0 + 30 * SLICE], np.int64)
    for column in (0, 1):
        found = cells(range(30))
        watch.add(Came.of([column] * len(found), found), marks)
    watch.advance(marks)
    assert (verdict(watch, STRICT), verdict(watch, OTHER)) == (Verdict.UNKNOWN, Verdict.BURNS)
    watch.advance(np.array([T0 + 30 * SLICE, T0 + 30 * SLICE], np.int64))
    assert verdict(watch, STRICT) is Verdict.BURNS


# --- codes ------------------------------------------------------------------------------------------------------------


def test_every_combination_of_signs_has_a_number_of_its_own() -> None:
    one = slo("one", "0.9")
    watch = watching((STRICT, TWO, 0), (LAX, TWO, 0), (BLIND, TWO, 0), (one, ONE, 1), (OTHER, TWO, 2))
    unknown, clear, burns, alarmed, several = 0, 1, 2, 4, 8
    assert watch.codes().tolist() == [several + unknown, several + unknown, 0, 0, several + unknown]
    live(watch, cells(range(31)), column=0)
    found = [replace(each, source=WAYS[0]) for each in cells(range(31, 62)) if each.bad]
    live(watch, found, column=1)
    assert watch.codes().tolist() == [several + burns + alarmed, several + burns, 0, alarmed, several + unknown]
    live(watch, cells(range(62, 100), good), column=2)
    assert watch.codes().tolist()[-1] == several + clear


# --- lived through again ----------------------------------------------------------------------------------------------

PASTS = {
    "a dead partition": cells(range(20)),
    "one that fails now and then, for longer than the window": cells(range(70), every_fourth),
    "the same, for too short a time": cells(range(25), every_fourth),
    "all was well": cells(range(31), good),
    "it has recovered": [*cells(range(20)), *cells(range(20, 60), good)],
}
FARES = dict(zip(PASTS, [Verdict.BURNS, Verdict.BURNS, Verdict.UNKNOWN, Verdict.CLEAR, Verdict.CLEAR], strict=True))


@pytest.mark.parametrize("past", PASTS)
def test_a_past_that_is_lived_through_again_leaves_what_living_through_it_would_have(past: str) -> None:
    lived, relived = (watching((LAX, TWO, 0), (OTHER, TWO, 1), (STRICT, TWO, 0)) for _ in range(2))
    live(lived, PASTS[past])
    end = PASTS[past][-1].slice_start_ns + SLICE
    relived.relive({0: PASTS[past][::-1]}, {0: end})
    assert verdict(lived) is FARES[past]
    for each in (STRICT, OTHER, LAX):
        one, other = (watch.signs(each.name, TWO) for watch in (lived, relived))
        assert (one.partitions, one.burning) == (other.partitions, other.burning)


@pytest.mark.parametrize(("end", "fares"), [(T0 + 10 * SLICE, Verdict.BURNS), (T0 + 10 * SLICE - 1, Verdict.UNKNOWN)])
def test_a_past_is_judged_up_to_its_end_and_what_comes_after_is_counted_for_later(end: int, fares: Verdict) -> None:
    watch = watching((STRICT, TWO, 0))
    watch.relive({0: cells(range(20))}, {0: end})
    if fares is Verdict.UNKNOWN:
        assert verdict(watch) is fares
        watch.advance(np.array([T0 + 20 * SLICE], np.int64))
    assert watch.signs("strict", TWO).burning == (WAYS[1],)


def test_each_stream_is_lived_through_to_its_own_end() -> None:
    watch = watching((OTHER, TWO, 1), (STRICT, TWO, 0))
    watch.relive({0: cells(range(20)), 1: cells(range(20))}, {0: T0, 1: T0 + HOUR})
    assert (verdict(watch, STRICT), verdict(watch, OTHER)) == (Verdict.UNKNOWN, Verdict.BURNS)


def test_objectives_without_a_partition_tier_do_not_keep_others_on_their_stream_from_a_past() -> None:
    watch = watching((BLIND, TWO, 0), (STRICT, TWO, 0))
    watch.relive({0: cells(range(20))}, {0: T0 + HOUR})
    assert verdict(watch) is Verdict.BURNS


def test_a_past_of_partitions_raises_no_alarm() -> None:
    watch = watching((STRICT, TWO, 0))
    watch.relive({0: cells(range(20))}, {0: T0 + HOUR})
    watch.advance(np.array([T0 + HOUR], np.int64))
    assert watch.signs("strict", TWO).alarmed is False
