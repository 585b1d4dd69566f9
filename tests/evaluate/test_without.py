"""The budget as it would be if nothing were adjusted, beside the one with adjustments."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Completeness, Composite, Member, Schedule
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.evaluator import Evaluator
from tests.evaluate.timeline import START, an_slo

WIDTH = 10 * SECOND
OUTAGE = Span(START - 40 * MINUTE, START - 30 * MINUTE)
PLAIN = an_slo("0.99")
TWO = Composite(
    (
        Member("fresh", PLAIN.indicator, Fraction(99, 100)),
        Member("complete", Completeness("orders-canary", 60 * SECOND), Fraction(99, 100), Fraction(2)),
    )
)
WHOLE = replace(PLAIN, name="whole", indicator=TWO)


def work(category: Category = Category.MAINTENANCE, span: Span = OUTAGE) -> Adjustment:
    return Adjustment("work", Selector(), category, "ana", "announced", (span,))


def judged(slo: Slo, *adjustments: Adjustment, few: int = 8) -> Status:
    """An hour of an event a second of each stream, of which all failed in ten minutes."""
    known = Catalogue(slos={slo.name: slo}, adjustments={each.name: each for each in adjustments})
    evaluator = Evaluator(known, few=few)
    evaluator.apply(schedules=[Schedule(stream, START - HOUR, Fraction(1), 1) for stream in slo.measured])
    cells = [
        Delta(stream, at, 0 if bad else 10, 10 if bad else 0, 1)
        for stream in slo.measured
        for at in range(START - HOUR, START, WIDTH)
        for bad in [OUTAGE.from_ns <= at < OUTAGE.to_ns]
    ]
    evaluator.apply(cells, [Progress(stream, "canary/main/0", START) for stream in slo.measured])
    return evaluator.tick(START).statuses[slo.name]


@pytest.mark.parametrize("few", [8, 0], ids=["judged", "screened"])
@pytest.mark.parametrize("slo", [PLAIN, WHOLE], ids=["one indicator", "a composite"])
def test_the_budget_without_adjustments_is_that_of_nothing_adjusted(slo: Slo, few: int) -> None:
    """Ten minutes of total outage are excused by the maintenance, and only there."""
    bare = judged(slo, few=few)
    found = judged(slo, work(), few=few)
    assert found.budget.reading.tally.bad == 0
    assert found.without == bare.budget
    assert bare.budget.reading.tally.bad > 0
    assert bare.without is None


def test_a_replay_that_spoils_nothing_of_the_objective_leaves_nothing_to_compare() -> None:
    assert judged(PLAIN, work(Category.REPLAY)).without is None


def test_an_objective_goes_on_at_once_when_an_adjustment_begins_to_count() -> None:
    """What its collectors said before is known to the adjusted track as well."""
    known = Catalogue(slos={PLAIN.name: PLAIN})
    evaluator = Evaluator(known)
    evaluator.apply(
        [Delta(PLAIN.stream.id, START - WIDTH, 10, 0, 1)],
        [Progress(PLAIN.stream.id, "canary/main/0", START)],
        [Schedule(PLAIN.stream.id, START - HOUR, Fraction(1), 1)],
    )
    before = evaluator.tick(START).statuses[PLAIN.name].watermark_ns
    evaluator.reload(replace(known, adjustments={"work": work()}), 2, START)
    after = evaluator.tick(START + SECOND).statuses[PLAIN.name]
    assert after.watermark_ns == before
    assert after.without is not None
    assert after.without.reading.tally.good == 10
