"""Rows of every width of an adjusted stream, against its finest rows summed up."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.adjust.adjusted import Correction, Effects, Kept
from slo_service.evaluate.adjust.rows import Rows, adjusted_rows
from slo_service.evaluate.adjust.spans import Spans

FINE, MIDDLE, COARSE = 10, 60, 300
END = 900
SLOTS = st.integers(0, END // FINE - 1)
Counts = dict[int, tuple[int, int, int]]


def summed(rows: list[Delta], width: int) -> list[Delta]:
    """Rows of the width, of those slots that hold any."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        of = found[row.slice_start_ns // width * width]
        of[0], of[1], of[2] = of[0] + row.good, of[1] + row.bad, of[2] + row.observed
    return [Delta("s", start, found[start][0], found[start][1], found[start][2]) for start in sorted(found)]


def spans(slots: list[int]) -> list[Span]:
    edges = sorted({slot * FINE for slot in slots})
    return [Span(first, last) for first, last in zip(edges[::2], edges[1::2], strict=False)]


def counts(rows: Rows, width: int) -> Counts:
    """Summed by slot of the width, since a correction is a row of its own; empty ones say nothing."""
    found = {r.slice_start_ns: (r.good, r.bad, r.observed) for r in summed(list(rows[width]), width)}
    return {start: row for start, row in found.items() if any(row)}


@given(st.sets(SLOTS, max_size=40), st.lists(SLOTS, max_size=6), st.lists(SLOTS, max_size=4), st.integers(0, 5))
@settings(max_examples=60)
def test_rows_of_every_width_hold_what_the_finest_adjusted_rows_add_up_to(measured, out, instead, bad: int) -> None:
    excluded = spans(out)
    corrections = tuple(
        Correction(span, 7, bad, None if Spans(excluded).contains(span.from_ns) else span.from_ns)
        for span in spans(instead)
    )
    effects = Effects(tuple(excluded), corrections)
    fine = [Delta("s", slot * FINE, slot + 1, slot % 3, 1) for slot in sorted(measured)]
    stored = {width: summed(fine, width) for width in (FINE, MIDDLE, COARSE)}
    wanted = list(effects.apply(fine, "s", 0, END))
    found = adjusted_rows(stored, effects, "s", 0, END)
    for width in (FINE, MIDDLE, COARSE):
        assert counts(found, width) == counts({width: summed(wanted, width)}, width)
        assert [row.slice_start_ns for row in found[width]] == sorted(row.slice_start_ns for row in found[width])


def test_a_row_that_no_edge_cuts_is_the_stored_one() -> None:
    coarse = [Delta("s", 0, 100, 0, 30), Delta("s", COARSE, 50, 5, 30)]
    found = adjusted_rows({FINE: [], COARSE: coarse}, Effects((Span(0, COARSE),)), "s", 0, END)
    assert found == {FINE: [], COARSE: [coarse[1]]}


def test_a_row_that_an_edge_cuts_is_made_of_the_finer_ones_alone() -> None:
    fine = [Delta("s", 0, 1, 2, 1), Delta("s", FINE, 3, 4, 1), Delta("s", COARSE, 9, 9, 1)]
    coarse = [Delta("s", 0, 1000, 1000, 30), Delta("s", COARSE, 500, 500, 30)]
    found = adjusted_rows({FINE: fine, COARSE: coarse}, Effects((Span(FINE, 2 * FINE),)), "s", 0, END)
    assert found[COARSE] == [Delta("s", 0, 1, 2, 1), coarse[1]]


@pytest.mark.parametrize(
    ("age_ns", "width_ns"),
    [
        pytest.param(HOUR, 10 * SECOND, id="recent"),
        pytest.param(48 * HOUR, 10 * SECOND, id="as old as the finest rows"),
        pytest.param(48 * HOUR + 1, MINUTE, id="older"),
        pytest.param(14 * DAY, MINUTE, id="as old as the rows of minutes"),
        pytest.param(14 * DAY + 1, 15 * MINUTE, id="older than those"),
    ],
)
def test_an_edge_snaps_to_the_finest_rows_that_are_still_kept(age_ns: int, width_ns: int) -> None:
    now = 100 * DAY
    assert Kept().width_at(now - age_ns, now) == width_ns


@pytest.mark.parametrize(
    ("slice_ns", "widths"),
    [
        (10 * SECOND, (10 * SECOND, MINUTE, 15 * MINUTE)),
        (5 * MINUTE, (5 * MINUTE, 5 * MINUTE, 15 * MINUTE)),
        (HOUR, (HOUR, HOUR, HOUR)),
    ],
)
def test_kept_rows_are_never_narrower_than_a_slice(slice_ns: int, widths: tuple[int, int, int]) -> None:
    kept = Kept.of_width(slice_ns)
    assert (kept.slice_ns, kept.middle_ns, kept.coarse_ns) == widths
    assert (kept.slice_for_ns, kept.middle_for_ns) == (48 * HOUR, 14 * DAY)


INSTANTS = st.integers(-5, 60)
STRETCHES = st.lists(st.tuples(INSTANTS, st.integers(0, 12)), max_size=5)


@given(STRETCHES, INSTANTS, INSTANTS)
def test_stretches_of_time_answer_as_their_single_nanoseconds_do(stretches, start: int, end: int) -> None:
    inside = {at for first, length in stretches for at in range(first, first + length)}
    asked = Spans(Span(first, first + length) for first, length in stretches)
    assert asked.contains(start) == (start in inside)
    assert asked.overlap_ns(start, end) == len(inside & set(range(start, end)))
    assert {at for span in asked.within(start, end) for at in range(span.from_ns, span.to_ns)} == inside & set(
        range(start, end)
    )
    assert asked.next_outside(start) == next(at for at in range(start, 100) if at not in inside)
