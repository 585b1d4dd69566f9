"""Polls every declared consumer group of a pipeline and turns its age into the cells of the lag objectives on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import structlog

from slo_service.collect.kafka_lag.cluster import KafkaOffsets
from slo_service.collect.kafka_lag.group import GroupWatch
from slo_service.collect.kafka_lag.offsets import OffsetSource
from slo_service.collect.kafka_lag.slices import Judged, SliceJudge, in_time
from slo_service.collect.ports import Batch, GroupAge, Recorder, StoreUnavailable
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.indicator import Lag, Schedule, Stream
from slo_service.domain.instant import SECOND, seconds
from slo_service.domain.pipeline import Pipeline
from slo_service.domain.slo import Slo

POLL_NS = SECOND // 2  # the age of a record without a time stamp of its own is exact to one poll
MOST_UNWRITTEN = 10_000  # samples kept while the store is away; the oldest go first, and are counted
_POLLS_A_SLICE = 3  # at least so many, or a little jitter would leave a slice without any
_log = structlog.get_logger(__name__)

Connect = Callable[[Mapping[str, str]], OffsetSource]


@dataclass(frozen=True, slots=True)
class LagHealth:
    """`last_success_ns`: when all groups were last read; `error`: what failed since, in words."""

    name: str
    last_success_ns: int | None
    error: str
    samples: int
    dropped: int


@dataclass(slots=True)
class _Measured:
    """One stream that is measured on one group."""

    stream: Stream
    within_ns: int
    source: str
    judge: SliceJudge


class LagCollector:
    """Runs until stopped. Cells carry the source `<group>/<topic>`; a stream shared by several SLOs is measured once.

    `clusters` are librdkafka's properties by the name of the cluster. Raises ValueError for a pipeline on a cluster
    that has none, and for a lag objective on a stage without a consumer group."""

    def __init__(
        self,
        pipeline: Pipeline,
        slos: Sequence[Slo],
        clusters: Mapping[str, Mapping[str, str]],
        recorder: Recorder,
        *,
        wall_ns: Callable[[], int],
        mono_ns: Callable[[], int],
        epoch: int,
        poll_ns: int = POLL_NS,
        connect: Connect | None = None,
    ) -> None:
        self._name = f"{pipeline.name}-lag"
        self._recorder, self._wall_ns, self._mono_ns = recorder, wall_ns, mono_ns
        self._epoch = epoch
        self._counter = wall_ns()  # so that a collector built anew by the same owner outranks the one before
        lag_slos = [slo for slo in slos if isinstance(slo.indicator, Lag)]
        self._poll_ns = min([poll_ns, *(slo.slice_width_ns // _POLLS_A_SLICE for slo in lag_slos)])
        self._connect = connect or (lambda config: KafkaOffsets(config, wall_ns, mono_ns))
        self._pipeline, self._clusters = pipeline, clusters
        _check(pipeline, lag_slos, clusters)
        self._measured = {
            hop: _measured_on(hop, f"{group}/{place.topic}", lag_slos, 3 * self._poll_ns)
            for hop, group, place in pipeline.groups()
        }
        self._ages: dict[str, GroupAge] = {}
        self._unwritten: dict[CellKey, Sample] = {}
        self._progress: dict[str, Progress] = {}
        self._schedules: list[Schedule] = []
        self._scheduled = False
        self._last_success_ns: int | None = None
        self._error = ""
        self._samples = self._dropped = 0
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()

    def groups(self) -> Sequence[GroupAge]:
        """The newest poll of every group, from source to sink; empty before the first."""
        return tuple(self._ages[hop] for hop in self._measured if hop in self._ages)

    def health(self) -> LagHealth:
        return LagHealth(self._name, self._last_success_ns, self._error, self._samples, self._dropped)

    async def run(self) -> None:
        """Polls on a steady beat until `stop`. A beat that comes too late is left out, never made up for.

        May be run again after it failed; what it learned of ages and commits starts anew, unwritten cells are kept."""
        self._stopped.clear()
        watches: dict[str, GroupWatch] = {}
        threads = ThreadPoolExecutor(max(1, len(self._measured)), thread_name_prefix=self._name)
        try:
            self._open(watches)
            due_ns = self._mono_ns()
            while not self._stopping.is_set():
                await self._poll(watches, threads)
                due_ns = max(due_ns + self._poll_ns, self._mono_ns())
                await self._sleep_until(due_ns)
        except Exception as failed:
            self._error = f"{type(failed).__name__}: {failed}"
            raise
        finally:
            try:
                # librdkafka frees itself in a call that may block, and a poll under way must end first.
                await asyncio.get_running_loop().run_in_executor(None, _close, watches, threads)
            finally:
                self._stopped.set()

    async def stop(self) -> None:
        """Returns once the poll under way has ended and the clients are closed."""
        self._stopping.set()
        await self._stopped.wait()

    def _open(self, watches: dict[str, GroupWatch]) -> None:
        """One by one, so that those opened before one fails are closed as well."""
        for hop, group, place in self._pipeline.groups():
            source = self._connect(self._clusters[place.cluster])
            watches[hop] = GroupWatch(self._pipeline.name, hop, group, place.topic, source, self._poll_ns)

    async def _poll(self, watches: Mapping[str, GroupWatch], threads: ThreadPoolExecutor) -> None:
        loop, now_ns = asyncio.get_running_loop(), self._wall_ns()
        if not self._scheduled:
            self._schedules = [_schedule(one, now_ns) for many in self._measured.values() for one in many]
            self._scheduled = True
        polls = [loop.run_in_executor(threads, watch.poll, now_ns) for watch in watches.values()]
        for hop, age in zip(watches, await asyncio.gather(*polls), strict=True):
            self._ages[hop] = age
            for measured in self._measured[hop]:
                self._judge(measured, age)
        self._error = "; ".join(f"{age.group}: {age.error}" for age in self._ages.values() if age.error)
        if not self._error:
            self._last_success_ns = now_ns
        await self._commit()

    def _judge(self, measured: _Measured, age: GroupAge) -> None:
        good = in_time(age, measured.within_ns)
        stream = measured.stream.id
        for judged in measured.judge.poll(age.at_ns, good):
            self._keep(stream, measured.source, judged)
        if good is not None:
            self._progress[stream] = Progress(stream, measured.source, age.at_ns)

    def _keep(self, stream: str, source: str, judged: Judged) -> None:
        self._counter += 1
        key = CellKey(stream, source, judged.slice_start_ns)
        self._unwritten[key] = Sample(key, judged.tally, Revision(self._epoch, self._counter))
        if len(self._unwritten) > MOST_UNWRITTEN:
            self._unwritten.pop(next(iter(self._unwritten)))
            self._dropped += 1

    async def _commit(self) -> None:
        samples = tuple(self._unwritten.values())
        batch = Batch(samples=samples, progress=tuple(self._progress.values()), schedules=tuple(self._schedules))
        if batch == Batch():
            return
        try:
            await self._recorder.commit(batch)
        except StoreUnavailable as why:
            self._error = f"the store cannot record: {why}"
            _log.warning("lag_batch_kept", collector=self._name, samples=len(samples), reason=str(why))
            return
        self._unwritten.clear()
        self._progress.clear()
        self._schedules.clear()
        self._samples += len(samples)

    async def _sleep_until(self, due_ns: int) -> None:
        timeout = seconds(max(0, due_ns - self._mono_ns()))
        try:
            await asyncio.wait_for(self._stopping.wait(), timeout)
        except TimeoutError:
            return


def _check(pipeline: Pipeline, lag_slos: Sequence[Slo], clusters: Mapping[str, Mapping[str, str]]) -> None:
    groups = pipeline.groups()
    unknown = sorted({place.cluster for _, _, place in groups} - set(clusters))
    if unknown:
        raise ValueError(f"pipeline {pipeline.name} reads cluster {', '.join(unknown)}, whose address is not set")
    stages = {slo.indicator.stage for slo in lag_slos if isinstance(slo.indicator, Lag)}
    unmeasured = sorted(stages - {hop for hop, _, _ in groups})
    if unmeasured:
        raise ValueError(f"no consumer group is declared for {', '.join(unmeasured)} of pipeline {pipeline.name}")


def _close(watches: Mapping[str, GroupWatch], threads: ThreadPoolExecutor) -> None:
    threads.shutdown(wait=True)
    for watch in watches.values():
        watch.close()


def _measured_on(hop: str, source: str, slos: Sequence[Slo], longest_gap_ns: int) -> list[_Measured]:
    found: dict[str, _Measured] = {}
    for slo in slos:
        indicator = slo.indicator
        if isinstance(indicator, Lag) and indicator.stage == hop:
            judge = SliceJudge(slo.slice_width_ns, longest_gap_ns)
            found.setdefault(slo.stream.id, _Measured(slo.stream, indicator.within_ns, source, judge))
    return list(found.values())


def _schedule(measured: _Measured, since_ns: int) -> Schedule:
    """One verdict a slice, from one source."""
    return Schedule(measured.stream.id, since_ns, Fraction(SECOND, measured.stream.slice_width_ns), sources=1)
