"""What objectives are judged on: one track, or those of the members of a composite, read at one watermark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Calendar, Unmeasured
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Composite, Freshness, Lag, Late, Member, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.status import Budget, Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.adjust.adjusted import Effects
from slo_service.evaluate.counts.reading import read_at
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import SHOWN_NS, Window
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.subject import Composed, Plain, draw_up
from slo_service.evaluate.judge.tier import Sight, Verdict
from tests.evaluate.test_screen import slo

T0 = 1_800_000_000 * SECOND
WIDTH = 10 * SECOND
TIER = Tier("own", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(1, 50), burn=Fraction(10))
FRESH, OTHER = Freshness("a", SECOND), Freshness("b", SECOND)
PLAIN = slo(
    "own", "0.99", indicator=FRESH, window_ns=DAY, timing=Timing(0, 3 * SECOND), alerting=Alerting("own", (TIER,))
)
DAYS = Calendar(datetime(2026, 1, 1), "UTC", 1, "d")  # noqa: DTZ001 - its zone stands beside it
TO_COME = DAY - T0 % DAY  # of the calendar's day


def laid(
    hall: Hall, of: Slo, *, bad: int = 0, seen: int = 10, until: int = T0, sources: int = 1, name: str = "",
    holes: tuple[Span, ...] = (), heard: bool = True,
) -> Track:  # fmt: skip
    """A track with an hour of slices before `until`, of whose ten events so many were `seen`; a day was expected."""
    key = TrackKey.of(of, (name,) if name else ())
    track = hall.track(key, filled=True)
    track.expects(Schedule(key.stream, T0 - DAY, Fraction(1), sources))
    track.adjust(Effects(excluded=holes), anew=False)
    hall.bank.roll(T0)
    observed = seen if name else 1
    hall.add([(track, Delta(key.stream, at, seen - bad, bad, observed)) for at in range(until - HOUR, until, WIDTH)])
    if heard:
        for source in range(sources):
            hall.looked(track, Progress(key.stream, f"x/{source}", until))
    return track


def a_hall() -> Hall:
    return Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)


def advanced(hall: Hall, now_ns: int = T0) -> None:
    list(hall.advance(now_ns))


def plain(of: Slo = PLAIN, **more: object) -> Plain:
    hall = a_hall()
    track = laid(hall, of, **more)  # type: ignore[arg-type] # keywords of `laid`
    advanced(hall)
    return Plain(of, track)


# --- one track --------------------------------------------------------------------------------------------------------


def test_a_plain_objective_stands_where_its_track_does() -> None:
    subject = plain(until=T0 - WIDTH)
    track = subject.track
    assert (subject.watermark_ns, subject.begun_ns, subject.first_ns) == (T0 - 3 * SECOND, T0, T0 - WIDTH - HOUR)
    assert (subject.round_ns, subject.progress_ns(T0), subject.parts()) == (SECOND, T0 - WIDTH, ())
    assert subject.reading(HOUR) == read_at(track, Window(HOUR), PLAIN.objective, T0 - 3 * SECOND)
    assert subject.readings([HOUR, 5 * MINUTE]) == {n: subject.reading(n) for n in (HOUR, 5 * MINUTE)}


@pytest.mark.parametrize(
    ("bad", "inclusive", "verdict"),
    [(2, False, Verdict.BURNS), (1, False, Verdict.CLEAR), (1, True, Verdict.BURNS), (0, True, Verdict.CLEAR)],
)
def test_a_tier_sees_both_windows_and_its_limit(bad: int, inclusive: bool, verdict: Verdict) -> None:
    """Ten times a budget of one in a hundred is one of ten."""
    subject = plain(bad=bad)
    sight = subject.sight(replace(TIER, inclusive=inclusive))
    assert (sight.verdict, sight.long, sight.short) == (verdict, subject.reading(HOUR), subject.reading(5 * MINUTE))


def test_unmeasured_time_counts_for_a_tier_as_declared() -> None:
    for unmeasured, verdict in ((Unmeasured.BAD, Verdict.BURNS), (Unmeasured.GOOD, Verdict.CLEAR)):
        assert plain(replace(PLAIN, unmeasured=unmeasured), seen=4).sight(TIER).verdict is verdict


def test_few_failures_hold_a_page_back() -> None:
    subject = plain()
    few = Reading(HOUR, Tally(50, 2), Fraction(0), Fraction(1), None)
    assert subject.held_back(TIER, few).startswith("2 of 52")
    assert subject.held_back(TIER, replace(few, tally=Tally(0, 52))) == ""


def test_the_budget_of_a_window_that_rolls_is_that_of_what_was_expected() -> None:
    budget = plain(bad=2).budget()
    assert budget.reading.length_ns == DAY
    assert (budget.allowed_events, budget.excused_events, budget.to_come_events) == (864, 0, 0)
    assert (budget.remaining, budget.provisional) == (1 - Fraction(720, 864), True)


def test_the_budget_of_a_calendar_window_counts_what_is_to_come_of_it() -> None:
    budget = plain(replace(PLAIN, calendar=DAYS), bad=2).budget()
    assert budget.to_come_events == TO_COME // SECOND
    assert budget.allowed_events == 864


def test_excluded_time_is_excused_and_of_looks_nobody_knows_how_many_events() -> None:
    holes = (Span(T0 - 30 * MINUTE, T0 - 20 * MINUTE), Span(T0 + HOUR, T0 + 2 * HOUR))
    budget = plain(holes=holes, name="x").budget()
    assert (budget.excused_events, budget.allowed_events) == (600, 864)
    month = plain(replace(PLAIN, calendar=DAYS), holes=holes, name="x").budget()
    assert (month.excused_events, month.to_come_events) == (600, TO_COME // SECOND)
    assert plain(replace(PLAIN, indicator=Lag("enrich", SECOND)), holes=holes, name="x").budget().excused_events == 0


def test_the_budget_without_adjustments_is_told_where_the_other_track_was_judged() -> None:
    hall = a_hall()
    track, raw, dark = laid(hall, PLAIN, name="x"), laid(hall, PLAIN, bad=1), laid(hall, PLAIN, name="y", heard=False)
    advanced(hall)
    assert Plain(PLAIN, track, raw).without() == Plain(PLAIN, raw).budget() != Plain(PLAIN, track).budget()
    assert dark.watermark_ns is None
    assert Plain(PLAIN, track, dark).without() is None
    assert Plain(PLAIN, track).without() is None


def test_before_anything_was_scheduled_no_event_is_excused() -> None:
    hall = a_hall()
    track = hall.track(TrackKey.of(PLAIN), filled=True)
    advanced(hall)
    track.stand_at(T0)
    nothing = Reading(DAY, Tally(), Fraction(0), Fraction(0), None)
    for of in (PLAIN, replace(PLAIN, calendar=DAYS)):
        assert Plain(of, track).budget() == Budget(nothing, None, True, Fraction(0))


READING = Reading(DAY, Tally(880, 20), Fraction(100), Fraction(9, 10), None)


@pytest.mark.parametrize(
    ("unmeasured", "coverage", "remaining", "provisional"),
    [
        (Unmeasured.FREEZE, "0.9", 1 - Fraction(20, 20), False),
        (Unmeasured.FREEZE, "0.89", 1 - Fraction(20, 20), True),
        (Unmeasured.GOOD, "0.89", 1 - Fraction(20, 20), False),
        (Unmeasured.BAD, "0.89", 1 - Fraction(120, 20), False),
    ],
)
def test_a_budget_is_drawn_up_of_all_events_and_what_is_missing_counts_as_declared(
    unmeasured: Unmeasured, coverage: str, remaining: Fraction, provisional: bool
) -> None:
    reading = replace(READING, coverage=Fraction(coverage))
    found = draw_up(replace(PLAIN, unmeasured=unmeasured), reading, Fraction(300), Fraction(700))
    assert found == Budget(
        reading, remaining, provisional, Fraction(20), excused_events=Fraction(300), to_come_events=Fraction(700)
    )


def test_of_nothing_no_budget_is_drawn_up() -> None:
    nothing = Reading(DAY, Tally(), Fraction(0), Fraction(9, 10), None)
    assert draw_up(PLAIN, nothing, Fraction(0), Fraction(0)) == Budget(nothing, None, True, Fraction(0))


# --- several ----------------------------------------------------------------------------------------------------------

A, B = Member("a", FRESH, Fraction(99, 100)), Member("b", OTHER, Fraction(9, 10), Fraction(2))
WHOLE = replace(PLAIN, name="whole", indicator=Composite((A, B)))


def part(member: Member, of: Slo = WHOLE) -> Slo:
    return replace(of, indicator=member.indicator, objective=Objective(member.target))


def composed(a: Mapping[str, Any], b: Mapping[str, Any], of: Slo = WHOLE, *members: Member) -> Composed:
    hall = a_hall()
    both = members or (A, B)
    tracks = [laid(hall, part(m, of), **more) for m, more in zip(both, (a, b), strict=True)]
    advanced(hall)
    return Composed(of, list(zip(both, tracks, strict=True)))


def test_a_composite_stands_where_the_last_of_its_members_does() -> None:
    subject = composed({"until": T0 - WIDTH}, {"sources": 2})
    subject.members[1][1].begun_ns += 7
    assert (subject.watermark_ns, subject.begun_ns, subject.first_ns) == (T0 - 3 * SECOND, T0 + 7, T0 - WIDTH - HOUR)
    assert (subject.round_ns, subject.progress_ns(T0)) == (2 * SECOND, T0 - WIDTH)


def test_a_member_that_never_reported_holds_nobody_back() -> None:
    subject = composed({"heard": False, "seen": 0}, {})
    subject.members[0][1].first_ns = None
    assert (subject.watermark_ns, subject.progress_ns(T0), subject.first_ns) == (T0, T0, T0 - HOUR)
    hall = a_hall()
    nobody = Composed(WHOLE, [(A, hall.track(TrackKey.of(part(A)), filled=True))])
    assert (nobody.watermark_ns, nobody.progress_ns(T0), nobody.first_ns) == (None, None, None)


def test_each_member_is_told_against_its_own_target_at_the_watermark_of_the_composite() -> None:
    subject = composed({"until": T0 - WIDTH, "bad": 1}, {"bad": 1})
    a, b = subject.parts()
    mark = T0 - 3 * SECOND
    assert (a.name, a.target, a.watermark_ns) == ("a", A.target, mark)
    assert (b.name, b.target, b.watermark_ns) == ("b", B.target, T0)
    assert tuple(b.readings) == SHOWN_NS
    assert b.readings[HOUR] == read_at(subject.members[1][1], Window(HOUR), Objective(B.target), mark)
    assert (a.readings[5 * MINUTE].burn, b.readings[5 * MINUTE].burn) == (10, 1)


def test_burns_are_added_up_by_weight_and_judged_together() -> None:
    subject = composed({"bad": 1}, {"bad": 1})
    assert subject.reading(HOUR).burn == 12
    assert subject.readings([HOUR, 5 * MINUTE]) == {n: subject.reading(n) for n in (HOUR, 5 * MINUTE)}
    sight = subject.sight(TIER)
    assert sight == Sight(Verdict.BURNS, subject.reading(HOUR), subject.reading(5 * MINUTE))
    twelve = replace(TIER, burn=Fraction(12))
    assert subject.sight(twelve).verdict is Verdict.CLEAR
    assert subject.sight(replace(twelve, inclusive=True)).verdict is Verdict.BURNS


def test_unmeasured_time_of_members_counts_as_the_composite_declares() -> None:
    for unmeasured, verdict in ((Unmeasured.BAD, Verdict.BURNS), (Unmeasured.GOOD, Verdict.CLEAR)):
        of = replace(WHOLE, unmeasured=unmeasured)
        assert composed({"seen": 4}, {"seen": 4}, of).sight(TIER).verdict is verdict


def test_the_budget_of_a_composite_is_what_its_members_leave() -> None:
    budget = composed({"bad": 1}, {"bad": 1}).budget()
    assert budget.remaining == 1 - Fraction(360, 864) - 2 * Fraction(360, 8640)
    assert (budget.allowed_events, budget.reading.length_ns) == (0, DAY)


def test_what_is_excused_of_members_and_still_to_come_is_in_the_base_of_the_budget() -> None:
    hole = (Span(T0 - 30 * MINUTE, T0 - 20 * MINUTE), Span(T0 + HOUR, T0 + 2 * HOUR))
    rolling = composed({"bad": 1, "holes": hole, "name": "x"}, {"bad": 1}).budget()
    assert rolling.remaining == 1 - Fraction(360, 864) - 2 * Fraction(360, 8640)
    daily = composed({"bad": 1, "holes": hole, "name": "x"}, {"bad": 1}, replace(WHOLE, calendar=DAYS)).budget()
    assert daily.remaining == 1 - Fraction(360, 864) - 2 * Fraction(360, 8640)


def test_of_looks_nobody_knows_how_many_events_are_excused() -> None:
    hole = (Span(T0 - 30 * MINUTE, T0 - 20 * MINUTE),)
    looks = replace(B, indicator=Lag("enrich", SECOND))
    subject = composed({"holes": hole, "name": "x"}, {"holes": hole, "name": "x"}, WHOLE, A, looks)
    found = [subject._part(member, track, Window(HOUR), T0).excused for member, track in subject.members]
    assert found == [600, 0]


def test_of_members_that_were_never_scheduled_nothing_is_excused() -> None:
    hall = a_hall()
    a, b = laid(hall, part(A)), hall.track(TrackKey.of(part(B)), filled=True)
    advanced(hall)
    for of in (WHOLE, replace(WHOLE, calendar=DAYS)):
        assert Composed(of, [(A, a), (B, b)]).budget().remaining == 1


def test_the_budget_without_adjustments_is_told_once_all_members_are_filled_unadjusted() -> None:
    hall = a_hall()
    tracks = [laid(hall, part(m), name="x") for m in (A, B)]
    raw = [laid(hall, part(m), bad=1) for m in (A, B)]
    advanced(hall)
    members, plainly = list(zip((A, B), tracks, strict=True)), list(zip((A, B), raw, strict=True))
    subject = Composed(WHOLE, members, plainly)
    assert subject.without() == Composed(WHOLE, plainly).budget() != subject.budget()
    raw[1].filled = False
    assert subject.without() is None
    assert Composed(WHOLE, members).without() is None


def test_chance_holds_a_composite_back_unless_what_is_missing_was_declared_bad_or_no_source_is_known() -> None:
    few = composed({}, {}).reading(HOUR)
    held = composed({"bad": 0}, {"bad": 0}).held_back(TIER, few)
    assert held != ""
    late = replace(B, late=Late.BAD)
    assert composed({}, {"seen": 10}, WHOLE, A, late).held_back(TIER, few) == held
    assert composed({}, {"seen": 2}, WHOLE, A, late).held_back(TIER, few) == ""
    subject = composed({}, {})
    track = subject.members[1][1]
    track.expects(Schedule(track.key.stream, T0, Fraction(1), 0))
    assert subject.held_back(TIER, few) == ""


def test_bad_slots_are_told_and_those_of_members_are_told_once_each_in_order() -> None:
    assert plain(bad=1).bad_slots(T0 - 2 * WIDTH, T0) == [T0 - 2 * WIDTH, T0 - WIDTH]
    subject = composed({"bad": 1}, {"bad": 1, "until": T0 - WIDTH})
    assert subject.bad_slots(T0 - 2 * WIDTH, T0) == [T0 - 2 * WIDTH, T0 - WIDTH]
