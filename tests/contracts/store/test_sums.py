"""Whatever order samples come in, every sum is the sum of the newest cells, and the announced differences add up."""

import itertools
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.domain.cell import CellKey, Delta, Revision, Sample
from slo_service.domain.instant import MINUTE, SECOND, floor_to
from slo_service.domain.tally import Tally
from tests.contracts.store.conftest import Store
from tests.store.build import NOW, batch

_streams = itertools.count()  # every example its own, so that one store serves all of them

samples = st.builds(
    lambda source, slot, good, bad, epoch, counter: Sample(
        CellKey("", f"canary/eu/{source}", NOW - slot * 10 * SECOND), Tally(good, bad), Revision(epoch, counter)
    ),
    st.integers(0, 2),
    st.sampled_from([0, 1, 5, 6, 89, 90, 91]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 2),
    st.integers(0, 2),
)


@given(st.lists(st.lists(samples, max_size=12), max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_of_revisions_ends_in_the_sums_of_the_newest_cells(
    store: Store, batches: list[list[Sample]]
) -> None:
    stream = f"stream-{next(_streams)}"
    newest: dict[CellKey, Sample] = {}
    announced: Counter[tuple[int, str]] = Counter()
    for said in batches:
        mine = [Sample(CellKey(stream, s.key.source, s.key.slice_start_ns), s.tally, s.revision) for s in said]
        for one in mine:
            if one.key not in newest or one.revision > newest[one.key].revision:
                newest[one.key] = one
        for delta in await store.ingest(batch(*mine)):
            _add(announced, delta.slice_start_ns, delta)
    for width in (10 * SECOND, MINUTE, 15 * MINUTE):
        expected: Counter[tuple[int, str]] = Counter()
        for key, one in newest.items():
            delta = Delta(stream, key.slice_start_ns, one.tally.good, one.tally.bad, 1)
            _add(expected, floor_to(key.slice_start_ns, width), delta)
        stored: Counter[tuple[int, str]] = Counter()
        for row in await store.cells.cells(stream, width, 0, NOW + 1):
            _add(stored, row.slice_start_ns, row)
        assert +stored == +expected
        if width == 10 * SECOND:
            assert +announced == +expected


def _add(sums: Counter[tuple[int, str]], start_ns: int, row: Delta) -> None:
    sums[start_ns, "good"] += row.good
    sums[start_ns, "bad"] += row.bad
    sums[start_ns, "observed"] += row.observed
