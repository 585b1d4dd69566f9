"""Controllers of jobs: what each needs to reach one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from slo_service.definitions.kinds.kind import installed
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Address, Choice, ExactlyOne, Free, SettingText, Truth, Variants, Whole
from slo_service.definitions.shape.anything import Anything
from slo_service.definitions.shape.port import Definitions, JsonSchema, Shape
from slo_service.definitions.shape.postponed import not_yet
from slo_service.definitions.shape.record import Nested
from slo_service.definitions.tree import Entries

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_WEB = Address(("http", "https"))
_HEADERS = Annotated[Mapping[str, object], Free(settings=True), "May hold settings, such as a token."]
_URL = Annotated[str, _WEB, "May hold settings."]
_SECRET = Annotated[str, SettingText(), "From a setting; never shown."]


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state is told from an answer: `{json: {path: value, …}}`, `{json: path, equals: value}` or `{text: …}`."""

    def read(self, node: Node) -> object:
        kind = node.one_of("json", "text", beside=("equals",))
        if kind == "json" and node.child("json").written:  # else a mapping of paths to values
            node.fields(needs=("json", "equals"))
        return Anything().read(node)

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        keys: JsonSchema = {"json": {}, "text": {}, "equals": {}}
        either = [{"required": ["json"]}, {"required": ["text"]}]
        return {"type": "object", "properties": keys, "additionalProperties": False, "oneOf": either}

    def fallback(self) -> object:
        return {}


@dataclass(frozen=True, slots=True)
class StatusCallSpec:
    """How the job is asked. A 404 or 410 means that it is absent; an unclear answer is unknown, never paused."""

    url: _URL
    running: Annotated[object, Sign(), "What is there when it runs."]
    paused: Annotated[object | None, Sign(), "What is there when it is paused."] = None
    method: Annotated[str | None, Choice(_METHODS), "GET unless given."] = None
    headers: _HEADERS = field(default_factory=dict)

    ALSO: ClassVar = ({"if": {"properties": {"running": {"required": ["text"]}}}, "then": {"required": ["paused"]}},)


@dataclass(frozen=True, slots=True)
class TellingCallSpec:
    """How the job is told."""

    url: _URL
    method: Annotated[str | None, Choice(_METHODS), "POST unless given."] = None
    headers: _HEADERS = field(default_factory=dict)
    body: Annotated[object | None, Anything(), "A text as it is, anything else as JSON."] = None


@dataclass(frozen=True, slots=True)
class HttpSpec:
    """A job behind HTTP: declared calls that ask, pause and resume."""

    status: Annotated[StatusCallSpec, "How it is asked."]
    pause: Annotated[TellingCallSpec, "How it is paused."]
    resume: Annotated[TellingCallSpec, "How it is resumed."]
    headers: _HEADERS = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process of this machine, stopped and continued by signal; for trying things out."""

    pid_file: Annotated[str, SettingText(), "Holds the process id, and its start time where that is known."]


@dataclass(frozen=True, slots=True)
class KubernetesSpec:
    """A CronJob (suspended), or a Deployment or StatefulSet (scaled to nothing, its count kept in an annotation)."""

    kind: Annotated[str, Choice(("CronJob", "Deployment", "StatefulSet")), "What it is."]
    name: Annotated[str, SettingText(), "Its name."]
    namespace: Annotated[str, SettingText(), "The namespace it is in."] = "default"
    context: Annotated[str, SettingText(), "Of the kubeconfig; that of the service's own pod unless given."] = ""
    kubeconfig: Annotated[str, SettingText(), "Path of a file."] = ""
    api_server: Annotated[
        str,
        Address(("https", "http")),
        "The address of the API; that of the kubeconfig, or of the service's own pod, unless given.",
    ] = ""
    token: _SECRET = ""


@dataclass(frozen=True, slots=True)
class AirflowSpec:
    """A DAG of Airflow 2 or 3, by its `is_paused`."""

    url: _URL
    dag: Annotated[str, SettingText(), "The DAG's id."]
    version: Annotated[int, Whole(2, 3), "The major version."] = 2
    username: Annotated[str, SettingText(), "For basic authentication."] = ""
    password: _SECRET = ""
    token: _SECRET = ""
    headers: _HEADERS = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KafkaConnectSpec:
    """A connector of Kafka Connect."""

    url: _URL
    connector: Annotated[str, SettingText(), "The connector's name."]
    mode: Annotated[str, Choice(("pause", "stop")), "pause keeps its tasks, stop frees what they hold."] = "pause"
    cdc: Annotated[bool, Truth(), "Whether it may hold a database's replication slot, which grows while it rests."] = (
        True
    )
    username: Annotated[str, SettingText(), "For basic authentication."] = ""
    password: _SECRET = ""
    headers: _HEADERS = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlinkSpec:
    """A Flink job: stopped with a savepoint, and submitted again from it."""

    url: _URL
    job: Annotated[str, SettingText(), "Its name, which stays the same over restarts."] = ""
    job_id: Annotated[str, SettingText(), "Its id, when it never changes."] = ""
    savepoint_directory: Annotated[
        str, SettingText(), "Where savepoints are written; as configured in the cluster unless given."
    ] = ""
    jar: Annotated[str, SettingText(), "The id of the uploaded jar it is submitted from."] = ""
    entry_class: Annotated[str, SettingText(), "The class to start, where the jar does not name it."] = ""
    program_args: Annotated[str, SettingText(), "The arguments it is submitted with."] = ""
    parallelism: Annotated[
        int | None, Whole(1, 100_000), "How many subtasks it runs with; as configured in the cluster unless given."
    ] = None
    token: _SECRET = ""
    headers: _HEADERS = field(default_factory=dict)

    RULES: ClassVar = (ExactlyOne(("job", "jobId")),)


@dataclass(frozen=True, slots=True)
class SparkSpec:
    """A SparkApplication or ScheduledSparkApplication of the Spark operator, through Kubernetes."""

    name: Annotated[str, SettingText(), "Its name."]
    kind: Annotated[str, Choice(("SparkApplication", "ScheduledSparkApplication")), "What it is."] = "SparkApplication"
    namespace: Annotated[str, SettingText(), "The namespace it is in."] = "default"
    context: Annotated[str, SettingText(), "Of the kubeconfig."] = ""
    kubeconfig: Annotated[str, SettingText(), "Path of a file."] = ""
    api_server: Annotated[
        str,
        Address(("https", "http")),
        "The address of the API; that of the kubeconfig, or of the service's own pod, unless given.",
    ] = ""
    token: _SECRET = ""


@dataclass(frozen=True, slots=True)
class ApschedulerSpec:
    """A job of APScheduler in the user's own process, which polls what is wanted."""

    job: Annotated[str, SettingText(), "The job's id."]
    scheduler: Annotated[str, SettingText(), "The name the process polls with."] = ""
    token: _SECRET = ""


@dataclass(frozen=True, slots=True)
class SystemdSpec:
    """A systemd unit."""

    unit: Annotated[str, SettingText(), "The unit's name."]
    action: Annotated[str, Choice(("freeze", "stop")), "freeze keeps its memory, stop ends it."] = "stop"
    user: Annotated[bool, Truth(), "Whether it belongs to the user's own manager."] = False
    host: Annotated[str, SettingText(), "Over SSH; this machine unless given."] = ""


_SPECS: Mapping[str, type[object]] = {
    "http": HttpSpec,
    "process": ProcessSpec,
    "kubernetes": KubernetesSpec,
    "airflow": AirflowSpec,
    "kafkaConnect": KafkaConnectSpec,
    "flink": FlinkSpec,
    "spark": SparkSpec,
    "apscheduler": ApschedulerSpec,
    "systemd": SystemdSpec,
}
GROUP = "slo_service.jobs"


@dataclass(frozen=True, slots=True)
class Adapted:
    """The spec of an adapter; one that this environment lacks is said."""

    shape: Shape
    group: str
    name: str
    instead: str

    def read(self, node: Node) -> object:
        before = node.notes.errors
        value = self.shape.read(node)
        if node.notes.errors == before and self.name not in installed(self.group):
            not_yet(node, self.instead)
        return value

    def write(self, value: object) -> object:
        return self.shape.write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        return self.shape.schema(definitions)

    def fallback(self) -> object:
        return self.shape.fallback()


def adapters(group: str, specs: Mapping[str, type[object]], instead: str) -> Callable[[], Mapping[str, Shape]]:
    """What may be written: ours by their spec types, and what somebody installed, which checks its own specification
    when it is asked."""

    def options() -> Mapping[str, Shape]:
        own = {name: Adapted(Nested(spec), group, name, instead.format(name=name)) for name, spec in specs.items()}
        return {**dict.fromkeys(installed(group), Free(settings=True)), **own}

    return options


CONTROLLER = Variants(
    adapters(GROUP, _SPECS, "no controller {name} is installed, so until then the job cannot be paused")
)


def check_signs(node: Node) -> None:
    """A page of errors must not read as a paused job."""
    status = node.child("http").child("status")
    running = status.child("running")
    if isinstance(running.tree, Entries) and "text" in running.entries() and not status.child("paused"):
        what = f"{status.path} has no paused, so a page of errors would read as a paused job"
        running.fault("E202", what, "add paused: {text: …}, with what is there when the job is paused")
