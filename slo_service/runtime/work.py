"""The acting side: worker and roster with their adapters, and what the pages are told of jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import structlog

from slo_service.act.registry import Smtp, Tools, load_channels, load_controllers
from slo_service.act.roster import Roster
from slo_service.act.worker import Worker
from slo_service.collect.ports import StoreUnavailable
from slo_service.decide.ports import Memory
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Wanted
from slo_service.runtime.clock import wall_ns
from slo_service.runtime.settings import Settings
from slo_service.show.ports import JobView
from slo_service.store.sql.store import SqlStore

log = structlog.get_logger()


class Work:
    """`run` works until cancelled; `look` reads what the jobs really are."""

    def __init__(
        self,
        settings: Settings,
        store: SqlStore,
        catalogue: Callable[[], Catalogue],
        client: httpx.AsyncClient,
        url: str,
    ) -> None:
        tools = Tools(client, wall_ns, _smtp(settings))
        controllers = load_controllers(tools)
        self._journal = store.journal
        self._roster = Roster(catalogue, controllers, wall_ns)
        self._worker = Worker(
            catalogue=catalogue,
            wanted=store.wanted,
            outbox=store.outbox,
            log=store.deliveries,
            controllers=controllers,
            channels=load_channels(tools),
            now_ns=wall_ns,
            url=url,
        )
        self._memory = Memory()
        self.run = self._worker.run
        self.wake = self._worker.wake

    async def look(self) -> None:
        """Reads all jobs, and who holds them; while the store is away the last word stands, with its age."""
        await self._roster.refresh()
        await self.recall()

    async def recall(self) -> None:
        """Who holds which job, as the store has it."""
        try:
            self._memory = await self._journal.memory()
        except StoreUnavailable as why:
            log.warning("holds_not_read", reason=str(why))

    def held(self) -> frozenset[str]:
        """Names of the jobs that we keep paused, or whose resuming is not done yet."""
        targets = {hold.target for hold in self._memory.holds}
        targets |= {s.target for s in self._memory.wanted if s.wanted is Wanted.PAUSED or s.done_ns is None}
        return frozenset(target.removeprefix("job:") for target in targets)

    def jobs(self) -> Mapping[str, JobView]:
        held, wanted = self._memory.holds, {state.target: state for state in self._memory.wanted}
        views = {}
        for name, reading in self._roster.readings().items():
            target = f"job:{name}"
            holds = tuple(hold for hold in held if hold.target == target)
            views[name] = JobView(name, reading.actual, reading.read_ns, wanted.get(target), holds, reading.error)
        return views


def _smtp(settings: Settings) -> Smtp | None:
    given = settings.smtp
    if not given.host:
        return None
    return Smtp(
        host=given.host,
        port=given.port,
        sender=given.sender,
        security=given.security,
        username=given.username or None,
        password=given.password.get_secret_value() or None,
    )
