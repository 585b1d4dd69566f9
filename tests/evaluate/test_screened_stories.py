"""A few days in the life of objectives, told tick by tick: the screen names whoever changes, and its floats are right.

The same claim is made of random stories beside; these are the turns that a random story seldom takes."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.status import Status
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.judge.figures import Figures
from tests.evaluate.test_screen import OBJECTIVES, STREAMS, T0, came

pytestmark = pytest.mark.lengthy

STEADY = [(10, "good")] * 8
STORIES = {
    "an outage and its end": [*STEADY, *[(5, "bad")] * 8, *[(30, "good")] * 8, (600, "good"), (60, "good")],
    "a slow burn": [*STEADY, *[(60, "half")] * 12, (60, "good"), (600, "good")],
    "silence until a page, and after": [*STEADY, *[(60, "nothing")] * 4, (1800, "nothing"), (60, "good"), (60, "good")],
    "half of it missing": [*STEADY, *[(60, "few")] * 6, (600, "few"), (60, "good"), (10, "bad"), (10, "few")],
    "late news and its correction": [*STEADY, (10, "bad"), (10, "late"), (10, "fixed"), (60, "good"), (3600, "good")],
    "more is expected": [
        *STEADY,
        (10, "more"),
        (60, "good"),
        (10, "more"),
        (10, "bad"),
        (600, "good"),
        (10, "more"),
        (60, "good"),
    ],
    "a day goes by": [*STEADY, *[(3600, "good")] * 12, (10, "bad"), *[(3600, "good")] * 14, (10, "bad")],
}


def tell(story: list[tuple[int, str]], few: int):
    """The evaluator after each tick, with what it said."""
    evaluator, now = Evaluator(Catalogue(slos={each.name: each for each in OBJECTIVES}), few=few), T0
    bad: Counter[tuple[str, int]] = Counter()
    evaluator.apply(schedules=[Schedule(stream, T0, Fraction(1), 1) for stream in STREAMS])
    for ticks, (passed, what) in enumerate(story):
        before, now = now, now + passed * SECOND
        for stream in STREAMS:
            deltas, schedules = came(what, stream, before, now, ticks, bad)
            for delta in deltas:
                bad[delta.stream, delta.slice_start_ns] += delta.bad
            evaluator.apply(deltas, [], schedules)
        if what != "nothing":
            evaluator.apply([], [Progress(stream, "canary/0", now) for stream in STREAMS])
        yield evaluator, evaluator.tick(now)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_whoever_changes_is_named(story: list[tuple[int, str]]) -> None:
    for (_, screened), (_, plain) in zip(tell(story, few=0), tell(story, few=1000), strict=True):
        assert sorted(screened.transitions, key=lambda row: row.id) == sorted(plain.transitions, key=lambda row: row.id)
        for each in OBJECTIVES:
            assert screened.statuses[each.name] == plain.statuses[each.name]


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_figures_side_by_side_are_the_exact_ones_to_all_but_rounding(story: list[tuple[int, str]]) -> None:
    """Where a shortfall is just as much as jitter explains, the two may differ, and the figures say so."""
    for tick, (_, evaluation) in enumerate(tell(story, few=0)):
        if story[tick][1] != "more" and tick % 3 and tick < len(story) - 4:
            continue
        halls = evaluation.statuses.figures()
        assert {name for figures in halls for name in figures.names} == {each.name for each in OBJECTIVES}
        for figures in halls:
            for at, name in enumerate(figures.names):
                compare(figures, at, evaluation.statuses[name])
        assert [figures.window(7 * MINUTE) for figures in halls] == [None] * len(halls)


def compare(figures: Figures, at: int, status: Status) -> None:
    for length_ns in (5 * MINUTE, HOUR, 6 * HOUR, DAY):
        side, exact = figures.window(length_ns), status.readings[length_ns]
        assert side is not None
        assert (side.bad[at], side.total[at]) == (exact.tally.bad, exact.tally.total)
        if not side.doubt[at]:
            assert side.missing[at] == pytest.approx(float(exact.unmeasured_events))
            assert side.coverage[at] == pytest.approx(float(exact.coverage))
    assert figures.watermarks[at] == (NEVER if status.watermark_ns is None else status.watermark_ns)
    assert figures.progress[at] == (NEVER if status.progress_ns is None else status.progress_ns)
    assert figures.allowed[at] == pytest.approx(float(status.budget.allowed_events))
    if status.budget.remaining is not None and not figures.budget.doubt[at]:
        assert 1 - figures.spent[at] / figures.allowed[at] == pytest.approx(float(status.budget.remaining))
