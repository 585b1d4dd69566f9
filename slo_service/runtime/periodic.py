"""Periodic work by APScheduler: each one at a time, once for all the runs it missed, and never silently dead.

APScheduler plans by the wall clock. When that is set back, all runs would wait until the old time comes round again, so
a task of ours watches both clocks and plans anew when they part."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from slo_service.domain.instant import SECOND, seconds
from slo_service.runtime.clock import utc
from slo_service.show.ports import TaskHealth

log = structlog.get_logger()

STEP_NS = 2 * SECOND  # the clocks may part by so much between two looks without anybody having set one
LOOK_SECONDS = 1.0
LATE_PERIODS = 5  # work that has not succeeded for so many periods, and for ten seconds at least, is not running
LATE_FLOOR_NS = 10 * SECOND

Work = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Job:
    period_seconds: float
    run: Work
    succeeded_ns: int  # monotonic
    failures: int = 0
    last_error: str = ""


class Periodic:
    """`work`: by name, the period in seconds and what to run."""

    def __init__(
        self, work: Mapping[str, tuple[float, Work]], wall_ns: Callable[[], int], mono_ns: Callable[[], int]
    ) -> None:
        self._wall_ns, self._mono_ns = wall_ns, mono_ns
        self._jobs = {name: _Job(period, run, mono_ns()) for name, (period, run) in work.items()}
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self.clock_steps = 0

    def start(self) -> None:
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)  # that one run outlasts the next is no news
        for name, job in self._jobs.items():
            self._scheduler.add_job(
                self._once, "interval", args=(name,), seconds=job.period_seconds, id=name,
                coalesce=True, max_instances=1, misfire_grace_time=None,
            )  # fmt: skip
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    async def watch_clocks(self) -> None:
        """Runs until cancelled."""
        apart = self._wall_ns() - self._mono_ns()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now_apart = self._wall_ns() - self._mono_ns()
            if abs(now_apart - apart) > STEP_NS:
                self.clock_steps += 1
                log.warning("clock_stepped", by_seconds=round(seconds(now_apart - apart), 3))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=utc())
            apart = now_apart

    def health(self) -> tuple[TaskHealth, ...]:
        """One for each: running as long as it succeeded lately."""
        now = self._mono_ns()
        return tuple(
            TaskHealth(name, now - job.succeeded_ns <= self._patience_ns(job), job.failures, job.last_error)
            for name, job in self._jobs.items()
        )

    def _patience_ns(self, job: _Job) -> int:
        return max(LATE_FLOOR_NS, int(LATE_PERIODS * job.period_seconds * SECOND))

    async def _once(self, name: str) -> None:
        job = self._jobs[name]
        try:
            await job.run()
        except asyncio.CancelledError:
            return  # how periodic work ends with the service
        except Exception as error:  # noqa: BLE001 # whatever it was, it is counted and shown, and the next run comes
            job.failures += 1
            if not job.last_error:
                log.warning("periodic_work_failed", work=name, error=f"{type(error).__name__}: {error}")
            job.last_error = f"{type(error).__name__}: {error}"
        else:
            if job.last_error:
                log.info("periodic_work_resumed", work=name, failures=job.failures)
            job.succeeded_ns, job.last_error = self._mono_ns(), ""
