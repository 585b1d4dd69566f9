"""What the early detectors hear: whole rounds of canaries, as first judged, and since when."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.cell import Delta
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.judge.watch import Came, Watch, Watching
from tests.evaluate.test_screen import slo
from tests.evaluate.test_watch_partitions import (
    BLIND,
    LAX,
    ONE,
    OTHER,
    STRICT,
    T0,
    TWO,
    expecting,
    watching,
)


def heard(watch: Watch, good_ones: int, bad_ones: int, source: str = "", column: int = 0) -> None:
    marks = np.full(3, T0, np.int64)
    watch.add(Came.of([column], [Delta("orders", T0, good_ones, bad_ones, 1, source)]), marks)
    watch.advance(marks)


def test_an_alarm_that_was_raised_before_goes_on_until_as_many_good_rounds_have_come() -> None:
    watch = watching((LAX, TWO, 0), (STRICT, TWO, 0))
    watch.alarm("strict")
    watch.alarm("unknown")
    assert watch.signs("strict", TWO).alarmed is True
    assert watch.signs("lax", TWO).alarmed is False
    half_an_hour = 30 * MINUTE // (10 * SECOND)
    assert [watch.alarm_left(name) for name in ("strict", "unknown")] == [half_an_hour, 0]
    heard(watch, 2 * half_an_hour - 1, 0)  # a round is one canary of each of the two
    assert (watch.signs("strict", TWO).alarmed, watch.alarm_left("strict")) == (True, 1)
    heard(watch, 1, 0)
    assert watch.signs("strict", TWO).alarmed is False


def test_an_alarm_that_was_raised_before_begins_with_a_detector_that_has_heard_nothing() -> None:
    watch, fresh = watching((STRICT, ONE, 0)), watching((STRICT, ONE, 0))
    heard(watch, 100, 2)
    watch.alarm("strict")
    for each in (watch, fresh):
        heard(each, 5, 1)
    one, other = watch._detectors, fresh._detectors
    assert one is not None
    assert other is not None
    assert one.state().log_statistics == pytest.approx(other.state().log_statistics)


@pytest.mark.parametrize(
    ("expectation", "left"), [(ONE, 180), (expecting(1, Fraction(1, 60)), 30), (Expectation(), 1800)]
)
def test_an_alarm_lasts_half_an_hour_of_rounds_and_of_seconds_where_none_are_expected(expectation, left: int) -> None:
    watch = watching((STRICT, expectation, 0))
    assert watch.alarm_left("strict") == left


def test_parts_of_rounds_wait_for_the_rest_and_failures_count_by_rounds_as_well() -> None:
    whole, parts = watching((STRICT, TWO, 0), (OTHER, ONE, 1)), watching((STRICT, TWO, 0), (OTHER, ONE, 1))
    for _ in range(7):
        heard(whole, 4, 0)
        heard(whole, 4, 2)
    for _ in range(14):
        heard(parts, 3, 0)
        heard(parts, 1, 1)
    for each in (whole, parts):
        heard(each, 3, 1, column=1)
    one, other = whole._detectors, parts._detectors
    assert one is not None
    assert other is not None
    assert (one.state().good_run == other.state().good_run).all()
    assert whole.signs("strict", TWO) == parts.signs("strict", TWO)
    assert whole._good.tolist() == parts._good.tolist() == [0, 0]


def test_what_detectors_have_heard_goes_on_wherever_their_objectives_stand_unless_the_budget_is_another() -> None:
    watch = watching((STRICT, ONE, 0), (OTHER, ONE, 1), (LAX, ONE, 2))
    heard(watch, 0, 20)
    heard(watch, 0, 20, column=2)
    assert [watch.signs(name, ONE).alarmed for name in ("strict", "other", "lax")] == [True, False, True]
    heard(watch, 7, 0)
    heard(watch, 9, 0, column=2)
    watch.put([Watching(slo("new", "0.9"), ONE, 2), Watching(LAX, ONE, 1), Watching(OTHER, ONE, 0),
               Watching(replace(STRICT, objective=LAX.objective), ONE, 0)])  # fmt: skip
    assert [watch.signs(name, ONE).alarmed for name in ("strict", "other", "lax", "new")] == [False, False, True, False]
    assert [watch.alarm_left(name) for name in ("strict", "other", "lax", "new")] == [180, 180, 171, 180]


def test_what_is_no_longer_listened_to_is_heard_no_more_and_begins_anew_when_it_comes_back() -> None:
    watch = watching((STRICT, ONE, 0))
    heard(watch, 0, 20)
    watch.put([Watching(BLIND, ONE, 0)])
    heard(watch, 0, 20)
    assert (watch.signs("strict", ONE).alarmed, watch.alarm_left("strict"), watch.codes().tolist()) == (None, 0, [0])
    watch.put([Watching(STRICT, ONE, 0)])
    assert watch.signs("strict", ONE).alarmed is False


@pytest.mark.parametrize(
    ("watermark", "start", "news"),
    [
        pytest.param(T0, T0 - HOUR, True, id="an hour ago is news"),
        pytest.param(T0, T0 - HOUR - 1, False, id="longer ago is none"),
        pytest.param(NEVER, T0 - HOUR - 1, True, id="all is news where nothing was judged yet"),
    ],
)
def test_what_is_heard_long_after_its_time_is_no_news(watermark: int, start: int, news: bool) -> None:
    watch = watching((STRICT, ONE, 0))
    watch.add(Came.of([0], [Delta("orders", start, 0, 20, 1)]), np.array([watermark], np.int64))
    watch.advance(np.array([watermark], np.int64))
    assert watch.signs("strict", ONE).alarmed is news


@pytest.mark.parametrize(("good_ones", "bad_ones", "alarmed"), [(0, 20, True), (-1, 20, False), (20, -1, False)])
def test_a_difference_that_takes_anything_back_is_not_heard(good_ones: int, bad_ones: int, alarmed: bool) -> None:
    watch = watching((STRICT, ONE, 0))
    heard(watch, good_ones, bad_ones)
    assert watch.signs("strict", ONE).alarmed is alarmed
    assert (watch._good.tolist(), watch._bad.tolist()) == ([0], [0])
