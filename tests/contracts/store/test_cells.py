from fractions import Fraction

from slo_service.collect.ports import Batch
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, batch, sample

SLICE = 10 * SECOND
QUARTER = 15 * MINUTE
SOURCE = "canary/eu/0"


async def test_a_new_cell_counts_once_in_every_width(store: Store) -> None:
    start = NOW + 70 * SECOND
    assert await store.ingest(batch(sample(start, 9, 1))) == (Delta("s", start, 9, 1, 1, SOURCE),)
    for width, slot in ((SLICE, start), (MINUTE, NOW + MINUTE), (QUARTER, NOW)):
        assert list(await store.cells.cells("s", width, NOW, NOW + DAY)) == [Delta("s", slot, 9, 1, 1)]


async def test_the_same_sample_again_changes_nothing(store: Store) -> None:
    again = batch(sample(good=9, bad=1))
    await store.ingest(again)
    assert await store.ingest(again) == ()
    assert set(store.counters().values()) == {0}


async def test_a_higher_revision_replaces_its_cell_and_moves_the_sums_by_the_difference(store: Store) -> None:
    await store.ingest(batch(sample(good=3, bad=4)))
    assert await store.ingest(batch(sample(good=5, bad=2, counter=2))) == (Delta("s", NOW, 2, -2, 0, SOURCE),)
    assert list(await store.cells.cells("s", QUARTER, 0, NOW + 1)) == [Delta("s", NOW, 5, 2, 1)]


async def test_a_lower_revision_is_ignored_and_counted(store: Store) -> None:
    await store.ingest(batch(sample(good=5, counter=2)))
    assert await store.ingest(batch(sample(good=3, counter=1))) == ()
    assert store.counters()["samples_outdated"] == 1


async def test_a_new_owner_outranks_a_deposed_ones_last_word(store: Store) -> None:
    old, new = sample(good=1, counter=999), sample(good=2, counter=0)
    new = type(new)(new.key, new.tally, type(new.revision)(2, 0))
    await store.ingest(batch(old))
    assert await store.ingest(batch(new)) == (Delta("s", NOW, 1, 0, 0, SOURCE),)


async def test_the_same_revision_with_other_counts_is_a_counted_conflict_and_the_first_word_stays(store: Store) -> None:
    await store.ingest(batch(sample(good=5)))
    assert await store.ingest(batch(sample(good=6))) == ()
    await store.ingest(batch(sample(NOW + SLICE, 1), sample(NOW + SLICE, 2)))
    assert store.counters()["samples_conflicting"] == 2
    assert [row.good for row in await store.cells.cells("s", SLICE, 0, NOW + DAY)] == [5, 1]


async def test_a_batch_may_hold_several_revisions_of_a_cell_and_announces_the_last(store: Store) -> None:
    said = batch(sample(good=1), sample(good=7, counter=3), sample(good=4, counter=2))
    assert await store.ingest(said) == (Delta("s", NOW, 7, 0, 1, SOURCE),)


async def test_looked_at_and_idle_is_a_cell_and_not_looked_at_is_none(store: Store) -> None:
    assert await store.ingest(batch(sample(good=0, bad=0))) == (Delta("s", NOW, 0, 0, 1, SOURCE),)
    assert list(await store.cells.cells("s", SLICE, NOW - HOUR, NOW + HOUR)) == [Delta("s", NOW, 0, 0, 1)]


async def test_a_sample_older_than_the_kept_cells_is_refused_and_counted(store: Store) -> None:
    limit = NOW - 48 * HOUR
    answer = await store.ingest(batch(sample(limit - 1, good=1), sample(limit, good=1)))
    assert [delta.slice_start_ns for delta in answer] == [limit]
    assert store.counters()["samples_too_late"] == 1


async def test_sources_sum_up_to_their_stream_and_can_be_told_apart(store: Store) -> None:
    said = batch(
        sample(good=5, source="canary/eu/0"),
        sample(bad=2, source="canary/eu/1"),
        sample(NOW + SLICE, 1, source="canary/eu/1"),
        sample(good=100, stream="another"),
    )
    assert await store.ingest(said) == (
        Delta("another", NOW, 100, 0, 1, "canary/eu/0"),
        Delta("s", NOW, 5, 0, 1, "canary/eu/0"),
        Delta("s", NOW, 0, 2, 1, "canary/eu/1"),
        Delta("s", NOW + SLICE, 1, 0, 1, "canary/eu/1"),
    )
    assert list(await store.cells.cells("s", SLICE, 0, NOW + 1)) == [Delta("s", NOW, 5, 2, 2)]
    assert await store.cells.cells_by_source("s", MINUTE, 0, NOW + DAY) == {
        "canary/eu/0": [Delta("s", NOW, 5, 0, 1, "canary/eu/0")],
        "canary/eu/1": [Delta("s", NOW, 1, 2, 2, "canary/eu/1")],
    }


async def test_a_range_holds_its_start_and_not_its_end(store: Store) -> None:
    await store.ingest(batch(*(sample(NOW + n * SLICE, good=1) for n in (2, 0, 1))))
    rows = await store.cells.cells("s", SLICE, NOW, NOW + 2 * SLICE)
    assert [row.slice_start_ns for row in rows] == [NOW, NOW + SLICE]


async def test_the_newest_word_on_progress_counts_also_when_it_goes_back(store: Store) -> None:
    for through in (NOW, NOW + 5, NOW + 3):
        await store.ingest(Batch(progress=(Progress("s", "canary", through), Progress("t", "lag", through))))
    assert list(await store.cells.progress(["s"])) == [Progress("s", "canary", NOW + 3)]


async def test_a_schedule_is_added_to_the_history_only_when_it_says_something_new(store: Store) -> None:
    one, more = Fraction(1, 10), Fraction(48, 10)
    said = [Schedule("s", NOW, one, 1), Schedule("s", NOW + 5, one, 1), Schedule("s", NOW + 9, more, 48)]
    for schedule in said:
        await store.ingest(Batch(schedules=(schedule,)))
    assert await store.cells.schedules(["s", "t"]) == {"s": [said[0], said[2]], "t": []}


async def test_a_clock_set_back_does_not_rewrite_what_was_expected_before(store: Store) -> None:
    first, second = Schedule("s", NOW, Fraction(1), 1), Schedule("s", NOW + 9, Fraction(2), 1)
    late = Schedule("s", NOW + 3, Fraction(3), 1)
    await store.ingest(Batch(schedules=(first, second, late)))
    assert (await store.cells.schedules(["s"]))["s"] == [first, Schedule("s", NOW + 9, Fraction(3), 1)]


async def test_the_evaluator_is_told_of_committed_differences_only(store: Store) -> None:
    told = []
    recorder = store.recorder(lambda said, deltas: told.append((said, deltas)))
    said = batch(sample(good=1))
    await recorder.commit(said)
    await recorder.commit(said)
    assert told == [(said, (Delta("s", NOW, 1, 0, 1, SOURCE),)), (said, ())]
