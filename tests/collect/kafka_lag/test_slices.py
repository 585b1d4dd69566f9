import pytest

from slo_service.collect.kafka_lag.slices import BAD, GOOD, Judged, SliceJudge, in_time
from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.instant import SECOND

WIDTH, GAP = 10 * SECOND, 3 * SECOND


def judged(verdicts, first_second=0):
    """One verdict a second; "+" in time, "-" over, "?" cannot tell."""
    judge = SliceJudge(WIDTH, GAP)
    cells: list[Judged] = []
    for second, verdict in enumerate(verdicts, first_second):
        cells += judge.poll(second * SECOND, {"+": True, "-": False, "?": None}[verdict])
    return [(cell.slice_start_ns // SECOND, cell.tally) for cell in cells]


@pytest.mark.parametrize(("verdicts", "cells"), [
    pytest.param("+" * 31, [(10, GOOD), (20, GOOD)], id="the first slice began before we watched"),
    pytest.param("+" * 15 + "-" + "+" * 15, [(10, BAD), (20, GOOD)], id="one poll over makes a slice bad"),
    pytest.param("+" * 15 + "-" * 4, [(10, BAD)], id="bad is said at once, not at the end of the slice"),
    pytest.param("+" * 13 + "??" + "+" * 16, [(10, GOOD), (20, GOOD)], id="a gap of three polls is bridged"),
    pytest.param("+" * 13 + "???" + "+" * 15, [(20, GOOD)], id="a gap of four polls is unmeasured"),
    pytest.param("+" * 10 + "?" * 10 + "+" * 11, [], id="neither a slice nor its successor rests on silence"),
    pytest.param("+" * 11 + "????" + "-" + "+" * 15, [(10, BAD), (20, GOOD)], id="bad is bad beside a gap"),
    pytest.param("-" + "?" * 30, [(0, BAD)], id="bad needs no whole slice"),
])  # fmt: skip
def test_slices(verdicts, cells):
    assert judged(verdicts) == cells


def test_a_restart_in_the_middle_of_a_slice_never_turns_it_good():
    assert judged("+" * 18, first_second=13) == [(20, GOOD)]


def test_a_clock_set_back_makes_the_time_it_repeats_unmeasured_first():
    judge = SliceJudge(WIDTH, GAP)
    for second in (38, 39, 40, 41):
        judge.poll(second * SECOND, True)
    judge.poll(19 * SECOND, True)
    assert judge.poll(20 * SECOND, True) == ()


def group(*partitions: PartitionAge, error: str = "") -> GroupAge:
    return GroupAge("orders", "enrich", "orders-enricher", "orders.raw", 0, partitions, error)


def known(age_s: int, at_least: bool = False) -> PartitionAge:
    return PartitionAge(0, 1, 2, 1, age_s * SECOND, at_least)


UNKNOWN = PartitionAge(1, None, 2, None, None, reason="no commit")


@pytest.mark.parametrize(("age", "verdict"), [
    pytest.param(group(known(0), known(5)), True, id="at the limit is within it"),
    pytest.param(group(known(0), known(6)), False, id="one partition over it is enough"),
    pytest.param(group(known(6), UNKNOWN), False, id="what is known to be over decides beside what is unknown"),
    pytest.param(group(known(0), UNKNOWN), None, id="an unknown partition is no good one"),
    pytest.param(group(known(3, at_least=True)), None, id="at least three seconds may be a week"),
    pytest.param(group(known(6, at_least=True)), False, id="at least six is over five"),
    pytest.param(group(error="timed out"), None, id="an error is no age"),
    pytest.param(group(), None, id="no partition is no age"),
])  # fmt: skip
def test_in_time(age, verdict):
    assert in_time(age, 5 * SECOND) is verdict
