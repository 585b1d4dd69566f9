"""OpenSLO `AlertPolicy`, alone or inline in an SLO: on what it alerts, and whom it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.alert_condition import (
    AlertConditionSpec,
    ConditionDraft,
    condition_draft,
)
from slo_service.definitions.kinds.openslo.alert_notification_target import (
    AlertNotificationTargetSpec,
    TargetDraft,
    target_draft,
)
from slo_service.definitions.kinds.openslo.shapes import Description
from slo_service.definitions.metadata import OpenSloPartMetadataSpec
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Choice, Either, ExactlyOne, ListOf, Reference, Requires, record
from slo_service.definitions.shape.postponed import NOT_YET

_NO_METADATA = OpenSloPartMetadataSpec("")


@dataclass(frozen=True, slots=True)
class ConditionItemSpec:
    """A condition: by name, or written out."""

    condition_ref: Annotated[str, Reference("AlertCondition"), "The AlertCondition of that name."] = ""
    kind: Annotated[str, Choice(("AlertCondition",)), "What is written out here."] = ""
    metadata: Annotated[OpenSloPartMetadataSpec | None, "How it is called."] = None
    spec: Annotated[AlertConditionSpec | None, "The condition itself."] = None

    RULES: ClassVar = (ExactlyOne(("conditionRef", "spec")), Requires("spec", ("metadata",)))


@dataclass(frozen=True, slots=True)
class TargetItemSpec:
    """Who is told: by name, or written out."""

    target_ref: Annotated[str, Reference("AlertNotificationTarget"), "The AlertNotificationTarget of that name."] = ""
    kind: Annotated[str, Choice(("AlertNotificationTarget",)), "What is written out here."] = ""
    metadata: Annotated[OpenSloPartMetadataSpec | None, "How it is called."] = None
    spec: Annotated[AlertNotificationTargetSpec | None, "The target itself."] = None

    RULES: ClassVar = (ExactlyOne(("targetRef", "spec")), Requires("spec", ("metadata",)))


@dataclass(frozen=True, slots=True)
class AlertPolicySpec:
    """On what an SLO alerts, and who is told."""

    conditions: Annotated[tuple[ConditionItemSpec, ...], ListOf(record(ConditionItemSpec), 1, 1), "Exactly one."]
    notification_targets: Annotated[
        tuple[TargetItemSpec, ...], ListOf(record(TargetItemSpec), 1), "Who is told, by name or written out."
    ]
    description: Annotated[str, Description(), "What it is for."] = ""
    alert_when_no_data: Annotated[bool, "Tells when nothing was measured for the lookback window."] = False
    alert_when_resolved: Annotated[bool | None, "Tells when it is over, which happens unless it is false."] = None
    alert_when_breaching: Annotated[bool | None, "Alerts when the condition holds, unless it is false."] = None


@dataclass(frozen=True, slots=True)
class AlertPolicyItemSpec:
    """An alert policy of an SLO: by name, or written out."""

    alert_policy_ref: Annotated[str, Reference("AlertPolicy"), "The AlertPolicy of that name."] = ""
    kind: Annotated[str, Choice(("AlertPolicy",)), "What is written out here."] = ""
    metadata: Annotated[OpenSloPartMetadataSpec | None, "How it is called."] = None
    spec: Annotated[AlertPolicySpec | None, "The policy itself."] = None

    RULES: ClassVar = (ExactlyOne(("alertPolicyRef", "spec")), Requires("spec", ("metadata",)))


POLICY_ITEM = Either(
    scalar=Reference("AlertPolicy"),
    mapping=record(AlertPolicyItemSpec),
    writes=lambda value: Reference("AlertPolicy") if isinstance(value, str) else record(AlertPolicyItemSpec),
)


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """An alert policy before its condition and targets are looked up, where they are named and not written out."""

    name: str
    condition: ConditionDraft | None
    condition_ref: str
    targets: tuple[TargetDraft | str, ...]
    target_marks: tuple[Mark, ...]
    breaching: bool
    no_data: bool
    mark: Mark

    @property
    def defined_at(self) -> str:
        return f"{self.mark.file}:{self.mark.line}"


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """An alert policy of an SLO; `reference` is empty where it is written out."""

    reference: str
    inline: PolicyDraft | None
    mark: Mark


def attached_policies(node: Node, specs: Sequence[str | AlertPolicyItemSpec]) -> tuple[AttachedPolicy, ...]:
    """`node` is the list under `alertPolicies`."""
    items = node.items() if node else []
    found: list[AttachedPolicy] = []
    names: set[str] = set()
    for item, spec in zip(items, specs, strict=False):
        attached = _attached(item, spec)
        name = attached.reference or (attached.inline.name if attached.inline else "")
        if name and name in names:
            item.fault("E301", f"the alert policy {name} is there twice", "remove one of the two, or rename it")
        names.add(name)
        found.append(attached)
    return tuple(found)


def _attached(node: Node, spec: str | AlertPolicyItemSpec) -> AttachedPolicy:
    if isinstance(spec, str) or spec.spec is None:
        reference = spec if isinstance(spec, str) else spec.alert_policy_ref
        return AttachedPolicy(reference, None, node.mark)
    name = (spec.metadata or _NO_METADATA).name
    return AttachedPolicy("", policy_draft(node.child("spec"), spec.spec, name, node.mark), node.mark)


def policy_draft(node: Node, spec: AlertPolicySpec, name: str, mark: Mark) -> PolicyDraft:
    """`node` is that of the spec, `mark` where the policy begins."""
    breaching = spec.alert_when_breaching is not False
    if breaching and spec.alert_when_resolved is False:
        instead = "who was told of an alert is told of its end as well"
        node.child("alertWhenResolved").fault(NOT_YET, f"{node.path}.alertWhenResolved: false is not kept to", instead)
    if not breaching and spec.alert_when_resolved:
        instead = "nobody is told; write alertWhenBreaching: true"
        what = f"{node.path}.alertWhenResolved tells of the end of an alert that is never raised"
        node.child("alertWhenResolved").fault(NOT_YET, what, instead)
    conditions = node.child("conditions").items() if spec.conditions else []
    condition = spec.conditions[0] if spec.conditions else ConditionItemSpec()
    places = node.child("notificationTargets").items() if spec.notification_targets else []
    return PolicyDraft(
        name=name,
        condition=condition_draft(conditions[0].child("spec"), condition.spec) if condition.spec else None,
        condition_ref=condition.condition_ref,
        targets=tuple(_target(p, each) for p, each in zip(places, spec.notification_targets, strict=False)),
        target_marks=tuple(place.mark for place in places),
        breaching=breaching,
        no_data=spec.alert_when_no_data,
        mark=mark,
    )


def _target(node: Node, spec: TargetItemSpec) -> TargetDraft | str:
    if spec.spec is None:
        return spec.target_ref
    metadata = spec.metadata or _NO_METADATA
    return target_draft(spec.spec, metadata.name, metadata.annotations, node.child("metadata"), node.child("spec"))


def _build(document: Document, spec: AlertPolicySpec) -> PolicyDraft:
    return policy_draft(document.spec, spec, document.name, document.mark)


KIND = kind(OPENSLO, "AlertPolicy", AlertPolicySpec, _build, metadata=OpenSloPartMetadataSpec)
