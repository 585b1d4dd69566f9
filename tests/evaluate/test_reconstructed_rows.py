"""Rows that are found out afterwards, field by field: as the evaluator would have written them, but for what it alone
could have known."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.event import Change, short_id
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.slo import Severity, Tier
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.history.hindsight import Stay
from slo_service.evaluate.history.reconstruction import reconstructed
from tests.evaluate.test_reconstruction import KEEP, LATER, SLO
from tests.evaluate.timeline import START

PAGE, SLOWER, TICKET, SLOWEST = KEEP.tiers


def window(length_ns: int, bad: int) -> Reading:
    return Reading(length_ns, Tally(100 - bad, bad), Fraction(0), Fraction(1), Fraction(bad))


def stay(fired: int, cleared: int | None, tier: Tier = PAGE, *, before: bool = False) -> Stay:
    ended = None if cleared is None else (window(tier.long_ns, 3), window(tier.short_ns, 4))
    at = None if cleared is None else START + cleared * SECOND
    return Stay(
        SLO.name, tier, Fraction(7), START + fired * SECOND, window(tier.long_ns, 1), window(tier.short_ns, 2), at,
        ended, before,
    )  # fmt: skip


def told(*stays: Stay) -> list[tuple[int, str, Change, bool, bool]]:
    rows = reconstructed(SLO, stays, 3, LATER)
    return [((r.event_ns - START) // SECOND, r.tier.tier.name, r.change, r.opens, r.closes) for r in rows]


def test_a_stay_is_two_rows_with_the_state_that_its_tier_had_then() -> None:
    given = stay(600, 900, TICKET)
    episode = short_id("ep", SLO.name, Severity.TICKET, START + 600 * SECOND)
    fired, cleared = reconstructed(SLO, [given], 3, LATER)
    state = TierState(
        slo=SLO.name, tier=TICKET, factor=Fraction(7), phase=Phase.FIRING, since_ns=given.fired_ns, burning=True,
        last_burned_ns=given.fired_ns, quiet_ns=0, judged_at_ns=given.fired_ns, frozen_since_ns=None, episode=episode,
        long=given.long, short=given.short, stream=SLO.stream.id,
    )  # fmt: skip
    at = START + 900 * SECOND
    ended = window(TICKET.long_ns, 3), window(TICKET.short_ns, 4)
    assert fired.tier == state
    assert cleared.tier == replace(
        state, phase=Phase.QUIET, since_ns=at, burning=False, last_burned_ns=None, quiet_ns=4 * MINUTE,
        judged_at_ns=at, long=ended[0], short=ended[1],
    )  # fmt: skip
    for row, change, event in ((fired, Change.FIRED, given.fired_ns), (cleared, Change.CLEARED, at)):
        assert row.id == short_id("tr", SLO.name, TICKET.name, change, event)
        assert (row.slo, row.severity, row.change, row.event_ns) == (SLO.name, Severity.TICKET, change, event)
        assert (row.recorded_ns, row.load, row.reconstructed, row.episode) == (LATER, 3, True, episode)
        assert (row.opens, row.closes) == (change is Change.FIRED, change is Change.CLEARED)
        assert row.first_bad_ns is None


def test_windows_of_a_stay_that_nobody_knows_the_end_of_are_those_of_its_beginning() -> None:
    given = replace(stay(600, 900), cleared=None)
    _, cleared = reconstructed(SLO, [given], 3, LATER)
    assert (cleared.tier.long, cleared.tier.short) == (given.long, given.short)


def test_stays_that_overlap_or_meet_are_one_episode_and_those_apart_are_two() -> None:
    opened, closed = (True, False), (False, True)
    inside = (False, False)
    assert told(stay(0, 100), stay(100, 200, SLOWER)) == [
        (0, PAGE.name, Change.FIRED, *opened),
        (100, PAGE.name, Change.CLEARED, *inside),
        (100, SLOWER.name, Change.FIRED, *inside),
        (200, SLOWER.name, Change.CLEARED, *closed),
    ]
    assert told(stay(101, 200, SLOWER), stay(0, 100)) == [
        (0, PAGE.name, Change.FIRED, *opened),
        (100, PAGE.name, Change.CLEARED, *closed),
        (101, SLOWER.name, Change.FIRED, *opened),
        (200, SLOWER.name, Change.CLEARED, *closed),
    ]
    assert told(stay(0, 500), stay(50, 100, SLOWER), stay(300, 400, SLOWER)) == [
        (0, PAGE.name, Change.FIRED, *opened),
        (50, SLOWER.name, Change.FIRED, *inside),
        (100, SLOWER.name, Change.CLEARED, *inside),
        (300, SLOWER.name, Change.FIRED, *inside),
        (400, SLOWER.name, Change.CLEARED, *inside),
        (500, PAGE.name, Change.CLEARED, *closed),
    ]


def test_of_stays_that_end_together_the_last_declared_closes_the_episode() -> None:
    for stays in ((stay(0, 100), stay(10, 100, SLOWER)), (stay(10, 100), stay(0, 100, SLOWER))):
        assert [row[1] for row in told(*stays) if row[4]] == [SLOWER.name]


def test_an_episode_of_which_a_stay_lasts_or_began_before_is_left_out_and_others_are_not() -> None:
    other = stay(0, 100, TICKET)
    whole = [(0, TICKET.name, Change.FIRED, True, False), (100, TICKET.name, Change.CLEARED, False, True)]
    assert told(stay(0, 100), stay(50, None, SLOWER), other) == whole
    assert told(stay(0, 100), stay(50, 200, SLOWER, before=True), other) == whole
    assert told(stay(0, None), stay(900, 1000, SLOWER), other) == whole  # the first lasts, so both are one
    assert told() == []


def test_rows_are_in_the_order_of_events_whatever_their_severity() -> None:
    found = told(stay(50, 150), stay(0, 100, TICKET), stay(400, 500), stay(300, 450, TICKET))
    assert [row[0] for row in found] == [0, 50, 100, 150, 300, 400, 450, 500]
    assert len({row.episode for row in reconstructed(SLO, [stay(50, 150), stay(0, 100, TICKET)], 3, LATER)}) == 2
