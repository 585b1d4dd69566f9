"""Where nothing is found out of the time that nobody judged, and where windows are not even read for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Progress
from slo_service.domain.event import Change
from slo_service.domain.indicator import Composite, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.history import standstill
from slo_service.evaluate.history.standstill import Gap, missed
from tests.evaluate.test_standstill import EACH, FINE, SHORT, SLO, Line, alerting, cells
from tests.evaluate.timeline import START


def test_silence_that_counts_as_bad_is_found_out_and_silence_that_does_not_is_not() -> None:
    found = {}
    for unmeasured in (Unmeasured.BAD, Unmeasured.FREEZE):
        line = Line(replace(SLO, unmeasured=unmeasured))
        line.tick(START)
        line.known_ns = START + 5 * MINUTE
        found[unmeasured] = line.missed(line.away(START + HOUR))
    assert found[Unmeasured.FREEZE] == ()
    assert {row.change for row in found[Unmeasured.BAD]} == {Change.FIRED, Change.CLEARED}


def never(*_: object, **__: object) -> tuple[()]:
    raise AssertionError("windows are read of an objective that cannot have fired")


GAP = Gap(START, START + HOUR, {}, 7)


def unheard(slo: Slo) -> Line:
    return Line(slo)


def unscheduled(slo: Slo) -> Line:
    line = Line(slo, [(600, 900)])
    line.evaluator = Evaluator(Catalogue(slos={slo.name: slo}), 7)
    line.tick(START + HOUR)
    return line


def held_back(slo: Slo) -> Line:
    """The ticks before went on, and the watermark did not."""
    line = Line(slo, [(-600, -300)])
    line.tick(START)
    return line


def good(slo: Slo) -> Line:
    line = Line(slo, [(-7200, -900)])
    line.tick(START)
    line.away(START + HOUR)
    return line


def beside(slo: Slo) -> Line:
    """Another objective, whose counts lie in the same bank, fails."""
    line, other = Line(slo), replace(slo, name="other", pipeline="other")
    line.evaluator = Evaluator(Catalogue(slos={each.name: each for each in (other, slo)}), 7, slots=SHORT)
    schedules = [Schedule(each.stream.id, START - 2 * DAY, Fraction(EACH, 10), 1) for each in (other, slo)]
    line.evaluator.apply(cells(other, START + HOUR, [(600, 900)]), schedules=schedules)
    line.tick(START)
    line.away(START + HOUR)
    return line


def burning(slo: Slo) -> Line:
    line = Line(slo, [(600, 900)])
    line.tick(START)
    line.away(START + HOUR)
    return line


@pytest.mark.parametrize(
    ("made", "slo"),
    [
        pytest.param(unheard, SLO, id="it was never judged"),
        pytest.param(held_back, SLO, id="its watermark stands still"),
        pytest.param(good, SLO, id="nothing failed since the windows of its last tick"),
        pytest.param(beside, SLO, id="another one failed"),
        pytest.param(burning, replace(SLO, alerting=alerting()), id="it has no tiers"),
    ],
)
def test_nothing_is_read_again_where_nothing_can_have_fired(
    made: Callable[[Slo], Line], slo: Slo, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = made(slo)
    monkeypatch.setattr(standstill, "judge_past", never)
    assert line.missed(GAP) == ()


def test_nothing_is_found_out_where_it_is_not_known_what_was_expected() -> None:
    assert unscheduled(SLO).missed(GAP) == ()


def test_nothing_is_found_out_of_a_composite() -> None:
    members = (Member("fresh", SLO.indicator, Fraction(99, 100)),)
    slo = replace(SLO, indicator=Composite(members))
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}), 7)
    (stream,) = slo.measured
    evaluator.apply(
        [replace(cell, stream=stream) for cell in cells(slo, START + HOUR, [(600, 900)])],
        [Progress(stream, "canary/main/0", START + HOUR)],
        [Schedule(stream, START - 2 * DAY, Fraction(EACH, 10), 1)],
    )
    evaluator.tick(START + HOUR)
    assert missed(evaluator.floor, slo, GAP) == ()


def test_a_tier_that_fired_before_is_not_said_to_have_fired_again() -> None:
    line = Line(SLO, [(-600, 60)])
    for seconds in range(-600, 1, 10):
        line.tick(START + seconds * SECOND)
    gap = line.away(START + HOUR)
    assert {name for name, state in gap.before[SLO.name].items() if state.firing} == {each.name for each in FINE}
    assert line.missed(gap) == ()
    assert line.missed(replace(gap, before={})) != ()
