"""Supervised tasks: one that dies is started again with back-off, counted, and shown; nothing dies silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from slo_service.show.ports import TaskHealth

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(slots=True)
class _Supervised:
    name: str
    start: Callable[[], Awaitable[None]]
    task: asyncio.Task[None] | None = None
    running: bool = False
    restarts: int = 0
    last_error: str = ""


@dataclass(slots=True)
class Supervisor:
    """Keeps its tasks running until stopped."""

    first_pause_seconds: float = FIRST_PAUSE_SECONDS
    _tasks: dict[str, _Supervised] = field(default_factory=dict)

    def add(self, name: str, start: Callable[[], Awaitable[None]]) -> None:
        """Starts `start()` under this name; when it returns or raises it is started again."""
        supervised = self._tasks[name] = _Supervised(name, start)
        supervised.task = asyncio.create_task(self._keep(supervised), name=name)

    async def remove(self, name: str, stop: Callable[[], Awaitable[None]] | None = None) -> None:
        """Lets the task end: by `stop` where it has a way of its own, and in any case by cancelling it."""
        supervised = self._tasks.pop(name, None)
        if stop is not None:
            await stop()
        if supervised and supervised.task:
            supervised.task.cancel()
            await asyncio.gather(supervised.task, return_exceptions=True)

    async def stop(self) -> None:
        for name in list(self._tasks):
            await self.remove(name)

    def health(self) -> tuple[TaskHealth, ...]:
        return tuple(TaskHealth(t.name, t.running, t.restarts, t.last_error) for t in self._tasks.values())

    async def _keep(self, supervised: _Supervised) -> None:
        pause = self.first_pause_seconds
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                supervised.running = True
                await supervised.start()
                supervised.last_error = "it ended by itself"
            except Exception as error:  # noqa: BLE001 # whatever a task dies of, it is reported and started again
                supervised.last_error = f"{type(error).__name__}: {error}"
            finally:
                supervised.running = False
            if self._tasks.get(supervised.name) is not supervised:
                return  # it was asked to end
            supervised.restarts += 1
            if loop.time() - began > LONGEST_PAUSE_SECONDS:
                pause = self.first_pause_seconds
            log.error("task_died", task=supervised.name, error=supervised.last_error, next_try_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
