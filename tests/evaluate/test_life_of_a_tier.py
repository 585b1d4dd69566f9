"""One tier from quiet to firing and back, over given windows: exactly when it turns, and when nobody can say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import WORKBOOK, Kind, Severity, Tier
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.judge.tier import Limit, Sight, Verdict, advance, caught_up, judge, wakes_at
from tests.domain.test_objectives import SLO

PAGE, TICKET = WORKBOOK[0], WORKBOOK[3]
TENTH = Limit(Fraction(1, 10))
FULL = Fraction(1)


def window(bad: int, total: int, missing: int = 0, coverage: Fraction | None = None) -> Reading:
    expected = total + missing
    covered = coverage if coverage is not None else Fraction(total, expected) if expected else Fraction(0)
    return Reading(HOUR, Tally(total - bad, bad), Fraction(missing), covered, None)


CALM, EXACTLY, BAD = window(0, 100), window(10, 100), window(11, 100)


@pytest.mark.parametrize(
    ("long", "short", "verdict"),
    [
        pytest.param(BAD, BAD, Verdict.BURNS, id="both windows are over"),
        pytest.param(BAD, CALM, Verdict.CLEAR, id="the short one has recovered"),
        pytest.param(CALM, BAD, Verdict.CLEAR, id="the long one is not over yet"),
        pytest.param(EXACTLY, EXACTLY, Verdict.CLEAR, id="at the limit is not over it"),
        pytest.param(window(11, 12, 88), window(11, 12, 88), Verdict.BURNS, id="over even if all the rest was good"),
        pytest.param(window(10, 12, 88), window(10, 12, 88), Verdict.UNKNOWN, id="less than half measured is no proof"),
        pytest.param(window(9, 50, 50), window(9, 50, 50), Verdict.BURNS, id="half measured is enough to fire"),
        pytest.param(window(9, 49, 51), window(9, 49, 51), Verdict.UNKNOWN, id="just less than half is not"),
        pytest.param(window(9, 90, 10), window(9, 90, 10), Verdict.CLEAR, id="nine tenths are enough to clear"),
        pytest.param(window(0, 89, 11), window(0, 89, 11), Verdict.UNKNOWN, id="less are not, if the rest may be bad"),
        pytest.param(window(0, 80, 8), window(0, 80, 8), Verdict.CLEAR, id="clear even if all the rest was bad"),
        pytest.param(window(0, 0, 100), window(0, 0, 100), Verdict.UNKNOWN, id="nothing was measured"),
        pytest.param(window(0, 0), window(0, 0), Verdict.UNKNOWN, id="silence with nothing expected is not health"),
        pytest.param(window(0, 0, 0, FULL), window(0, 0, 0, FULL), Verdict.CLEAR, id="looked at and idle"),
        pytest.param(window(0, 0, 0, Fraction(1, 9)), CALM, Verdict.CLEAR, id="one window is enough to clear"),
        pytest.param(window(9, 50, 50), window(9, 49, 51), Verdict.UNKNOWN, id="both need half"),
    ],
)
def test_unmeasured_time_decides_only_where_it_cannot_matter(long: Reading, short: Reading, verdict: Verdict) -> None:
    assert judge(TENTH, long, short) is verdict


@pytest.mark.parametrize(
    ("missing_counts_as", "long", "verdict"),
    [
        (Unmeasured.BAD, window(0, 89, 11), Verdict.BURNS),
        (Unmeasured.BAD, window(0, 90, 10), Verdict.CLEAR),
        (Unmeasured.GOOD, window(11, 11, 89), Verdict.BURNS),
        (Unmeasured.GOOD, window(10, 10, 90), Verdict.CLEAR),
    ],
)
def test_where_unmeasured_time_counts_there_is_nothing_unknown(missing_counts_as, long, verdict) -> None:
    assert judge(TENTH, long, long, missing_counts_as) is verdict
    assert judge(TENTH, long, CALM, missing_counts_as) is Verdict.CLEAR


@pytest.mark.parametrize(
    ("limit", "reading", "over"),
    [
        (Limit(Fraction(0)), window(1, 100), True),
        (Limit(Fraction(0)), CALM, False),
        (Limit(Fraction(1, 10), inclusive=True), EXACTLY, True),
        (Limit(Fraction(1, 10), inclusive=True), window(9, 100), False),
        (Limit(Fraction(0), inclusive=True), CALM, True),
        (Limit(Fraction(0), inclusive=True), window(0, 0), False),
    ],
)
def test_an_inclusive_limit_is_over_at_itself_but_never_by_nothing_at_all(limit, reading, over) -> None:
    assert limit.over_as_measured(reading) is over


def after(before: TierState | None, minutes: int, verdict: Verdict, tier: Tier = PAGE, gate=None) -> TierState:
    return advance(before, SLO, tier, minutes * MINUTE, Sight(verdict, BAD, CALM), gate)


def told(*verdicts: tuple[int, Verdict], tier: Tier = PAGE, gate=None) -> TierState:
    state: TierState | None = None
    for minutes, verdict in verdicts:
        state = after(state, minutes, verdict, tier, gate)
    assert state is not None
    return state


BURNS, CLEAR, UNKNOWN = Verdict.BURNS, Verdict.CLEAR, Verdict.UNKNOWN


def test_a_new_tier_that_burns_fires_at_once_and_says_of_which_objective_and_stream() -> None:
    state = told((10, BURNS))
    assert (state.firing, state.since_ns, state.burning, state.last_burned_ns) == (True, 10 * MINUTE, True, 10 * MINUTE)
    assert (state.slo, state.stream, state.tier, state.factor) == ("fresh", SLO.stream.id, PAGE, PAGE.factor(28 * DAY))
    assert (state.long, state.short, state.held_back, state.frozen_since_ns) == (BAD, CALM, "", None)
    assert (state.judged_at_ns, state.quiet_ns, state.burned_ns, state.episode) == (10 * MINUTE, 0, 0, None)


def test_a_new_tier_of_which_nothing_is_known_is_quiet_and_frozen_since_then() -> None:
    state = told((10, UNKNOWN), (11, UNKNOWN))
    assert (state.phase, state.burning, state.frozen_since_ns) == (Phase.QUIET, None, 10 * MINUTE)
    assert (state.since_ns, state.judged_at_ns, state.last_burned_ns) == (10 * MINUTE, 11 * MINUTE, None)


def test_a_firing_tier_goes_quiet_after_so_much_measured_quiet_and_not_before() -> None:
    state = told((0, BURNS), (1, CLEAR), (15, CLEAR))
    assert (state.firing, state.quiet_ns, state.since_ns) == (True, 14 * MINUTE, 0)
    ended = after(replace(state, episode="e"), 16, CLEAR)
    assert (ended.firing, ended.since_ns, ended.episode, ended.burning) == (False, 16 * MINUTE, None, False)
    assert ended.last_burned_ns == 0


def test_a_burn_in_between_begins_the_quiet_anew() -> None:
    state = told((0, BURNS), (1, CLEAR), (15, CLEAR), (16, BURNS), (17, CLEAR), (31, CLEAR))
    assert (state.firing, state.quiet_ns, state.since_ns, state.last_burned_ns) == (True, 14 * MINUTE, 0, 16 * MINUTE)


def test_time_in_which_nobody_knew_is_neither_quiet_nor_burned() -> None:
    state = told((0, BURNS), (1, CLEAR), (10, CLEAR), (11, UNKNOWN), (600, UNKNOWN), (601, CLEAR))
    assert (state.firing, state.quiet_ns) == (True, 9 * MINUTE)
    assert after(state, 606, CLEAR).firing
    assert not after(state, 607, CLEAR).firing


def test_a_firing_tier_stays_so_while_frozen_and_keeps_its_episode() -> None:
    state = after(replace(told((0, BURNS)), episode="e"), 500, UNKNOWN)
    assert (state.firing, state.episode, state.burning, state.frozen_since_ns) == (True, "e", None, 500 * MINUTE)
    thawed = after(state, 501, BURNS)
    assert (thawed.frozen_since_ns, thawed.since_ns, thawed.episode) == (None, 0, "e")


def test_a_tier_that_must_burn_for_a_while_fires_when_it_has() -> None:
    patient = replace(PAGE, after_ns=5 * MINUTE)
    state = told((0, BURNS), (4, BURNS), tier=patient)
    assert (state.firing, state.burned_ns, state.burning) == (False, 4 * MINUTE, True)
    assert after(state, 5, BURNS, patient).firing
    assert after(state, 5, BURNS, patient).burned_ns == 0
    interrupted = after(after(state, 5, CLEAR, patient), 6, BURNS, patient)
    assert (interrupted.firing, interrupted.burned_ns) == (False, 0)
    unseen = after(after(state, 5, UNKNOWN, patient), 8, BURNS, patient)
    assert (unseen.firing, unseen.burned_ns) == (False, 4 * MINUTE)


def test_a_tier_that_is_held_back_burns_says_why_and_does_not_fire() -> None:
    def few(tier: Tier, long: Reading) -> str:
        return f"{tier.name}: only {long.tally.bad} failed"

    state = told((0, BURNS), gate=few)
    assert (state.firing, state.burning, state.held_back) == (False, True, "page-1h: only 11 failed")
    assert after(state, 1, CLEAR, gate=few).held_back == ""
    fired = after(state, 1, BURNS)
    assert (fired.firing, fired.held_back, fired.since_ns) == (True, "", MINUTE)
    assert after(fired, 2, BURNS, gate=few).firing


def test_a_watermark_that_goes_back_adds_no_time() -> None:
    state = told((0, BURNS), (5, CLEAR), (3, CLEAR))
    assert (state.quiet_ns, state.judged_at_ns) == (0, 3 * MINUTE)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("first", [BURNS, CLEAR])
def test_catching_up_is_judging_every_minute_that_was_left_out(first: Verdict, verdict: Verdict) -> None:
    patient = replace(PAGE, after_ns=HOUR)
    begun = told((0, first), (1, verdict), (2, verdict), tier=patient)
    step_by_step = begun
    for minute in range(3, 9):
        step_by_step = after(step_by_step, minute, verdict, patient)
    assert caught_up(begun, 8 * MINUTE) == step_by_step


@pytest.mark.parametrize(
    ("state", "wakes"),
    [
        pytest.param(told((0, CLEAR)), None, id="quiet: time changes nothing"),
        pytest.param(told((0, BURNS)), None, id="firing and burning: neither"),
        pytest.param(told((0, BURNS), (1, CLEAR), (3, CLEAR)), 16 * MINUTE, id="when it will have been quiet enough"),
        pytest.param(told((0, BURNS), (1, UNKNOWN)), None, id="frozen: time stands still"),
        pytest.param(told((7, BURNS), gate=lambda *_: "few"), 7 * MINUTE, id="held back: at once"),
    ],
)
def test_a_tier_wakes_when_time_alone_may_turn_it(state: TierState, wakes: int | None) -> None:
    assert wakes_at(state, SLO) == wakes


def test_a_state_that_goes_on_is_of_the_tier_and_the_windows_of_now() -> None:
    before, stricter = told((0, CLEAR)), replace(PAGE, burn=Fraction(3))
    assert (before.quiet_ns, before.burned_ns) == (0, 0)
    state = advance(before, SLO, stricter, MINUTE, Sight(CLEAR, CALM, EXACTLY))
    assert (state.tier, state.factor, state.long, state.short) == (stricter, 3, CALM, EXACTLY)


def test_a_ticket_is_kept_for_a_day() -> None:
    state = told((0, BURNS), (1, CLEAR), tier=TICKET)
    assert wakes_at(state, SLO) == MINUTE + DAY
    assert after(state, 24 * 60, CLEAR, TICKET).firing
    assert not after(state, 24 * 60 + 1, CLEAR, TICKET).firing


@pytest.mark.parametrize(
    ("kind", "verdict", "wakes"),
    [
        (Kind.PARTITION, BURNS, 0),
        (Kind.PARTITION, CLEAR, None),
        (Kind.NO_DATA, BURNS, None),
        (Kind.EARLY, BURNS, None),
    ],
)
def test_which_partitions_burn_is_looked_at_again_and_other_kinds_do_not_follow_time(kind, verdict, wakes) -> None:
    tier = Tier("t", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), burn=Fraction(1), kind=kind)
    assert wakes_at(told((0, verdict), tier=tier), SLO) == wakes
