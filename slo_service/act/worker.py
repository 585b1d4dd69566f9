"""The only initiator of side effects: enacts the newest wanted states and delivers due messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from slo_service.act.answer import place_of
from slo_service.act.courier import Courier
from slo_service.act.enact import Enactor
from slo_service.act.ports import Channel, DeliveryLog, JobController, Outbox, WantedStates
from slo_service.act.retry import Backoff
from slo_service.collect.ports import StoreUnavailable
from slo_service.domain.catalogue import Catalogue

POLL_SECONDS = 1.0  # how often the store is asked when nobody wakes us
CONTROLLER_SECONDS = 5.0
CHANNEL_SECONDS = 10.0
TARGETS_AT_ONCE = 16
log = structlog.get_logger(__name__)


class Worker:
    """Pauses never wait for messages, nor one target for another that hangs. A kill between any two awaits loses
    nothing: the next start reads what is wanted and due, and goes on."""

    def __init__(
        self,
        *,
        catalogue: Callable[[], Catalogue],
        wanted: WantedStates,
        outbox: Outbox,
        log: DeliveryLog,
        controllers: Mapping[str, JobController],
        channels: Mapping[str, Channel],
        now_ns: Callable[[], int],
        url: str,
        backoff: Backoff = Backoff(),  # noqa: B008 -- a frozen value is shared safely
        controller_seconds: float = CONTROLLER_SECONDS,
        channel_seconds: float = CHANNEL_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        slots = asyncio.Semaphore(TARGETS_AT_ONCE)
        self._wanted, self._poll_seconds = wanted, poll_seconds
        self._enactor = Enactor(catalogue, wanted, log, controllers, now_ns, backoff, controller_seconds, slots, {})
        self._courier = Courier(catalogue, outbox, log, channels, now_ns, url, backoff, channel_seconds)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._enact_wake, self._post_wake = asyncio.Event(), asyncio.Event()

    def wake(self) -> None:
        """Something was decided: look now instead of at the next poll."""
        self._enact_wake.set()
        self._post_wake.set()

    async def step(self) -> None:
        """One pass over all that is wanted and due; raises what the store raised, after everything else was tried."""
        done = await asyncio.gather(self._enact_all(), self._courier.step(), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def run(self) -> None:
        """Works until cancelled; a store that is away is waited for. Raises what ended the work, not a group of it."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._cycle(self._start, self._enact_wake))
                group.create_task(self._cycle(self._courier.step, self._post_wake))
        except BaseExceptionGroup as failed:
            raise _inner(failed) from None
        finally:
            busy = list(self._busy.values())
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)

    async def _cycle(self, one_pass: Callable[[], Awaitable[object]], wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            try:
                await one_pass()
            except* StoreUnavailable as away:
                log.warning("store_unavailable", reason=str(away.exceptions[0]))
            try:
                async with asyncio.timeout(self._poll_seconds):  # wait_for may swallow a cancellation
                    await wake.wait()
            except TimeoutError:
                continue

    async def _enact_all(self) -> None:
        await asyncio.gather(*await self._start())

    async def _start(self) -> list[asyncio.Task[None]]:
        """Sets one task to work for each target that needs it and has none."""
        started = []
        before = set(self._busy)  # what is finished while we read may still be among the rows
        for state in await self._wanted.pending():
            if state.target not in before | self._busy.keys() and self._enactor.due(state):
                task = asyncio.create_task(self._enactor.enact(state))
                self._busy[state.target] = task
                task.add_done_callback(partial(self._finished, state.target))
                started.append(task)
        return started

    def _finished(self, target: str, task: asyncio.Task[None]) -> None:
        self._busy.pop(target, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("enacting_failed", target=target, error=type(error).__name__, at=place_of(error))
            return  # the poll tries again; waking at once would spin while the store is away
        self._enact_wake.set()  # a newer wish may have come meanwhile


def _inner(failed: BaseException) -> BaseException:
    """The exception in a group of one, or in a group whose parts all say the same."""
    while isinstance(failed, BaseExceptionGroup) and len({repr(part) for part in failed.exceptions}) == 1:
        failed = failed.exceptions[0]
    return failed
