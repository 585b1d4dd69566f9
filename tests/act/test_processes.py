import asyncio
import os
import signal
from pathlib import Path

import pytest

from slo_service.act.jobs.process import ProcessJobs
from slo_service.act.ports import Delivered, JobState, Refused
from tests.act.servers import child, process_job


def stat_fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def stat_letter(pid: int) -> str:
    return stat_fields(pid)[0]


async def test_the_kernel_itself_shows_the_child_stopped_and_going_on(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        assert isinstance(await ProcessJobs().pause(job, "k"), Delivered)
        assert stat_letter(process.pid) == "T"
        assert isinstance(await ProcessJobs().resume(job, "k"), Delivered)
        assert stat_letter(process.pid) in "SR"


async def test_a_child_stopped_by_another_hand_is_paused(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        process.send_signal(signal.SIGSTOP)
        await ProcessJobs().pause(job, "k")
        assert await ProcessJobs().state(job) is JobState.PAUSED


async def test_a_process_that_ended_is_absent_and_cannot_be_resumed(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        process.kill()
        await process.wait()
        assert await ProcessJobs().state(job) is JobState.ABSENT
        assert await ProcessJobs().resume(job, "k") == Refused("the process is gone", retryable=False)


async def test_a_process_younger_than_the_file_is_another_one_and_is_let_alone(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        pid_file = tmp_path / f"{process.pid}.pid"
        long_ago = pid_file.stat().st_mtime - 3600
        os.utime(pid_file, (long_ago, long_ago))
        assert await ProcessJobs().state(job) is JobState.ABSENT
        assert isinstance(await ProcessJobs().pause(job, "k"), Refused)
        assert stat_letter(process.pid) != "T"


def step_the_clock_forward(pid: int, folder: Path) -> None:
    """As a step of the wall clock does, which moves the boot time but no file: the start seems later than the file."""
    pid_file = folder / f"{pid}.pid"
    long_ago = pid_file.stat().st_mtime - 3600
    os.utime(pid_file, (long_ago, long_ago))


async def test_a_process_once_seen_stays_itself_when_the_clock_steps(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        jobs = ProcessJobs()
        assert await jobs.state(job) is JobState.RUNNING
        step_the_clock_forward(process.pid, tmp_path)
        assert await jobs.state(job) is JobState.RUNNING
        assert isinstance(await jobs.pause(job, "k"), Delivered)
        assert await jobs.state(job) is JobState.PAUSED


async def test_a_stopped_process_is_resumed_by_a_new_service_after_a_step_of_the_clock(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        await ProcessJobs().pause(job, "k")
        step_the_clock_forward(process.pid, tmp_path)
        jobs = ProcessJobs()
        assert await jobs.state(job) is JobState.PAUSED
        assert isinstance(await jobs.resume(job, "k"), Delivered)
        assert await jobs.state(job) is JobState.RUNNING


async def test_a_stranger_that_was_seen_stopped_is_still_a_stranger_when_it_runs(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        step_the_clock_forward(process.pid, tmp_path)
        process.send_signal(signal.SIGSTOP)
        jobs = ProcessJobs()
        await jobs.state(job)
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.05)
        assert await jobs.state(job) is JobState.ABSENT


async def test_a_start_time_in_the_file_tells_the_process_from_its_successor(tmp_path: Path) -> None:
    async with child(tmp_path) as (job, process):
        started = stat_fields(process.pid)[19]
        pid_file = tmp_path / f"{process.pid}.pid"
        pid_file.write_text(f"{process.pid} {started}")
        assert await ProcessJobs().state(job) is JobState.RUNNING
        pid_file.write_text(f"{process.pid} {int(started) - 1}")
        assert await ProcessJobs().state(job) is JobState.ABSENT


@pytest.mark.parametrize("text", ["", "abc", "-5", "0", "1", pytest.param(str(os.getpid()), id="our own")])
async def test_a_pid_file_never_makes_us_signal_init_a_group_or_ourselves(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "x.pid"
    pid_file.write_text(text)
    assert isinstance(await ProcessJobs().pause(process_job(pid_file), "k"), Refused)
