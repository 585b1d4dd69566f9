"""`Pipeline`: a flow with its source, stages, sink and owner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.kind import Linked, kind
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Address, Choice, ExactlyOne, Matching, Name
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.pipeline import Contract, KafkaTopic, Pipeline, SqlTable, Stage

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_GROUP = re.compile(r"[!-~]{1,255}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}")
_INSTEAD = "write passthrough or projection, and let the canary's id survive in a field"
_LETTERS = "use letters, digits and _"
_GROUP_ID = Matching(_GROUP, "a consumer group", "write the group.id of the consumer")
_LATER_CONTRACTS = dict.fromkeys(("aggregate", "join", "cdc"), _INSTEAD)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A Kafka topic; the cluster's address and credentials come from the settings, by its name."""

    topic: Annotated[str, Matching(_TOPIC, "a topic", "use at most 249 letters, digits, . _ and -")]
    cluster: str = "main"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Where the flow begins."""

    kafka: TopicSpec


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A hop: what reads the topic before it and writes its own."""

    name: Annotated[str, Name()]
    kafka: Annotated[TopicSpec, "The topic it writes."]
    consumer_group: Annotated[str, _GROUP_ID, "The consumer group it reads with; its lag is watched."] = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table behind any SQLAlchemy URL."""

    url: Annotated[str, Address(), "May hold settings, such as ${ORDERS_DB_URL}; is never shown."]
    table: Annotated[str, Matching(_TABLE, "a table", _LETTERS)]
    id_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "Holds the event's id, and a canary's."]
    seen_at_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "When the row was loaded."] = ""
    marker_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "Holds the canary's marker."] = ""


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Where the flow ends."""

    sql: TableSpec | None = None
    kafka: TopicSpec | None = None
    consumer_group: Annotated[str, _GROUP_ID, "The consumer group that loads the sink."] = ""

    RULES: ClassVar = (ExactlyOne(("sql", "kafka")),)


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A flow with its source, stages, sink and owner."""

    source: SourceSpec
    sink: SinkSpec
    stages: Annotated[tuple[StageSpec, ...], "From source to sink."] = ()
    description: str = ""
    owner: Annotated[str, "The team that answers for it."] = ""
    contract: Annotated[
        str, Choice(("passthrough", "projection"), _LATER_CONTRACTS), "How an event's identity survives the flow."
    ] = "passthrough"


def _build(document: Document, spec: PipelineSpec) -> Pipeline:
    sql, kafka = spec.sink.sql, spec.sink.kafka
    return Pipeline(
        name=document.name,
        description=spec.description,
        owner=spec.owner,
        source=_topic(spec.source.kafka),
        stages=_stages(document.spec.child("stages"), spec.stages),
        sink=_table(sql) if sql else _topic(kafka or TopicSpec("")),
        sink_group=spec.sink.consumer_group or None,
        contract=Contract(spec.contract),
        labels=document.labels,
        defined_at=document.defined_at,
    )


def _topic(spec: TopicSpec) -> KafkaTopic:
    return KafkaTopic(spec.cluster, spec.topic)


def _stages(node: Node, specs: tuple[StageSpec, ...]) -> tuple[Stage, ...]:
    taken = {SOURCE, SINK}
    for index, spec in enumerate(specs):
        if spec.name in taken:
            what = f"the stage {spec.name} is there twice"
            node.notes.add(node.at(index, "name"), "E301", what, f"rename it; {SOURCE} and {SINK} are taken")
        taken.add(spec.name)
    return tuple(Stage(spec.name, _topic(spec.kafka), spec.consumer_group or None) for spec in specs)


def _table(spec: TableSpec) -> SqlTable:
    return SqlTable(
        url=spec.url,
        table=spec.table,
        id_column=spec.id_column,
        seen_at_column=spec.seen_at_column or None,
        marker_column=spec.marker_column or None,
    )


def _check(linked: Linked, notes: Notebook) -> None:
    for draft in linked.drafts.every(Pipeline):
        if not draft.value.owner and not draft.document.spec.child("owner"):
            what = f"the pipeline {draft.document.name} has no owner"
            notes.add(draft.document.spec.mark, "W501", what, "add owner: with the team that answers for it")


KIND = kind(OURS, "Pipeline", PipelineSpec, _build, _check)
