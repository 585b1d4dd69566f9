"""A sweep gives every row there is, summed over sources, in parts of whole streams."""

from collections.abc import Collection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.store.sql import sweep
from slo_service.store.sql.store import SqlStore
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, batch, sample

SLICE = 10 * SECOND
QUARTER = 15 * MINUTE


async def swept(
    store: Store, width_ns: int, since_ns: int, until_ns: int, streams: Collection[str] | None = None
) -> list[list[Delta]]:
    """A list a part, by stream and start."""
    parts = []
    async for part in store.sweeper.sweep(width_ns, since_ns, until_ns, streams):
        columns = (part.stream, part.start_ns, part.good, part.bad, part.observed)
        rows = [Delta(part.streams[at], *rest) for at, *rest in zip(*(each.tolist() for each in columns), strict=True)]
        parts.append(sorted(rows, key=lambda row: (row.stream, row.slice_start_ns)))
    return parts


async def test_a_sweep_sums_over_sources_in_every_width(store: Store) -> None:
    await store.ingest(
        batch(
            sample(good=5),
            sample(bad=2, source="other"),
            sample(NOW + MINUTE, 1),
            sample(NOW + QUARTER, 2**45, source="other"),
            sample(good=9, stream="t"),
        )
    )
    last, t = Delta("s", NOW + QUARTER, 2**45, 0, 1), Delta("t", NOW, 9, 0, 1)
    fine = [Delta("s", NOW, 5, 2, 2), Delta("s", NOW + MINUTE, 1, 0, 1), last, t]
    assert await swept(store, SLICE, NOW, NOW + DAY) == [fine]
    assert await swept(store, MINUTE, NOW, NOW + DAY) == [fine]
    assert await swept(store, QUARTER, NOW, NOW + DAY) == [[Delta("s", NOW, 6, 2, 3), last, t]]


async def test_a_range_holds_its_start_and_not_its_end_and_need_not_lie_on_a_row(store: Store) -> None:
    await store.ingest(batch(*(sample(NOW + n * MINUTE, good=n) for n in range(5))))
    (rows,) = await swept(store, MINUTE, NOW + MINUTE - 1, NOW + 3 * MINUTE)
    assert [row.slice_start_ns for row in rows] == [NOW + MINUTE, NOW + 2 * MINUTE]


async def test_cells_may_start_anywhere(store: Store) -> None:
    await store.ingest(batch(sample(NOW + 1, good=1), sample(NOW + 2 * SLICE - 1, good=2)))
    (rows,) = await swept(store, SLICE, NOW, NOW + HOUR)
    assert rows == [Delta("s", NOW + 1, 1, 0, 1), Delta("s", NOW + 2 * SLICE - 1, 2, 0, 1)]


async def test_only_the_streams_asked_for_are_swept(store: Store) -> None:
    await store.ingest(batch(sample(good=1), sample(stream="t"), sample(stream="u")))
    (rows,) = await swept(store, SLICE, NOW, NOW + HOUR, ["u", "s", "unknown", "s"])
    assert [row.stream for row in rows] == ["s", "u"]
    assert await swept(store, SLICE, NOW, NOW + HOUR, []) == []


async def test_where_nothing_was_counted_there_is_no_part(store: Store) -> None:
    await store.ingest(batch(sample(good=1)))
    assert await swept(store, MINUTE, NOW + MINUTE, NOW + HOUR) == []


async def test_the_parts_are_bounded_and_hold_whole_streams(
    sql_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "ROWS_A_PART", 12)
    monkeypatch.setattr(sweep, "SERIES_A_QUERY", 2)
    streams = [(f"stream-{n}", f"source-{m}") for n in range(5) for m in range(1 + n % 3)]
    for name, source in streams:
        await sql_store.ingest(batch(*(sample(NOW + n * SLICE, 1, source=source, stream=name) for n in range(4))))
    parts = await swept(sql_store, SLICE, NOW, NOW + 4 * SLICE)
    assert [sorted({row.stream[-1] for row in part}) for part in parts] == [["0", "1"], ["2"], ["3", "4"]]
    assert sum(row.good for part in parts for row in part) == 4 * len(streams)


@given(
    st.lists(
        st.tuples(st.sampled_from("stu"), st.sampled_from("ab"), st.integers(0, 200), st.integers(0, 9)), max_size=20
    ),
    st.sampled_from([SLICE, MINUTE, QUARTER]),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_sweep_agrees_with_reading_stream_after_stream(
    store: Store, cells: list[tuple[str, str, int, int]], width_ns: int
) -> None:
    await store.ingest(batch(*(sample(NOW + at * SLICE, good, 0, 1, source, of) for of, source, at, good in cells)))
    expected = [row for of in "stu" for row in await store.cells.cells(of, width_ns, NOW, NOW + HOUR)]
    assert [row for part in await swept(store, width_ns, NOW, NOW + HOUR) for row in part] == expected
