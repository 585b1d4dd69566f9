"""Which rows a change of tiers writes, and how tiers of one severity share an episode."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.event import Change
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.slo import WORKBOOK, Kind, Severity, Tier
from slo_service.domain.status import Budget, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.judge.episodes import Chronicle, worth_recording

FAST, SLOW, TICKET = WORKBOOK[0], WORKBOOK[1], WORKBOOK[2]
SILENCE = Tier("no-data-page", Severity.PAGE, HOUR, HOUR, Fraction(0), kind=Kind.NO_DATA)
DEAD = Tier("page-partition", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), kind=Kind.PARTITION)
NOTHING = Reading(HOUR, Tally(), Fraction(0), Fraction(0), None)
CHRONICLE = Chronicle(load=3, now_ns=1000)


def state(tier: Tier, phase: Phase = Phase.FIRING, since: int = 50, episode: str | None = None) -> TierState:
    return TierState(
        slo="fresh",
        tier=tier,
        factor=Fraction(1),
        phase=phase,
        since_ns=since,
        burning=phase is Phase.FIRING,
        last_burned_ns=None,
        quiet_ns=0,
        judged_at_ns=60,
        frozen_since_ns=None,
        episode=episode,
        long=NOTHING,
        short=NOTHING,
    )


def quiet(tier: Tier) -> TierState:
    return state(tier, Phase.QUIET)


def tell(before: list[TierState], now: list[TierState], signals: tuple[TierState, ...] = ()):
    budget = Budget(NOTHING, None, provisional=True, allowed_events=Fraction(0))
    status = Status(
        "fresh", "s", 60, 60, 60, State.BURNING, 50, budget, {}, tuple(now), first_bad_ns=7, signals=signals
    )
    return CHRONICLE.of("fresh", {each.tier.name: each for each in before}, status)


def test_the_first_tier_that_fires_opens_an_episode_and_its_row_says_all_that_is_known() -> None:
    status, (row,) = tell([quiet(FAST)], [state(FAST)])
    assert (row.change, row.opens, row.closes, row.severity, row.slo) == (
        Change.FIRED,
        True,
        False,
        Severity.PAGE,
        "fresh",
    )
    assert (row.event_ns, row.recorded_ns, row.load, row.first_bad_ns) == (50, 1000, 3, 7)
    assert row.episode == status.tiers[0].episode == row.tier.episode
    assert row.episode is not None
    assert row.episode.startswith("ep-")
    assert row.id.startswith("tr-")


def test_the_same_change_has_the_same_id_and_every_other_another() -> None:
    def ids(*now: TierState) -> list[str]:
        return [each for row in tell([], list(now))[1] for each in (row.id, str(row.episode))]

    assert ids(state(FAST)) == ids(state(FAST))
    assert set(ids(state(FAST))).isdisjoint(ids(state(FAST, since=51)))
    assert set(ids(state(FAST))).isdisjoint(ids(state(TICKET)))


def test_a_tier_that_fires_beside_another_of_its_severity_joins_its_episode() -> None:
    status, (row,) = tell([state(FAST, episode="ep-1"), quiet(SLOW)], [state(FAST, episode="ep-1"), state(SLOW)])
    assert (row.tier.tier, row.opens, row.episode) == (SLOW, False, "ep-1")
    assert [each.episode for each in status.tiers] == ["ep-1", "ep-1"]


def test_two_that_fire_at_once_open_one_episode() -> None:
    _, rows = tell([], [state(FAST), state(SLOW)])
    assert [row.opens for row in rows] == [True, False]
    assert len({row.episode for row in rows}) == 1


def test_severities_and_what_tells_of_measuring_have_episodes_of_their_own_and_a_partition_shares_the_page() -> None:
    status, rows = tell([], [state(FAST), state(TICKET)], (state(SILENCE), state(DEAD)))
    page, ticket, silence, dead = [row.episode for row in rows]
    assert len({page, ticket, silence}) == 3
    assert dead == page
    assert [row.opens for row in rows] == [True, True, True, False]
    assert [each.episode for each in status.signals] == [silence, dead]
    assert [each.tier for each in status.tiers] == [FAST, TICKET]


def test_the_last_tier_that_clears_closes_the_episode() -> None:
    firing = [state(FAST, episode="ep-1"), state(SLOW, episode="ep-1")]
    _, (first,) = tell(firing, [quiet(FAST), firing[1]])
    assert (first.change, first.closes, first.episode, first.opens) == (Change.CLEARED, False, "ep-1", False)
    _, rows = tell(firing, [quiet(FAST), quiet(SLOW)])
    assert [(row.change, row.closes) for row in rows] == [(Change.CLEARED, False), (Change.CLEARED, True)]
    assert [row.event_ns for row in rows] == [50, 50]


def test_where_nothing_fires_the_status_stays_as_it_is() -> None:
    status, rows = tell([quiet(FAST)], [quiet(FAST)])
    assert (status.tiers, rows) == ((quiet(FAST),), [])


FROZEN = replace(state(FAST, Phase.QUIET), burning=None, frozen_since_ns=55)


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        pytest.param(quiet(FAST), FROZEN, [Change.FROZE], id="no longer decided"),
        pytest.param(FROZEN, quiet(FAST), [Change.THAWED], id="decided again"),
        pytest.param(FROZEN, FROZEN, [], id="still frozen"),
        pytest.param(None, FROZEN, [], id="a new tier begins undecided"),
        pytest.param(replace(FROZEN, since_ns=55), quiet(FAST), [], id="and its first thaw is no news"),
        pytest.param(FROZEN, state(FAST), [Change.FIRED], id="a page is told before a thaw"),
        pytest.param(state(FAST), replace(FROZEN, phase=Phase.FIRING), [Change.FROZE], id="frozen while it fires"),
    ],
)
def test_freezing_and_thawing_are_told_by_the_watermark(before, now, changes) -> None:
    _, rows = tell([before] if before else [], [now])
    assert [row.change for row in rows] == changes
    assert all(row.event_ns == 60 for row in rows if row.change in {Change.FROZE, Change.THAWED})


def test_a_superseded_state_ends_and_the_last_of_its_episode_closes_it() -> None:
    closed = [state(FAST, episode="ep-1"), state(SLOW, episode="ep-1"), state(TICKET, episode="ep-2")]
    rows, states = CHRONICLE.superseded(closed, frozenset({"ep-2"}))
    assert [(row.change, row.closes, row.opens, row.event_ns) for row in rows] == [
        (Change.SUPERSEDED, False, False, 60),
        (Change.SUPERSEDED, True, False, 60),
        (Change.SUPERSEDED, False, False, 60),
    ]
    assert [each.firing for each in states] == [False, False, False]
    assert [row.episode for row in rows] == ["ep-1", "ep-1", "ep-2"]


@pytest.mark.parametrize(
    ("now", "worth"),
    [
        pytest.param(state(FAST), False, id="the same"),
        pytest.param(replace(state(FAST), judged_at_ns=99, quiet_ns=5), False, id="only time has passed"),
        pytest.param(quiet(FAST), True, id="phase"),
        pytest.param(replace(state(FAST), burning=None), True, id="burning"),
        pytest.param(replace(state(FAST), frozen_since_ns=1), True, id="frozen"),
        pytest.param(replace(state(FAST), episode="ep-1"), True, id="episode"),
        pytest.param(replace(state(FAST), held_back="few"), True, id="held back"),
    ],
)
def test_a_state_is_worth_recording_when_a_restart_would_go_on_differently(now: TierState, worth: bool) -> None:
    assert worth_recording(state(FAST), now) is worth
    assert worth_recording(None, now)


def test_another_reason_for_holding_back_is_not_worth_a_row() -> None:
    before = replace(state(FAST), held_back="3 of 7")
    assert not worth_recording(before, replace(before, held_back="4 of 9"))
