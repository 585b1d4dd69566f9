"""A slice's verdict, against the same sums as fractions; and which slices a change is part of."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.budgeting import RatioTimeslices, SliceInput, Slicing, Timeslices
from slo_service.domain.cell import Revision
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.tally import Tally
from slo_service.store.difference import Change
from slo_service.store.slicing import UNIT, Slicer, Span, sliced, spans, verdict
from tests.store.build import NOW, sample

TARGET = Fraction(999, 1000)


def timeslices(*inputs: SliceInput, slice_ns: int = MINUTE) -> Slicing:
    return Slicing("derived", Timeslices(TARGET, slice_ns), inputs or (SliceInput("s", TARGET),))


def ratios(*inputs: SliceInput, slice_ns: int = MINUTE) -> Slicing:
    return Slicing("derived", RatioTimeslices(slice_ns), inputs or (SliceInput("s", TARGET),))


@pytest.mark.parametrize(
    ("counted", "slices"),
    [
        pytest.param(Tally(999, 1), Tally(1, 0), id="exactly at the target is good"),
        pytest.param(Tally(9989, 11), Tally(0, 1), id="just below it is bad"),
        pytest.param(Tally(0, 3), Tally(0, 1), id="all bad"),
        pytest.param(Tally(0, 0), Tally(1, 0), id="looked at and idle is good"),
    ],
)
def test_a_slice_of_timeslices_is_good_when_its_ratio_meets_the_target(counted, slices) -> None:
    assert verdict(timeslices(), {"s": counted}) == slices


@pytest.mark.parametrize(
    ("counted", "good"),
    [
        pytest.param(Tally(2, 1), 666_666_667, id="rounded up"),
        pytest.param(Tally(1, 2), 333_333_333, id="rounded down"),
        pytest.param(Tally(1, 2**10 * 5**9 * 2 - 1), 0, id="half of a part, to the even one below"),
        pytest.param(Tally(3, 2 * UNIT - 3), 2, id="half of a part, to the even one above"),
        pytest.param(Tally(7, 0), UNIT, id="all good"),
    ],
)
def test_a_slice_of_ratio_timeslices_counts_its_ratio_rounded_half_to_even(counted, good) -> None:
    assert verdict(ratios(), {"s": counted}) == Tally(good, UNIT - good)


def test_a_slice_without_events_has_no_ratio_and_is_a_cell_all_the_same() -> None:
    assert verdict(ratios(), {"s": Tally()}) == Tally(0, 0)


@pytest.mark.parametrize("rule", [timeslices(), ratios()])
def test_a_slice_nobody_looked_at_has_no_verdict(rule) -> None:
    assert verdict(rule, {}) is None


TWO = (SliceInput("a", Fraction(9, 10), Fraction(1, 2)), SliceInput("b", TARGET, Fraction(2)))


@pytest.mark.parametrize(
    ("counted", "slices"),
    [
        pytest.param({"a": Tally(9, 1), "b": Tally(999, 1)}, Tally(1, 0), id="each meets its own target"),
        pytest.param({"a": Tally(8, 2), "b": Tally(999, 1)}, Tally(0, 1), id="one member is bad"),
        pytest.param({"b": Tally(9, 1)}, Tally(0, 1), id="the only member looked at is bad"),
        pytest.param({"a": Tally(9, 1)}, Tally(1, 0), id="the only member looked at is good"),
    ],
)
def test_a_composite_slice_is_bad_if_any_member_is(counted, slices) -> None:
    assert verdict(timeslices(*TWO), counted) == slices


@pytest.mark.parametrize(
    ("counted", "bad"),
    [
        pytest.param({"a": Tally(8, 2), "b": Tally(9, 1)}, Fraction(3, 10), id="weighed and summed"),
        pytest.param({"a": Tally(0, 1), "b": Tally(1, 1)}, Fraction(1), id="no more than all of it"),
        pytest.param({"a": Tally(8, 2), "b": Tally()}, Fraction(1, 10), id="a member without events lacks nothing"),
    ],
)
def test_what_the_members_of_a_composite_lack_is_summed(counted, bad) -> None:
    assert verdict(ratios(*TWO), counted) == Tally(int(UNIT * (1 - bad)), int(UNIT * bad))


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_a_ratio_is_within_half_a_part_and_at_a_half_even(good: int, bad: int) -> None:
    counted = Tally(good, bad)
    parts = verdict(ratios(), {"s": counted})
    assert parts is not None
    if not counted.total:
        assert parts == Tally()
        return
    apart = abs(Fraction(good * UNIT, counted.total) - parts.good)
    assert apart < Fraction(1, 2) or (apart == Fraction(1, 2) and parts.good % 2 == 0)
    assert parts.total == UNIT


@given(st.integers(0, 2**45), st.integers(0, 2**45), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_timeslices_compare_exactly(good: int, bad: int, target: Fraction) -> None:
    rule = timeslices(SliceInput("s", target))
    meets = good + bad == 0 or Fraction(good, good + bad) >= target
    assert verdict(rule, {"s": Tally(good, bad)}) == Tally(int(meets), int(not meets))


@pytest.mark.parametrize("slice_ns", [0, 48 * HOUR + 1])
def test_a_slice_wider_than_cells_are_kept_is_refused(slice_ns: int) -> None:
    with pytest.raises(ValueError, match="at most 2d long"):
        timeslices(slice_ns=slice_ns)


@pytest.mark.parametrize("inputs", [(), (SliceInput("derived", TARGET),)])
def test_slices_are_reckoned_from_other_streams(inputs) -> None:
    with pytest.raises(ValueError, match="other streams"):
        Slicing("derived", Timeslices(TARGET, MINUTE), inputs)


def test_slices_of_slices_are_refused() -> None:
    again = Slicing("again", RatioTimeslices(HOUR), (SliceInput("derived", TARGET),))
    with pytest.raises(ValueError, match="again is reckoned from raw counts"):
        Slicer({"derived": timeslices(), "again": again})
    with pytest.raises(ValueError, match="filed under its own name"):
        Slicer({"another": timeslices()})


def change(start_ns: int, *, observed: int = 1, stream: str = "s") -> Change:
    return Change(sample(start_ns, stream=stream), Tally(), observed)


def test_each_slice_is_touched_once_and_only_by_what_moves_its_sums() -> None:
    slicer = Slicer({"derived": timeslices(TWO[0], TWO[1])})
    refused: Counter[str] = Counter()
    moved = [change(NOW, stream="a"), change(NOW + 50 * SECOND, stream="b"), change(NOW + MINUTE, stream="b")]
    still = [change(NOW + HOUR, observed=0, stream="a"), change(NOW + HOUR, stream="unknown")]
    assert [each.start_ns for each in slicer.touched([*moved, *still], 0, 0, refused)] == [NOW, NOW + MINUTE]
    assert not refused


@pytest.mark.parametrize(
    ("slice_ns", "start_ns", "stays"),
    [
        pytest.param(MINUTE, NOW - 2 * HOUR, False, id="whole minutes, as long as minutes are kept"),
        pytest.param(MINUTE, NOW - 4 * HOUR, True, id="whole minutes, beyond it"),
        pytest.param(45 * SECOND, NOW - 2 * HOUR, True, id="other slices need their cells"),
    ],
)
def test_a_slice_that_cannot_be_reckoned_any_more_stays_and_is_counted(slice_ns, start_ns, stays) -> None:
    slicer, refused = Slicer({"derived": timeslices(slice_ns=slice_ns)}), Counter[str]()
    touched = slicer.touched([change(start_ns)], NOW - HOUR, NOW - 3 * HOUR, refused)
    assert (not touched, refused["slices_too_late"]) == (stays, int(stays))


def test_only_a_verdict_that_differs_is_a_change_by_the_difference() -> None:
    touched = Slicer({"derived": ratios()}).touched([change(NOW), change(NOW + MINUTE)], 0, 0, Counter())
    first, second = touched
    sums = {
        first.before: Tally(UNIT, 0),
        first.inputs[0]: Tally(3, 1),
        second.before: Tally(UNIT, 0),
        second.inputs[0]: Tally(3, 0),
    }
    assert set(sums) == set(spans(touched))
    (only,) = sliced(touched, sums, Revision(1, 9))
    assert (only.sample.key.slice_start_ns, only.sample.tally) == (NOW, Tally(UNIT * 3 // 4, UNIT // 4))
    assert (only.difference, only.observed) == (Tally(-UNIT // 4, UNIT // 4), 0)


def test_the_counts_of_a_slice_are_those_that_start_in_it() -> None:
    (touched,) = Slicer({"derived": timeslices(slice_ns=5 * MINUTE)}).touched([change(NOW + MINUTE)], 0, 0, Counter())
    assert touched.inputs == (Span("s", NOW, NOW + 5 * MINUTE, by_minute=True),)
