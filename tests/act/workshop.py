"""A worker among fakes, with a clock moved by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from slo_service.act.ports import JobState
from slo_service.act.worker import Worker
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Message, Wanted
from slo_service.domain.pipeline import ChannelSpec, Contact, Job
from tests.act.fakes import FakeChannel, FakeJobs, FakeLog, FakeOutbox, FakeWanted, Fuse
from tests.decide.situation import BURNS, NOON, Life

EXPORT = "job:export"


def letter_facts() -> Message:
    """A message as the engine really makes it."""
    return Life().tick(BURNS).messages[0]


@dataclass(slots=True)
class Workshop:
    job_state: JobState = JobState.RUNNING
    fuse: Fuse = field(default_factory=Fuse)
    now_ns: int = NOON
    controller_seconds: float = 0.2
    poll_seconds: float = 0.02
    jobs: FakeJobs = field(init=False)
    wanted: FakeWanted = field(init=False)
    outbox: FakeOutbox = field(init=False)
    log: FakeLog = field(init=False)
    channel: FakeChannel = field(init=False)
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = FakeJobs({"export": self.job_state, "backfill": JobState.RUNNING}, self.fuse)
        self.wanted, self.outbox = FakeWanted(self.fuse), FakeOutbox(self.fuse)
        self.log, self.channel = FakeLog(self.fuse), FakeChannel(self.fuse)
        self.restart()

    def restart(self) -> None:
        """A new process: what it knew is gone, what was committed stays; leases of the dead one run out."""
        names = ("export", "backfill")
        catalogue = Catalogue(
            jobs={name: Job(name, "orders", "best-effort", "fake", {}) for name in names},
            contacts={"orders-oncall": Contact("orders-oncall", (ChannelSpec("fake", {}), ChannelSpec("fake", {})))},
        )
        self.now_ns += 120_000_000_000
        self.worker = Worker(
            catalogue=lambda: catalogue,
            wanted=self.wanted,
            outbox=self.outbox,
            log=self.log,
            controllers={"fake": self.jobs},
            channels={"fake": self.channel},
            now_ns=lambda: self.now_ns,
            url="http://slo.example",
            controller_seconds=self.controller_seconds,
            channel_seconds=0.2,
            poll_seconds=self.poll_seconds,
        )

    def pause(self) -> None:
        self.wanted.want(EXPORT, Wanted.PAUSED)

    def release(self) -> None:
        self.wanted.want(EXPORT, Wanted.RUNNING)

    async def step(self, passes: int = 1) -> None:
        """Passes of the worker, far enough apart that every back-off is over."""
        for _ in range(passes):
            await self.worker.step()
            self.now_ns += 3_600_000_000_000

    @property
    def outcomes(self) -> list[str | None]:
        return [row.outcome for row in self.wanted.rows[EXPORT]]


async def until(claim: object, seconds: float = 5.0) -> None:
    """Waits for a callable to be true; TimeoutError if it never is."""
    assert callable(claim)
    async with asyncio.timeout(seconds):
        while not claim():  # noqa: ASYNC110 -- what is waited for is a fake's state, which signals nothing
            await asyncio.sleep(0.005)
