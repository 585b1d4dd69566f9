"""What an objective measures: its indicator looked up, with the canary and pipeline behind it, or the data source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slo_service.definitions.document import Document, Draft, Drafts
from slo_service.definitions.kinds.openslo.objective import ObjectiveDraft
from slo_service.definitions.kinds.openslo.sli import IndicatorDraft, QueryDraft, Sli
from slo_service.definitions.kinds.openslo.slo import SloDraft
from slo_service.definitions.kinds.openslo.stream import StreamDraft
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape.postponed import NOT_YET
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.indicator import Composite, Indicator, Member, Ratio, Threshold, Timing
from slo_service.domain.instant import MINUTE
from slo_service.domain.pipeline import Canary, DataSource, Pipeline

NO_COLLECTOR = "W505"
QUERY_TIMING = Timing(horizon_ns=MINUTE, grace_ns=3 * MINUTE)  # a scrape and a poll a minute


@dataclass(frozen=True, slots=True)
class Measured:
    """An indicator with what it is measured by; `broken` where any of it has mistakes of its own."""

    indicator: IndicatorDraft | None
    canary: Draft[Canary] | None
    broken: bool

    @property
    def pipeline(self) -> str | None:
        """That of its canary; None where it has none."""
        return self.canary.value.pipeline if self.canary else None


def measured(slo: SloDraft, objective: ObjectiveDraft, drafts: Drafts) -> Measured:
    """The objective's own indicator, else that of its SLO."""
    own = objective.indicator is not None or bool(objective.indicator_ref)
    inline, reference = (objective if own else slo).indicator, (objective if own else slo).indicator_ref
    indicator, broken = inline, False
    if inline is None and reference:
        shared = drafts.named(Sli).get(reference)
        indicator, broken = (shared.value.indicator, shared.broken) if shared else (None, True)
    canary = None
    if isinstance(indicator, StreamDraft) and indicator.canary is not None:
        canary = drafts.named(Canary).get(indicator.canary)
        broken = broken or canary is None or canary.broken
    return Measured(indicator, canary, broken or indicator is None)


def pipeline_of(document: Document, parts: list[Measured], notes: Notebook) -> str | None:
    """From the label, or by way of the canaries, which must not contradict it; empty for what measures none. None:
    it cannot be told."""
    label = document.labels.get("pipeline")
    mark = document.metadata.at("labels", "pipeline")
    for part in parts:
        if label and part.canary and part.pipeline and label != part.pipeline:
            canary = part.canary.document.name
            what = f"the label says pipeline {label}, but the canary {canary} is of {part.pipeline}"
            notes.add(mark, "E306", what, f"write pipeline: {part.pipeline}, or use a canary of {label}")
            return None
    through = sorted({part.pipeline for part in parts if part.pipeline})
    if label or len(through) == 1:
        return label or through[0]
    if len(through) > 1:
        what = f"its canaries are of several pipelines: {', '.join(through)}"
        notes.add(document.name_mark, "E306", what, "write one SLO for each pipeline, or use canaries of one")
        return None
    if any(isinstance(part.indicator, StreamDraft) and part.indicator.kind == "lag" for part in parts):
        notes.add(document.name_mark, "E306", "nothing says which pipeline this is about", "add labels: {pipeline: …}")
        return None
    return "" if all(isinstance(part.indicator, QueryDraft) for part in parts) else None


def sits_on(document: Document, part: Measured, pipeline: Pipeline) -> None:
    """The hop of a stream is one of the pipeline's."""
    if isinstance(part.indicator, StreamDraft):
        part.indicator.check_place(document, pipeline)


def built(part: Measured, objective: ObjectiveDraft, drafts: Drafts, notes: Notebook) -> Indicator | None:
    """None when something it stands on is missing, which is said here or has been said."""
    match part.indicator:
        case StreamDraft() as stream:
            _no_limit(objective, notes)
            return stream.build(part.canary.value if part.canary else None)
        case QueryDraft() as query:
            sources = drafts.sound(DataSource)
            _sources_fit(query, sources, notes)
            if not query.is_threshold:
                _idle_limit(objective, notes)
                return query.ratio(sources)
            metric, limit = query.metric(sources), objective.limit
            if limit is None and not objective.node.child("value"):
                lacking = "value" if objective.node.child("op") else "op and value"
                what = f"{objective.node.path} has no {lacking}, which a thresholdMetric needs"
                notes.add(objective.node.mark, "E202", what, "add op: lt and value: 0.3, say")
            return Threshold(metric, limit.op, limit.value) if metric and limit else None
        case None:
            return None


def _no_limit(objective: ObjectiveDraft, notes: Notebook) -> None:
    for key in ("op", "value"):
        if objective.node.child(key):
            what = f"{objective.node.path}.{key} is for a thresholdMetric only"
            notes.add(objective.node.at(key), "E201", what, "remove it; a ratio tells good from bad itself")


def _idle_limit(objective: ObjectiveDraft, notes: Notebook) -> None:
    """OpenSLO's own examples have an operator beside a ratio, where it means nothing."""
    op = objective.node.child("op")
    if op and not objective.node.child("value"):
        op.fault(NOT_YET, f"{op.path} says nothing of a ratio", "a ratio tells good from bad itself; remove it")
    else:
        _no_limit(objective, notes)


def _sources_fit(query: QueryDraft, sources: Mapping[str, DataSource], notes: Notebook) -> None:
    for key, spec in query.metrics.items():
        node, declared = query.source(key), sources.get(spec.metric_source_ref)
        if declared and spec.type and declared.kind.lower() != spec.type.lower():
            what = f"{node.path}.type is {spec.type}, but the data source {declared.name} is of type {declared.kind}"
            notes.add(node.at("type"), "E208", what, "remove type, or name another data source")


def timing(part: Measured) -> Timing:
    if isinstance(part.indicator, StreamDraft):
        return part.indicator.timing(part.canary.value if part.canary else None)
    return QUERY_TIMING


def composite(parts: list[tuple[Indicator, ObjectiveDraft]]) -> Composite:
    return Composite(
        tuple(
            Member(
                each.title or str(each.at + 1),
                indicator,
                each.objective.target,
                each.weight,
                slice_target=each.budgeting.target if isinstance(each.budgeting, Timeslices) else None,
            )
            for indicator, each in parts
        )
    )


def say_unmeasured(part: Measured, indicator: Indicator, notes: Notebook) -> None:
    """That no collector asks other systems yet."""
    if isinstance(indicator, Ratio | Threshold) and isinstance(part.indicator, QueryDraft):
        source = indicator.metric.source
        what = f"no collector measures metrics of {source} yet"
        remedy = "the SLO is shown as not measured; measure with canaries, as type: stream, to have it judged"
        notes.add(part.indicator.node.mark, NO_COLLECTOR, what, remedy)
