"""Processes of this machine, paused by SIGSTOP and resumed by SIGCONT. Linux only: reads /proc, signals by pidfd."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from slo_service.act.ports import Delivered, JobController, JobState, Refused
from slo_service.act.registry import Tools
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Job

CLOCK_SLACK_NS = 2 * SECOND  # the kernel tells its boot time in whole seconds
GONE, STOPPED = frozenset("ZXx"), frozenset("Tt")
SHOWN_AFTER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """What /proc says of a process; `started_ticks` counts clock ticks since boot."""

    state: str
    started_ticks: int


@dataclass(frozen=True, slots=True)
class ProcessJobs:
    """Spec: `{pidFile: path}`. The file holds the process id, optionally followed by its start time in clock ticks
    (field 22 of /proc/<pid>/stat). Without it, a process that started after the file was written is another one."""

    async def state(self, job: Job) -> JobState | Refused:
        try:
            found = _find(Path(str(job.spec.get("pidFile", ""))))
        except _Unreadable as error:
            return Refused(str(error), retryable=True)
        if found is None:
            return JobState.ABSENT
        return JobState.PAUSED if found[1].state in STOPPED else JobState.RUNNING

    async def pause(self, job: Job, key: str) -> Delivered | Refused:  # noqa: ARG002 -- signals are idempotent by nature
        return await self._signal(job, signal.SIGSTOP)

    async def resume(self, job: Job, key: str) -> Delivered | Refused:  # noqa: ARG002 -- the same
        return await self._signal(job, signal.SIGCONT)

    async def _signal(self, job: Job, number: signal.Signals) -> Delivered | Refused:
        path = Path(str(job.spec.get("pidFile", "")))
        try:
            found = _find(path)
        except _Unreadable as error:
            return Refused(str(error), retryable=True)
        if found is None:
            return Refused("the process is gone", retryable=False)
        pid, seen = found
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            return Refused("the process is gone", retryable=False)
        try:
            # the handle is of one process for good: if it still started when ours did, the signal cannot go astray
            if (now := _proc(pid)) is None or now.started_ticks != seen.started_ticks:
                return Refused("the process is gone", retryable=False)
            signal.pidfd_send_signal(handle, number)
        except PermissionError:
            return Refused(f"not permitted to signal process {pid}", retryable=False)
        except ProcessLookupError:
            return Refused("the process is gone", retryable=False)
        finally:
            os.close(handle)
        await asyncio.sleep(SHOWN_AFTER_SECONDS)
        return Delivered(f"{number.name} to process {pid}")


class _Unreadable(Exception):
    pass


def controller(_: Tools) -> JobController:
    return ProcessJobs()


def _find(path: Path) -> tuple[int, Seen] | None:
    """The process of the file; None when it ended, or its number has passed to another."""
    try:
        words, written_ns = path.read_text().split(), path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _Unreadable(f"the pid file cannot be read ({type(error).__name__})") from error
    if not words or not all(word.isascii() and word.isdigit() for word in words[:2]) or int(words[0]) < 2:
        raise _Unreadable("the pid file holds no process id")
    pid = int(words[0])
    if pid == os.getpid():
        raise _Unreadable("the pid file names this service itself")
    seen = _proc(pid)
    if seen is None or seen.state in GONE:
        return None
    ours = seen.started_ticks == int(words[1]) if len(words) > 1 else _started_ns(seen) <= written_ns + CLOCK_SLACK_NS
    return (pid, seen) if ours else None


def _proc(pid: int) -> Seen | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = line.rpartition(")")[2].split()  # the command name before it may hold anything, also brackets
    return Seen(state=fields[0], started_ticks=int(fields[19]))


def _started_ns(seen: Seen) -> int:
    """Wall-clock instant of the start: boot time plus ticks, both as the kernel tells them."""
    lines = Path("/proc/stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    return boot * SECOND + seen.started_ticks * SECOND // os.sysconf("SC_CLK_TCK")
