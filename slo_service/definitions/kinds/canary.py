"""`Canary`: a marked event sent once a period to every partition of a pipeline's source."""

from __future__ import annotations

from slo_service.definitions import freeform
from slo_service.definitions.document import OURS, Document, Draft
from slo_service.definitions.kinds.kind import Kind, Linked
from slo_service.definitions.notebook import Notebook
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Pipeline, SqlTable

ID_FIELD = "${canary.id}"
FIELDS = frozenset(f"canary.{name}" for name in ("id", "seq", "partition", "run", "sent_at"))


def _read(document: Document) -> Canary:
    spec = document.spec.fields(
        "deadline",
        "sendTimeout",
        "poll",
        "expectedTransit",
        "markerValue",
        "region",
        needs=("pipeline", "every", "template", "markerField"),
    )
    transit = spec["expectedTransit"]
    spec["template"].entries()
    template = freeform.plain(spec["template"], fields=FIELDS)
    return Canary(
        name=document.name,
        pipeline=spec["pipeline"].reference("Pipeline"),
        every_ns=spec["every"].duration(),
        template=template if isinstance(template, dict) else {},
        marker_field=spec["markerField"].text(),
        deadline_ns=spec["deadline"].duration(5 * MINUTE),
        send_timeout_ns=spec["sendTimeout"].duration(10 * SECOND),
        poll_ns=spec["poll"].duration(SECOND),
        expected_transit_ns=transit.duration() if transit else None,
        marker_value=spec["markerValue"].text("slo-canary"),
        region=spec["region"].name() or "main",
        labels=document.labels,
        defined_at=document.defined_at,
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


KIND = Kind(OURS, "Canary", _read, _check)
