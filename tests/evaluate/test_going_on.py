"""A new evaluator in place of one that stopped, and new definitions in place of the old: what goes on, what ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change
from slo_service.domain.indicator import Completeness
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo
from slo_service.domain.status import StateChange, TierState
from slo_service.evaluate.evaluator import Evaluator
from tests.evaluate.timeline import AT_ONCE, START, Timeline, an_slo

KEPT = replace(AT_ONCE, keep_firing_ns={Severity.PAGE: 10 * MINUTE, Severity.TICKET: HOUR})
SLO = an_slo(alerting=KEPT)


def outage(slo: Slo = SLO, seconds: int = 120) -> Timeline:
    line = Timeline(slo)
    line.fill(2 * HOUR)
    line.run(seconds, lambda _: Fraction(1), tick=10)
    return line


def constantly(share: Fraction, _: int) -> Fraction:
    return share


def states(line: Timeline) -> list[TierState]:
    return list(line.evaluator.tiers()[line.slo.name].values())


def firing(evaluator: Evaluator, name: str = SLO.name) -> dict[str, str | None]:
    return {state.tier.name: state.episode for state in evaluator.tiers().get(name, {}).values() if state.firing}


def reload(line: Timeline, *slos: Slo, load: int = 2):
    return line.evaluator.reload(Catalogue(slos={each.name: each for each in slos}), load, line.now)


def test_a_state_is_handed_out_when_a_restart_would_go_on_differently_and_only_then() -> None:
    line = Timeline(SLO)
    line.fill(2 * HOUR)
    for step in range(40):
        line.run(10, partial(constantly, Fraction(step > 5)), tick=10)
        assert line.evaluator.tick(line.now).tier_states == ()  # a second look at the same moment has nothing new
    silent = line.evaluator.tick(line.now + MINUTE).tier_states
    assert [(state.tier.name, state.firing) for state in silent] == [("no-data", True)]
    assert line.evaluator.tick(line.now + 2 * MINUTE).tier_states == ()


def test_restored_states_go_on_in_their_episodes_where_nobody_was_missed() -> None:
    line = outage()
    recorded = states(line)
    fresh = Evaluator(Catalogue(slos={SLO.name: SLO}))
    rows, ended = fresh.restore(recorded, line.now + SECOND, line.now)
    assert (tuple(rows), tuple(ended)) == ((), ())
    assert firing(fresh) == firing(line.evaluator) != {}
    assert {s.tier.name: s.burning for s in fresh.tiers()[SLO.name].values()} == {
        s.tier.name: s.burning for s in recorded
    }


@pytest.mark.parametrize("lived", [pytest.param(None, id="nobody knows until when"), pytest.param(-HOUR, id="an hour")])
def test_time_that_nobody_judged_counts_neither_as_quiet_nor_as_burned(lived: int | None) -> None:
    line = outage()
    line.run(300, lambda _: Fraction(0), tick=10)
    before = {state.tier.name: state for state in states(line)}
    fresh = Evaluator(Catalogue(slos={SLO.name: SLO}))
    fresh.restore(list(before.values()), line.now + 2 * HOUR, None if lived is None else line.now)
    for name, state in fresh.tiers()[SLO.name].items():
        assert state.burning is None
        assert (state.phase, state.episode) == (before[name].phase, before[name].episode)
        assert before[name].quiet_ns <= state.quiet_ns <= before[name].quiet_ns + MINUTE


def test_a_state_of_what_is_no_longer_measured_or_declared_ends_as_superseded_if_it_fired() -> None:
    line = outage()
    recorded = states(line)
    gone = [replace(state, slo="gone") for state in recorded]
    other = [replace(state, stream="another") for state in recorded]
    for given in (gone, other):
        fresh = Evaluator(Catalogue(slos={SLO.name: SLO}), load=7)
        rows, ended = fresh.restore(given, line.now, line.now)
        fired = [state for state in recorded if state.firing]
        assert [row.change for row in rows] == [Change.SUPERSEDED] * len(fired)
        assert {row.load for row in rows} == {7}
        assert {row.recorded_ns for row in rows} == {line.now}
        assert sum(row.closes for row in rows) == len({state.episode for state in fired})
        assert [state.firing for state in ended] == [False] * len(fired)
        assert fresh.tiers() == {}


def test_a_state_that_does_not_name_its_stream_is_taken_for_the_present_one() -> None:
    line = outage()
    fresh = Evaluator(Catalogue(slos={SLO.name: SLO}))
    fresh.restore([replace(state, stream="") for state in states(line)], line.now, line.now)
    assert firing(fresh) == firing(line.evaluator)


def test_a_word_that_was_said_goes_on_since_then_unless_tiers_told_it() -> None:
    line = outage(seconds=10)
    status = line.status
    assert status is not None
    fresh = Evaluator(Catalogue(slos={SLO.name: SLO}))
    said = StateChange(SLO.name, START - HOUR, START, status.state, None, Fraction(1))
    fresh.restore([], line.now, line.now, [said, replace(said, slo="gone")])
    assert fresh._words == {SLO.name: fresh._words[SLO.name]}
    assert (fresh._words[SLO.name].state, fresh._words[SLO.name].since_ns) == (status.state, START - HOUR)


def test_a_reload_that_changes_nothing_that_is_measured_or_alerted_on_changes_nothing() -> None:
    line = outage()
    before = line.evaluator.tiers()
    rows, ended = reload(line, replace(SLO, description="told better"))
    assert (tuple(rows), tuple(ended)) == ((), ())
    assert line.evaluator.tiers() == before


def test_tiers_that_are_no_longer_declared_end_and_the_episode_lasts_in_the_others() -> None:
    line = outage(seconds=900)
    fired = firing(line.evaluator)
    pages = [name for name in fired if name.startswith("page")]
    assert len(pages) == 2
    fewer = tuple(tier for tier in KEPT.tiers if tier.name != pages[0])
    rows, _ = reload(line, replace(SLO, alerting=replace(KEPT, tiers=fewer)))
    assert [(row.tier.tier.name, row.change, row.closes, row.load) for row in rows] == [
        (pages[0], Change.SUPERSEDED, False, 2)
    ]
    assert firing(line.evaluator) == {name: episode for name, episode in fired.items() if name != pages[0]}


@pytest.mark.parametrize(
    "now",
    [
        pytest.param((), id="no longer declared"),
        pytest.param((replace(SLO, indicator=Completeness("orders-canary", HOUR)),), id="measured otherwise"),
    ],
)
def test_episodes_of_what_is_no_longer_measured_close(now: tuple[Slo, ...]) -> None:
    line = outage()
    fired = firing(line.evaluator)
    rows, ended = reload(line, *now)
    assert {row.tier.tier.name for row in rows} == set(fired)
    assert sum(row.closes for row in rows) == len(set(fired.values()))
    assert all(not state.firing for state in ended)
    assert firing(line.evaluator) == {}


def test_a_reload_keeps_the_counts_of_a_stream_that_is_still_referred_to() -> None:
    line = outage()
    reload(line, replace(SLO, alerting=Alerting(), name="renamed"), SLO)
    evaluation = line.evaluator.tick(line.now + SECOND)
    one, other = evaluation.statuses["renamed"], evaluation.statuses[SLO.name]
    assert one.budget.reading.tally == other.budget.reading.tally
    assert other.budget.reading.tally.bad > 0
    assert line.evaluator.inputs([SLO.stream.id, "unknown"]) == {SLO.stream.id}


def test_what_no_objective_refers_to_is_left_alone() -> None:
    line = outage()
    before = line.evaluator.tick(line.now).statuses[SLO.name]
    other = replace(SLO, indicator=Completeness("orders-canary", HOUR)).stream.id
    assert other not in line.evaluator.streams
    assert line.evaluator.inputs([other]) == frozenset()
    assert line.evaluator.tick(line.now).statuses[SLO.name] == before
