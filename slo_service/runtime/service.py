"""The service: store, definitions, collectors, judgement, worker and pages, started whole and stopped in order."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

import httpx
import structlog
from fastapi import APIRouter

import slo_service
from slo_service.act.alertmanager import Mirror
from slo_service.collect.ports import Batch, StoreUnavailable
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, SECOND
from slo_service.runtime.clock import mono_ns, wall_ns
from slo_service.runtime.collectors import Collectors, Surroundings
from slo_service.runtime.expansion import Expansion
from slo_service.runtime.folder import Folder
from slo_service.runtime.heap import standing
from slo_service.runtime.judgement import Judgement
from slo_service.runtime.panel import Panel, Sources
from slo_service.runtime.periodic import Periodic
from slo_service.runtime.recovery import Rings
from slo_service.runtime.settings import Settings
from slo_service.runtime.slicing import slicing_rules
from slo_service.runtime.supervision import Supervisor
from slo_service.runtime.web import WebServer, application
from slo_service.runtime.work import Work
from slo_service.show.metrics import EventCounters
from slo_service.show.ports import Health, TaskHealth
from slo_service.store.errors import Deposed
from slo_service.store.retention import Retention
from slo_service.store.sql.store import SqlStore, open_store

log = structlog.get_logger()

LEASE_NS = 15 * SECOND
RENEW_SECONDS = 5
RELOAD_SECONDS = 1
SETTLE_SECONDS = 0.2  # files that are the same after so long are not in the middle of being replaced
ROSTER_SECONDS = 2
MIRROR_SECONDS = 10
PRUNE_SECONDS = 600
SAVE_SECONDS = 300
LOOK_BACK_SECONDS = 5
FEW_STREAMS = 50  # are filled before a tick; more of them while ticks go on


@dataclass(frozen=True, slots=True)
class Extras:
    """What the demo adds: routes of its own, and a fragment for the pages."""

    routers: tuple[APIRouter, ...] = ()
    panel: Callable[[], str] | None = None


class Service:
    """One process that measures, judges, acts and shows. Made by `start_service`."""

    def __init__(
        self,
        settings: Settings,
        folder: Folder,
        expansion: Expansion,
        store: SqlStore,
        epoch: int,
        *,
        client: httpx.AsyncClient,
        url: str,
    ) -> None:
        self.url = settings.public_url.rstrip("/") or url
        self.failure = ""
        self.stopped = asyncio.Event()  # set when the service must end by itself; `failure` says why
        self.history = store.history
        self._settings, self._folder, self._expansion, self._store = settings, folder, expansion, store
        self._started_ns = wall_ns()
        self._supervisor = Supervisor()
        self._counters = EventCounters()
        self._recorder = store.recorder(self._committed)
        given = Surroundings(
            _quiet(settings.clusters), self._recorder, store.ledger, wall_ns, mono_ns, epoch, settings.seed
        )
        self._collectors = Collectors(given, self._supervisor)
        self._judgement = Judgement(
            expansion.catalogue,
            folder.report.number,
            store.journal,
            store.cells,
            self._collectors.groups,
            rings=Rings(store.snapshots, store.changes, store.sweeper, store.history),
            quiet=self._recorder.quiet,
        )
        self._work = Work(settings, store, lambda: expansion.catalogue, client, self.url)
        self._mirror = Mirror(settings.alertmanagers, client, self.url, wall_ns)
        self.live = self.pulse = Panel(
            Sources(
                now_ns=wall_ns,
                mono_ns=mono_ns,
                catalogue=lambda: expansion.catalogue,
                health=self._health,
                groups=self._collectors.groups,
                jobs=self._work.jobs,
                canaries=self._collectors.canaries,
            )
        )

        work = {
            "tick": (settings.tick_seconds, self._tick),
            "reload": (RELOAD_SECONDS, self._reload),
            "lead": (RENEW_SECONDS, self._renew),
            "roster": (ROSTER_SECONDS, self._work.look),
            "mirror": (MIRROR_SECONDS, self._push),
            "prune": (PRUNE_SECONDS, self._prune),
            "snapshots": (SAVE_SECONDS, self._save),
            "look_back": (LOOK_BACK_SECONDS, self._look_back),
        }
        self._periodic = Periodic(work, wall_ns, mono_ns)

    async def begin(self, listener: socket.socket, extras: Extras, closing: AsyncExitStack) -> None:
        """Starts everything; `closing` undoes it in reverse: it stops acting, then measuring, then showing."""
        self._store.slicing(slicing_rules(self._expansion.catalogue))
        lease = self._store.leadership.lease_before_ns
        await self._judgement.start(wall_ns(), None if lease is None else lease - LEASE_NS)
        await self._work.recall()
        app = application(self.live, self.history, self._counters, extras.routers, extras.panel)
        web = WebServer(app, listener)
        closing.push_async_callback(web.stop)
        closing.callback(self.live.stop)
        closing.push_async_callback(self._supervisor.stop)
        closing.push_async_callback(self._collectors.stop)
        await self._collectors.serve(self._folder.catalogue)
        self._supervisor.add("worker", self._work.run)
        self._supervisor.add("clocks", self._periodic.watch_clocks)
        self._periodic.start()
        closing.callback(self._periodic.stop)
        log.info("service_started", url=self.url, slos=len(self._expansion.catalogue.slos))

    async def _tick(self) -> None:
        if (grown := self._expansion.due(wall_ns())) is not None:
            self._adopt(grown, grown=True)
        await self._fill_few()
        self.live.publish(self._judgement.evaluate(wall_ns()))
        try:
            round_ = await self._judgement.act(wall_ns())
        except Deposed as why:
            self._fail(f"another process leads on this store now: {why}")
            return
        if round_ is None:
            return
        self._work.wake()
        if round_.transitions:
            await self._push()

    async def _fill_few(self) -> None:
        """What an adjustment has changed is read before it is judged, unless that takes long or cannot be done now."""
        if 0 < self._judgement.adjust(wall_ns()) <= FEW_STREAMS and not self._recorder.quiet.locked():
            async with self._recorder.quiet:
                with suppress(StoreUnavailable):  # nothing is said of them then, and the next tick asks again
                    await self._judgement.fill(wall_ns())

    async def _save(self) -> None:
        try:
            await self._judgement.save(wall_ns())
        except StoreUnavailable as why:
            log.warning("snapshots_put_off", reason=str(why))

    async def _look_back(self) -> None:
        await self._judgement.look_back()

    async def _reload(self) -> None:
        await self._work.recall()  # a job paused a moment ago counts as well
        catalogue = await self._folder.reload(wall_ns(), self._objections)
        if catalogue is None and self._folder.unsettled:
            await asyncio.sleep(SETTLE_SECONDS)
            catalogue = await self._folder.reload(wall_ns(), self._objections)
        if catalogue is not None:
            self._adopt(self._expansion.declare(catalogue), grown=False)
            await self._collectors.serve(catalogue)
        elif self._folder.catalogue is not self._expansion.declared:  # the same, but lines have moved
            self._expansion.declare(self._folder.catalogue)
        async with self._recorder.quiet:
            await self._judgement.fill(wall_ns())  # where the store is away, the next look asks again

    def _adopt(self, catalogue: Catalogue, *, grown: bool) -> None:
        self._store.slicing(slicing_rules(catalogue))
        self._judgement.reload(catalogue, self._folder.report.number, wall_ns(), grown=grown)
        self._counters.keep({stream for slo in catalogue.slos.values() for stream in (*slo.measured, slo.counted)})

    def _objections(self, old: Catalogue, new: Catalogue) -> list[str]:
        """A job that we keep paused must stay defined as it is, or nobody could resume it."""
        found = []
        for name in sorted(self._work.held()):
            job, later = old.jobs.get(name), new.jobs.get(name)
            if job and (later is None or (later.controller, later.spec) != (job.controller, job.spec)):
                what = (
                    f"{job.defined_at}: error: job {name} is paused by us, and as defined now it could not be resumed"
                )
                found.append(f"{what}; keep its definition until it runs again, then this load is taken")
        return found

    async def _renew(self) -> None:
        with suppress(StoreUnavailable):  # the lease outlives a short absence; the fence judges a long one
            if not await self._store.leadership.renew(wall_ns(), LEASE_NS):
                self._fail("another process leads on this store now")

    async def _push(self) -> None:
        await self._mirror.push(self._expansion.catalogue, self.live.statuses())

    async def _prune(self) -> None:
        try:
            windows = [slo.window_ns for slo in self._folder.catalogue.slos.values()]
            kept = Retention(ledger_ns=max(windows, default=30 * DAY) + 7 * DAY)
            await self._store.prune(wall_ns(), kept)
            if expired := self._expansion.expired(wall_ns()):
                await self._store.groups.forget(expired)
                self._adopt(self._expansion.forget(expired), grown=True)
        except StoreUnavailable as why:
            log.warning("pruning_put_off", reason=str(why))

    def _fail(self, why: str) -> None:
        self.failure = why
        self.stopped.set()

    def _committed(self, batch: Batch, deltas: tuple[Delta, ...]) -> None:
        self._expansion.note(batch.groups)
        self._judgement.committed(batch, deltas)
        self._counters.add(deltas)

    def _recording(self) -> TaskHealth:
        why = self._judgement.cannot_record
        return TaskHealth("recording", not why, 0, f"cannot record, so nothing is acted on: {why}" if why else "")

    def _orphans(self) -> Iterator[TaskHealth]:
        """Jobs that were taken out of the definitions while the service was down and we kept them paused."""
        for name in sorted(self._work.held() - self._folder.catalogue.jobs.keys()):
            why = "it is paused by us and defined no longer; define it again, or resume it by hand"
            yield TaskHealth(f"job {name}", running=False, restarts=0, last_error=why)

    def _health(self) -> Health:
        return Health(
            version=slo_service.__version__,
            started_ns=self._started_ns,
            load=replace(self._folder.report, findings=(*self._folder.report.findings, *self._expansion.warnings())),
            collectors=self._collectors.health(),
            tasks=(*self._supervisor.health(), *self._periodic.health(), self._recording(), *self._orphans()),
            counters={
                **self._store.counters(),
                **self._collectors.counters(),
                **self._mirror.counters(),
                "clock_steps": self._periodic.clock_steps,
            },
        )


async def start_service(
    settings: Settings, closing: AsyncExitStack, env: Mapping[str, str] | None = None, extras: Extras | None = None
) -> Service:
    """Starts whole or not at all; what was started is stopped when `closing` closes.

    Raises `DefinitionsRefused` with every mistake, `StoreUnavailable`, or `OSError` when the address is taken."""
    folder = Folder(settings.definitions, os.environ if env is None else env)
    folder.load(wall_ns())
    listener = closing.enter_context(socket.create_server((settings.host, settings.port)))
    host, port = listener.getsockname()[:2]
    store = await open_store(settings.store.get_secret_value(), wall_ns)
    closing.push_async_callback(store.close)
    epoch = await _lead(store)
    closing.push_async_callback(store.leadership.release)
    client = await closing.enter_async_context(httpx.AsyncClient(timeout=10, follow_redirects=False))
    expansion = Expansion(folder.catalogue, await store.groups.known())
    with standing():
        service = Service(settings, folder, expansion, store, epoch, client=client, url=f"http://{host}:{port}")
        await service.begin(listener, extras or Extras(), closing)
    return service


def _quiet(clusters: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """librdkafka writes a line for every attempt at a broker that is away; the collectors' health says it once."""
    return {name: {"log_level": "0", **config} for name, config in clusters.items()}


async def _lead(store: SqlStore) -> int:
    """Waits until this process leads; on SQLite that is at once."""
    owner, told = f"{socket.gethostname()}:{os.getpid()}", False
    while True:
        epoch = await store.leadership.acquire(owner, wall_ns(), LEASE_NS)
        if epoch is not None:
            return epoch
        if not told:
            log.info("waiting_for_the_lead", reason="another process leads on this store")
            told = True
        await asyncio.sleep(1)
