"""`Canary`: a marked event sent once a period to every partition of a pipeline's source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated

from slo_service.definitions.document import OURS, Document, Draft
from slo_service.definitions.kinds.kind import Linked, kind
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Choice, Duration, Free, Name, Reference, Share, Whole, write_spec
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Key, Nested
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Pipeline, SqlTable

ID_FIELD = "${canary.id}"
FIELDS = frozenset(f"canary.{name}" for name in ("id", "seq", "partition", "run", "sent_at"))


_SENT = "until then it is sent with a binary envelope and a key of its own, and is not tombstoned"
_READ = "until then readers see committed records only"
_CORRECT = "until then arriving canaries are not compared"


@dataclass(frozen=True, slots=True)
class SendSpec:
    """How it is sent."""

    envelope: Annotated[str, Choice(("binary", "json")), "Of the headers."] = "binary"
    key_field: Annotated[str, "The field of the body that is also the record's key."] = ""
    keys: Annotated[int, Whole(1, 1_000_000), "How many keys it goes through, which bounds keyed state."] = 64
    tombstone: Annotated[bool, "Whether its key is deleted after the deadline, on a compacted topic."] = False
    event_time: Annotated[
        str, Choice(("now", "lastRecord")), "lastRecord where its time could push a watermark ahead of real records."
    ] = "now"
    event_time_field: Annotated[str, "The field of the body that holds it."] = ""
    amount_field: Annotated[str, "A field for random amounts, for a contract that sums."] = ""
    most_of_traffic: Annotated[Fraction | None, Share(), "The highest share of all records it may be."] = None
    headers: Annotated[Mapping[str, object], Free(settings=True), "Beside its own."] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadSpec:
    """How it is looked for."""

    isolation: Annotated[str, Choice(("readCommitted", "readUncommitted")), "That of the business consumer."] = (
        "readCommitted"
    )
    identity_field: Annotated[str, "The field that holds its id, where headers do not survive."] = ""
    from_: Annotated[str, Choice(("end", "position")), Key("from"), "Where a reader begins after a restart."] = (
        "position"
    )
    overlap: Annotated[int | None, Duration(), "How far back each read of a table goes again."] = None


@dataclass(frozen=True, slots=True)
class CanarySpec:
    """A marked event sent once a period to every partition of a pipeline's source."""

    pipeline: Annotated[str, Reference("Pipeline"), "The pipeline whose source it is sent to."]
    every: Annotated[int, Duration(), "Time between two canaries of one partition; each is sent at a random instant."]
    template: Annotated[Mapping[str, object], Free(fields=FIELDS), "The body, valid for the topic's schema."]
    marker_field: Annotated[str, "The field of the body that marks a canary for those who must leave it out."]
    deadline: Annotated[int, Duration(), "When completeness is judged."] = 5 * MINUTE
    send_timeout: Annotated[int, Duration(), "After it a send without an answer counts as refused."] = 10 * SECOND
    poll: Annotated[int, Duration(), "How often a sink that must be asked, such as a table, is read."] = SECOND
    expected_transit: Annotated[int | None, Duration(), "How long the way usually takes; lints compare with it."] = None
    marker_value: Annotated[str, "What the marker field holds."] = "slo-canary"
    region: Annotated[str, Name(), "From where it is sent."] = "main"
    commit_interval: Annotated[
        int | None, Duration(), "Checkpoints and transactions of the whole way; the sum of the stages' unless given."
    ] = None
    send: Annotated[SendSpec | None, Postponed(Nested(SendSpec), _SENT), "How it is sent."] = None
    read: Annotated[ReadSpec | None, Postponed(Nested(ReadSpec), _READ), "How it is looked for."] = None
    expect: Annotated[
        Mapping[str, object], Postponed(Free(fields=FIELDS), _CORRECT), "What fields hold when it arrives."
    ] = field(default_factory=dict)


def _build(document: Document, spec: CanarySpec) -> Canary:
    return Canary(
        name=document.name,
        pipeline=spec.pipeline,
        every_ns=spec.every,
        template=spec.template,
        marker_field=spec.marker_field,
        deadline_ns=spec.deadline,
        send_timeout_ns=spec.send_timeout,
        poll_ns=spec.poll,
        expected_transit_ns=spec.expected_transit,
        marker_value=spec.marker_value,
        region=spec.region,
        labels=document.labels,
        defined_at=document.defined_at,
        commit_interval_ns=spec.commit_interval,
        options={
            **({"send": write_spec(spec.send)} if spec.send else {}),
            **({"read": write_spec(spec.read)} if spec.read else {}),
            **({"expect": spec.expect} if spec.expect else {}),
        },
    )


def _check(linked: Linked, notes: Notebook) -> None:
    pipelines = linked.drafts.sound(Pipeline)
    for draft in linked.drafts.every(Canary):
        pipeline = pipelines.get(draft.value.pipeline)
        if pipeline is not None and not draft.broken and isinstance(pipeline.sink, SqlTable):
            _recognisable(draft, pipeline.sink, notes)


def _recognisable(draft: Draft[Canary], sink: SqlTable, notes: Notebook) -> None:
    """The reader finds a canary by the sink's id column, which therefore holds the canary's id and nothing else."""
    if draft.value.template.get(sink.id_column) != ID_FIELD:
        what = f"the template does not fill {sink.id_column}, the sink's id column, with the canary's id"
        mark = draft.document.spec.at("template", sink.id_column)
        notes.add(mark, "E406", what, f'write {sink.id_column}: "{ID_FIELD}" in the template')


KIND = kind(OURS, "Canary", CanarySpec, _build, _check)
