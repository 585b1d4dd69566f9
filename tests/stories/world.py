"""One pipeline with all that serves it, for one story: topics, actors, table, jobs, receivers and the service."""

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.services.kafka import Kafka
from tests.services.ports import LOOPBACK
from tests.services.postgres import Postgres
from tests.services.process import ServerProcess
from tests.stories.declared import BACKFILL, PARTITIONS, SLOS, declare
from tests.stories.receivers import SECRET, HookServer, JobServer, MailServer
from tests.stories.service import Service, eventually
from tests.stories.table import Table

ROOT = Path(__file__).parents[2]


@dataclass(eq=False)
class Watch:
    """What a process did, seen by the kernel: (since, in nanoseconds, `running` or `paused`) at each change."""

    pid: int
    seen: list[tuple[int, str]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)

    @property
    def states(self) -> list[str]:
        return [state for _, state in self.seen]

    def _look(self) -> None:
        process = psutil.Process(self.pid)
        while not self._over.wait(0.02):
            try:
                state = "paused" if process.status() == psutil.STATUS_STOPPED else "running"
            except psutil.NoSuchProcess:
                return
            if not self.seen or self.seen[-1][1] != state:
                self.seen.append((time.time_ns(), state))


@dataclass(eq=False)
class World:
    """Everything is started by `with`; what the story's faults need is in reach as an attribute."""

    name: str
    kafka: Kafka
    postgres: Postgres
    folder: Path
    store: str = ""  # by default a database of its own beside that of the sink
    alertmanagers: Sequence[str] = ()
    enricher_faults: Mapping[str, Path] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self.jobs, self.hooks = stack.enter_context(JobServer()), stack.enter_context(HookServer())
            self.mail = stack.enter_context(MailServer())
            self.url = self.postgres.url(self.postgres.create_database())
            self.table = Table(self.url)
            self.table.create()
            for topic in (f"{self.name}.raw", f"{self.name}.enriched"):
                self.kafka.create_topic(topic, PARTITIONS)
            self.backfill = self._started(stack, BACKFILL, [sys.executable, "-c", "import time; time.sleep(3600)"])
            pid_file = self.folder / "backfill.pid"
            pid_file.write_text(f"{self.backfill.pid}\n")
            self.watch = stack.enter_context(Watch(self.backfill.pid))
            self.enricher = self._started(stack, "enricher", self._enricher())
            self.loader = self._started(stack, "loader", self._loader())
            definitions = declare(self.folder / "definitions", self.name, self.jobs, pid_file)
            store = self.store or self.postgres.url(self.postgres.create_database())
            self.service = Service(definitions, store, self.folder / "service", self.environment)
            self._await_groups()
            stack.callback(self.service.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None:
            for name, tail in self._tails():
                error.add_note(f"{name} said last: {tail}")
        self._stack.close()

    def _tails(self) -> list[tuple[str, str]]:
        actors = [(actor.name, actor.log_tail(1500)) for actor in (self.enricher, self.loader)]
        return [*actors, ("the service", self.service.log[-3000:])]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SLO_CLUSTERS": json.dumps({"main": {"bootstrap.servers": self.kafka.bootstrap}}),
            "SLO_ALERTMANAGERS": json.dumps(list(self.alertmanagers)),
            "SLO_SMTP_HOST": LOOPBACK,
            "SLO_SMTP_PORT": str(self.mail.port),
            "ORDERS_DB_URL": self.url,
            "ORDERS_WEBHOOK_URL": f"{self.hooks.url}/orders",
            "ORDERS_WEBHOOK_SECRET": SECRET,
        }

    def open(self) -> None:
        """Starts the service, and returns when canaries of every partition have arrived on time for a while."""
        self.service.start()
        eventually("canaries arrive from every partition", self._flows, 40)

    def _flows(self) -> bool:
        arrived = {(row.key.partition, row.key.seq) for row in self.table.canaries()}
        return all((partition, 5) in arrived for partition in range(PARTITIONS)) and self._all_judged()

    def _all_judged(self) -> bool:
        return all(self.service.slo(name)["good"] for name in SLOS)

    def _enricher(self) -> list[str]:
        faults = [part for name, path in self.enricher_faults.items() for part in (f"--{name}", str(path))]
        return [
            sys.executable, "-m", "tests.stories.actors.enricher", "--bootstrap", self.kafka.bootstrap,
            "--group", f"{self.name}-enricher", "--source", f"{self.name}.raw", "--output", f"{self.name}.enriched",
            *faults,
        ]  # fmt: skip

    def _loader(self) -> list[str]:
        return [
            sys.executable, "-m", "tests.stories.actors.loader", "--bootstrap", self.kafka.bootstrap,
            "--topic", f"{self.name}.enriched", "--group", f"{self.name}-loader",
            "--url", self.url.replace("+asyncpg", ""), "--table", "orders_live",
        ]  # fmt: skip

    def _started(self, stack: ExitStack, name: str, command: Sequence[str]) -> ServerProcess:
        directory = self.folder / name
        directory.mkdir(exist_ok=True)
        process = ServerProcess(name, command, lambda: True, directory, environment={"PYTHONPATH": str(ROOT)})
        process.start()
        stack.callback(process.stop)
        return process

    def _await_groups(self) -> None:
        """Nothing is sent before both consumers have their partitions, so that the story's first fault is its own."""
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        for actor, group in ((self.enricher, f"{self.name}-enricher"), (self.loader, f"{self.name}-loader")):
            deadline = time.monotonic() + 40
            while _assigned(admin, group) < PARTITIONS:
                assert actor.is_running, f"{actor.name} ended: {actor.log_tail()}"
                assert time.monotonic() < deadline, f"{group} reads nothing: {actor.log_tail()}"
                time.sleep(0.1)


def _assigned(admin: AdminClient, group: str) -> int:
    """Partitions that the members of a consumer group have been given."""
    try:
        described = admin.describe_consumer_groups([group])[group].result(5)
    except (KafkaException, TimeoutError):  # the group is new, or the broker is busy
        return 0
    return sum(len(member.assignment.topic_partitions) for member in described.members if member.assignment)
