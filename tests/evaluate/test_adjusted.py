from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.adjustment import Adjustment, Category, Recurring, Replay, Span
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Indicator, Intake, Lag
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.domain.policy import Selector
from slo_service.evaluate.adjust.adjusted import Correction, Effects, Kept, effects

NOW = from_rfc3339("2026-06-15T12:00:00Z")
SLICE = 10 * SECOND
FRESH, TWICE, LAG = Freshness("c", 30), Duplicates("c"), Lag("enrich", 30)


def at(text: str) -> int:
    return from_rfc3339(f"2026-06-{text}Z")


def adjustment(*spans: Span, category: Category = Category.MAINTENANCE, name: str = "upgrade", **more) -> Adjustment:
    return replace(Adjustment(name, Selector(), category, "ann", "an upgrade", spans), **more)


def on(*adjustments: Adjustment, indicator: Indicator = FRESH, since: int = NOW - 60 * DAY, now: int = NOW) -> Effects:
    return effects(adjustments, {"team": "a"}, "orders", since, now, now, indicator=indicator)


def row(start: int, good: int, bad: int = 0, observed: int = 1) -> Delta:
    return Delta("s", start, good, bad, observed)


# --- which, and when ----------------------------------------------------------------------------------------------


def test_an_edge_snaps_outward_to_the_finest_row_that_is_kept_where_it_lies() -> None:
    recent = Span(at("15T10:00:03"), at("15T10:07:21"))
    older = Span(at("10T10:00:03"), at("10T10:07:21"))
    oldest = Span(at("01T00:00:03") - 14 * DAY, at("01T00:07:21") - 14 * DAY)
    assert on(adjustment(recent)).excluded == (Span(at("15T10:00:00"), at("15T10:07:30")),)
    assert on(adjustment(older)).excluded == (Span(at("10T10:00:00"), at("10T10:08:00")),)
    assert on(adjustment(oldest)).excluded == (Span(at("01T00:00:00") - 14 * DAY, at("01T00:15:00") - 14 * DAY),)


def test_an_edge_on_a_row_stays_where_it_is() -> None:
    span = Span(at("15T10:00:00"), at("15T10:00:10"))
    assert on(adjustment(span)).excluded == (span,)


def test_each_edge_snaps_by_its_own_age() -> None:
    span = Span(at("12T10:00:03"), at("15T10:00:03"))
    assert on(adjustment(span)).excluded == (Span(at("12T10:00:00"), at("15T10:00:10")),)


def test_an_edge_in_a_minute_that_is_no_longer_whole_snaps_to_minutes() -> None:
    """Half past, the first half of the minute of the edge is gone."""
    edge, now = at("13T12:00:40"), at("15T12:00:30")
    kept = Kept()
    assert kept.snapped(Span(edge + 5, edge + 5 + HOUR), now).from_ns == at("13T12:00:00")
    assert kept.snapped(Span(edge + 5, edge + 5 + HOUR), now - 30 * SECOND).from_ns == edge


def test_an_edge_in_a_quarter_that_is_no_longer_whole_snaps_to_quarters() -> None:
    edge, now = at("01T12:14:40"), at("15T12:00:01")
    kept = Kept()
    assert kept.snapped(Span(edge, edge + HOUR), now).from_ns == at("01T12:00:00")
    assert kept.snapped(Span(edge, edge + HOUR), now - SECOND).from_ns == at("01T12:14:00")


def test_a_slice_wider_than_a_minute_is_never_split() -> None:
    wide = Kept.of_width(5 * MINUTE)
    assert wide.snapped(Span(at("15T10:03:00"), at("15T10:12:00")), NOW) == Span(at("15T10:00:00"), at("15T10:15:00"))
    assert wide.snapped(Span(at("10T10:03:00"), at("10T10:12:00")), NOW) == Span(at("10T10:00:00"), at("10T10:15:00"))


def test_declared_and_snapped_times_are_both_told() -> None:
    span = Span(at("15T10:00:03"), at("15T10:07:21"))
    (told,) = on(adjustment(span)).occurrences
    assert (told.adjustment, told.category, told.declared) == ("upgrade", Category.MAINTENANCE, span)
    assert told.snapped == Span(at("15T10:00:00"), at("15T10:07:30"))


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (Selector({"team": "a"}), True),
        (Selector({"team": "b"}), False),
        (Selector(names=("orders",)), True),
        (Selector(names=("others",)), False),
    ],
)
def test_only_those_are_adjusted_that_it_selects(selector, selected) -> None:
    span = Span(at("15T10:00:00"), at("15T11:00:00"))
    assert bool(on(adjustment(span, selector=selector))) is selected


def test_times_that_overlap_or_touch_are_one() -> None:
    spans = (
        Span(at("15T10:00:00"), at("15T11:00:00")),
        Span(at("15T11:00:00"), at("15T11:30:00")),
        Span(at("15T08:00:00"), at("15T09:00:00")),
    )
    found = on(adjustment(spans[0]), adjustment(spans[1], spans[2], category=Category.EXCLUSION, name="b"))
    assert found.excluded == (spans[2], Span(at("15T10:00:00"), at("15T11:30:00")))
    assert [told.adjustment for told in found.occurrences] == ["b", "upgrade", "b"]


def test_a_recurring_time_begins_in_local_time_and_lasts_as_long_on_every_day() -> None:
    """Clocks are set forward in the night to Sunday, 29 March 2026: that night the hour begins at 03:00, not 02:00."""
    weekly = Recurring("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", "Europe/Berlin", None, HOUR)
    found = on(
        adjustment(recurring=(weekly,)),
        since=from_rfc3339("2026-03-20T00:00:00Z"),
        now=from_rfc3339("2026-04-06T00:00:00Z"),
    )
    begins = ("2026-03-22T01:00:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:00:00Z")
    assert found.excluded == tuple(Span(from_rfc3339(text), from_rfc3339(text) + HOUR) for text in begins)


def test_a_recurring_time_that_began_before_the_range_reaches_into_it() -> None:
    daily = Recurring("FREQ=DAILY;BYHOUR=23", "UTC", None, 2 * HOUR)
    found = on(adjustment(recurring=(daily,)), since=at("15T00:30:00"))
    assert found.excluded == (Span(at("14T23:00:00"), at("15T01:00:00")),)
    assert not on(adjustment(recurring=(daily,)), since=at("15T01:00:00"))


def test_a_time_outside_of_the_range_is_no_matter() -> None:
    spans = (Span(NOW, NOW + HOUR), Span(NOW - 61 * DAY, NOW - 60 * DAY), Span(NOW - HOUR, NOW - HOUR))
    assert on(adjustment(*spans)) == Effects()


def test_after_its_expiry_everything_is_as_measured_and_before_it_stays_adjusted() -> None:
    over = at("15T10:30:00")
    span = Span(at("15T10:00:00"), at("15T11:00:00"))
    assert on(adjustment(span, expires_ns=over)).excluded == (Span(at("15T10:00:00"), over),)
    assert not on(adjustment(span, expires_ns=span.from_ns))
    hourly = Recurring("FREQ=HOURLY", "UTC", at("15T08:00:00"), 40 * MINUTE)
    begins = (at("15T08:00:00"), at("15T09:00:00"))
    expected = (*(Span(begin, begin + 40 * MINUTE) for begin in begins), Span(at("15T10:00:00"), over))
    assert on(adjustment(recurring=(hourly,), expires_ns=over)).excluded == expected


def test_an_adjustment_that_comes_again_too_often_is_named() -> None:
    often = Recurring(f"FREQ=HOURLY;BYMINUTE={','.join(str(n) for n in range(60))}", "UTC", None, SECOND)
    assert on(adjustment(recurring=(often,)), now=NOW).cut == ("upgrade",)
    assert on(adjustment(recurring=(often,)), since=NOW - DAY).cut == ()


# --- replay -------------------------------------------------------------------------------------------------------

REPLAY = adjustment(
    Span(at("15T10:00:00"), at("15T11:00:00")),
    category=Category.REPLAY,
    replay=Replay(Span(at("08T00:00:00"), at("09T00:00:00")), "sink"),
)


@pytest.mark.parametrize("indicator", [TWICE, LAG])
def test_old_events_that_are_delivered_again_are_neither_duplicates_nor_lag(indicator) -> None:
    assert on(REPLAY, indicator=indicator).excluded == REPLAY.spans


@pytest.mark.parametrize("indicator", [FRESH, Completeness("c", 300), Intake("c")])
def test_a_replay_leaves_other_indicators_alone_and_is_told_of(indicator) -> None:
    found = on(REPLAY, indicator=indicator)
    assert not found
    assert found.replays == REPLAY.spans
    assert [told.category for told in found.occurrences] == [Category.REPLAY]


# --- counts -------------------------------------------------------------------------------------------------------


def test_what_was_measured_in_excluded_time_does_not_count() -> None:
    found = on(adjustment(Span(at("15T10:00:00"), at("15T10:00:20"))))
    rows = [
        row(at("15T09:59:50"), 1),
        row(at("15T10:00:00"), 0, 9),
        row(at("15T10:00:10"), 0, 9),
        row(at("15T10:00:20"), 2),
    ]
    assert list(found.apply(rows, "s", NOW - DAY, NOW)) == [rows[0], rows[3]]
    assert [found.adjusted(each) for each in rows] == [rows[0], None, None, rows[3]]


def corrected(*spans: Span, good: int = 7, bad: int = 2) -> Adjustment:
    return adjustment(*spans, category=Category.CORRECTION, name="recount", correction={"good": good, "bad": bad})


def test_a_correction_counts_in_its_first_slice_and_looking_stays_looking() -> None:
    found = on(corrected(Span(at("15T10:00:00"), at("15T10:00:20"))))
    rows = [row(at("15T10:00:00"), 0, 9), row(at("15T10:00:10"), 0, 9), row(at("15T10:00:20"), 2)]
    assert list(found.apply(rows, "s", NOW - DAY, NOW)) == [
        Delta("s", at("15T10:00:00"), 7, 2, 0),
        Delta("s", at("15T10:00:00"), 0, 0, 1),
        Delta("s", at("15T10:00:10"), 0, 0, 1),
        rows[2],
    ]


def test_a_correction_of_time_in_which_nothing_was_measured_counts_too() -> None:
    found = on(corrected(Span(at("15T10:00:00"), at("15T10:00:20"))))
    assert found
    assert list(found.apply([], "s", NOW - DAY, NOW)) == [Delta("s", at("15T10:00:00"), 7, 2, 0)]


def test_a_rebuild_of_a_part_counts_a_correction_where_it_stands_only() -> None:
    found = on(corrected(Span(at("15T10:00:00"), at("15T11:00:00"))))
    assert list(found.apply([], "s", at("15T10:30:00"), NOW)) == []
    assert len(list(found.apply([], "s", at("15T10:00:00"), at("15T10:30:00")))) == 1


def test_excluded_time_is_not_corrected() -> None:
    span = Span(at("15T10:00:00"), at("15T11:00:00"))
    partly = on(corrected(span), adjustment(Span(at("15T09:50:00"), at("15T10:20:00"))))
    assert partly.corrections == (Correction(span, 7, 2, at("15T10:20:00")),)
    wholly = on(corrected(span), adjustment(span))
    assert wholly.corrections == (Correction(span, 7, 2, None),)
    assert list(wholly.apply([row(at("15T10:00:00"), 1)], "s", NOW - DAY, NOW)) == []


def test_every_interval_of_a_correction_has_its_counts() -> None:
    found = on(corrected(Span(at("15T08:00:00"), at("15T09:00:00")), Span(at("15T10:00:00"), at("15T11:00:00"))))
    assert [each.good for each in found.apply([], "s", NOW - DAY, NOW)] == [7, 7]


MINUTES = st.integers(0, 59).map(lambda n: NOW - HOUR + n * MINUTE + 3 * SECOND)
SPANS = st.tuples(MINUTES, st.integers(1, 600)).map(lambda case: Span(case[0], case[0] + case[1] * SECOND))


@given(
    st.lists(SPANS, max_size=4),
    st.lists(st.tuples(SPANS, st.integers(0, 9), st.integers(0, 9)), max_size=3),
    st.dictionaries(st.integers(0, 420), st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60),
    st.integers(0, 430),
)
def test_a_rebuild_counts_what_going_through_all_slices_counts(left_out, counted, measured, split) -> None:
    begin = NOW - HOUR
    found = on(adjustment(*left_out), *(corrected(span, good=good, bad=bad) for span, good, bad in counted))
    rows = [row(begin + slot * SLICE, *count) for slot, count in sorted(measured.items())]
    middle = begin + split * SLICE
    rebuilt = [
        *found.apply([each for each in rows if each.slice_start_ns < middle], "s", NOW - DAY, middle),
        *found.apply([each for each in rows if each.slice_start_ns >= middle], "s", middle, NOW + DAY),
    ]
    assert [each.slice_start_ns for each in rebuilt] == sorted(each.slice_start_ns for each in rebuilt)

    def covers(spans: Iterable[Span], slot: int) -> bool:
        start = begin + slot * SLICE
        return any(span.from_ns < start + SLICE and start < span.to_ns for span in spans)

    good = bad = observed = 0
    for slot, (slot_good, slot_bad) in measured.items():
        if not covers(left_out, slot):
            observed += 1
            if not covers((span for span, _, _ in counted), slot):
                good, bad = good + slot_good, bad + slot_bad
    for span, more_good, more_bad in counted:
        if any(covers((span,), slot) and not covers(left_out, slot) for slot in range(-1, 500)):
            good, bad = good + more_good, bad + more_bad
    assert sum(each.good for each in rebuilt) == good
    assert sum(each.bad for each in rebuilt) == bad
    assert sum(each.observed for each in rebuilt) == observed


@given(st.lists(SPANS, max_size=5), MINUTES, MINUTES)
def test_the_overlap_is_what_counting_seconds_gives(spans, start, end) -> None:
    found = on(adjustment(*spans))
    inside = [found.excludes(second) for second in range(start, end, SECOND)]
    assert found.overlap_ns(start, end) == sum(inside) * SECOND
    assert inside == [
        any(span.from_ns <= at < span.to_ns for span in found.excluded) for at in range(start, end, SECOND)
    ]
    parts = found.excluded_within(start, end)
    assert sum(part.to_ns - part.from_ns for part in parts) == found.overlap_ns(start, end)
    assert all(start <= part.from_ns < part.to_ns <= end for part in parts)


# --- changes ------------------------------------------------------------------------------------------------------


def test_what_changed_is_the_range_to_rebuild() -> None:
    one, two = Span(at("15T08:00:00"), at("15T09:00:00")), Span(at("15T10:00:00"), at("15T11:00:00"))
    longer = Span(one.from_ns, at("15T09:30:00"))
    assert Effects.changes_between(on(adjustment(one)), on(adjustment(one))) is None
    assert Effects.changes_between(on(adjustment(one)), on(adjustment(longer))) == Span(one.to_ns, longer.to_ns)
    assert Effects.changes_between(on(adjustment(one)), on(adjustment(two))) == Span(one.from_ns, two.to_ns)
    assert Effects.changes_between(on(corrected(two)), on(corrected(two, bad=3))) == two
    assert Effects.changes_between(Effects(), on(REPLAY)) is None


def test_effects_are_values() -> None:
    span = Span(at("15T10:00:00"), at("15T11:00:00"))
    assert on(adjustment(span)) == on(adjustment(span))
    assert len({on(adjustment(span)), on(adjustment(span)), Effects()}) == 2
