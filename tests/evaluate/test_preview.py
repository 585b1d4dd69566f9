from __future__ import annotations

from fractions import Fraction

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Effects
from slo_service.evaluate.adjust.preview import preview
from tests.evaluate.test_adjusted import NOW, SLICE, adjustment, corrected, on, row

NINES = Objective(Fraction(99, 100))
HALF = NOW - 30 * MINUTE


def per_second(start: int, end: int) -> Fraction:
    return Fraction(end - start, SECOND)


def measured(bad_from: int, bad_to: int, every_bad: int) -> list[Delta]:
    """An hour of one event a second, of which so many of ten are bad in a part."""
    slots = range(NOW - HOUR, NOW, SLICE)
    return [row(s, 10 - every_bad, every_bad) if bad_from <= s < bad_to else row(s, 10) for s in slots]


def test_maintenance_never_shrinks_a_budget_whose_expected_count_is_known() -> None:
    """36 of 3,600 may be bad; 60 were in ten minutes of maintenance, and 6 more outside of it."""
    span = Span(HALF, NOW - 20 * MINUTE)
    rows = measured(span.from_ns, span.to_ns, 1)
    rows[0] = row(NOW - HOUR, 4, 6)
    seen = preview(on(adjustment(span)), rows, NINES, NOW - HOUR, NOW, per_second)
    assert (seen.without, seen.with_) == (1 - Fraction(66, 36), 1 - Fraction(6, 36))
    assert not seen.falls
    assert seen.warning == ""


def test_where_nobody_knows_what_was_expected_excluded_time_drops_out_and_the_preview_warns() -> None:
    """Ten good minutes leave; 6 bad events of 3,600 are then 6 of 3,000."""
    rows = measured(0, 0, 0)
    rows[0] = row(NOW - HOUR, 4, 6)
    span = Span(HALF, NOW - 20 * MINUTE)
    seen = preview(on(adjustment(span)), rows, NINES, NOW - HOUR, NOW)
    assert (seen.without, seen.with_) == (1 - Fraction(6, 36), 1 - Fraction(6, 30))
    assert seen.falls
    assert seen.warning.startswith("the remaining budget would fall from 83.33% to 80.00%: ")


def test_what_was_not_measured_counts_as_good_in_the_base_with_and_without() -> None:
    rows = [row(NOW - HOUR, 4, 6)]
    span = Span(HALF, NOW - 20 * MINUTE)
    seen = preview(on(adjustment(span)), rows, NINES, NOW - HOUR, NOW, per_second)
    assert (seen.without, seen.with_) == (1 - Fraction(6, 36), 1 - Fraction(6, 36))
    assert not seen.falls


def test_more_events_than_were_expected_are_a_larger_base() -> None:
    rows = [row(NOW - HOUR, 7194, 6)]
    assert preview(Effects(), rows, NINES, NOW - HOUR, NOW, per_second).with_ == 1 - Fraction(6, 72)


def test_a_correction_that_adds_bad_events_is_warned_of() -> None:
    fix = corrected(Span(HALF, NOW - 20 * MINUTE), good=570, bad=30)
    seen = preview(on(fix), measured(0, 0, 0), NINES, NOW - HOUR, NOW, per_second)
    assert (seen.without, seen.with_) == (1, 1 - Fraction(30, 36))
    assert seen.falls


def test_nothing_measured_and_nothing_expected_is_no_share() -> None:
    seen = preview(Effects(), [], NINES, NOW - HOUR, NOW)
    assert (seen.without, seen.with_, seen.warning) == (None, None, "")
