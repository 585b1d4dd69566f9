"""OpenSLO `AlertCondition`: the burn rate from which an SLO alerts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.shapes import Description, Length, LengthShape, Number
from slo_service.definitions.metadata import OpenSloPartMetadataSpec
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Choice
from slo_service.definitions.shape.postponed import NOT_YET
from slo_service.domain.indicator import Comparison
from slo_service.domain.slo import Severity

_AT_ONCE = Length("0m", 0)
_PAGES = frozenset(
    [
        "page",
        "pager",
        "paging",
        "critical",
        "crit",
        "high",
        "highest",
        "urgent",
        "emergency",
        "fatal",
        "sev0",
        "sev1",
        "p0",
        "p1",
        "1",
    ]
)
_TICKETS = frozenset(
    [
        "ticket",
        "warning",
        "warn",
        "medium",
        "moderate",
        "minor",
        "low",
        "lowest",
        "info",
        "informational",
        "notice",
        "sev2",
        "sev3",
        "sev4",
        "sev5",
        "p2",
        "p3",
        "p4",
        "p5",
        "2",
        "3",
        "4",
        "5",
    ]
)


@dataclass(frozen=True, slots=True)
class BurnRateSpec:
    """A burn rate over the last so much time."""

    threshold: Annotated[Fraction, Number(), "Budget spent per budget earned; 1 spends it all by the window's end."]
    lookback_window: Annotated[Length, LengthShape(), "Over how much time the burn rate is taken."]
    kind: Annotated[str, Choice(("burnrate",)), "A burn rate; OpenSLO has no other yet."] = "burnrate"
    op: Annotated[str, Choice(("gt", "gte", "lt", "lte")), "How the burn rate compares with the threshold."] = "gt"
    alert_after: Annotated[Length, LengthShape(zero=True), "How long that must last before it alerts."] = _AT_ONCE


@dataclass(frozen=True, slots=True)
class AlertConditionSpec:
    """The burn rate from which an SLO alerts, and how serious that is."""

    severity: Annotated[str, "Such as page or ticket."]
    condition: Annotated[BurnRateSpec, "When it alerts."]
    description: Annotated[str, Description(), "What it is for."] = ""


@dataclass(frozen=True, slots=True)
class ConditionDraft:
    """`judged` is false for a burn rate that alerts when it is low. `node` is the condition's, for what is wrong."""

    severity: Severity
    threshold: Fraction
    inclusive: bool
    judged: bool
    lookback_ns: int
    after_ns: int
    node: Node


def condition_draft(node: Node, spec: AlertConditionSpec) -> ConditionDraft:
    """`node` is that of the spec."""
    below, rate = node.child("condition"), spec.condition
    judged = rate.op in (Comparison.GT, Comparison.GTE)
    if not judged:
        instead = "it raises no alert; write op: gt to alert on a budget that is spent too fast"
        below.child("op").fault(NOT_YET, f"{below.path}.op: {rate.op} is declared, not carried out yet", instead)
    if rate.op == Comparison.GTE and rate.threshold == 0:
        below.child("threshold").fault("E207", "every burn rate is at least 0", "write a threshold above 0, or op: gt")
    return ConditionDraft(
        severity=_severity(node.child("severity"), spec.severity),
        threshold=rate.threshold,
        inclusive=rate.op == Comparison.GTE,
        judged=judged,
        lookback_ns=rate.lookback_window.ns,
        after_ns=rate.alert_after.ns,
        node=below,
    )


def _severity(node: Node, word: str) -> Severity:
    plain = word.lower().replace("-", "").replace("_", "").replace(" ", "")
    if plain in _PAGES:
        return Severity.PAGE
    if plain not in _TICKETS and word:
        node.fault(
            NOT_YET, f"{word!r} is no severity that is known here", "it is taken as a ticket; write page or ticket"
        )
    return Severity.TICKET


def _build(document: Document, spec: AlertConditionSpec) -> ConditionDraft:
    return condition_draft(document.spec, spec)


KIND = kind(OPENSLO, "AlertCondition", AlertConditionSpec, _build, metadata=OpenSloPartMetadataSpec)
