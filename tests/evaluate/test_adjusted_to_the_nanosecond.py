"""The edges of what adjustments reach, and what a correction that names one count only does with the other."""

from __future__ import annotations

import pytest

from slo_service.domain.adjustment import Category, Recurring, Span
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.evaluate.adjust.adjusted import Correction, Effects
from tests.evaluate.test_adjusted import NOW, adjustment, at, on

SPAN = Span(at("15T10:00:00"), at("15T11:00:00"))
NIGHT = Span(at("14T23:00:00"), at("15T01:00:00"))


@pytest.mark.parametrize(
    ("counts", "good", "bad"), [({"good": 7}, 7, 0), ({"bad": 2}, 0, 2), ({}, 0, 0), ({"good": 7, "bad": 2}, 7, 2)]
)
def test_a_count_that_a_correction_does_not_name_is_none(counts: dict[str, int], good: int, bad: int) -> None:
    found = on(adjustment(SPAN, category=Category.CORRECTION, correction=counts))
    assert found.corrections == (Correction(SPAN, good, bad, SPAN.from_ns),)


@pytest.mark.parametrize(("since", "reaches"), [(NIGHT.to_ns - 1, True), (NIGHT.to_ns, False)])
def test_a_time_reaches_into_a_range_by_a_nanosecond(since: int, reaches: bool) -> None:
    nightly = Recurring("FREQ=DAILY;BYHOUR=23", "UTC", None, 2 * HOUR)
    for given in (adjustment(NIGHT), adjustment(recurring=(nightly,))):
        assert on(given, since=since).excluded == ((NIGHT,) if reaches else ())


@pytest.mark.parametrize(("now", "reaches"), [(SPAN.from_ns + 1, True), (SPAN.from_ns, False)])
def test_a_range_reaches_into_a_time_by_a_nanosecond(now: int, reaches: bool) -> None:
    daily = Recurring("FREQ=DAILY;BYHOUR=10", "UTC", SPAN.from_ns, HOUR)
    for given in (adjustment(SPAN), adjustment(recurring=(daily,))):
        assert bool(on(given, now=now)) is reaches


def test_corrections_are_in_the_order_of_their_times_and_counts() -> None:
    longer = Span(SPAN.from_ns, SPAN.to_ns + MINUTE)
    given = [(longer, 0, 0), (SPAN, 2, 1), (SPAN, 1, 9), (SPAN, 1, 2), (Span(SPAN.from_ns - HOUR, SPAN.from_ns), 9, 9)]
    found = on(
        *(
            adjustment(span, name=f"n{n}", category=Category.CORRECTION, correction={"good": good, "bad": bad})
            for n, (span, good, bad) in enumerate(given)
        )
    )
    assert [(each.span, each.good, each.bad) for each in found.corrections] == [given[n] for n in (4, 3, 2, 1, 0)]


def test_occurrences_are_in_the_order_of_their_declared_times_and_names() -> None:
    longer = Span(SPAN.from_ns, SPAN.to_ns + MINUTE)
    found = on(adjustment(longer, name="a"), adjustment(SPAN, name="c"), adjustment(SPAN, name="b"))
    assert [told.adjustment for told in found.occurrences] == ["b", "c", "a"]


def test_names_of_what_comes_too_often_are_in_order() -> None:
    often = Recurring(f"FREQ=HOURLY;BYMINUTE={','.join(str(n) for n in range(60))}", "UTC", None, 1)
    assert on(*(adjustment(name=name, recurring=(often,)) for name in "ba")).cut == ("a", "b")
    assert on(adjustment(name="a", recurring=(often, Recurring("FREQ=DAILY", "UTC", None, 1)))).cut == ("a",)


def test_effects_show_what_they_were_made_of_alone() -> None:
    assert repr(Effects()) == "Effects(excluded=(), corrections=(), replays=(), occurrences=(), cut=())"
    assert Effects((SPAN,)).excluded_within(NOW - HOUR, NOW) == ()
