"""A broker one can create topics on, stop, kill and start again with its data."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.services.absence import Absent
from tests.services.kafka import jars
from tests.services.ports import LOOPBACK, answers, free_port
from tests.services.process import START_SECONDS, ServerProcess, server_directory

_CLUSTER = "c2xvLXNlcnZpY2UtdGVzdA"  # any 16 bytes in base64
# A short life on two cores: the first compiler tier and the serial collector start fastest.
_JVM = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dlog4j2.level=WARN"]
_PROPERTIES: Mapping[str, object] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",  # a mistyped topic is an error, as in a well-kept cluster
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "log.retention.check.interval.ms": 1000,
    "log.initial.task.delay.ms": 500,
    # A restarted broker is let in when its former self has timed out; after a kill that would take nine seconds.
    "broker.session.timeout.ms": 1500,
    "broker.heartbeat.interval.ms": 250,
}


@dataclass(eq=False)
class Kafka:
    """One node on loopback; `properties` are added to the broker's own."""

    properties: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not jars.are_here():
            raise Absent("Kafka", "its jars are not in the cache; run `make services`")
        self._port, controller_port = free_port(), free_port()
        self._directory = server_directory("kafka")
        self._write_properties(controller_port)
        self._format()
        self._process = ServerProcess(
            name="Kafka", command=self._java("kafka.Kafka"), ready=self._is_ready, directory=self._directory
        )

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """On the same port with the same data as before."""
        self._process.start()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """As a crash: nothing is flushed, the log is recovered at the next start."""
        self._process.kill()

    def pause(self) -> None:
        """The broker hangs: connections stay open, requests stay unanswered."""
        self._process.pause()

    def resume(self) -> None:
        self._process.resume()

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Return when every partition has a leader."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        admin.create_topics([topic])[name].result(START_SECONDS)
        deadline = time.monotonic() + START_SECONDS
        while not _has_leaders(admin, name, partitions):
            if time.monotonic() > deadline:
                raise TimeoutError(f"topic {name} has no leaders after {START_SECONDS} s")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        if not answers(self._port):
            return False
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return len(admin.list_topics(timeout=2).brokers) == 1
        except KafkaException:
            return False

    def _write_properties(self, controller_port: int) -> None:
        listeners = f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{controller_port}"
        properties = {
            **_PROPERTIES,
            "listeners": listeners,
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
            "log.dirs": self._directory / "data",
            **self.properties,
        }
        self._properties_file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))

    def _format(self) -> None:
        command = self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Absent("Kafka", f"its storage could not be formatted: {done.stdout}{done.stderr}"[-400:])

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        return [
            str(jars.java()),
            *_JVM,
            "-cp",
            f"{jars.folder()}/*",
            main_class,
            *arguments,
            str(self._properties_file),
        ]

    @property
    def _properties_file(self) -> Path:
        return self._directory / "server.properties"


def _has_leaders(admin: AdminClient, name: str, partitions: int) -> bool:
    topic = admin.list_topics(name, timeout=5).topics[name]
    led = [one for one in topic.partitions.values() if one.leader == 1 and one.error is None]
    known = topic.error is None or topic.error.code() == KafkaError.NO_ERROR
    return known and len(led) == partitions
