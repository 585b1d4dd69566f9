"""What was seen of single partitions goes on over a change of objectives and of schedules."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import MINUTE
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.tier import Verdict
from slo_service.evaluate.judge.watch import Watch, Watching
from tests.evaluate.test_screen import slo
from tests.evaluate.test_watch_partitions import (
    BLIND,
    LAX,
    OTHER,
    SLICE,
    STRICT,
    T0,
    TWO,
    WAYS,
    cells,
    expecting,
    good,
    live,
    verdict,
    watching,
)


def test_what_was_seen_goes_on_whoever_comes_and_wherever_the_objective_stands_then() -> None:
    watch = watching((STRICT, TWO, 0), (OTHER, TWO, 1))
    live(watch, cells(range(8)))
    live(watch, cells(range(8), good), column=1)
    watch.put([Watching(LAX, TWO, 2), Watching(OTHER, TWO, 0), Watching(STRICT, TWO, 1)])
    live(watch, cells(range(8, 10)), column=1)
    assert watch.signs("strict", TWO) == Signs(Verdict.BURNS, (WAYS[1],), alarmed=False)
    assert watch.signs("other", TWO) == Signs(Verdict.UNKNOWN, (), alarmed=False)
    assert watch.signs("lax", TWO) == Signs(Verdict.UNKNOWN, (), alarmed=False)


def test_sixteen_objectives_may_come_before_anything_of_partitions_is_forgotten() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, cells(range(20)))
    more = [Watching(slo(f"n{n}", "0.99"), TWO, 1) for n in range(16)]
    for last in (9, 16):
        watch.put([Watching(STRICT, TWO, 0), *more[:last]])
        assert verdict(watch) is Verdict.BURNS
    live(watch, cells(range(20, 40)), column=1)
    assert [verdict(watch, each.slo) for each in more] == [Verdict.BURNS] * 16


def test_of_many_objectives_a_quarter_as_many_may_come_before_anything_of_partitions_is_forgotten() -> None:
    many = [Watching(slo(f"n{n}", "0.99"), TWO, 0) for n in range(100)]
    watch = Watch(SLICE, MINUTE)
    watch.put(many[:80])
    live(watch, cells(range(20)))
    watch.put(many)
    assert [verdict(watch, each.slo) for each in many] == [Verdict.BURNS] * 80 + [Verdict.UNKNOWN] * 20


def test_more_objectives_than_there_is_room_for_are_all_watched_from_then_on() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, cells(range(20)))
    many = [Watching(slo(f"n{n}", "0.99"), TWO, 0) for n in range(40)]
    watch.put([*many, Watching(STRICT, TWO, 0)])
    assert {verdict(watch, each.slo) for each in many} == {Verdict.UNKNOWN}
    live(watch, cells(range(20, 40)))
    assert {verdict(watch, each.slo) for each in many} == {Verdict.BURNS} == {verdict(watch)}


def test_an_objective_that_is_gone_is_not_watched_and_one_that_comes_does_not_take_over_what_was_seen_of_it() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, cells(range(20)))
    watch.put([Watching(OTHER, TWO, 0)])
    assert verdict(watch, OTHER) is Verdict.UNKNOWN
    live(watch, cells(range(20, 60), good))
    watch.put([Watching(OTHER, TWO, 0), Watching(STRICT, TWO, 0)])
    assert verdict(watch, OTHER) is Verdict.CLEAR


def test_an_objective_whose_partition_tier_is_taken_away_is_no_longer_judged_by_it() -> None:
    watch = watching((STRICT, TWO, 0))
    live(watch, cells(range(20)))
    watch.put([Watching(replace(BLIND, name="strict"), TWO, 0)])
    live(watch, cells(range(20, 30)))
    assert verdict(watch) is Verdict.UNKNOWN


def test_partitions_that_come_to_be_expected_are_told_apart_after_the_schedule_is_taken_in() -> None:
    expectation = expecting(1)
    watch = watching((STRICT, expectation, 0))
    live(watch, cells(range(20)))
    expectation.append(Schedule("orders", T0, Fraction(2, 10), 2))
    watch.reschedule()
    assert watch.codes().tolist() == [8 + 4]
    live(watch, cells(range(20, 29)))
    assert verdict(watch, STRICT, expectation) is Verdict.UNKNOWN  # what came of one source counts as no partition's
    live(watch, cells(range(29, 30)))
    assert watch.signs("strict", expectation).burning == (WAYS[1],)


def test_a_partition_that_is_no_longer_expected_is_not_waited_for_after_the_schedule_is_taken_in() -> None:
    expectation = expecting(3)
    watch = watching((STRICT, expectation, 0))
    live(watch, cells(range(31), good))
    assert verdict(watch, STRICT, expectation) is Verdict.UNKNOWN
    expectation.append(Schedule("orders", T0, Fraction(2, 10), 2))
    watch.reschedule()
    live(watch, cells(range(31, 32), good))
    assert verdict(watch, STRICT, expectation) is Verdict.CLEAR


def test_where_one_source_is_left_the_windows_tell_and_no_partition_does() -> None:
    expectation = expecting(2)
    watch = watching((LAX, expectation, 0))
    live(watch, cells(range(20)))
    assert watch.codes().tolist() == [8 + 2]
    expectation.append(Schedule("orders", T0, Fraction(1, 10), 1))
    watch.reschedule()
    live(watch, cells(range(20, 21)))
    assert watch.codes().tolist() == [0]
    assert watch.signs("lax", expectation) == Signs(None, (), alarmed=False)
