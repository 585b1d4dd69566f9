import asyncio
from dataclasses import dataclass, field

from slo_service.act.ports import JobState, Refused
from slo_service.act.roster import JobReading, Roster
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.pipeline import Job
from tests.act.fakes import FakeJobs


@dataclass
class Slow(FakeJobs):
    """Counts how many are asked at once; jobs named `broken…` refuse."""

    now: int = 0
    most: int = 0
    refused: list[str] = field(default_factory=list)

    async def state(self, job: Job) -> JobState | Refused:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        return Refused("away", retryable=True) if job.name in self.refused else await super().state(job)


def a_roster(controller: FakeJobs, *names: str) -> Roster:
    catalogue = Catalogue(jobs={name: Job(name, None, "normal", "fake", {}) for name in names})
    return Roster(lambda: catalogue, {"fake": controller}, lambda: 7)


async def test_a_job_is_unknown_until_it_was_read() -> None:
    roster = a_roster(FakeJobs({"export": JobState.PAUSED}), "export")
    assert roster.readings()["export"] == JobReading("export", "unknown", None)
    await roster.refresh()
    assert roster.readings()["export"] == JobReading("export", "paused", 7)


async def test_a_job_that_cannot_be_read_is_unknown_again_and_says_why() -> None:
    controller = Slow({"export": JobState.RUNNING})
    roster = a_roster(controller, "export")
    await roster.refresh()
    controller.refused = ["export"]
    await roster.refresh()
    assert roster.readings()["export"] == JobReading("export", "unknown", 7, "away")


async def test_a_job_without_its_controller_says_so() -> None:
    roster = Roster(lambda: Catalogue(jobs={"x": Job("x", None, "normal", "airflow", {})}), {}, lambda: 7)
    await roster.refresh()
    assert roster.readings()["x"].error == "no controller airflow is installed"


async def test_many_jobs_are_read_a_few_at_once() -> None:
    names = [f"job-{n}" for n in range(50)]
    controller = Slow(dict.fromkeys(names, JobState.RUNNING))
    await a_roster(controller, *names).refresh()
    assert 1 < controller.most <= 8
