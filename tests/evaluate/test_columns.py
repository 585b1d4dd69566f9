"""Many objectives side by side as arrays: which numbers belong to which columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Duplicates
from slo_service.evaluate.counts.facts import Facts
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.judge.figures import Side, unborn_are_empty
from slo_service.evaluate.judge.watch import Came, Numbers
from tests.domain.test_objectives import SLO

NAMES = ("progress", "firsts", "begun", "grace", "grain", "sources", "widths")
FLAGS = ("by_slices", "knows_events", "tells_measured", "filled", "heard")


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 99)), max_size=8), st.lists(st.integers(0, 9), max_size=8))
def test_every_number_of_a_column_is_found_and_no_other(pairs, columns) -> None:
    found = [
        (int(at), int(number))
        for places, numbers in Numbers(pairs).of(np.array(columns, np.intp))
        for at, number in zip(places, numbers, strict=True)
    ]
    wanted = [(at, number) for at, column in enumerate(columns) for one, number in pairs if one == column]
    assert sorted(found) == sorted(wanted)


def test_what_came_is_kept_by_kind_of_count() -> None:
    came = Came.of([4, 2], [Delta("s", 10, 1, 2, 3, "a"), Delta("s", 20, 4, 5, 6, "b")])
    assert came.counts.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert (came.columns.tolist(), came.starts.tolist(), list(came.sources)) == ([4, 2], [10, 20], ["a", "b"])


@pytest.mark.parametrize("steps", [[3], [1, 3], [3, 2], [3, 3]])
def test_facts_fit_the_widest_bank_there_was_and_know_nothing_of_new_columns(steps: list[int]) -> None:
    facts = Facts()
    for columns in steps:
        facts.fit(columns)
    for name in NAMES:
        wanted = NEVER if name in {"progress", "firsts", "begun"} else 1
        assert getattr(facts, name).tolist() == [wanted] * 3
    assert [getattr(facts, name).tolist() for name in FLAGS] == [[False] * 3] * len(FLAGS)


def test_a_column_begins_with_what_its_track_is_and_nothing_seen() -> None:
    facts = Facts()
    facts.fit(2)
    for name in (*NAMES, *FLAGS):
        getattr(facts, name)[:] = 1
    key = replace(TrackKey.of(replace(SLO, indicator=Duplicates("c"))), grain_ns=7)
    facts.begin(1, key)
    assert [int(getattr(facts, name)[1]) for name in NAMES] == [
        *(NEVER, NEVER, NEVER),
        *(SLO.timing.grace_ns, 7, 0, SLO.slice_width_ns),
    ]
    assert [bool(getattr(facts, name)[1]) for name in FLAGS] == [True, False, False, False, False]
    assert [int(getattr(facts, name)[0]) for name in (*NAMES, *FLAGS)] == [1] * (len(NAMES) + len(FLAGS))
    facts.begin(0, TrackKey.of(SLO, ("upgrade",)))
    assert [bool(getattr(facts, name)[0]) for name in FLAGS[:3]] == [False, True, True]


def test_objectives_that_were_never_judged_show_nothing() -> None:
    def some(*numbers: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(numbers)

    side = Side(some(1, 2), some(3, 4), some(5, 6), some(0.5, 0.6), np.array([True, True]), some(0.1, 0.2))
    shown = unborn_are_empty(side, np.array([7, NEVER]))
    assert [part.tolist() for part in (shown.bad, shown.total, shown.missing, shown.coverage)] == [
        [1, 0],
        [3, 0],
        [5, 0],
        [0.5, 0],
    ]
    assert (shown.doubt.tolist(), shown.slack.tolist()) == ([True, False], [0.1, 1.0])
    assert unborn_are_empty(side, np.array([7, 8])) is side
