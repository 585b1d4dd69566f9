"""What stands around the tiers: the budget's sum, the forecast, the past, adjusted time, and signals."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import Calendar
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Composite, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.domain.status import Budget, Phase, Reading, State, Status
from slo_service.domain.tally import Tally
from tests.cli.conftest import Serve, run
from tests.show.fakes import CATALOGUE, FRESHNESS, WATERMARK, World, status, tier_state


def explained(serve: Serve, world: World, name: str = "orders-freshness") -> str:
    done = run("explain", name, "--url", serve(world))
    assert done.exit_code == 0
    return done.stdout


def judged(of: Status) -> World:
    return World(judged={FRESHNESS.name: of})


def drawn_up(budget: Budget) -> World:
    return judged(replace(status(FRESHNESS, State.HEALTHY), budget=budget))


def test_everything_in_the_base_of_the_budget_is_added_up_by_name(serve: Serve) -> None:
    whole = Reading(28 * DAY, Tally(9_000, 10), Fraction(490), Fraction(19, 20), Fraction(1))
    base = 9_010 + 490 + 300 + 200
    said = explained(
        serve, drawn_up(Budget(whole, Fraction(0), False, Fraction(base, 1000), None, Fraction(300), Fraction(200)))
    )
    assert "  base      9,010 judged + 490 unmeasured + 300 excused + 200 still to come = 10,000 events\n" in said
    assert "  allowed   0.1 % of them = 10\n  spent     10 bad ÷ 10 = 100 %\n" in said
    assert "one bad event spends 10 %" in said


def test_unmeasured_events_that_count_as_bad_are_said_to_be_spent(serve: Serve) -> None:
    whole = Reading(28 * DAY, Tally(9_990, 10), Fraction(10), Fraction(1), Fraction(1))
    said = explained(serve, drawn_up(Budget(whole, Fraction(-1), False, Fraction(10))))
    assert "10 bad and all that is unmeasured ÷ 10 = 200 %" in said


def test_of_an_unknown_budget_nothing_is_said_to_be_left_or_allowed(serve: Serve) -> None:
    nothing = Reading(28 * DAY, Tally(), Fraction(0), Fraction(0), None)
    said = explained(serve, drawn_up(Budget(nothing, None, True, Fraction(0))))
    assert "  left      unknown, nothing is measured or expected" in said
    assert "allowed" not in said
    assert "Forecast: not known" in said


def test_a_calendar_window_is_told_with_its_bounds_and_zone(serve: Serve) -> None:
    calendar = Calendar(datetime(2026, 11, 1), "Europe/Berlin", 1, "M")  # noqa: DTZ001 - local time of the zone
    known = replace(CATALOGUE, slos={FRESHNESS.name: replace(FRESHNESS, calendar=calendar)})
    said = explained(serve, World(definitions=known))
    assert "Budget of 1M in Europe/Berlin, 2026-10-31 23:00:00Z to 2026-11-30 23:00:00Z at 99.9 %" in said


def test_a_forecast_says_how_long_at_each_pace_and_how_sure_that_is(serve: Serve) -> None:
    said = explained(serve, World())
    assert "Forecast, if the burn of the last … goes on\n  1h   gone in 23h12m" in said
    assert "  6h   unknown: nothing was measured\n" in said


def test_figures_without_adjustments_stand_beside_those_with_them(serve: Serve) -> None:
    body = status(FRESHNESS, State.HEALTHY)
    raw = Budget(body.budget.reading, Fraction(1, 4), False, Fraction(40))
    assert "without adjustments 25 % would be left = 10 events" in explained(serve, judged(replace(body, without=raw)))


def test_adjusted_time_is_told_as_declared_and_as_carried_out_with_who_and_why(serve: Serve) -> None:
    span = Span(WATERMARK - DAY + 7 * SECOND, WATERMARK - DAY + HOUR)
    work = Adjustment("restart", Selector(), Category.MAINTENANCE, "ana", "announced", (span,), defined_at="a.yaml:3")
    said = explained(serve, World(definitions=replace(CATALOGUE, adjustments={"restart": work})))
    assert "2026-11-19 09:40:07Z to 2026-11-19 10:40:00Z, carried out 2026-11-19 09:40:00Z to" in said
    assert "maintenance restart by ana: announced (a.yaml:3)" in said


def test_a_tier_that_chance_holds_back_says_so_and_the_state_says_it_too(serve: Serve) -> None:
    body = status(FRESHNESS, State.HEALTHY, bad=400)
    held = replace(body.tiers[0], burning=True, held_back="1 of 60 canaries failed; 4 are needed")
    said = explained(serve, judged(replace(body, tiers=(held, *body.tiers[1:]))))
    assert "burns, and chance could do that\n" in said
    assert "  held back: 1 of 60 canaries failed; 4 are needed\n" in said
    assert "because no tier fires and the budget is not overspent; page-1h burns, which chance could do" in said


def test_a_partition_that_pages_alone_is_the_reason_by_name(serve: Serve) -> None:
    body = status(FRESHNESS, State.BURNING)
    tier = Tier("page-partition", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), Fraction(1), kind=Kind.PARTITION)
    state = tier_state(FRESHNESS, tier, body.tiers[0].long, body.tiers[0].short, firing=True)
    part = replace(state, phase=Phase.FIRING, sources=("orders-canary/3",))
    quiet = tuple(replace(tier, phase=Phase.QUIET) for tier in body.tiers)
    said = explained(serve, judged(replace(body, tiers=quiet, signals=(part,))))
    assert "because a page fires: page-partition of orders-canary/3\n" in said
    assert "  page-partition (page) fires since 2026-11-20 09:35:00Z: orders-canary/3\n" in said


def test_silence_and_coverage_say_how_long_and_how_much(serve: Serve) -> None:
    body = status(FRESHNESS, State.FROZEN)
    nothing = Reading(20 * SECOND, Tally(), Fraction(0), Fraction(0), None)
    silent = Tier("no-data", Severity.TICKET, 20 * SECOND, 20 * SECOND, Fraction(0), kind=Kind.NO_DATA)
    covered = Tier("coverage-1h", Severity.TICKET, HOUR, HOUR, Fraction(0), kind=Kind.COVERAGE)
    half = Reading(HOUR, Tally(10_800, 0), Fraction(10_800), Fraction(1, 2), Fraction(0))
    beside = (
        tier_state(FRESHNESS, silent, nothing, nothing, firing=True),
        replace(tier_state(FRESHNESS, covered, half, half, firing=True), phase=Phase.FIRING),
    )
    said = explained(serve, judged(replace(body, signals=beside)))
    assert "no-data (ticket) fires since 2026-11-20 09:35:00Z: nothing was heard for 20s\n" in said
    assert "coverage-1h (ticket) fires since 2026-11-20 09:35:00Z: 50 % of 1h was measured\n" in said


def test_a_window_of_which_nothing_was_seen_shows_dashes_and_no_zeros(serve: Serve) -> None:
    body = status(FRESHNESS, State.FROZEN)
    gone = Reading(HOUR, Tally(), Fraction(21_600), Fraction(0), None)
    said = explained(serve, judged(replace(body, readings={HOUR: gone})))
    (row,) = [line for line in said.splitlines() if line.strip().startswith("1h ")]
    assert row.split() == ["1h", "–", "–", "21,600", "1h", "0", "%", "not", "known"]


def test_a_limit_that_is_met_is_not_said_to_be_over(serve: Serve) -> None:
    limit = Reading(HOUR, Tally(1_000_000 - 13_440, 13_440), Fraction(0), Fraction(1), Fraction(1344, 100))
    state = tier_state(FRESHNESS, FRESHNESS.alerting.tiers[0], limit, limit, firing=False)
    said = explained(serve, judged(replace(status(FRESHNESS, State.HEALTHY), tiers=(state,))))
    assert "= burn 13.44 = 13.44: 13,440 = 13.44 × 0.1 % × 1,000,000 = 13,440\n" in said


def test_failures_of_the_window_are_told_in_episodes_with_the_worst_stretch(serve: Serve) -> None:
    stream, start = FRESHNESS.stream.id, WATERMARK - WATERMARK % (15 * MINUTE) - 3 * HOUR
    bad = {4: 40}
    rows = tuple(Delta(stream, start + 15 * MINUTE * n, 540 - bad.get(n, 0), bad.get(n, 0), 90) for n in range(12))
    world = World(deltas=rows, expected=(Schedule(stream, WATERMARK - 60 * DAY, Fraction(6, 10), 6),))
    said = explained(serve, world)
    assert "Failures in the window: 1 episode, 40 bad\n" in said
    assert "  worst burn of any " in said
    assert " 1h 18.52×" in said


def test_several_indicators_as_one_are_explained_by_their_members(serve: Serve) -> None:
    member = Member("fresh", FRESHNESS.indicator, Fraction(99, 100), Fraction(2))
    whole = replace(FRESHNESS, name="whole", indicator=Composite((member,)))
    known = replace(CATALOGUE, slos={**CATALOGUE.slos, "whole": whole})
    body = replace(status(whole, State.HEALTHY), slo="whole")
    world = World(definitions=known, judged={**World().judged, "whole": body})
    said = explained(serve, world, "whole")
    assert "  fresh: target 99 %, weight 2: burn 2.78 over 1h, measured as orders-freshness\n" in said
    assert " × 21,600 = " not in said  # no one series of counts says how fast it burns
