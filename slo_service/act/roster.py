"""What every defined job really is, read every few seconds for the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from slo_service.act.answer import ask
from slo_service.act.ports import JobController, JobState, Refused
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.pipeline import Job

READS_AT_ONCE = 8
READ_SECONDS = 3.0
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class JobReading:
    """`actual`: running | paused | absent | unknown; `read_ns`: when it was last known; `error`: why it is not now."""

    name: str
    actual: str
    read_ns: int | None
    error: str = ""


class Roster:
    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        controllers: Mapping[str, JobController],
        now_ns: Callable[[], int],
    ) -> None:
        self._catalogue, self._controllers, self._now_ns = catalogue, controllers, now_ns
        self._readings: dict[str, JobReading] = {}
        self._slots = asyncio.Semaphore(READS_AT_ONCE)

    def readings(self) -> Mapping[str, JobReading]:
        """By name, from memory; a job that was never read is unknown."""
        return {name: self._readings.get(name, JobReading(name, UNKNOWN, None)) for name in self._catalogue().jobs}

    async def refresh(self) -> None:
        """Reads all jobs, a bounded number at once; never raises for a remote that fails."""
        jobs = self._catalogue().jobs
        read = await asyncio.gather(*(self._read(job) for job in jobs.values()))
        self._readings = {reading.name: reading for reading in read}

    async def _read(self, job: Job) -> JobReading:
        before = self._readings.get(job.name, JobReading(job.name, UNKNOWN, None))
        controller = self._controllers.get(job.controller)
        if controller is None:
            return replace(before, actual=UNKNOWN, error=f"no controller {job.controller} is installed")
        async with self._slots:
            state: JobState | Refused = await ask(controller.state(job), READ_SECONDS, job.controller)
        if isinstance(state, Refused):
            return replace(before, actual=UNKNOWN, error=state.reason)
        return JobReading(job.name, state.value, self._now_ns())
