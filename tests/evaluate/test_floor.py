"""Which tracks objectives share, which banks these lie in, and what becomes of them when definitions change."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Progress
from slo_service.domain.indicator import Completeness, Composite, Member, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Kind, Severity, Slo, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Effects, effects
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.floor import Floor, Plan, reach_of
from slo_service.evaluate.hall import HallKey
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.subject import Composed, Plain
from tests.evaluate.timeline import START, an_slo

QUIET = Alerting(tiers=(), signals=Signals(partition_tier=None, early=None, no_data=None))
SLO = an_slo()
OTHER = replace(SLO, name="other", pipeline="other")
SLICED = replace(SLO, name="sliced", budgeting=Timeslices(Fraction(9, 10), 5 * MINUTE))
PARTS = (
    Member("fresh", SLO.indicator, Fraction(99, 100)),
    Member("complete", Completeness("orders-canary", MINUTE), Fraction(9, 10), Fraction(2)),
)
WHOLE = replace(SLO, name="whole", indicator=Composite(PARTS))
WHOLE_SLICED = replace(WHOLE, name="whole-sliced", budgeting=Timeslices(Fraction(9, 10), MINUTE))


def a_floor(*slos: Slo, stored: bool = False, slots: Slots | None = None, few: int = 8) -> Floor:
    floor = Floor(stored, slots, few)
    adopt(floor, *slos)
    return floor


def adopt(floor: Floor, *slos: Slo, **found: Effects) -> None:
    floor.adopt(Catalogue(slos={slo.name: slo for slo in slos}), found)


def keys(floor: Floor) -> set[TrackKey]:
    return {track.key for hall in floor.halls.values() for track in hall.tracks}


# --- banks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "reach"),
    [
        (HOUR, DAY), (DAY, DAY), (DAY + 1, 3 * DAY), (3 * DAY, 3 * DAY), (3 * DAY + 1, 7 * DAY), (7 * DAY, 7 * DAY),
        (30 * DAY, 31 * DAY), (31 * DAY, 31 * DAY), (31 * DAY + 1, 97 * DAY), (97 * DAY + 1, 390 * DAY),
        (390 * DAY, 390 * DAY), (390 * DAY + 1, 390 * DAY + 1),
    ],
)  # fmt: skip
def test_windows_of_like_lengths_share_a_bank(window: int, reach: int) -> None:
    (key,) = a_floor(replace(SLO, window_ns=window, alerting=QUIET)).halls
    assert key.reach_ns == reach


def test_an_objective_reaches_back_by_its_longest_window_and_a_day_at_least() -> None:
    tier = Tier("page-2d", Severity.PAGE, 2 * DAY, HOUR, Fraction(1))
    for window, tiers, reach in (
        (HOUR, (), DAY),
        (HOUR, (tier,), 2 * DAY),
        (2 * DAY, (tier, replace(tier, long_ns=HOUR)), 2 * DAY),
        (9 * DAY, (tier,), 9 * DAY),
    ):
        assert reach_of(replace(SLO, window_ns=window, alerting=replace(QUIET, tiers=tiers))) == reach


@pytest.mark.parametrize(
    ("slo", "patience"),
    [
        pytest.param(replace(SLO, timing=Timing(horizon_ns=5, grace_ns=0)), 15 * MINUTE, id="a nanosecond"),
        pytest.param(replace(SLO, timing=Timing(horizon_ns=5, grace_ns=15 * MINUTE - 1)), 15 * MINUTE, id="a quarter"),
        pytest.param(replace(SLO, timing=Timing(horizon_ns=5, grace_ns=15 * MINUTE)), 30 * MINUTE, id="more than that"),
        pytest.param(replace(SLICED, timing=Timing(horizon_ns=5, grace_ns=10 * MINUTE)), 15 * MINUTE, id="a slice"),
        pytest.param(replace(SLICED, timing=Timing(horizon_ns=5, grace_ns=11 * MINUTE)), 30 * MINUTE, id="and more"),
    ],
)
def test_watermarks_are_waited_for_by_whole_quarters_of_an_hour(slo: Slo, patience: int) -> None:
    (key,) = a_floor(slo).halls
    width = 5 * MINUTE if slo.name == SLICED.name else 10 * SECOND
    assert key == HallKey(Slots.of_width(width), 5, patience, 31 * DAY)


def test_slots_that_are_given_are_those_of_every_bank() -> None:
    given = Slots(MINUTE, MINUTE, HOUR, DAY, DAY)
    floor = a_floor(SLO, SLICED, slots=given)
    assert {key.slots for key in floor.halls} == {given}
    assert {key.patience_ns for key in floor.halls} == {HOUR}
    assert len(a_floor(SLO, SLICED).halls) == 2


def test_objectives_on_the_same_counts_share_a_track_of_the_longer_reach() -> None:
    longer = replace(SLO, name="longer", window_ns=60 * DAY)
    for slos in ((SLO, longer), (longer, SLO)):
        floor = a_floor(*slos)
        ((key, hall),) = floor.halls.items()
        assert (key.reach_ns, len(hall.tracks), len(hall.slos)) == (97 * DAY, 1, 2)
        assert floor.subject(SLO) is not floor.subject(longer)


def test_a_track_that_others_need_for_longer_moves_with_what_was_said_of_it() -> None:
    floor = a_floor(SLO)
    floor.expects([Schedule(SLO.stream.id, START - DAY, Fraction(1), 1)])
    floor.looked([Progress(SLO.stream.id, "canary/main/0", START)])
    assert list(floor.advance(START)) == [SLO]
    longer = replace(SLO, name="longer", window_ns=60 * DAY)
    adopt(floor, SLO, longer)
    assert [key.reach_ns for key in floor.halls] == [97 * DAY]
    assert floor.subject(SLO).watermark_ns == floor.subject(longer).watermark_ns == START
    assert list(floor.advance(START + SECOND)) == [SLO, longer]
    assert floor.subject(SLO).watermark_ns == START
    assert floor.subject(SLO).round_ns == SECOND


def test_rows_are_made_for_all_tracks_at_once_and_kept_for_those_that_stay() -> None:
    others = [replace(SLO, name=f"n{n}", pipeline=f"p{n}") for n in range(20)]
    floor = a_floor(*others)
    (hall,) = floor.halls.values()
    assert hall.bank.columns == 20
    adopt(floor, *others[:10])
    assert (len(hall.tracks), hall.bank.columns) == (10, 20)
    adopt(floor, *others[5:20])
    assert (len(hall.tracks), hall.bank.columns) == (15, 20)
    assert {key.stream for key in keys(floor)} == {slo.counted for slo in others[5:]}
    assert [floor.counts(slo.counted) for slo in others] == [False] * 5 + [True] * 15
    (same,) = floor.halls.values()
    assert same is hall


# --- what objectives are judged on --------------------------------------------------------------------------------


def test_a_composite_of_events_is_judged_on_a_track_of_each_member_and_one_of_slices_on_its_own() -> None:
    floor = a_floor(SLO, WHOLE, WHOLE_SLICED)
    whole, sliced = floor.subject(WHOLE), floor.subject(WHOLE_SLICED)
    assert isinstance(whole, Composed)
    assert isinstance(sliced, Plain)
    assert isinstance(floor.subject(SLO), Plain)
    assert {key.stream for key in keys(floor)} == {*WHOLE.measured, SLO.counted, WHOLE_SLICED.counted}
    assert {name for hall in floor.halls.values() for name in (slo.name for slo in hall.slos)} == {
        SLO.name,
        WHOLE_SLICED.name,
    }
    assert list(floor.advance(START))[-1] == WHOLE
    assert [slo.name for slo in floor.advance(START)].count(WHOLE.name) == 1


def test_a_composite_has_neither_signs_of_its_own_nor_a_tick_before_and_is_never_put_to_sleep() -> None:
    floor = a_floor(WHOLE, OTHER)
    for slo in (WHOLE, OTHER):
        floor.expects([Schedule(name, START - DAY, Fraction(1), 1) for name in slo.measured])
    marks = [Progress(name, "a", START) for slo in (WHOLE, OTHER) for name in slo.measured]
    floor.looked(marks)
    list(floor.advance(START))
    list(floor.advance(START))
    assert floor.signs(WHOLE) == Signs()
    assert floor.signs(OTHER) != Signs()
    assert (floor.previous_ns(WHOLE), floor.previous_ns(OTHER)) == (None, START)
    floor.wake(WHOLE, None)
    assert WHOLE in list(floor.advance(START))


def test_a_plan_names_the_tracks_of_an_objective_and_those_that_nothing_is_adjusted_of() -> None:
    work = Adjustment("b", Selector(), Category.MAINTENANCE, "ana", "why", (Span(START - HOUR, START),))
    both = effects([work, replace(work, name="a"), replace(work, name="a")], {}, SLO.name, 0, START, START)
    plan = Plan.of(SLO, both)
    assert (plan.slo, list(plan.parts)) == (SLO, [SLO])
    assert (list(plan.keys), list(plan.raw)) == ([TrackKey.of(SLO, ("a", "b"))], [TrackKey.of(SLO)])
    replay = replace(work, category=Category.REPLAY)
    told = effects([replay], {}, SLO.name, 0, START, START, indicator=SLO.indicator)
    assert told.occurrences != ()
    plan = Plan.of(SLO, told)  # which leaves out nothing of it
    assert (list(plan.keys), list(plan.raw)) == ([TrackKey.of(SLO)], [])
    plan = Plan.of(WHOLE, Effects())
    assert [(part.indicator, part.objective) for part in plan.parts] == [
        (member.indicator, Objective(member.target)) for member in PARTS
    ]
    assert list(plan.keys) == [TrackKey.of(replace(WHOLE, indicator=member.indicator)) for member in PARTS]
    assert list(Plan.of(WHOLE_SLICED, Effects()).parts) == [WHOLE_SLICED]


def test_of_an_adjusted_stream_the_adjusted_track_is_the_one_that_is_told_of() -> None:
    work = Adjustment("work", Selector(), Category.MAINTENANCE, "ana", "why", (Span(START - HOUR, START),))
    found = effects([work], {}, SLO.name, 0, START, START)
    floor = a_floor(OTHER)
    adopt(floor, SLO, OTHER, **{SLO.name: found})
    assert floor.streams[SLO.counted].key.adjustments == ("work",)
    assert floor.streams[SLO.counted].effects == found
    assert [track.key.adjustments for _, track in floor.places(SLO.counted)] == [("work",), ()]
    assert [track.effects for _, track in floor.places(SLO.counted)] == [found, Effects()]
    assert floor.places("unknown") == ()


def test_objectives_on_one_track_are_adjusted_as_the_one_that_looks_back_farthest() -> None:
    span = Span(START - HOUR, START)
    work = Adjustment(
        "work", Selector(), Category.MAINTENANCE, "ana", "why", (span, Span(START - 9 * DAY, START - 8 * DAY))
    )
    far, near = (effects([work], {}, SLO.name, START - days * DAY, START, START) for days in (20, 2))
    assert (len(far.occurrences), len(near.occurrences)) == (2, 1)
    twin = replace(SLO, name="twin")
    for pair in ((SLO.name, twin.name), (twin.name, SLO.name)):
        floor = Floor(stored=False, slots=None, few=8)
        adopt(floor, SLO, twin, **dict(zip(pair, (far, near), strict=True)))
        assert floor.streams[SLO.counted].effects == far


def test_what_a_stream_counts_otherwise_from_now_on_is_filled_anew() -> None:
    work = Adjustment("work", Selector(), Category.MAINTENANCE, "ana", "why", (Span(START - HOUR, START),))
    longer = replace(work, spans=(Span(START - 2 * HOUR, START),))
    found, other = (effects([each], {}, SLO.name, 0, START, START) for each in (work, longer))
    floor = Floor(stored=True, slots=None, few=8)
    adopt(floor, SLO, **{SLO.name: found})
    for hall in floor.halls.values():
        for track in hall.tracks:
            track.filled = True
    adopt(floor, SLO, **{SLO.name: found})
    assert floor.unfilled() == frozenset()
    adopt(floor, SLO, **{SLO.name: other})
    assert floor.unfilled() == {SLO.counted}


def test_an_alarm_ends_after_as_many_good_canaries_as_its_own_objective_sends_in_half_an_hour() -> None:
    pair = [replace(slo, alerting=Alerting()) for slo in (SLO, OTHER)]
    floor = a_floor(*pair)
    floor.expects(
        [Schedule(slo.counted, START - DAY, Fraction(rate), 1) for slo, rate in zip(pair, (10, 1), strict=True)]
    )
    list(floor.advance(START))
    for slo in pair:
        floor.alarm(slo)
    assert [floor.alarm_left(slo) for slo in pair] == [18_000, 1_800]


def test_an_objective_has_the_tiers_it_declares_and_those_beside_them() -> None:
    floor = a_floor(SLO)
    declared = SLO.alerting.tiers[0]
    assert floor.has_tier(SLO, declared)
    assert floor.has_tier(SLO, replace(declared, long_ns=1))
    assert not floor.has_tier(SLO, replace(declared, name="gone"))
    assert floor.has_tier(SLO, replace(declared, name="gone", kind=Kind.EARLY))
