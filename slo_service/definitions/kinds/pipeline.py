"""`Pipeline`: a flow with its source, stages, sink and owner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds import care_lints, size_lints
from slo_service.definitions.kinds.canary import FIELDS
from slo_service.definitions.kinds.kind import Linked, kind
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import (
    Address,
    Choice,
    Duration,
    Either,
    ExactlyOne,
    Free,
    ListOf,
    Matching,
    Name,
    SettingText,
    Whole,
    write_spec,
)
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Nested
from slo_service.definitions.shape.times import Day
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.pipeline import (
    Contract,
    FolderSink,
    HttpSink,
    KafkaTopic,
    Pipeline,
    Place,
    SqlTable,
    Stage,
)

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_GROUP = re.compile(r"[!-~]{1,255}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}")
_TOPIC_REMEDY = "use at most 249 letters, digits, . _ and -"
_LETTERS = "use letters, digits and _"
_GROUP_ID = Matching(_GROUP, "a consumer group", "write the group.id of the consumer")
_FIELD = Matching(re.compile(r"[^\s{}$]{1,255}"), "a field", "write its name, with dots for a field within a field")
_UNMEASURED = "until then its canaries are not sent, and what is measured by them is unmeasured"
_UNTAPPED = "until then what is dead-lettered counts as lost"
_CONTRACTS = ("passthrough", "projection", "aggregate", "join", "cdc")
_FOLLOWED = ("passthrough", "projection")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A Kafka topic; the cluster's address and credentials come from the settings, by its name."""

    topic: Annotated[str, Matching(_TOPIC, "a topic", _TOPIC_REMEDY), "The topic's name."]
    cluster: Annotated[str, "The cluster, by its name in the settings."] = "main"
    partitions: Annotated[int | None, Whole(1, 100_000), "How many it has; for lints, the broker's word counts."] = None


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Where the flow begins."""

    kafka: Annotated[TopicSpec, "The topic that producers write."]


@dataclass(frozen=True, slots=True)
class StageSpec:
    """A hop: what reads the topic before it and writes its own."""

    name: Annotated[str, Name(), "What the hop is called; indicators name it."]
    kafka: Annotated[TopicSpec, "The topic it writes."]
    consumer_group: Annotated[str, _GROUP_ID, "The consumer group it reads with; its lag is watched."] = ""
    commit_interval: Annotated[int | None, Duration(), "Of its checkpoints or transactions; lints use it."] = None
    dead_letter: Annotated[TopicSpec | None, Postponed(Nested(TopicSpec), _UNTAPPED), "For what it cannot take."] = None
    description: Annotated[str, "What it does."] = ""
    runbook: Annotated[str, "Where it is written what to do; an address."] = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table behind any SQLAlchemy URL."""

    url: Annotated[str, Address(), "May hold settings, such as ${ORDERS_DB_URL}; is never shown."]
    table: Annotated[str, Matching(_TABLE, "a table", _LETTERS), "The table, after its schema and a dot if it has one."]
    id_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "Holds the event's id, and a canary's."]
    seen_at_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "When the row was loaded."] = ""
    marker_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "Holds the canary's marker."] = ""
    unique: Annotated[
        bool, "Whether the id column has a unique key, so that nothing can be there twice; lints use it."
    ] = False


@dataclass(frozen=True, slots=True)
class HttpSinkSpec:
    """An endpoint that is asked for a canary, or that tells us of it."""

    url: Annotated[str, Address(("https", "http"), FIELDS), "May hold settings and ${canary.id}; is never shown."] = ""
    mode: Annotated[str, Choice(("poll", "push")), "Whether it is asked or tells."] = "poll"
    headers: Annotated[Mapping[str, object], Free(settings=True), "May hold settings, such as a token."] = field(
        default_factory=dict
    )
    id_field: Annotated[str, _FIELD, "Where the answer holds the canary's id."] = ""
    on_error: Annotated[
        str, Choice(("unmeasured", "bad")), "What a 5xx or a refused connection counts as while our own path is fine."
    ] = "unmeasured"


@dataclass(frozen=True, slots=True)
class FolderSinkSpec:
    """Files of a folder."""

    path: Annotated[str, SettingText(), "May hold settings."]
    format: Annotated[str, Choice(("parquet", "jsonl")), "How the files are written."] = "parquet"
    id_field: Annotated[str, _FIELD, "Where a record holds the canary's id."] = "id"


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Where the flow ends."""

    sql: Annotated[TableSpec | None, "A table."] = None
    kafka: Annotated[TopicSpec | None, "A topic."] = None
    http: Annotated[HttpSinkSpec | None, Postponed(Nested(HttpSinkSpec), _UNMEASURED), "An HTTP interface."] = None
    folder: Annotated[FolderSinkSpec | None, Postponed(Nested(FolderSinkSpec), _UNMEASURED), "Files."] = None
    consumer_group: Annotated[str, _GROUP_ID, "The consumer group that loads the sink."] = ""
    commit_interval: Annotated[int | None, Duration(), "Of the loader's transactions; lints use it."] = None

    RULES: ClassVar = (ExactlyOne(("sql", "kafka", "http", "folder")),)


@dataclass(frozen=True, slots=True)
class ProjectionSpec:
    """The id survives in a field."""

    field: Annotated[str, _FIELD, "The field that holds the canary's id."]


@dataclass(frozen=True, slots=True)
class AggregateSpec:
    """Canaries form groups of their own, whose count and sum per window are known beforehand."""

    group_key: Annotated[str, _FIELD, "The field that results are grouped by."]
    window: Annotated[int, Duration(), "The length of the windows that are aggregated."]
    count_field: Annotated[str, _FIELD, "The field of the result that holds how many events are in it."] = ""
    sum_field: Annotated[str, _FIELD, "The field of the result that holds the sum."] = ""


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """Both sides are sent to; the id survives in a field of the result."""

    other: Annotated[SourceSpec, "The other side."]
    key: Annotated[str, _FIELD, "The field that both sides are joined by."]
    field: Annotated[str, _FIELD, "The field of the result that holds the event's id."] = ""
    within: Annotated[int | None, Duration(), "How far the two may be apart."] = None


@dataclass(frozen=True, slots=True)
class CdcSpec:
    """The canary is a row of the source table."""

    url: Annotated[str, Address(), "May hold settings; is never shown."]
    table: Annotated[str, Matching(_TABLE, "a table", _LETTERS), "The table whose changes are captured."]
    id_column: Annotated[str, Matching(_COLUMN, "a column", _LETTERS), "The column that holds the event's id."]


@dataclass(frozen=True, slots=True)
class ContractSpec:
    """How an event's identity survives the flow, with what that needs."""

    projection: Annotated[ProjectionSpec | None, "The canary's id survives in a field."] = None
    aggregate: Annotated[
        AggregateSpec | None, Postponed(Nested(AggregateSpec), _UNMEASURED), "Events are summed up."
    ] = None
    join: Annotated[JoinSpec | None, Postponed(Nested(JoinSpec), _UNMEASURED), "Events are joined with others."] = None
    cdc: Annotated[CdcSpec | None, Postponed(Nested(CdcSpec), _UNMEASURED), "Changes of a table are captured."] = None

    RULES: ClassVar = (ExactlyOne(("projection", "aggregate", "join", "cdc")),)


_CONTRACT = Either(
    scalar=Postponed(Choice(_CONTRACTS), _UNMEASURED, lambda value: value in _FOLLOWED),
    mapping=Nested(ContractSpec),
    writes=lambda value: Choice(_CONTRACTS) if isinstance(value, str) else Nested(ContractSpec),
)


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A flow with its source, stages, sink and owner."""

    source: Annotated[SourceSpec, "Where the flow begins."]
    sink: Annotated[SinkSpec, "Where the flow ends."]
    stages: Annotated[tuple[StageSpec, ...], "From source to sink."] = ()
    description: Annotated[str, "What it carries, and for whom."] = ""
    owner: Annotated[str, "The team that answers for it."] = ""
    contract: Annotated[str | ContractSpec, _CONTRACT, "How an event's identity survives the flow."] = "passthrough"
    dead_letters: Annotated[
        tuple[TopicSpec, ...],
        Postponed(ListOf(Nested(TopicSpec)), _UNTAPPED, lambda value: not value),
        "Topics for what could not be processed.",
    ] = ()
    runbook: Annotated[str, "Where it is written what to do; an address."] = ""
    review_date: Annotated[date | None, Day(), "When its promises are looked at again."] = None


def _build(document: Document, spec: PipelineSpec) -> Pipeline:
    contract, terms = _contract(spec.contract)
    return Pipeline(
        name=document.name,
        description=spec.description,
        owner=spec.owner,
        source=_topic(spec.source.kafka),
        stages=_stages(document.spec.child("stages"), spec.stages),
        sink=_sink(spec.sink),
        sink_group=spec.sink.consumer_group or None,
        contract=contract,
        labels=document.labels,
        defined_at=document.defined_at,
        contract_terms=terms,
        sink_commit_interval_ns=spec.sink.commit_interval,
        dead_letters=tuple(_topic(topic) for topic in spec.dead_letters),
        runbook_url=spec.runbook or None,
        review_date=spec.review_date.isoformat() if spec.review_date else None,
    )


def _contract(given: str | ContractSpec) -> tuple[Contract, Mapping[str, object]]:
    if isinstance(given, str):
        return Contract(given), {}
    for each in Contract:
        if (terms := getattr(given, each.value, None)) is not None:
            return each, write_spec(terms)
    return Contract.PASSTHROUGH, {}


def _sink(spec: SinkSpec) -> Place:
    if spec.sql is not None:
        return _table(spec.sql)
    if spec.http is not None:
        http = spec.http
        return HttpSink(http.url, http.mode == "push", http.headers, http.id_field, http.on_error)
    if spec.folder is not None:
        return FolderSink(spec.folder.path, spec.folder.format, spec.folder.id_field)
    return _topic(spec.kafka or TopicSpec(""))


def _topic(spec: TopicSpec) -> KafkaTopic:
    return KafkaTopic(spec.cluster, spec.topic, spec.partitions)


def _stages(node: Node, specs: tuple[StageSpec, ...]) -> tuple[Stage, ...]:
    taken = {SOURCE, SINK}
    for index, spec in enumerate(specs):
        if spec.name in taken:
            what = f"the stage {spec.name} is there twice"
            node.notes.add(node.at(index, "name"), "E301", what, f"rename it; {SOURCE} and {SINK} are taken")
        taken.add(spec.name)
    return tuple(_stage(spec) for spec in specs)


def _stage(spec: StageSpec) -> Stage:
    return Stage(
        name=spec.name,
        output=_topic(spec.kafka),
        consumer_group=spec.consumer_group or None,
        commit_interval_ns=spec.commit_interval,
        dead_letter=_topic(spec.dead_letter) if spec.dead_letter else None,
        description=spec.description,
        runbook_url=spec.runbook or None,
    )


def _table(spec: TableSpec) -> SqlTable:
    return SqlTable(
        url=spec.url,
        table=spec.table,
        id_column=spec.id_column,
        seen_at_column=spec.seen_at_column or None,
        marker_column=spec.marker_column or None,
        unique=spec.unique,
    )


def _check(linked: Linked, notes: Notebook) -> None:
    care_lints.check(linked, notes)
    size_lints.check_groups(linked, notes)


KIND = kind(OURS, "Pipeline", PipelineSpec, _build, _check)
