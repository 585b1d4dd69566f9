"""What stands beside the live figures on the page of an objective."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Span
from slo_service.domain.event import Change
from slo_service.domain.indicator import Composite, Member
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Kind, Severity
from slo_service.domain.status import MemberStatus, Phase, Status
from slo_service.domain.tally import Tally
from slo_service.evaluate.outlook.forecast import Outlook, Pace, forecast
from slo_service.show.retrospect import Retrospect
from slo_service.show.web import words
from slo_service.show.web.looked import KEPT_NS, Looked
from slo_service.show.web.view import marks, said
from slo_service.show.web.view.beside import burst_note, comes_back, cut_off, member_rows, past_view, without
from slo_service.show.web.view.budget import budget_chart
from slo_service.show.web.view.lede import lede
from slo_service.show.web.view.period import heading, in_period
from slo_service.show.web.view.signals import signal_rows
from slo_service.show.web.view.tiers import coming
from slo_service.show.web.view.tiles import sentence, tiles
from slo_service.show.web.view.timeline import named, reading_words
from tests.show.web.adorned import HELD, NAME, RESTART, signal, world
from tests.show.web.declared import NOON, catalogue
from tests.show.web.judged import statuses
from tests.show.web.seeded import Seeded

SLO = catalogue().slos[NAME]
JUDGED = statuses(NOON)[NAME]
ADORNED, CALENDAR = world()


def plain(text: str | said.Said) -> str:
    return (text if isinstance(text, str) else said.plain(text)).replace("\u202f", " ")


class Adorned(Seeded):
    def statuses(self) -> dict[str, Status]:
        return {**super().statuses(), NAME: ADORNED}


@pytest.fixture
def seeded() -> Adorned:
    made = Adorned()
    made.known = replace(made.known, adjustments={RESTART.name: RESTART})
    return made


async def page(client) -> str:
    answer = await client.get(f"/slos/{NAME}")
    assert answer.status_code == 200, answer.text
    return plain(re.sub(r"<[^>]+>", "", answer.text))


async def test_the_page_tells_all_that_stands_beside_the_figures(client):
    told = await page(client)
    for sentence_ in (
        "one failed canary costs 0.07 %",
        "At the pace of the last hour the budget is gone in 3.5 h (3.1–4 h); of 6 h: in 21 h; of 3 days: in 13 d",
        "burns at 118×, but it may be chance: 1 of 60 canaries failed",
        "Partition orders-canary/3 fails, too often for chance",
        "Partition orders-canary/3 fails alone, paged since",
        "More fails than the objective allows",
        "Speaks up after 20 s of silence; silence is neither good nor bad",
        "100 % was measured; speaks up below 90 %",
        "Without them the budget left would be 25.0 % (552 bad); with them it is 62.0 %",
        "The brokers restart one after the other, as announced",
        "failures in the window; episodes are at least 5 min apart",
        "so these intervals are optimistic",
    ):
        assert sentence_ in told, sentence_


async def test_adjusted_time_is_shown_as_declared_and_as_carried_out(client):
    told = (await client.get(f"/slos/{NAME}")).text
    assert 'datetime="2026-11-14T10:40:03Z"' in told
    assert 'datetime="2026-11-14T10:40:00Z"' in told
    assert 'class="adj"' in told


async def test_a_page_with_everything_on_it_stays_below_200_kb(client):
    answer = await client.get(f"/slos/{NAME}")
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', answer.text))
    assets |= {"/static/clock.js", "/static/vendor/uplot.min.js", "/static/vendor/uplot.min.css"}
    assert len(answer.content) + sum([len((await client.get(asset)).content) for asset in assets]) < 200_000


async def test_an_objective_without_any_of_it_has_none_of_its_sections(client):
    told = (await client.get("/slos/orders-intake")).text
    assert "Beside the tiers" not in told
    assert 'id="bursts"' not in told
    assert "What failed is not in the rows that are kept, or not yet." in told
    assert "Nothing failed" not in told


def test_a_tier_that_chance_holds_back_is_neither_quiet_nor_firing():
    tier = ADORNED.tiers[0]
    assert marks.of_tier(tier).word == "Held back"
    assert plain(coming(tier, 0)) == f"burns at 118×, but it may be chance: {HELD}"


@pytest.mark.parametrize(
    ("pace", "text"),
    [
        (Pace(HOUR, Fraction(9), None, Outlook.EXHAUSTS, 5 * HOUR, 3 * HOUR, 9 * HOUR),
         "At the pace of the last hour the budget is gone in 5 h (3–9 h)"),
        (Pace(6 * HOUR, Fraction(9), None, Outlook.EXHAUSTS, 5 * HOUR, 3 * HOUR, None, at_least=True),
         "At the pace of the last 6 h the budget is gone in 5 h (3 h or later) at the earliest"),
        (Pace(HOUR, Fraction(0), None, Outlook.NOT_AT_THIS_PACE),
         "At the pace of the last hour the budget is not spent"),
        (Pace(HOUR, Fraction(9), None, Outlook.NOT_AT_THIS_PACE, None, 2 * DAY),
         "At the pace of the last hour the budget is not spent; were it as bad as it may be, in 2 d"),
        (Pace(HOUR, Fraction(9), None, Outlook.EXHAUSTED), "Nothing is left to spend"),
        (Pace(HOUR, None, None, Outlook.UNKNOWN, reason="nothing was measured"), "Not known: nothing was measured"),
    ],
)  # fmt: skip
def test_a_forecast_is_a_sentence_with_its_interval(pace, text):
    assert plain(sentence(pace)) == text


def test_a_calendar_window_is_named_with_its_zone_and_what_is_left_of_it():
    assert plain(in_period(CALENDAR, ADORNED)) == "of November, Europe/Berlin; 10 days to go"
    assert plain(heading(CALENDAR, ADORNED)) == "Spent in November, Europe/Berlin; 10 days to go"
    assert plain(in_period(SLO, JUDGED)) == "of the last 28 days"


@pytest.mark.parametrize(
    ("count", "unit", "start", "text"),
    [
        (1, "Q", (2026, 1, 1), "the fourth quarter of 2026, UTC"),
        (1, "Y", (2026, 1, 1), "2026, UTC"),
        (1, "w", (2026, 11, 2), "the week from 16 November, UTC"),
        (2, "w", (2026, 11, 2), "the 2 weeks from 16 November, UTC"),
        (1, "M", (2026, 11, 15), "the month from 15 November, UTC"),
        (1, "d", (2026, 11, 1, 6), "the day from 20 November 06:00, UTC"),
    ],
)
def test_every_kind_of_calendar_window_has_a_name(count, unit, start, text):
    from datetime import datetime

    from slo_service.domain.budgeting import Calendar

    slo = replace(SLO, calendar=Calendar(datetime(*start), "UTC", count, unit))  # noqa: DTZ001 - local time of the zone
    assert plain(in_period(slo, JUDGED)).startswith(f"of {text}; ")


def test_the_drawing_of_a_calendar_window_goes_on_to_its_end():
    chart, _ = budget_chart(CALENDAR, ADORNED, (), ())
    rolling, _ = budget_chart(SLO, JUDGED, (), ())
    assert "Budget left in November, Europe/Berlin" in chart
    live = re.compile(r'<circle class="dot" cx="([0-9.]+)"')
    assert float(live.findall(chart)[0]) < 900 < float(live.findall(rolling)[0])


def test_a_page_for_silence_is_no_mark_on_the_budget():
    transition = next(each for each in Seeded()._events()[0] if each.opens)
    _, numbered = budget_chart(SLO, JUDGED, (), [transition])
    assert len(numbered) == 1
    silent = signal(JUDGED, Kind.NO_DATA, Severity.PAGE, 20 * SECOND, 20 * SECOND, fires=True)
    _, numbered = budget_chart(SLO, JUDGED, (), [replace(transition, tier=silent)])
    assert numbered == ()


@pytest.mark.parametrize(
    ("kind", "severity", "name", "sub"),
    [
        (Kind.PARTITION, Severity.PAGE, "page, partition orders-canary/3", "118×"),
        (Kind.EARLY, Severity.EARLY, "early detector", "118×"),
        (Kind.NO_DATA, Severity.TICKET, "ticket, silent collector", "after 1 h without a word"),
        (Kind.COVERAGE, Severity.TICKET, "ticket, coverage of 1 h", "100 % of 1 h was measured"),
    ],
)
def test_a_transition_is_named_after_what_was_looked_at(kind, severity, name, sub):
    transition = next(each for each in Seeded()._events()[0] if each.change is Change.FIRED)
    told = replace(transition, severity=severity, tier=signal(JUDGED, kind, severity, HOUR, 5 * MINUTE, fires=True))
    assert plain(named(told)) == name
    assert sub in plain(reading_words(told))


def test_a_signal_that_cannot_be_told_is_not_called_quiet():
    state = replace(ADORNED.signals[0], phase=Phase.QUIET, burning=None)
    (row,) = signal_rows(SLO, replace(ADORNED, signals=(state,)))
    assert (row.mark.word, row.says) == ("Warming", "Not yet known: too little of each partition was measured")


def test_what_tells_of_measuring_is_never_drawn_as_a_page():
    silent = signal(JUDGED, Kind.NO_DATA, Severity.PAGE, 20 * SECOND, 20 * SECOND, fires=True)
    assert marks.of_signal(silent).tone == "amb"
    assert marks.of_signal(ADORNED.signals[0]).tone == "red"


def test_a_partition_is_named_where_the_page_is_told_of():
    alone = replace(ADORNED, tiers=tuple(replace(tier, phase=Phase.QUIET) for tier in ADORNED.tiers))
    told = plain(lede(SLO, alone))
    assert "Partition orders-canary/3 fails alone, paged since 10:20:00" in told
    assert "Page 1 h" not in told


def test_bursts_are_spoken_of_above_twice_the_mean_only():
    assert (burst_note(None), burst_note(2.0)) == ("", "")
    assert "variance in 5 min is 7.4 times their mean" in burst_note(7.4)


def test_failures_that_are_not_told_of_yet_are_not_denied():
    nothing = Retrospect(
        Span(NOON - DAY, NOON), {}, (), None, None, 0, forecast(SLO, JUDGED), (), None, "no schedule is known"
    )
    assert past_view(SLO, JUDGED, nothing).failed == "no episode is known yet"
    clean = replace(JUDGED.budget.reading, tally=Tally(100, 0))
    good = replace(JUDGED, budget=replace(JUDGED.budget, reading=clean))
    assert past_view(SLO, good, nothing).failed == "no failure"


def test_a_window_is_told_of_once_though_it_is_the_long_and_the_short_one():
    transition = next(each for each in Seeded()._events()[0] if each.change is Change.FIRED)
    alike = replace(transition.tier, short=transition.tier.long)
    assert plain(reading_words(replace(transition, tier=alike))).count("6 h") == 1


def test_nothing_is_promised_where_no_failure_leaves_the_window():
    assert comes_back(()) == ()
    assert without(SLO, JUDGED) == ""


def test_times_that_are_not_looked_at_are_told_of():
    assert cut_off(()) == ""
    assert cut_off(("blink",)).startswith("blink comes again more than 10,000 times in this window. Only the latest")


def test_members_are_shown_against_their_own_targets_and_unknown_ones_as_such():
    other = catalogue().slos["orders-duplicates"].indicator
    parts = (Member("fresh", SLO.indicator, Fraction(99, 100)), Member("once", other, Fraction(999, 1000)))
    whole = replace(SLO, name="whole", indicator=Composite(parts))
    fresh, once = member_rows(whole, None, {SLO.stream.id: (SLO, JUDGED)})
    assert plain(fresh.hour) == "11.8× (255 bad of 2,160)"
    assert (once.slo, once.hour, once.mark) == ("", "not known here", None)


def test_members_of_a_judged_composite_are_shown_as_their_own_tracks_say():
    parts = (Member("fresh", SLO.indicator, Fraction(99, 100)),)
    whole = replace(SLO, name="whole", indicator=Composite(parts))
    hour = replace(JUDGED.readings[HOUR], tally=Tally(90, 10), burn=Fraction(10))
    own = replace(JUDGED, members=(MemberStatus("fresh", Fraction(99, 100), NOON, {HOUR: hour}),))
    (fresh,) = member_rows(whole, own, {SLO.stream.id: (SLO, JUDGED)})
    assert plain(fresh.hour) == "10× (10 bad of 100)"
    assert fresh.slo == NAME


def test_the_budget_of_several_indicators_is_not_counted_in_events():
    whole = replace(SLO, indicator=Composite((Member("fresh", SLO.indicator, Fraction(99, 100)),)))
    budget = replace(JUDGED.budget, allowed_events=Fraction(0))
    left = {tile.name: tile for tile in tiles(whole, replace(JUDGED, budget=budget))}["Budget left"]
    assert "canaries" not in left.says
    assert "costs" not in left.says


async def test_a_past_is_looked_at_once_in_a_while_and_anew_when_the_definition_changes(seeded):
    looked, known = Looked(seeded), seeded.known
    first = await looked.of(known, SLO, JUDGED, NOON)
    assert await looked.of(known, SLO, JUDGED, NOON + KEPT_NS - 1) is first
    assert await looked.of(known, SLO, JUDGED, NOON + KEPT_NS) is not first
    second = await looked.of(known, SLO, JUDGED, NOON + KEPT_NS)
    assert await looked.of(replace(known), SLO, JUDGED, NOON + KEPT_NS) is not second


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (3 * HOUR, 9 * HOUR, "3–9 h"),
        (40 * MINUTE, 2 * HOUR, "40 min–2 h"),
        (5 * HOUR, 5 * HOUR, "5 h"),
        (30 * HOUR, 12 * DAY, "30 h–12 d"),
    ],
)
def test_a_rough_span_names_its_unit_once_where_both_ends_share_it(low, high, text):
    assert plain(words.rough_span(low, high)) == text
