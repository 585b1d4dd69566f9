"""What every controller of jobs promises, on a job that really has a state."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slo_service.act.jobs.http import HttpJobs
from slo_service.act.jobs.process import ProcessJobs
from slo_service.act.ports import Delivered, JobController, JobState, Refused
from slo_service.domain.pipeline import Job
from tests.act.fakes import FakeJobs
from tests.act.servers import JobServer, child, http_job, process_job, tools


@dataclass
class Bench:
    controller: JobController
    running: Job
    absent: Job
    broken: Job | None = None  # one whose remote fails


@pytest.fixture(params=["fake", "http", "process"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "fake":
        yield Bench(FakeJobs({"export": JobState.RUNNING}), http_job("export"), http_job("gone"))
    elif request.param == "http":
        server = JobServer({"export": "RUNNING"})
        broken = Job("broken", "orders", "best-effort", "http", {"status": {"url": "http://169.254.169.254/"}})
        yield Bench(HttpJobs(tools(server)), http_job("export"), http_job("gone"), broken)
    else:
        nonsense = tmp_path / "nonsense.pid"
        nonsense.write_text("not a number")
        async with child(tmp_path) as (job, _):
            absent, broken = process_job(tmp_path / "none.pid"), process_job(nonsense)
            yield Bench(ProcessJobs(), job, absent, broken)


async def test_a_job_that_runs_is_running(bench: Bench) -> None:
    assert await bench.controller.state(bench.running) is JobState.RUNNING


async def test_a_paused_job_shows_it_and_so_does_a_resumed_one(bench: Bench) -> None:
    assert isinstance(await bench.controller.pause(bench.running, "k1"), Delivered)
    assert await bench.controller.state(bench.running) is JobState.PAUSED
    assert isinstance(await bench.controller.resume(bench.running, "k2"), Delivered)
    assert await bench.controller.state(bench.running) is JobState.RUNNING


async def test_told_twice_is_told_once(bench: Bench) -> None:
    for _ in range(2):
        assert isinstance(await bench.controller.pause(bench.running, "k1"), Delivered)
    await bench.controller.resume(bench.running, "k2")
    assert await bench.controller.state(bench.running) is JobState.RUNNING


async def test_a_job_that_is_not_there_is_absent_and_cannot_be_paused(bench: Bench) -> None:
    assert await bench.controller.state(bench.absent) is JobState.ABSENT
    assert isinstance(await bench.controller.pause(bench.absent, "k1"), Refused)


async def test_a_remote_that_fails_is_an_answer_and_no_exception(bench: Bench) -> None:
    if bench.broken is not None:
        assert isinstance(await bench.controller.state(bench.broken), Refused)
        assert isinstance(await bench.controller.pause(bench.broken, "k1"), Refused)
        assert isinstance(await bench.controller.resume(bench.broken, "k2"), Refused)
