"""OpenSLO `SLO` with an inline indicator read from a stream: what is promised, of which measurement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.indicator import IndicatorDraft, read_indicator
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Reference
from slo_service.domain.instant import DAY
from slo_service.domain.tally import Objective

_LONGEST_WINDOW = 400 * DAY  # 15-minute rows are kept that long
_FALLBACK = Objective(Fraction(1, 2))  # stands in where the objective is wrong; the draft is broken then
_LATER = {
    "indicatorRef": "write the indicator inline, under indicator:",
    "alertPolicies": "write an Alerting document whose selector matches this SLO",
}
_LATER_OBJECTIVE = {
    "op": "write a stream indicator with its threshold, such as freshness: {within: 30s}",
    "value": "write a stream indicator with its threshold, such as freshness: {within: 30s}",
    "indicator": "write one SLO for each indicator",
    "indicatorRef": "write one SLO for each indicator",
    "compositeWeight": "write one SLO for each indicator",
    "timeSliceTarget": "write budgetingMethod: Occurrences",
    "timeSliceWindow": "write budgetingMethod: Occurrences",
}
_LATER_BUDGETING = dict.fromkeys(("Timeslices", "RatioTimeslices"), "write Occurrences")
_CALENDAR_UNIT = re.compile(r"[0-9]+[MQY]")


@dataclass(frozen=True, slots=True)
class SloDraft:
    """An SLO before its canary, stage and alerting are looked up."""

    description: str
    service: str
    indicator: IndicatorDraft | None
    objective: Objective
    window_ns: int


def _read(document: Document) -> SloDraft:
    measured = () if document.spec.child("indicatorRef") else ("indicator",)
    spec = document.spec.fields(
        "description",
        "indicator",
        needs=("service", *measured, "timeWindow", "budgetingMethod", "objectives"),
        later=_LATER,
    )
    spec["budgetingMethod"].choice("Occurrences", later=_LATER_BUDGETING)
    service = spec["service"].name()
    document.notes.references.append(Reference("Service", service, spec["service"].mark))
    if pipeline := document.labels.get("pipeline"):
        mark = document.metadata.at("labels", "pipeline")
        document.notes.references.append(Reference("Pipeline", pipeline, mark))
    return SloDraft(
        description=spec["description"].text(),
        service=service,
        indicator=read_indicator(spec["indicator"]) if spec["indicator"] else None,
        objective=_objective(spec["objectives"]),
        window_ns=_window(spec["timeWindow"]),
    )


def _window(node: Node) -> int:
    default = 28 * DAY
    windows = node.items(at_least=1)
    if not windows:
        return default
    if len(windows) > 1:
        windows[1].fault("E211", "more than one time window", "write one SLO for each window")
    later = {"calendar": "write a rolling window: {duration: 28d, isRolling: true}"}
    fields = windows[0].fields("isRolling", needs=("duration",), later=later)
    if not fields["isRolling"].truth(default=False) and "calendar" not in windows[0].entries():
        mark = windows[0].at("isRolling")
        what = "windows that do not roll are not supported yet"
        node.notes.add(mark, "E210", what, "write isRolling: true")
    duration = fields["duration"]
    if _CALENDAR_UNIT.fullmatch(duration.written):
        duration.fault(
            "E210", f"{duration.written} is a calendar's unit, which is not supported yet", "write 28d or 30d"
        )
        return default
    window_ns = duration.duration(default)
    if window_ns > _LONGEST_WINDOW:
        duration.fault("E207", "the window is longer than counts are kept", f"write at most {_LONGEST_WINDOW // DAY}d")
    return window_ns


def _objective(node: Node) -> Objective:
    objectives = node.items(at_least=1)
    if not objectives:
        return _FALLBACK
    if len(objectives) > 1:
        what = "more than one objective is not supported yet"
        objectives[1].fault("E210", what, "write one SLO for each objective; they share their history")
    fields = objectives[0].fields("displayName", "target", "targetPercent", later=_LATER_OBJECTIVE)
    fields["displayName"].text()
    given = [field for field in (fields["target"], fields["targetPercent"]) if field]
    if len(given) != 1:
        what = f"the objective has {'both' if given else 'neither'} target and targetPercent"
        objectives[0].fault("E211", what.replace("neither target and", "neither target nor"), "write target: 0.999")
        return _FALLBACK
    return _target(given[0], Fraction(1, 100) if fields["targetPercent"] else Fraction(1))


def _target(node: Node, unit: Fraction) -> Objective:
    wrong_before = node.notes.errors
    target = node.share() * unit
    if unit < 1 and node.written.endswith("%"):
        node.fault("E203", f"{node.path} is percent already", "write targetPercent: 99.9")
    if node.notes.errors > wrong_before:
        return _FALLBACK
    if 0 < target < 1:
        return Objective(target)
    if target == 1:
        node.fault("E401", "an objective of 100 % leaves no budget", "write what users need, such as target: 0.999")
    else:
        what = f"an objective of {node.written} is outside 0 to 1"
        node.fault("E401", what, "write target: 0.999, or targetPercent: 99.9")
    return _FALLBACK


KIND = Kind(OPENSLO, "SLO", object, lambda document: (None, _read(document)))
