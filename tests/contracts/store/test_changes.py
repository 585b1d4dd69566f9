"""What ingests changed since a number, and rows read anew: together they bring an older snapshot up to date."""

from slo_service.collect.ports import Batch
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.evaluate.ports import Touched
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, batch, sample

SLICE = 10 * SECOND
QUARTER = 15 * MINUTE


async def test_every_ingest_has_the_next_number(store: Store) -> None:
    assert await store.changes.change() == 0
    await store.ingest(batch(sample(good=1)))
    await store.ingest(Batch(progress=(Progress("s", "canary", NOW),)))
    assert await store.changes.change() == 2


async def test_what_later_ingests_touched_is_told_once_for_all_sources_and_times(store: Store) -> None:
    await store.ingest(batch(sample(NOW - SLICE, 1), sample(good=1)))
    snapshot = await store.changes.change()
    await store.ingest(batch(sample(good=2, counter=2), sample(bad=1, source="other"), sample(good=1, stream="t")))
    await store.ingest(batch(sample(good=3, counter=3), sample(NOW + SLICE, 1)))
    touched = [Touched("s", NOW), Touched("s", NOW + SLICE), Touched("t", NOW)]
    assert list(await store.changes.touched(snapshot)) == touched
    assert len(await store.changes.touched(0)) == 4
    assert list(await store.changes.touched(await store.changes.change())) == []


async def test_a_sample_that_changes_no_count_touches_nothing(store: Store) -> None:
    await store.ingest(batch(sample(good=1)))
    await store.ingest(batch(sample(good=1, counter=2)))
    assert list(await store.changes.touched(1)) == []


async def test_rows_are_read_anew_in_the_order_of_their_keys_and_missing_ones_left_out(store: Store) -> None:
    await store.ingest(
        batch(
            sample(good=5),
            sample(bad=2, source="other"),
            sample(NOW + MINUTE, 1),
            sample(NOW + MINUTE + SLICE, 1),
            sample(good=9, stream="t"),
        )
    )
    keys = [("t", NOW), ("s", NOW + MINUTE), ("unknown", NOW), ("s", NOW - MINUTE), ("s", NOW)]
    fine, t = Delta("s", NOW, 5, 2, 2), Delta("t", NOW, 9, 0, 1)
    assert list(await store.changes.slots(SLICE, keys)) == [t, Delta("s", NOW + MINUTE, 1, 0, 1), fine]
    assert list(await store.changes.slots(MINUTE, keys)) == [t, Delta("s", NOW + MINUTE, 2, 0, 2), fine]
    assert list(await store.changes.slots(QUARTER, keys)) == [t, Delta("s", NOW, 7, 2, 4)]
    assert list(await store.changes.slots(SLICE, [])) == []


async def test_rows_of_the_finest_width_are_read_anew_by_source(store: Store) -> None:
    await store.ingest(batch(sample(good=5), sample(bad=2, source="a"), sample(NOW + SLICE, 1), sample(stream="t")))
    keys = [("s", NOW + SLICE), ("s", NOW), ("s", NOW + MINUTE)]
    assert list(await store.changes.slots_by_source(keys)) == [
        Delta("s", NOW + SLICE, 1, 0, 1, "canary/eu/0"),
        Delta("s", NOW, 0, 2, 1, "a"),
        Delta("s", NOW, 5, 0, 1, "canary/eu/0"),
    ]


async def test_more_keys_than_one_query_takes_are_all_read(store: Store) -> None:
    await store.ingest(batch(*(sample(NOW + n * SLICE, n) for n in range(3))))
    keys = [("s", NOW + DAY + n) for n in range(20_000)] + [("s", NOW + n * SLICE) for n in range(3)]
    rows = [Delta("s", NOW + n * SLICE, n, 0, 1) for n in range(3)]
    assert list(await store.changes.slots(SLICE, keys)) == rows
