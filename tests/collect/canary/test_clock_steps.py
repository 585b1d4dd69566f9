"""The wall clock is set while everything runs: what was judged stays judged, and nothing is invented."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from slo_service.collect.canary.batch import BatchMaker, Standing
from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.canary.report import Attempted, Haul, Moment, Outcome, Resolved, Sighting
from slo_service.collect.ports import Batch
from slo_service.domain.cell import CellKey
from slo_service.domain.indicator import Freshness, Stream
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.tally import Tally
from tests.collect.canary.fakes import (
    COMPLETE,
    FRESH,
    MIDDLE_TOPIC,
    SINGLE,
    SINK_TOPIC,
    SLOS,
    SOURCE_TOPIC,
    TAKEN,
    FakeStore,
    collector,
    mock_cluster,
    pipeline,
    running,
    until,
)
from tests.collect.canary.flow import Mover

pytestmark = pytest.mark.lengthy

START = 1_700_000_000 * SECOND
WITHIN = 20 * SECOND
STREAM = Stream("orders", Freshness("c", WITHIN), 10 * SECOND)


class Bench:
    """One canary a second that arrives a second later, told to the book under a clock moved by hand."""

    def __init__(self) -> None:
        self.ledger = CanaryLedger("c", {"source": [], "sink": [WITHIN]}, 10 * SECOND, 10 * SECOND)
        self.ledger.partitions = frozenset({0})
        self.book = CellBook("c", "eu", [STREAM], 1, 0)
        self.maker = BatchMaker("c", SECOND, self.book, self.ledger, {STREAM.id: WITHIN})
        self.cells: dict[CellKey, Tally] = {}
        self.shrunk: list[CellKey] = []
        self.progress_ns = 0
        self.seq = 0
        self.mono_ns = 0

    def second(self, wall_ns: int) -> None:
        self.mono_ns += SECOND
        who = CanaryId("c", "ab" * 16, 0, self.seq, wall_ns)
        self.seq += 1
        self.ledger.apply(Attempted(who, self.mono_ns))
        self.ledger.apply(Resolved(who, Outcome.ACKNOWLEDGED))
        seen = Moment(wall_ns + SECOND // 2, self.mono_ns + SECOND // 2)
        self.ledger.apply(Haul("sink", (Sighting(who, seen),), seen))
        standing = Standing(marks={"sink": seen.wall_ns}, through_ns=seen.wall_ns, partitions=1)
        self._take(self.maker.make(standing, seen.wall_ns, waiting=False))

    def _take(self, batch: Batch | None) -> None:
        assert batch is not None
        for sample in batch.samples:
            if sample.tally.total < self.cells.get(sample.key, Tally()).total:
                self.shrunk.append(sample.key)
            self.cells[sample.key] = sample.tally
        for progress in batch.progress:
            self.progress_ns = progress.through_ns


@pytest.mark.parametrize(
    ("before", "step_ns", "stepped", "after"),
    [
        pytest.param(60, 5 * MINUTE, 0, 400, id="five minutes forward, for good"),
        pytest.param(400, -5 * MINUTE, 0, 400, id="five minutes back, for good"),
        pytest.param(400, 5 * MINUTE, 3, 400, id="five minutes forward and back"),
        pytest.param(60, DAY, 3, 120, id="a day forward for three seconds and back"),
        pytest.param(60, DAY, 90, 120, id="a day forward for long enough to be judged, and back"),
        pytest.param(60, -DAY, 3, 120, id="a day back for three seconds and forward again"),
    ],
)
def test_a_step_of_the_clock_takes_nothing_back_and_loses_no_canary(
    before: int, step_ns: int, stepped: int, after: int
) -> None:
    bench = Bench()
    offset_ns = 0
    for second in range(before + stepped + after):
        offset_ns = step_ns if before <= second and (not stepped or second < before + stepped) else 0
        bench.second(START + second * SECOND + offset_ns)
        assert bench.progress_ns == START + second * SECOND + offset_ns + SECOND // 2
    total = sum(bench.cells.values(), Tally())
    assert bench.shrunk == []
    assert total.bad == 0
    assert total.good >= bench.seq - 20 - stepped


class Steps(FakeStore):
    """Remembers cells that came to hold less."""

    def __init__(self) -> None:
        super().__init__()
        self.shrunk: list[CellKey] = []

    async def commit(self, batch: Batch) -> None:
        for sample in batch.samples:
            if sample.key in self.cells and sample.tally.total < self.cells[sample.key].tally.total:
                self.shrunk.append(sample.key)
        await super().commit(batch)


@pytest.mark.parametrize(
    ("step_ns", "back"),
    [
        pytest.param(5 * MINUTE, False, id="five minutes forward"),
        pytest.param(-5 * MINUTE, False, id="five minutes back"),
        pytest.param(DAY, True, id="a day forward for three seconds and back"),
    ],
)
async def test_a_sound_pipeline_stays_good_when_the_clock_is_set(
    step_ns: int, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slo_service.collect.canary.collector._SWEEP_NS", SECOND // 5)
    store, offset_ns = Steps(), 0

    def wall_ns() -> int:
        return time.time_ns() + offset_ns

    with mock_cluster((SOURCE_TOPIC, MIDDLE_TOPIC, SINK_TOPIC)) as address, ExitStack() as stack:
        stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC))
        stack.enter_context(Mover(address, MIDDLE_TOPIC, SINK_TOPIC))
        async with running(collector(store, address, pipeline(), wall_ns=wall_ns)) as measured:
            await until(lambda: store.tally(COMPLETE).good >= 20)
            offset_ns = step_ns
            await asyncio.sleep(3)
            offset_ns = 0 if back else step_ns
            goal = store.tally(COMPLETE).good + 40
            await until(lambda: store.tally(COMPLETE).good >= goal)
            await until(_is_current(store, wall_ns))
            assert measured.health().error == ""
            assert {trace.verdict for trace in measured.recent(0)} <= {"on_time", "pending"}
    assert [store.tally(slo).bad for slo in (FRESH, COMPLETE, SINGLE, TAKEN)] == [0, 0, 0, 0]
    assert store.shrunk == []


def _is_current(store: FakeStore, wall_ns: Callable[[], int]) -> Callable[[], bool]:
    """Whether every stream's progress follows the clock."""
    return lambda: (
        {stream for stream, _ in store.progress} == {slo.stream.id for slo in SLOS}
        and all(abs(wall_ns() - mark.through_ns) < 3 * SECOND for mark in store.progress.values())
    )
