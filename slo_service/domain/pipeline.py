"""Pipelines and what serves them: stages, sinks, canaries, jobs and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slo_service.domain.guards import QuietHours
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE, SECOND


class Contract(StrEnum):
    """How identity survives the pipeline."""

    PASSTHROUGH = "passthrough"
    PROJECTION = "projection"
    AGGREGATE = "aggregate"  # a canary group key whose expected count and sum per window are known
    JOIN = "join"  # both sides are sent to
    CDC = "cdc"  # a canary row in the source table


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """A topic on a cluster; the cluster's address and credentials come from settings, by its name."""

    cluster: str
    topic: str
    partitions: int | None = field(default=None, compare=False)  # as declared; the broker's word counts


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table behind any SQLAlchemy URL. `url` may hold secrets, so it never reaches repr."""

    url: str = field(repr=False)
    table: str
    id_column: str
    seen_at_column: str | None = None
    marker_column: str | None = None
    unique: bool = False  # the id column has a unique key, so that a row cannot be there twice


@dataclass(frozen=True, slots=True)
class HttpSink:
    """An endpoint that is asked for a canary, or that tells us of it (`push`). `url` and `headers` may hold secrets."""

    url: str = field(repr=False)
    push: bool = False
    headers: Mapping[str, object] = field(default_factory=dict, repr=False)
    id_field: str = ""
    on_error: str = "unmeasured"  # unmeasured | bad


@dataclass(frozen=True, slots=True)
class FolderSink:
    """Files of a folder, as Parquet or JSON lines."""

    path: str
    format: str
    id_field: str


Place = KafkaTopic | SqlTable | HttpSink | FolderSink


@dataclass(frozen=True, slots=True)
class Stage:
    """A hop: the consumer group that reads the topic before it, and the topic it writes."""

    name: str
    output: KafkaTopic
    consumer_group: str | None = None
    commit_interval_ns: int | None = None  # of its checkpoints or transactions
    dead_letter: KafkaTopic | None = None
    description: str = ""
    runbook_url: str | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    name: str
    description: str
    owner: str
    source: KafkaTopic
    stages: tuple[Stage, ...]
    sink: Place
    sink_group: str | None = None  # the consumer group that loads the sink from the last topic
    contract: Contract = Contract.PASSTHROUGH
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
    contract_terms: Mapping[str, object] = field(default_factory=dict, repr=False)
    sink_commit_interval_ns: int | None = None
    dead_letters: tuple[KafkaTopic, ...] = ()
    runbook_url: str | None = None
    review_date: str | None = None  # ISO 8601

    @property
    def hops(self) -> tuple[str, ...]:
        """Places of observation, from source to sink."""
        return (SOURCE, *(stage.name for stage in self.stages), SINK)

    def commit_interval_ns(self, hop: str) -> int:
        """Declared waiting for checkpoints and transactions on the way from the source to a hop."""
        passed = self.hops[1 : self.hops.index(hop) + 1] if hop in self.hops else ()
        waits = {stage.name: stage.commit_interval_ns for stage in self.stages} | {SINK: self.sink_commit_interval_ns}
        return sum(waits[name] or 0 for name in passed)

    @property
    def unserved(self) -> str | None:
        """Why no canary can be followed through it yet; None when one can."""
        if self.contract not in (Contract.PASSTHROUGH, Contract.PROJECTION):
            return f"no collector follows canaries through the contract {self.contract} yet"
        if isinstance(self.sink, HttpSink | FolderSink):
            kind = "http" if isinstance(self.sink, HttpSink) else "folder"
            return f"no collector reads a sink of the kind {kind} yet"
        return None

    def place(self, hop: str) -> Place:
        if hop == SOURCE:
            return self.source
        if hop == SINK:
            return self.sink
        return next(stage.output for stage in self.stages if stage.name == hop)

    def groups(self) -> tuple[tuple[str, str, KafkaTopic], ...]:
        """(hop, consumer group, topic it reads) of every hop whose consumer group is declared."""
        reads, found = self.source, []
        for stage in self.stages:
            if stage.consumer_group:
                found.append((stage.name, stage.consumer_group, reads))
            reads = stage.output
        if self.sink_group:
            found.append((SINK, self.sink_group, reads))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Canary:
    """A marked event sent once a period to every partition of the pipeline's source."""

    name: str
    pipeline: str
    every_ns: int
    template: Mapping[str, object]
    marker_field: str
    deadline_ns: int = 5 * MINUTE
    send_timeout_ns: int = 10 * SECOND
    poll_ns: int = SECOND  # of sinks that must be asked, such as tables
    expected_transit_ns: int | None = None
    marker_value: str = "slo-canary"
    region: str = "main"
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
    commit_interval_ns: int | None = None  # of the whole way; else the sum of what the stages declare
    options: Mapping[str, object] = field(default_factory=dict, repr=False)  # declared, not carried out yet


@dataclass(frozen=True, slots=True)
class Job:
    """Something that can be paused. `controller` names the adapter, `spec` is what that adapter needs."""

    name: str
    pipeline: str | None
    criticality: str
    controller: str
    spec: Mapping[str, object] = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    owner: str = ""
    defined_at: str = ""
    max_pause_ns: int | None = None  # the longest it may be held; else the engine's own limit
    resources: tuple[str, ...] = ()  # what it shares with the pipeline, such as a cluster or a database
    shared_with: tuple[str, ...] = ()  # other pipelines it shares them with
    managed_by: str | None = None  # a GitOps or autoscaling controller that may undo what we do
    any_pipeline: bool = False  # its owner lets policies of other pipelines pause it
    cdc: bool = False  # it may hold a database's replication slot, which grows while it rests
    schedule: str | None = None  # cron, for a job that runs at times
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """`kind` names the adapter (webhook, email), `spec` is what that adapter needs and may hold secrets."""

    kind: str
    spec: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    channels: tuple[ChannelSpec, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
    zone: str = "UTC"
    quiet_hours: QuietHours | None = None
    digest: Digest | None = None
    escalation: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """Messages of these severities are gathered and sent at this schedule of cron."""

    schedule: str
    severities: tuple[str, ...] = ("ticket",)


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom else to tell when nobody has acknowledged for so long."""

    after_ns: int
    contact: str


@dataclass(frozen=True, slots=True)
class DataSource:
    """Another system that can be asked. `kind` is its type (`Prometheus`); `details` may hold secrets."""

    name: str
    kind: str
    details: object = field(repr=False, default=None)
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
