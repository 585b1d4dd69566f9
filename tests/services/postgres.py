"""A PostgreSQL server of the tests' own, with as many empty databases as they ask for."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.absence import Absent
from tests.services.debian import required
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, server_directory

_OWNER = "slo"  # the superuser of the cluster; connections from loopback are trusted
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": 200,
    "fsync": "off",  # a killed server still recovers what the kernel has; only a power cut would lose data
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(eq=False)
class Postgres:
    """One server on loopback; stop, kill and start keep its data and its port."""

    _databases: int = 0

    def __post_init__(self) -> None:
        self._bin = required("PostgreSQL", "initdb").resolve().parent  # PATH may hold links to a few of its programs
        self._user = _unprivileged_user()
        self._port = free_port()
        self._directory = server_directory("postgres", owner=self._user)
        self._run(
            "initdb", "--no-sync", "--auth=trust", f"--username={_OWNER}", "--encoding=UTF8", "--locale=C",
            f"--pgdata={self._data}",
        )  # fmt: skip
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        self._process = ServerProcess(
            name="PostgreSQL",
            command=[str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self._port), *settings],
            ready=self._is_ready,
            directory=self._directory,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": disconnects clients, writes a checkpoint
            death_signal=signal.SIGQUIT,  # "immediate": takes its children along
        )

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://{_OWNER}@{LOOPBACK}:{self._port}/{database}"

    def create_database(self, name: str | None = None) -> str:
        """An empty database; its name, made up unless given."""
        self._databases += 1
        chosen = name or f"test_{self._databases}"
        self._run("createdb", "-h", LOOPBACK, "-p", str(self._port), "-U", _OWNER, chosen)
        return chosen

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """As a crash: all its processes at once."""
        self._process.kill()

    def pause(self) -> None:
        """The server hangs: connections stay open, queries stay unanswered."""
        self._process.pause()

    def resume(self) -> None:
        self._process.resume()

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _is_ready(self) -> bool:
        command = [str(self._bin / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self._port)]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments], user=self._user, group=self._user,
            extra_groups=[] if self._user else None, cwd=self._directory, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Absent("PostgreSQL", f"{program} failed: {done.stderr.strip()[-400:]}")


def _unprivileged_user() -> str | None:
    """Whom to run as: the server refuses root; None is ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)
