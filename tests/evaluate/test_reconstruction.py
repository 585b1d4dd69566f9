"""Episodes that came and went while nobody judged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.cell import Delta
from slo_service.domain.event import Change, Transition
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.history.hindsight import Stay, judge_past
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.history.reconstruction import reconstructed
from tests.evaluate.timeline import START, Timeline, an_slo

UNGATED = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)
KEEP = Alerting(keep_firing_ns={Severity.PAGE: 2 * MINUTE, Severity.TICKET: 4 * MINUTE}, signals=UNGATED)
SLO = an_slo(alerting=KEEP)
PAGES = replace(SLO, alerting=replace(KEEP, tiers=KEEP.tiers[:2]))
LATER = START + 30 * HOUR


def outage(second: int) -> Fraction:
    return Fraction(1) if 600 <= second < 900 or 9000 <= second < 9300 else Fraction(0)


def stays_of(seconds: int, since_ns: int = START) -> tuple[Stay, ...]:
    total = 10_000
    rows = [
        Delta("s", START + at * SECOND, int(total * (1 - outage(at))), int(total * outage(at)), 1)
        for at in range(-4 * 3600, seconds, 10)
    ]
    past = Past.of(rows, 10 * SECOND, START - 4 * HOUR, START + seconds * SECOND)
    expectation = Expectation([Schedule("s", START - 4 * HOUR, Fraction(1000), 1)])
    return judge_past(PAGES, past, expectation, since_ns, past.end_ns)


def facts(rows: list[Transition] | tuple[Transition, ...]) -> list[tuple[object, ...]]:
    known = [row for row in rows if row.change in {Change.FIRED, Change.CLEARED}]
    return sorted(
        (row.event_ns, row.id, row.change, row.episode, row.opens, row.closes, row.tier.long.tally, row.tier.phase)
        for row in known
    )


def test_the_rows_are_those_that_judging_then_had_written() -> None:
    line = Timeline(PAGES)
    line.fill(4 * HOUR)
    line.run(14_000, outage, tick=10)
    rows = reconstructed(PAGES, stays_of(14_000), 0, LATER)
    assert facts(rows) == facts(line.transitions)
    assert len({row.episode for row in rows}) == 2
    assert all(row.reconstructed and row.recorded_ns == LATER for row in rows)


def test_an_episode_that_lasts_is_left_to_the_evaluator() -> None:
    assert {row.event_ns < START + 9000 * SECOND for row in reconstructed(PAGES, stays_of(9300), 0, LATER)} == {True}
    assert reconstructed(PAGES, stays_of(900), 0, LATER) == ()


def test_an_episode_is_left_out_whole_when_one_of_its_tiers_fired_before() -> None:
    first = stays_of(5000)
    begun = [replace(stay, began_before=stay.tier.name == "page-1h") for stay in first]
    assert len(first) == 2
    assert reconstructed(PAGES, begun, 0, LATER) == ()


def test_a_page_and_a_ticket_at_the_same_time_are_two_episodes() -> None:
    page = stays_of(5000)[0]
    ticket = replace(page, tier=KEEP.tiers[2])
    rows = reconstructed(SLO, [page, ticket], 0, LATER)
    assert [row.opens for row in rows] == [True, True, False, False]
    assert [row.closes for row in rows] == [False, False, True, True]
    assert len({row.episode for row in rows}) == 2
