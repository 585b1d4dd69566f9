"""What came is heard by every objective it is of, as first judged."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import HOUR, SECOND
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.judge.watch import Came, Watch, Watching
from tests.evaluate.test_screen import slo

T0 = 1_800_000_000 * SECOND
SLICE = 10 * SECOND
CANARIES = Expectation([Schedule("orders", T0 - HOUR, Fraction(1), 1)])
STRICT, LAX, OTHER = slo("strict", "0.999"), slo("lax", "0.99"), slo("other", "0.999")


def listening() -> Watch:
    """Two objectives on the first column, one on the second."""
    watch = Watch(SLICE, HOUR)
    watch.put([Watching(STRICT, CANARIES, 0), Watching(OTHER, CANARIES, 1), Watching(LAX, CANARIES, 0)])
    return watch


def alarmed(watch: Watch, *came: Delta, column: int = 0) -> set[str]:
    marks = np.array([T0, T0, T0], np.int64)
    for delta in came:
        watch.add(Came.of([column], [delta]), marks)
        watch.advance(marks)
    return {each.name for each in (STRICT, LAX, OTHER) if watch.signs(each.name, CANARIES).alarmed}


def lost(at_ns: int = T0) -> list[Delta]:
    return [Delta("orders", at_ns, 0, 1, 1, "canary/0")] * 20


def test_objectives_on_the_same_stream_hear_the_same_canaries() -> None:
    assert alarmed(listening(), *lost()) == {"strict", "lax"}


def test_an_objective_hears_no_canaries_but_its_own() -> None:
    assert alarmed(listening(), *lost(), column=1) == {"other"}


def test_a_stream_that_no_objective_is_on_is_heard_by_none() -> None:
    assert alarmed(listening(), *lost(), column=2) == set()


def test_what_was_judged_long_after_its_time_is_no_news() -> None:
    assert alarmed(listening(), *lost(at_ns=T0 - HOUR - SLICE)) == set()


def test_good_canaries_that_turn_out_to_be_lost_are_no_news() -> None:
    watch, marks = listening(), np.array([T0, T0], np.int64)
    for _ in range(20):
        watch.add(Came.of([0, 0], [Delta("orders", T0, 1, 0, 1), Delta("orders", T0, -1, 1, 0)]), marks)
        watch.advance(marks)
    assert watch.signs("strict", CANARIES).alarmed is False
