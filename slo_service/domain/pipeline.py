"""Pipelines and what serves them: stages, sinks, canaries, jobs and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE, SECOND


class Contract(StrEnum):
    """How identity survives the pipeline."""

    PASSTHROUGH = "passthrough"
    PROJECTION = "projection"


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """A topic on a cluster; the cluster's address and credentials come from settings, by its name."""

    cluster: str
    topic: str


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table behind any SQLAlchemy URL. `url` may hold secrets, so it never reaches repr."""

    url: str = field(repr=False)
    table: str
    id_column: str
    seen_at_column: str | None = None
    marker_column: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A hop: the consumer group that reads the topic before it, and the topic it writes."""

    name: str
    output: KafkaTopic
    consumer_group: str | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    name: str
    description: str
    owner: str
    source: KafkaTopic
    stages: tuple[Stage, ...]
    sink: KafkaTopic | SqlTable
    sink_group: str | None = None  # the consumer group that loads the sink from the last topic
    contract: Contract = Contract.PASSTHROUGH
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""

    @property
    def hops(self) -> tuple[str, ...]:
        """Places of observation, from source to sink."""
        return (SOURCE, *(stage.name for stage in self.stages), SINK)

    def place(self, hop: str) -> KafkaTopic | SqlTable:
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
