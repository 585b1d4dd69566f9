"""One server with all its processes, which never outlive the tests, however they end."""

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from tests.services.absence import Absent

START_SECONDS = 60.0
STOP_SECONDS = 20.0

# The kernel sends the death signal when the *thread* that started a process ends, so every process is started by one
# thread that lives as long as this interpreter; a test may well call start() from a short-lived pool thread.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="server-starter")
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1
_PREFIX = "slo-service-test-"
_running: set["ServerProcess"] = set()
_directories: list[Path] = []


@dataclass(eq=False)
class ServerProcess:
    """A program with its own directory and log; it can be stopped, killed and started again."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    directory: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} is not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Return when the server answers; raise `Absent` with the end of its log when it does not."""
        if self.is_running:
            return
        process = self._process = _starter.submit(self._spawn).result()
        _running.add(self)
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise Absent(self.name, f"did not start; its log ends: {self.log_tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to end, insist after a while, and wait until it has."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """What a crash does: no chance to write anything more."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It keeps its connections and answers nothing, as a hung server does."""
        _send(_family(self.pid), signal.SIGSTOP)

    def resume(self) -> None:
        _send(_family(self.pid), signal.SIGCONT)

    def log_tail(self, size: int = 600) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return " / ".join(text[-size:].split("\n")).strip() or "(empty)"

    def _spawn(self) -> subprocess.Popen[bytes]:
        groups: Sequence[str] | None = [] if self.user else None
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env={**os.environ, **self.environment},
                user=self.user,
                group=self.user,
                extra_groups=groups,
                start_new_session=True,
                preexec_fn=self._die_with_the_tests,  # noqa: PLW1509 -- it makes one system call, nothing more
            )

    def _die_with_the_tests(self) -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(self.death_signal))

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        _running.discard(self)
        if process is None:
            return
        family = _family(process.pid)
        if how is not signal.SIGKILL:
            _send(family, signal.SIGCONT)  # a paused one would not hear anything else
            _send(family[:1], how)
            _, family = psutil.wait_procs(family, STOP_SECONDS)
        _send(family, signal.SIGKILL)
        psutil.wait_procs(family, STOP_SECONDS)
        process.wait(STOP_SECONDS)


def _family(pid: int) -> list[psutil.Process]:
    """The process first, then its descendants; not its process group, which PostgreSQL's children leave."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _send(family: Sequence[psutil.Process], what: signal.Signals) -> None:
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(what)


def server_directory(name: str, owner: str | None = None) -> Path:
    """A new directory for one server, removed when the tests end; `owner` is the user the server runs as."""
    _remove_directories_of_the_dead()
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{name}-"))
    if owner:
        shutil.chown(directory, user=owner)
    _directories.append(directory)
    return directory


@cache
def _remove_directories_of_the_dead() -> None:
    """What earlier tests left behind because they were killed before their end."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = directory.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(directory, ignore_errors=True)


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()
    for directory in _directories:
        shutil.rmtree(directory, ignore_errors=True)
