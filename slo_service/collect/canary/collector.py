"""Measures one pipeline with one canary: sends, watches every hop, keeps the ledger, and commits what it learned."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from slo_service.collect.canary import places
from slo_service.collect.canary.batch import BatchMaker, Standing
from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_tap import KafkaTap
from slo_service.collect.canary.ledger import COUNTED, KEPT_NS, CanaryLedger
from slo_service.collect.canary.memory import Memory
from slo_service.collect.canary.report import Haul, Moment
from slo_service.collect.canary.sender import GATE_SECONDS, CanarySender
from slo_service.collect.canary.sql_tap import Cannot, SqlTap
from slo_service.collect.canary.trace import CanaryTrace, trace
from slo_service.collect.ports import Ledger, Recorder, StoreUnavailable
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Pipeline
from slo_service.domain.slo import Slo

_log = structlog.get_logger(__name__)
_ROUND_SECONDS = 0.2  # between rounds when nothing is heard
_GATHER_SECONDS = 0.05  # between rounds at the least: reports gather meanwhile
_SWEEP_NS = 10 * SECOND
_BELIEVED_NS = MINUTE  # of a leap of the clock, a sweep: one that is taken back soon must not empty the memory
_WITNESS_NS = 5 * SECOND  # for so long an answer of the store says that our own path is up


@dataclass(frozen=True, slots=True)
class CanaryFacts:
    """How the collector itself fares. `last_success_ns`: the oldest among the readers' last moments at their logs'
    ends and the last acknowledged send, None while any is missing. `broken`: our own client is refused (a ticket)."""

    last_success_ns: int | None
    error: str
    broken: str
    samples: int
    detail: str
    counters: Mapping[str, int] = field(default_factory=dict)


class CanaryCollector:
    """`slos`: those on this canary; `clusters`: librdkafka settings by name. `epoch` outranks every earlier owner's
    cells. ValueError when a hop is on a cluster without settings, or behind an address that no driver takes.

    `run` may be called again after it failed: each time is a run of its own. `stop` is for good."""

    def __init__(
        self,
        pipeline: Pipeline,
        canary: Canary,
        slos: Sequence[Slo],
        clusters: places.Clusters,
        recorder: Recorder,
        ledger: Ledger,
        *,
        wall_ns: Callable[[], int],
        mono_ns: Callable[[], int],
        epoch: int,
        seed: int | None = None,
        witness: Callable[[], bool] | None = None,
    ) -> None:
        places.check(pipeline, clusters)
        self._pipeline, self._canary, self._clusters = pipeline, canary, clusters
        self._streams = list({slo.stream.id: slo.stream for slo in slos}.values())
        self._kept_ns = max((slo.window_ns + 7 * DAY for slo in slos), default=KEPT_NS)
        self._horizons = {slo.stream.id: slo.timing.horizon_ns for slo in slos}
        self._wall_ns, self._mono_ns, self._epoch, self._seed = wall_ns, mono_ns, epoch, seed
        self._witness = witness or self._is_witnessed
        self._memory = Memory(canary.name, recorder, ledger, mono_ns)
        self._sql = places.sql_tap(pipeline, canary, [stream.indicator for stream in self._streams], self._clock)
        self._taps: list[KafkaTap] = []
        self._sender: CanarySender | None = None
        self._ledger: CanaryLedger | None = None
        self._samples = 0
        self._failed = ""
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Until `stop`, or until it is cancelled; at once when it was stopped before."""
        if self._stopping.is_set():
            return
        self._ended.clear()
        self._failed = ""
        try:
            await self._run()
        except StoreUnavailable:
            if not self._stopping.is_set():
                raise
        except Exception as failed:
            self._failed = f"{type(failed).__name__}: {failed}"
            raise
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """What was sent and seen so far is committed; what is under way is judged by the next run."""
        self._stopping.set()
        self._memory.giving_up = True
        await self._ended.wait()

    def recent(self, since_ns: int) -> Sequence[CanaryTrace]:
        """From memory (two hours at most), oldest first."""
        if self._ledger is None:
            return ()
        indicators = [stream.indicator for stream in self._streams]
        threshold_ns = places.threshold(self._canary, indicators)
        hops, deadline_ns = self._pipeline.hops, self._canary.deadline_ns
        return [trace(entry, hops, threshold_ns, deadline_ns) for entry in self._ledger.entries(since_ns)]

    def health(self) -> CanaryFacts:
        sender = self._sender
        parts: list[tuple[str, int | None, str]] = [(tap.hop, tap.last_success_ns, tap.error) for tap in self._taps]
        if self._sql is not None:
            parts.append((self._sql.hop, self._sql.last_success_ns, self._sql.error))
        broken = "" if sender is None else sender.broken
        if sender is not None:
            parts.append(("sender", sender.last_success_ns, f"canaryBroken: {broken}" if broken else sender.error))
        errors = [f"{name}: {error}" for name, _, error in parts if error]
        successes = [at_ns for _, at_ns, _ in parts if at_ns is not None]
        return CanaryFacts(
            last_success_ns=min(successes) if parts and len(successes) == len(parts) else None,
            error="; ".join(filter(None, [self._failed, self._memory.error, *errors])),
            broken=broken,
            samples=self._samples,
            detail=f"{len(sender.partitions)} partitions" if sender is not None else "not started",
            counters=self._counters(),
        )

    # --- one run ------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        inbox = Inbox(lambda: _wake(loop, heard))
        indicators = [stream.indicator for stream in self._streams]
        wanted = places.limits(self._pipeline, self._canary, indicators)
        book = CellBook(self._canary.name, self._canary.region, self._streams, self._epoch, self._wall_ns())
        ledger = CanaryLedger(self._canary.name, wanted, book.span_ns, book.arrival_ns, self._kept_ns)
        begun_ns = self._wall_ns()
        since_ns = await self._memory.restore(ledger, begun_ns)
        stored = {hop: await self._memory.positions(hop) for hop in self._pipeline.hops}
        ledger.accept_since_ns = since_ns if any(stored.values()) else begun_ns
        self._ledger = ledger
        self._taps = places.kafka_taps(
            self._pipeline, self._canary, self._clusters, wanted, stored=stored, clock=self._clock, inbox=inbox
        )
        self._sql = places.sql_tap(self._pipeline, self._canary, indicators, self._clock)
        self._sender = self._new_sender(inbox)
        for tap in self._taps:
            tap.start()
        self._sender.start()
        maker = BatchMaker(self._canary.name, self._canary.every_ns, book, ledger, self._horizons)
        helpers = [asyncio.create_task(self._open_gate(self._sender)), asyncio.create_task(self._poll_table(inbox))]
        try:
            await self._rounds(inbox, heard, ledger, maker, helpers)
        finally:
            await self._wind_down(inbox, helpers)

    async def _rounds(
        self,
        inbox: Inbox,
        heard: asyncio.Event,
        ledger: CanaryLedger,
        maker: BatchMaker,
        helpers: Sequence[asyncio.Task[None]],
    ) -> None:
        standing, believed_ns, swept_ns = Standing(), self._wall_ns(), self._mono_ns()
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), _ROUND_SECONDS)
            heard.clear()
            for helper in helpers:
                if helper.done():
                    helper.result()  # a fault of ours must not stay inside its task
            await self._round(inbox, ledger, maker, standing)
            if self._mono_ns() - swept_ns >= _SWEEP_NS and not ledger.changed:
                believed_ns = min(self._wall_ns(), believed_ns + _BELIEVED_NS)
                ledger.sweep(believed_ns)
                swept_ns = self._mono_ns()
            await asyncio.sleep(_GATHER_SECONDS)
        assert self._sender is not None
        await asyncio.to_thread(self._sender.stop)
        with contextlib.suppress(StoreUnavailable):  # then the next run finds it in the logs
            await self._round(inbox, ledger, maker, standing, last=True)

    async def _round(
        self, inbox: Inbox, ledger: CanaryLedger, maker: BatchMaker, standing: Standing, *, last: bool = False
    ) -> None:
        assert self._sender is not None
        through = self._sender.through  # read before the reports: every send before it is among them
        reports = inbox.drain()
        await self._memory.fetch(ledger, ledger.wanted(reports))
        standing.partitions = len(self._sender.partitions)
        ledger.partitions = ledger.partitions.union(self._sender.partitions)
        for report in reports:
            ledger.apply(report)
            if isinstance(report, Haul):
                if report.positions:
                    standing.positions[report.hop] = report.positions
                if report.mark is not None:
                    standing.marks[report.hop] = report.mark.wall_ns
        if through is not None:
            standing.through_ns = ledger.resolved_through(through.wall_ns)
        batch = maker.make(standing, self._wall_ns(), waiting=not last)
        if batch is None:
            await self._memory.listen()
            return
        await self._memory.commit(batch)
        self._samples += len(batch.samples)

    async def _wind_down(self, inbox: Inbox, helpers: Sequence[asyncio.Task[None]]) -> None:
        inbox.close()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        stops = [tap.stop for tap in self._taps] + ([] if self._sender is None else [self._sender.stop])
        await asyncio.gather(*(asyncio.to_thread(stop) for stop in stops))
        if self._sql is not None:
            await self._sql.close()
        _log.info("canary_stopped", canary=self._canary.name)

    async def _open_gate(self, sender: CanarySender) -> None:
        """Sending begins when every reader has stood at the end of its log once, or when that takes too long."""
        patience_ns = self._mono_ns() + int(GATE_SECONDS * SECOND)
        while True:
            if self._readers_are_ready() or self._mono_ns() >= patience_ns:
                sender.gate.set()
                return
            await asyncio.sleep(_GATHER_SECONDS)

    def _readers_are_ready(self) -> bool:
        table = self._sql is None or self._sql.last_success_ns is not None
        return table and all(tap.ready.is_set() for tap in self._taps)

    async def _poll_table(self, inbox: Inbox) -> None:
        tap = self._sql
        if tap is None:
            return
        every_ns = places.poll_ns(self._pipeline, self._canary, [stream.indicator for stream in self._streams])
        while True:
            begun_ns = self._mono_ns()
            await self._ask_table(tap, inbox)
            rest_ns = begun_ns + every_ns - self._mono_ns()
            await asyncio.sleep(max(rest_ns, every_ns // 10) / SECOND)

    async def _ask_table(self, tap: SqlTap, inbox: Inbox) -> None:
        assert self._ledger is not None
        haul = await tap.poll(self._ledger.watched(tap.hop, self._wall_ns()))
        while True:
            if isinstance(haul, Cannot) or inbox.put(haul):
                return
            await asyncio.sleep(_ROUND_SECONDS)  # the store is away, and the reports pile up

    def _new_sender(self, inbox: Inbox) -> CanarySender:
        run = uuid.uuid4().hex
        seed = uuid.UUID(run).int if self._seed is None else self._seed
        return CanarySender(
            self._pipeline,
            self._canary,
            self._clusters[self._pipeline.source.cluster],
            run=run,
            clock=self._clock,
            inbox=inbox,
            witness=self._witness,
            seed=seed,
        )

    def _clock(self) -> Moment:
        return Moment(self._wall_ns(), self._mono_ns())

    def _is_witnessed(self) -> bool:
        """The store answered lately, or another cluster's broker did."""
        answered_ns = self._memory.answered_ns
        if answered_ns is not None and self._mono_ns() - answered_ns <= _WITNESS_NS:
            return True
        now_ns = self._wall_ns()
        answers = [tap.last_success_ns for tap in self._taps if tap.cluster != self._pipeline.source.cluster]
        return any(at_ns is not None and 0 <= now_ns - at_ns <= _WITNESS_NS for at_ns in answers)

    def _counters(self) -> Mapping[str, int]:
        counts = dict.fromkeys(COUNTED, 0) if self._ledger is None else dict(self._ledger.counters)
        return counts | {"skipped_sends": 0 if self._sender is None else self._sender.skipped}


def _wake(loop: asyncio.AbstractEventLoop, heard: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
        loop.call_soon_threadsafe(heard.set)
