"""Slices of time follow from raw cells in the same transaction, and every width of their rows agrees."""

import itertools
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.domain.budgeting import RatioTimeslices, SliceInput, Slicing, Timeslices
from slo_service.domain.cell import Delta, Sample
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to
from slo_service.domain.tally import Tally
from slo_service.store.slicing import UNIT, verdict
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, batch, sample

SLICE = 10 * SECOND
QUARTER = 15 * MINUTE
TARGET = Fraction(9, 10)
MINUTES = Slicing("s.slices", Timeslices(TARGET, MINUTE), (SliceInput("s", TARGET),))
RATIOS = Slicing("s.slices", RatioTimeslices(MINUTE), (SliceInput("s", TARGET),))


def slices(start_ns: int, good: int, bad: int, observed: int = 1) -> Delta:
    return Delta("s.slices", start_ns, good, bad, observed, "slices")


def of(deltas: Sequence[Delta], stream: str = "s.slices") -> list[Delta]:
    return [delta for delta in deltas if delta.stream == stream]


async def test_the_slice_of_a_new_cell_is_announced_with_it_and_stored_in_every_width(store: Store) -> None:
    store.slicing({"s.slices": MINUTES})
    start = NOW + 70 * SECOND
    assert list(await store.ingest(batch(sample(start, 8, 2)))) == [
        Delta("s", start, 8, 2, 1, "canary/eu/0"),
        slices(NOW + MINUTE, 0, 1),
    ]
    for width, slot in ((SLICE, NOW + MINUTE), (MINUTE, NOW + MINUTE), (QUARTER, NOW)):
        assert list(await store.cells.cells("s.slices", width, NOW, NOW + DAY)) == [Delta("s.slices", slot, 0, 1, 1)]


async def test_a_corrected_cell_moves_its_slice_by_the_difference(store: Store) -> None:
    store.slicing({"s.slices": RATIOS})
    await store.ingest(batch(sample(good=3, bad=1)))
    answer = await store.ingest(batch(sample(good=4, bad=0, counter=2)))
    assert of(answer) == [slices(NOW, UNIT // 4, -UNIT // 4, 0)]
    assert list(await store.cells.cells("s.slices", QUARTER, 0, NOW + 1)) == [Delta("s.slices", NOW, UNIT, 0, 1)]


async def test_a_cell_that_does_not_change_the_verdict_announces_no_slice(store: Store) -> None:
    store.slicing({"s.slices": MINUTES})
    await store.ingest(batch(sample(good=3)))
    assert of(await store.ingest(batch(sample(NOW + SLICE, 3)))) == []


async def test_all_sources_and_all_batches_make_up_a_slice(store: Store) -> None:
    store.slicing({"s.slices": MINUTES})
    await store.ingest(batch(sample(good=9)))
    assert of(await store.ingest(batch(sample(NOW + SLICE, bad=1, source="other")))) == []
    assert of(await store.ingest(batch(sample(NOW + 5 * SLICE, bad=1, source="other")))) == [slices(NOW, -1, 1, 0)]


async def test_a_composite_is_reckoned_anew_when_any_member_changes(store: Store) -> None:
    members = (SliceInput("a", TARGET), SliceInput("b", TARGET, Fraction(1, 2)))
    store.slicing({"s.slices": Slicing("s.slices", RatioTimeslices(MINUTE), members)})
    first = await store.ingest(batch(sample(good=1, bad=1, stream="a")))
    assert of(first) == [slices(NOW, UNIT // 2, UNIT // 2)]
    assert of(await store.ingest(batch(sample(good=1, bad=1, stream="b")))) == [slices(NOW, -UNIT // 4, UNIT // 4, 0)]


async def test_slices_wider_than_a_quarter_of_an_hour_are_one_cell_each(store: Store) -> None:
    store.slicing({"s.slices": Slicing("s.slices", Timeslices(TARGET, HOUR), (SliceInput("s", TARGET),))})
    await store.ingest(batch(*(sample(NOW + n * 10 * MINUTE, good=1) for n in range(8))))
    first = floor_to(NOW, HOUR)
    rows = [Delta("s.slices", first + n * HOUR, 1, 0, 1) for n in range((NOW + 70 * MINUTE - first) // HOUR + 1)]
    for width in (SLICE, MINUTE, QUARTER):
        assert list(await store.cells.cells("s.slices", width, 0, NOW + DAY)) == rows


async def test_a_slice_of_whole_minutes_may_begin_before_the_oldest_cell_that_is_kept(store: Store) -> None:
    store.slicing({"s.slices": Slicing("s.slices", Timeslices(TARGET, DAY), (SliceInput("s", TARGET),))})
    late = NOW - 48 * HOUR + MINUTE
    assert floor_to(late, DAY) < NOW - 48 * HOUR
    assert of(await store.ingest(batch(sample(late, good=1)))) == [slices(floor_to(late, DAY), 1, 0)]
    assert of(await store.ingest(batch(sample(late, bad=1, counter=2)))) == [slices(floor_to(late, DAY), -1, 1, 0)]
    rows = list(await store.cells.cells("s.slices", QUARTER, 0, NOW))
    assert rows == [Delta("s.slices", floor_to(late, DAY), 0, 1, 1)]


async def test_another_slice_that_begins_before_the_oldest_kept_cell_stays_and_is_counted(store: Store) -> None:
    odd = 7 * HOUR + SECOND
    store.slicing({"s.slices": Slicing("s.slices", Timeslices(TARGET, odd), (SliceInput("s", TARGET),))})
    late = NOW - 48 * HOUR + MINUTE
    assert floor_to(late, odd) < NOW - 48 * HOUR
    assert of(await store.ingest(batch(sample(late, good=1)))) == []
    assert store.counters()["slices_too_late"] == 1


_names = itertools.count()
samples = st.builds(
    lambda source, slot, good, bad, counter: sample(NOW + slot * SLICE, good, bad, counter, f"canary/eu/{source}"),
    st.integers(0, 1),
    st.integers(0, 13),
    st.integers(0, 9),
    st.integers(0, 3),
    st.integers(0, 2),
)
methods = st.sampled_from(
    [Timeslices(TARGET, MINUTE), RatioTimeslices(MINUTE), RatioTimeslices(30 * SECOND), RatioTimeslices(2 * MINUTE)]
)


@pytest.mark.parametrize("streams", [1, 2])
@given(st.lists(st.lists(st.tuples(samples, st.integers(0, 1)), max_size=12), max_size=5), methods)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_of_samples_ends_in_the_slices_of_the_newest_cells(
    store: Store, streams: int, batches: list[list[tuple[Sample, int]]], method: Timeslices | RatioTimeslices
) -> None:
    name = f"stream-{next(_names)}"
    raw = [f"{name}.{n}" for n in range(streams)]
    rule = Slicing(name, method, tuple(SliceInput(each, TARGET, Fraction(1, 2)) for each in raw))
    store.slicing({name: rule})
    newest: dict[object, Sample] = {}
    announced: Counter[tuple[int, str]] = Counter()
    for said in batches:
        mine = [
            Sample(type(one.key)(raw[n % streams], one.key.source, one.key.slice_start_ns), one.tally, one.revision)
            for one, n in said
        ]
        for one in mine:
            if one.key not in newest or one.revision > newest[one.key].revision:
                newest[one.key] = one
        for delta in of(await store.ingest(batch(*mine)), name):
            assert delta.source == "slices"
            _add(announced, delta.slice_start_ns, delta)
    slots: dict[int, dict[str, Tally]] = {}
    for one in newest.values():
        sums = slots.setdefault(floor_to(one.key.slice_start_ns, method.slice_ns), {})
        sums[one.key.stream] = sums.get(one.key.stream, Tally()) + one.tally
    for width in (SLICE, MINUTE, QUARTER):
        expected, stored = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
        for start_ns, sums in slots.items():
            is_so = verdict(rule, sums) or Tally()
            _add(expected, floor_to(start_ns, width), Delta(name, start_ns, is_so.good, is_so.bad, 1))
        for row in await store.cells.cells(name, width, 0, NOW + DAY):
            _add(stored, row.slice_start_ns, row)
        assert +stored == +expected
        if width == SLICE:
            assert +announced == +expected


def _add(sums: Counter[tuple[int, str]], start_ns: int, row: Delta) -> None:
    sums[start_ns, "good"] += row.good
    sums[start_ns, "bad"] += row.bad
    sums[start_ns, "observed"] += row.observed
