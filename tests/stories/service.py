"""The service as its users have it: a process, its command line, its API and its metrics."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.services.absence import Absent
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess

SLO = Path(sys.executable).with_name("slo")
Row = dict[str, object]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command of the service answered."""

    code: int
    out: str
    talk: str


def slo(*arguments: str, env: Mapping[str, str] | None = None, directory: Path | None = None) -> Said:
    done = subprocess.run(
        [SLO, *arguments], capture_output=True, text=True, check=False, timeout=30, env=env, cwd=directory
    )
    return Said(done.returncode, done.stdout, done.stderr)


@dataclass(eq=False)
class Service:
    """`slo serve` on a free port. `start`, `kill` and `start` again keep its store and its port."""

    definitions: Path
    store: str
    directory: Path
    environment: Mapping[str, str]

    def __post_init__(self) -> None:
        self.port = free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = ServerProcess(
            name="slo serve",
            command=[str(SLO), "serve", "--definitions", str(self.definitions), "--store", self.store],
            ready=self._is_ready,
            directory=self.directory,
            environment={**self.environment, "SLO_PORT": str(self.port)},
        )
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> str:
        return self._process.log.read_text(errors="replace")

    def start(self) -> None:
        """Returns when it has judged every objective once. Not starting is a failure, never a reason to skip."""
        try:
            self._process.start()
        except Absent as why:
            raise AssertionError(str(why)) from None

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        self._process.stop()
        self._client.close()

    def get(self, path: str, **parameters: str | int) -> Row:
        answer = self._client.get(f"/api/v1/{path}", params=parameters)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:300]}"
        return cast(Row, answer.json())

    def rows(self, path: str, key: str, **parameters: str | int) -> list[Row]:
        return cast(list[Row], self.get(path, **parameters)[key])

    def slo(self, name: str) -> Row:
        return self.get(f"slos/{name}")

    def transitions(self, name: str | None = None) -> list[Row]:
        """Oldest first."""
        return self.rows("transitions", "transitions", **({"slo": name} if name else {}))[::-1]

    def decisions(self, action: str | None = None) -> list[Row]:
        """Oldest first; of one action, or all."""
        rows = self.rows("decisions", "decisions", limit=200)[::-1]
        return [row for row in rows if action in {None, row["action"]}]

    def jobs(self) -> dict[str, Row]:
        return {str(job["name"]): job for job in self.rows("jobs", "jobs")}

    def canaries(self, since: str) -> list[Row]:
        page = self.get("pipelines/orders/canaries", since=since, limit=20_000)
        assert not page["truncated"], "more canaries than the story can look at"
        return cast(list[Row], page["canaries"])

    def metric(self, name: str, **labels: str) -> float | None:
        """One sample of `/metrics`; None when there is none."""
        found = [
            sample.value
            for family in text_string_to_metric_families(self._client.get("/metrics").raise_for_status().text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(found) <= 1, f"{name}{labels} is not one series"
        return found[0] if found else None

    def cli(self, *arguments: str) -> Said:
        return slo(*arguments, "--url", self.url)

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/readyz").is_success
        except httpx.TransportError:
            return False


def eventually(what: str, look: Callable[[], Found], seconds: float, every: float = 0.1) -> Found:
    """The first answer that is not empty; `what` is said when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"within {seconds} s it did not happen: {what}"
        time.sleep(every)
    return found


def seconds_of(instant: object) -> float:
    """An instant of the API, as seconds since the epoch."""
    return datetime.fromisoformat(str(instant)).timestamp()
