"""Processes of this machine, paused by SIGSTOP and resumed by SIGCONT. Linux only: reads /proc, signals by pidfd."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from slo_service.act.ports import Delivered, JobController, JobState, Refused
from slo_service.act.registry import Tools
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Job

CLOCK_SLACK_NS = 5 * MINUTE  # the boot time moves with every step of the clock, and is told in whole seconds
GONE, STOPPED = frozenset("ZXx"), frozenset("Tt")
SHOWN_AFTER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """What /proc says of a process; `started_ticks` counts clock ticks since boot."""

    state: str
    started_ticks: int


@dataclass(frozen=True, slots=True)
class Known:
    """The process that a file was once found to mean: its start in ticks does not depend on the wall clock."""

    pid: int
    started_ticks: int
    written_ns: int


@dataclass(frozen=True, slots=True)
class ProcessJobs:
    """Spec: `{pidFile: path}`. The file holds the process id, optionally followed by its start time in clock ticks
    (field 22 of /proc/<pid>/stat). Without it, a process that started minutes after the file was written is another one
    when it is first seen; from then on it is known by its start in ticks. One that is stopped when first seen is never
    taken for gone because of the clock: that would leave it stopped."""

    _known: dict[Path, Known] = field(default_factory=dict)

    async def state(self, job: Job) -> JobState | Refused:
        try:
            found = self._find(Path(str(job.spec.get("pidFile", ""))))
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
            found = self._find(path)
        except _Unreadable as error:
            return Refused(str(error), retryable=True)
        if found is None:
            return Refused("the process is gone", retryable=False)
        known, seen = found
        pid = known.pid
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            return Refused("the process is gone", retryable=False)
        try:
            # the handle is of one process for good: if it still started when ours did, the signal cannot go astray
            if (now := _proc(pid)) is None or now.started_ticks != seen.started_ticks:
                return Refused("the process is gone", retryable=False)
            signal.pidfd_send_signal(handle, number)
            self._known[path] = known
        except PermissionError:
            return Refused(f"not permitted to signal process {pid}", retryable=False)
        except ProcessLookupError:
            return Refused("the process is gone", retryable=False)
        finally:
            os.close(handle)
        await asyncio.sleep(SHOWN_AFTER_SECONDS)
        return Delivered(f"{number.name} to process {pid}")

    def _find(self, path: Path) -> tuple[Known, Seen] | None:
        """The process of the file; None when it ended, or its number has passed to another."""
        named = _named(path)
        if named is None or (seen := _proc(named.pid)) is None or seen.state in GONE:
            return None
        found = Known(named.pid, seen.started_ticks, named.written_ns), seen
        return found if self._is_ours(path, *found, named.started_ticks) else None

    def _is_ours(self, path: Path, now: Known, seen: Seen, declared_ticks: int | None) -> bool:
        if declared_ticks is not None:
            return now.started_ticks == declared_ticks
        known = self._known.get(path)
        if known is not None and known.pid == now.pid:
            if known.started_ticks == now.started_ticks:
                return True
            if known.written_ns == now.written_ns:
                return False
        if _started_ns(seen) <= now.written_ns + CLOCK_SLACK_NS:
            self._known[path] = now
            return True
        return seen.state in STOPPED  # not remembered: somebody else's may be stopped by chance


class _Unreadable(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Named:
    """What a pid file says."""

    pid: int
    started_ticks: int | None
    written_ns: int


def controller(_: Tools) -> JobController:
    return ProcessJobs()


def _named(path: Path) -> _Named | None:
    try:
        words, written_ns = path.read_text().split(), path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _Unreadable(f"the pid file cannot be read ({type(error).__name__})") from error
    if not words or not all(word.isascii() and word.isdigit() for word in words[:2]) or int(words[0]) < 2:
        raise _Unreadable("the pid file holds no process id")
    if int(words[0]) == os.getpid():
        raise _Unreadable("the pid file names this service itself")
    return _Named(int(words[0]), int(words[1]) if len(words) > 1 else None, written_ns)


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
