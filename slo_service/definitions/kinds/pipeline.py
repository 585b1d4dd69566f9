"""`Pipeline`: a flow with its source, stages, sink and owner."""

from __future__ import annotations

import re

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.kind import Kind, Linked
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.pipeline import Contract, KafkaTopic, Pipeline, SqlTable, Stage

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_GROUP = re.compile(r"[!-~]{1,255}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}")
_INSTEAD = "write passthrough or projection, and let the canary's id survive in a field"
_LATER_CONTRACTS = dict.fromkeys(("aggregate", "join", "cdc"), _INSTEAD)


def _read(document: Document) -> Pipeline:
    spec = document.spec.fields("description", "owner", "stages", "contract", needs=("source", "sink"))
    source = spec["source"].fields(needs=("kafka",))
    sink, sink_group = _sink(spec["sink"])
    return Pipeline(
        name=document.name,
        description=spec["description"].text(),
        owner=spec["owner"].text(),
        source=_topic(source["kafka"]),
        stages=_stages(spec["stages"]),
        sink=sink,
        sink_group=sink_group,
        contract=Contract(spec["contract"].choice("passthrough", "projection", later=_LATER_CONTRACTS)),
        labels=document.labels,
        defined_at=document.defined_at,
    )


def _topic(node: Node) -> KafkaTopic:
    fields = node.fields("cluster", needs=("topic",))
    remedy = "use at most 249 letters, digits, . _ and -"
    return KafkaTopic(fields["cluster"].text("main"), fields["topic"].matching(_TOPIC, "a topic", remedy))


def _stages(node: Node) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    for item in node.items():
        fields = item.fields("consumerGroup", needs=("name", "kafka"))
        name = fields["name"].name()
        if name in {SOURCE, SINK, *(stage.name for stage in stages)}:
            fields["name"].fault(
                "E301", f"the stage {name} is there twice", f"rename it; {SOURCE} and {SINK} are taken"
            )
        stages.append(Stage(name, _topic(fields["kafka"]), _group(fields["consumerGroup"])))
    return tuple(stages)


def _group(node: Node) -> str | None:
    return node.matching(_GROUP, "a consumer group", "write the group.id of the consumer") or None


def _sink(node: Node) -> tuple[KafkaTopic | SqlTable, str | None]:
    kind = node.one_of("sql", "kafka", beside=("consumerGroup",))
    group = _group(node.child("consumerGroup"))
    if kind == "sql":
        return _table(node.child("sql")), group
    return _topic(node.child("kafka")), group


def _table(node: Node) -> SqlTable:
    fields = node.fields("seenAtColumn", "markerColumn", needs=("url", "table", "idColumn"))
    remedy = "use letters, digits and _"
    return SqlTable(
        url=fields["url"].url(),
        table=fields["table"].matching(_TABLE, "a table", remedy),
        id_column=fields["idColumn"].matching(_COLUMN, "a column", remedy),
        seen_at_column=fields["seenAtColumn"].matching(_COLUMN, "a column", remedy) or None,
        marker_column=fields["markerColumn"].matching(_COLUMN, "a column", remedy) or None,
    )


def _check(linked: Linked, notes: Notebook) -> None:
    for draft in linked.drafts.every(Pipeline):
        if not draft.value.owner and not draft.document.spec.child("owner"):
            what = f"the pipeline {draft.document.name} has no owner"
            notes.add(draft.document.spec.mark, "W501", what, "add owner: with the team that answers for it")


KIND = Kind(OURS, "Pipeline", _read, _check)
