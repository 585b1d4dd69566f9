"""What the evaluator answers when somebody asks, and how a restart takes up what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Adjustment
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Change
from slo_service.domain.indicator import Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Kind, Severity, Slo, Tier
from slo_service.domain.status import Phase, Reading, State, StateChange, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.judge.figures import Standing
from slo_service.evaluate.statuses import Bounded, Given, glance
from tests.evaluate.timeline import AT_ONCE, START, an_slo

SLO = an_slo(alerting=AT_ONCE)
OTHER = replace(SLO, name="other", pipeline="other")
TIMED = replace(SLO, timing=Timing(horizon_ns=20 * SECOND, grace_ns=3 * SECOND))
EMPTY = Reading(HOUR, Tally(), Fraction(0), Fraction(0), None)


def measured(slo: Slo, now_ns: int, *, bad: bool = False, width_ns: int = 10 * SECOND) -> tuple[Delta, Progress]:
    counted = (0, 1000) if bad else (1000, 0)
    return Delta(slo.counted, now_ns - width_ns, *counted, 1), Progress(slo.measured[0], "canary/main/0", now_ns)


def an_evaluator(*slos: Slo, stored: bool = False, few: int = 8, adjustments: tuple[Adjustment, ...] = ()) -> Evaluator:
    known = Catalogue(slos={slo.name: slo for slo in slos}, adjustments={each.name: each for each in adjustments})
    evaluator = Evaluator(known, 3, stored=stored, few=few)
    evaluator.apply(schedules=[Schedule(name, START - DAY, Fraction(100), 1) for slo in slos for name in slo.measured])
    return evaluator


def ticked(evaluator: Evaluator, *slos: Slo, now_ns: int = START, bad: bool = False) -> Mapping[str, Status]:
    came = [measured(slo, now_ns, bad=bad) for slo in slos]
    evaluator.apply([delta for delta, _ in came], [mark for _, mark in came])
    return evaluator.tick(now_ns).statuses


# --- statuses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 8], ids=["screened", "judged"])
def test_where_an_objective_stands_is_told_without_making_its_status(few: int) -> None:
    evaluator = an_evaluator(SLO, OTHER, few=few)
    evaluator.apply([measured(SLO, START)[0]], [measured(SLO, START)[1]])
    statuses = evaluator.tick(START).statuses
    status = statuses[SLO.name]
    assert statuses.standing(SLO.name) == Standing(status.state, status.since_ns, (*status.tiers, *status.signals))
    assert len(status.tiers) == len(AT_ONCE.tiers)
    assert statuses.standing("unknown") is None
    later = ticked(evaluator, SLO, now_ns=START + 10 * SECOND)[SLO.name]
    assert (later.since_ns, later.state) == (status.since_ns, status.state)


def test_nothing_stands_of_what_is_no_longer_declared_or_was_never_judged() -> None:
    evaluator = an_evaluator(SLO, OTHER)
    statuses = evaluator.tick(START).statuses
    assert statuses.standing(SLO.name) is not None
    assert statuses.standing(OTHER.name) is not None
    evaluator.reload(Catalogue(slos={OTHER.name: OTHER, "new": replace(SLO, name="new")}), 4, START)
    assert statuses.standing(SLO.name) is None
    assert statuses.standing(OTHER.name) is not None
    assert statuses.standing("new") is None


@pytest.mark.parametrize("few", [0, 8], ids=["screened", "judged"])
def test_statuses_are_a_mapping_of_all_objectives_each_made_once(few: int) -> None:
    evaluator = an_evaluator(SLO, OTHER, few=few)
    ticked(evaluator, SLO, OTHER)
    statuses = evaluator.tick(START).statuses
    assert (list(statuses), len(statuses)) == ([SLO.name, OTHER.name], 2)
    assert (SLO.name in statuses, "unknown" in statuses) == (True, False)
    assert statuses.stirred == (frozenset() if few == 0 else {SLO.name, OTHER.name})
    assert statuses[SLO.name] is statuses[SLO.name]
    assert {slo: status.slo for slo, status in statuses.items()} == {SLO.name: SLO.name, OTHER.name: OTHER.name}
    assert len(statuses.figures()) == (1 if few == 0 else 0)
    with pytest.raises(KeyError):
        statuses["unknown"]


def test_statuses_with_bounds_are_those_of_the_named_objectives() -> None:
    evaluator = an_evaluator(SLO, OTHER, few=0)
    ticked(evaluator, SLO, OTHER)
    of = evaluator.tick(START).statuses
    bounded = Bounded(of, {OTHER.name: OTHER, "gone": SLO})
    assert (list(bounded), len(bounded)) == ([OTHER.name], 1)
    assert [name in bounded for name in (SLO.name, OTHER.name, "gone")] == [False, True, False]
    assert bounded[OTHER.name] is bounded[OTHER.name]
    assert bounded[OTHER.name].budget.interval is not None
    assert replace(bounded[OTHER.name].budget, interval=None) == of[OTHER.name].budget
    assert bounded.standing(OTHER.name) == of.standing(OTHER.name) is not None
    assert bounded.standing(SLO.name) is None
    assert bounded.figures() == of.figures() != ()


def test_statuses_that_are_made_already_are_told_of_in_the_same_way() -> None:
    of = ticked(an_evaluator(SLO, OTHER), SLO, OTHER)
    made = {SLO.name: of[SLO.name]}
    given = glance(made)
    assert isinstance(given, Given)
    assert glance(given) is given
    assert (dict(given), len(given), list(given)) == (made, 1, [SLO.name])
    status = of[SLO.name]
    assert given.standing(SLO.name) == Standing(status.state, status.since_ns, (*status.tiers, *status.signals))
    assert (given.standing(OTHER.name), given.figures()) == (None, ())


def test_a_status_asked_for_later_is_that_of_the_newest_tick() -> None:
    screened, exact = an_evaluator(SLO, few=0), an_evaluator(SLO)
    for seconds in range(0, 100, 10):
        for evaluator in (screened, exact):
            ticked(evaluator, SLO, now_ns=START + seconds * SECOND)
    now = START + 90 * SECOND
    statuses = screened.tick(now).statuses
    assert statuses.stirred == frozenset()
    assert statuses[SLO.name] == exact.tick(now).statuses[SLO.name]
    assert statuses[SLO.name].at_ns == now


# --- what is to be filled -----------------------------------------------------------------------------------------


def test_without_a_store_there_is_nothing_to_fill_and_with_one_everything() -> None:
    known = Catalogue(slos={SLO.name: SLO})
    assert Evaluator(known).unfilled() == frozenset()
    evaluator = Evaluator(known, stored=True)
    assert evaluator.unfilled() == {SLO.counted}
    needs = evaluator.needs(SLO.counted, START)
    assert set(needs) == {10 * SECOND, MINUTE, 15 * MINUTE}
    assert [
        START - since > reach for since, reach in zip(needs.values(), (6 * HOUR, 3 * DAY, 30 * DAY), strict=True)
    ] == [True] * 3
    assert evaluator.needs("unknown", START) == {}
    evaluator.fill(SLO.counted, {}, START)
    assert evaluator.unfilled() == frozenset()


def test_a_stream_that_is_filled_counts_what_is_stored_and_not_what_came_before_it_was() -> None:
    evaluator = an_evaluator(SLO, OTHER, stored=True)
    for slo in (SLO, OTHER):
        evaluator.fill(slo.counted, {}, START)
    ticked(evaluator, SLO, OTHER)
    evaluator.apply([measured(SLO, START - MINUTE)[0], measured(OTHER, START - MINUTE)[0]])
    evaluator.fill(SLO.counted, {10 * SECOND: [Delta(SLO.counted, START - HOUR, 5, 0, 1)]}, START)
    evaluator.absorb(START)
    goods = {slo.name: evaluator.floor.subject(slo).reading(6 * HOUR).tally.good for slo in (SLO, OTHER)}
    assert goods == {SLO.name: 5, OTHER.name: 2000}
    assert evaluator.floor.subject(SLO).first_ns == START - HOUR


def test_the_collectors_of_a_stream_are_those_of_all_that_it_is_made_of() -> None:
    sliced = replace(SLO, budgeting=Timeslices(Fraction(99, 100), MINUTE))
    evaluator = an_evaluator(sliced)
    assert evaluator.inputs([sliced.counted]) == set(sliced.measured)
    assert evaluator.inputs([sliced.measured[0]]) == frozenset()
    assert set(evaluator.streams) == {sliced.counted}


# --- a restart ----------------------------------------------------------------------------------------------------


def a_state(slo: Slo = TIMED, tier: Tier = AT_ONCE.tiers[0], **changed: object) -> TierState:
    known = TierState(
        slo=slo.name, tier=tier, factor=Fraction(14), phase=Phase.FIRING, since_ns=START - HOUR, burning=False,
        last_burned_ns=START - HOUR, quiet_ns=MINUTE, judged_at_ns=START, frozen_since_ns=None, episode="ep",
        long=EMPTY, short=EMPTY, stream=slo.stream.id,
    )  # fmt: skip
    return replace(known, **changed)  # type: ignore[arg-type] # fields of a state


EARLY = Tier("early", Severity.EARLY, HOUR, HOUR, Fraction(0), kind=Kind.EARLY)
PARTITION = Tier("page-partition", Severity.PAGE, HOUR, HOUR, Fraction(0), kind=Kind.PARTITION)


@pytest.mark.parametrize(
    ("state", "now", "lived", "burning", "quiet", "burned"),
    [
        pytest.param(a_state(), 60, 0, False, 60, 0, id="a tick that comes as late as it may is no standstill"),
        pytest.param(a_state(), 61, 0, None, 60, 0, id="one later is, and judged was to the horizon and the grace"),
        pytest.param(a_state(), 400, 100, None, 60 + 77, 0, id="it was quiet until the last that was judged"),
        pytest.param(a_state(burning=True, quiet_ns=0), 400, 100, None, 0, 77, id="or burned until then"),
        pytest.param(a_state(burning=None), 400, 100, None, 60, 0, id="or nobody knew"),
        pytest.param(a_state(tier=PARTITION), 400, 100, None, 60 + 77, 0, id="partitions count time too"),
        pytest.param(a_state(tier=EARLY), 400, 100, None, 60, 0, id="the detector does not"),
        pytest.param(a_state(), 400, None, None, 60, 0, id="nobody knows until when it was judged"),
        pytest.param(a_state(), 400, -50, None, 60, 0, id="it was recorded after that"),
    ],
)
def test_a_restart_counts_the_time_that_was_judged_and_no_other(
    state: TierState, now: int, lived: int | None, burning: bool | None, quiet: int, burned: int
) -> None:
    evaluator = an_evaluator(TIMED)
    until = None if lived is None else START + lived * SECOND
    assert evaluator.restore([state], START + now * SECOND, until) == ((), ())
    found = evaluator.tiers()[TIMED.name][state.tier.name]
    assert (found.burning, found.quiet_ns, found.burned_ns) == (burning, quiet * SECOND, burned * SECOND)
    assert (found.phase, found.since_ns, found.episode) == (state.phase, state.since_ns, "ep")


def test_an_episode_lasts_in_tiers_that_fire_and_in_no_others() -> None:
    for phase, closes in ((Phase.FIRING, False), (Phase.QUIET, True)):
        evaluator = an_evaluator(TIMED)
        lasting, gone = a_state(phase=phase), a_state(tier=replace(AT_ONCE.tiers[0], name="gone"))
        rows, states = evaluator.restore([gone, lasting], START, START)
        assert [(row.change, row.closes, row.load, row.recorded_ns) for row in rows] == [
            (Change.SUPERSEDED, closes, 3, START)
        ]
        assert [(state.tier.name, state.firing) for state in states] == [("gone", False)]
        assert set(evaluator.tiers()[TIMED.name]) == {AT_ONCE.tiers[0].name}


def test_a_quiet_state_of_what_is_gone_is_no_news() -> None:
    evaluator = an_evaluator(TIMED)
    assert evaluator.restore([a_state(slo=replace(TIMED, name="gone"), phase=Phase.QUIET)], START) == ((), ())
    assert evaluator.tiers() == {}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("tier", [EARLY, AT_ONCE.tiers[0]], ids=["early", "page"])
def test_the_alarm_of_the_early_detector_goes_on_after_a_restart(phase: Phase, tier: Tier) -> None:
    slo = replace(TIMED, alerting=Alerting())
    for few in (0, 8):
        evaluator = an_evaluator(slo, few=few)
        evaluator.restore([a_state(slo, tier, phase=phase)], START, START)
        signals = {state.tier.kind: state.firing for state in ticked(evaluator, slo)[slo.name].signals}
        assert signals[Kind.EARLY] is (tier is EARLY and phase is Phase.FIRING)


def test_words_that_tiers_tell_and_those_of_others_are_not_taken_up() -> None:
    for state, known in ((State.HEALTHY, True), (State.FROZEN, True), (State.WARN, False), (State.BURNING, False)):
        evaluator = an_evaluator(SLO)
        word = StateChange(SLO.name, START - HOUR, START, state, None, Fraction(1))
        evaluator.restore([], START, START, [word, replace(word, slo="gone")])
        standing = evaluator.tick(START).statuses.standing(SLO.name)
        assert standing is not None
        assert (standing.since_ns == START - HOUR) is (known and standing.state is state)
        assert evaluator.tick(START).statuses.standing("gone") is None


def test_what_ends_with_its_objective_ends_as_it_stood_at_the_newest_tick() -> None:
    slo = replace(SLO, alerting=replace(AT_ONCE, keep_firing_ns={Severity.PAGE: HOUR, Severity.TICKET: HOUR}))
    ended = {}
    for few in (0, 8):
        evaluator = an_evaluator(slo, few=few)
        for seconds in range(0, 610, 10):
            ticked(evaluator, slo, now_ns=START + seconds * SECOND, bad=seconds <= 100)
        rows, states = evaluator.reload(Catalogue(), 9, START + HOUR)
        assert {row.change for row in rows} == {Change.SUPERSEDED}
        assert {(row.load, row.recorded_ns) for row in rows} == {(9, START + HOUR)}
        ended[few] = {s.tier.name: (s.judged_at_ns, s.quiet_ns) for s in states if s.tier.kind is Kind.BURN}
    assert ended[0] == ended[8]
    assert {at for at, _ in ended[0].values()} == {START + 600 * SECOND}
    assert ended[0]["page-1h"][1] == 200 * SECOND  # the short window is free of the failures after 400


def test_quiet_time_counts_also_while_an_objective_is_not_looked_at() -> None:
    """Nobody looks at the screened one again until nobody knows any more; then it was quiet up to that tick."""
    slo = replace(SLO, alerting=replace(AT_ONCE, keep_firing_ns={Severity.PAGE: HOUR, Severity.TICKET: HOUR}))
    found = {}
    for few in (0, 8):
        evaluator = an_evaluator(slo, few=few)
        for seconds in range(0, 610, 10):
            ticked(evaluator, slo, now_ns=START + seconds * SECOND, bad=seconds <= 100)
        for minutes in (15, 20, 30):
            evaluator.tick(START + minutes * MINUTE)
        tiers = evaluator.tick(START + 31 * MINUTE).statuses[slo.name].tiers
        found[few] = [(tier.burning, tier.quiet_ns, tier.phase) for tier in tiers]
    assert found[0] == found[8]
    assert found[0][0] == (None, 200 * SECOND, Phase.FIRING)
