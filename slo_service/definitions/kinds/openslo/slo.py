"""OpenSLO `SLO`: what is promised, of which measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.alert_policy import (
    POLICY_ITEM,
    AlertPolicyItemSpec,
    AttachedPolicy,
    attached_policies,
)
from slo_service.definitions.kinds.openslo.grouping import grouping
from slo_service.definitions.kinds.openslo.objective import (
    BUDGETING,
    ObjectiveDraft,
    ObjectiveSpec,
    objective_drafts,
)
from slo_service.definitions.kinds.openslo.shapes import Description
from slo_service.definitions.kinds.openslo.sli import IndicatorDraft, IndicatorSpec, indicator_draft
from slo_service.definitions.kinds.openslo.window import TimeWindowSpec, Window, window
from slo_service.definitions.metadata import OpenSloMetadataSpec
from slo_service.definitions.notebook import Reference as Referred
from slo_service.definitions.shape import AtMostOne, Choice, ListOf, Name, Reference, record
from slo_service.definitions.shape.port import JsonSchema
from slo_service.domain.grouping import Grouping

_MEASURED: JsonSchema = {"anyOf": [{"required": ["indicator"]}, {"required": ["indicatorRef"]}]}

_LIMITED: JsonSchema = {"anyOf": [{"required": ["op"]}, {"required": ["value"]}]}


def _each(objective: JsonSchema) -> JsonSchema:
    return {"properties": {"objectives": {"items": objective}}}


def _counts(method: str) -> JsonSchema:
    return {"required": ["budgetingMethod"], "properties": {"budgetingMethod": {"const": method}}}


def _inline(metric: str) -> JsonSchema:
    inner = {"required": ["spec"], "properties": {"spec": {"required": [metric]}}}
    return {"required": ["indicator"], "properties": {"indicator": inner}}


@dataclass(frozen=True, slots=True)
class SloSpec:
    """What is promised, of which measurement."""

    service: Annotated[str, Name(), "The Service it belongs to; looked up where any is declared."]
    budgeting_method: Annotated[str, Choice(BUDGETING), "Whether events or slices of time are counted."]
    objectives: Annotated[
        tuple[ObjectiveSpec, ...], ListOf(record(ObjectiveSpec), at_least=1), "Each becomes an SLO of its own."
    ]
    time_window: Annotated[
        tuple[TimeWindowSpec, ...], ListOf(record(TimeWindowSpec), 1, 1), "One; the last 28 days, else."
    ] = ()
    description: Annotated[str, Description(), "What is promised, in a sentence."] = ""
    indicator: Annotated[IndicatorSpec | None, "What is measured."] = None
    indicator_ref: Annotated[str, Reference("SLI"), "The SLI that says what is measured."] = ""
    alert_policies: Annotated[
        tuple[str | AlertPolicyItemSpec, ...], ListOf(POLICY_ITEM), "When it alerts; by Alerting documents, else."
    ] = ()

    RULES: ClassVar = (AtMostOne(("indicator", "indicatorRef")),)
    ALSO: ClassVar = (
        {"properties": {"timeWindow": {"maxItems": 1}}},
        {"if": _MEASURED, "then": _each({"not": _MEASURED}), "else": _each(_MEASURED)},
        {"if": _counts("Timeslices"), "then": _each({"required": ["timeSliceTarget", "timeSliceWindow"]})},
        {"if": _counts("RatioTimeslices"), "then": _each({"required": ["timeSliceWindow"]})},
        {"if": _inline("thresholdMetric"), "then": _each({"required": ["op", "value"]})},
        {"if": _inline("ratioMetric"), "then": _each({"not": _LIMITED})},
        {"if": _MEASURED, "then": _each({"not": {"required": ["compositeWeight"]}})},
    )


@dataclass(frozen=True, slots=True)
class SloDraft:
    """An SLO before its indicator, canary, stage and alerting are looked up."""

    description: str
    service: str
    indicator: IndicatorDraft | None
    indicator_ref: str
    objectives: tuple[ObjectiveDraft, ...]
    composite: bool
    window: Window
    policies: tuple[AttachedPolicy, ...]
    grouping: Grouping | None = None

    @property
    def is_composite(self) -> bool:
        return self.composite and len(self.objectives) > 1

    def names(self, document: Document) -> tuple[str, ...]:
        """The name of each objective's SLO: the document's, followed by what tells it from others if there are any."""
        if self.is_composite or len(self.objectives) < 2:
            return tuple(document.name for _ in self.objectives)
        return tuple(f"{document.name}-{each.slug}" for each in self.objectives)


def _build(document: Document, spec: SloSpec) -> SloDraft:
    node = document.spec
    service = node.child("service")
    document.notes.references.append(Referred("Service", spec.service, service.mark, needed=False))
    if pipeline := document.labels.get("pipeline"):
        mark = document.metadata.at("labels", "pipeline")
        document.notes.references.append(Referred("Pipeline", pipeline, mark))
    composite = any(objective.is_member for objective in spec.objectives)
    _one_way_to_measure(document, composite)
    below = node.child("indicator").child("spec")
    draft = SloDraft(
        description=spec.description,
        service=spec.service,
        indicator=indicator_draft(below, spec.indicator.spec) if spec.indicator else None,
        indicator_ref=spec.indicator_ref,
        objectives=objective_drafts(
            node.child("objectives"), spec.objectives, spec.budgeting_method, composite=composite
        ),
        composite=composite,
        window=window(node.child("timeWindow"), spec.time_window),
        policies=attached_policies(node.child("alertPolicies"), spec.alert_policies),
        grouping=grouping(document),
    )
    _told_apart(document, draft)
    return draft


def _one_way_to_measure(document: Document, composite: bool) -> None:
    node = document.spec
    given = next((key for key in ("indicator", "indicatorRef") if node.child(key)), None)
    if composite and given:
        remedy = f"remove spec.{given}, or the indicators of the objectives"
        node.child(given).fault("E211", f"both the SLO and its objectives have an {given}", remedy)
    elif not composite and not given and node.entries():
        node.fault("E202", "spec has no indicator", "add indicator: …, or indicatorRef: with the name of an SLI")


def _told_apart(document: Document, draft: SloDraft) -> None:
    seen: set[str] = set()
    for name, objective in zip(draft.names(document), draft.objectives, strict=True):
        if name in seen and not draft.composite:
            what = f"another objective of {document.name} would be called {name} too"
            remedy = "give each a displayName of its own"
            document.notes.add(objective.node.at("displayName"), "E301", what, remedy)
        seen.add(name)


KIND = kind(OPENSLO, "SLO", SloSpec, _build, metadata=OpenSloMetadataSpec)
