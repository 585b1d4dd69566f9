"""The inline indicator of an SLO: OpenSLO's ratio metric whose source is a stream of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slo_service.definitions.document import Document
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest
from slo_service.definitions.tree import Absent
from slo_service.domain.indicator import SINK, Completeness, Duplicates, Freshness, Indicator, Intake, Lag, Timing
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Canary, Pipeline

LAG_POLL_NS = SECOND  # lag is read at least so often
_GRACE_POLLS = 3  # how long a watermark waits for a reader that is behind
_STREAM = "write raw: {metricSource: {type: stream, spec: {freshness: {…}}}} and rawType: success"
_LATER_SPEC = {"thresholdMetric": f"write ratioMetric with {_STREAM[6:]}"}
_LATER_RATIO = dict.fromkeys(("good", "bad", "total", "counter"), _STREAM)
_INSTEAD = "write freshness, completeness, duplicates, intake or lag"
_LATER_KINDS = dict.fromkeys(("ordering", "correctness", "validity", "arrivals"), _INSTEAD)


@dataclass(frozen=True, slots=True)
class IndicatorDraft:
    """`node` is the mapping under the indicator's kind."""

    kind: str
    canary: str | None
    node: Node
    at: str
    within_ns: int | None
    stage: str | None

    def build(self, canary: Canary | None) -> Indicator:
        """`canary` is there for the kinds that have one."""
        return _BUILD[self.kind](self, canary)

    def timing(self, canary: Canary | None) -> Timing:
        """The horizon after which a count is final, and how long the watermark waits for a reader."""
        poll_ns = canary.poll_ns if canary else LAG_POLL_NS
        horizon_ns = {
            "freshness": self.within_ns or 0,
            "completeness": self.by(canary),
            "duplicates": 0,
            "intake": canary.send_timeout_ns if canary else 0,
            "lag": LAG_POLL_NS,
        }[self.kind]
        return Timing(horizon_ns, _GRACE_POLLS * max(poll_ns, SECOND))  # a topic's readers report once a second

    def by(self, canary: Canary | None) -> int:
        """Until when a canary counts as complete: as declared, else its own deadline."""
        return self.within_ns or (canary.deadline_ns if canary else 0)

    def check_place(self, document: Document, pipeline: Pipeline) -> None:
        """The hop it looks at is one of the pipeline's."""
        if self.kind == "lag":
            groups = [hop for hop, _, _ in pipeline.groups()]
            if self.stage and self.stage not in groups:
                self._no_such(document, "stage", f"the stage {self.stage} with a consumerGroup", groups)
        elif self.at not in pipeline.hops:
            self._no_such(document, "at", f"the hop {self.at}", pipeline.hops)

    def _no_such(self, document: Document, key: str, what: str, known: tuple[str, ...] | list[str]) -> None:
        pipeline = document.labels.get("pipeline") or "of the canary"
        message = f"the pipeline {pipeline} does not have {what}"
        document.notes.add(self.node.at(key), "E302", message, nearest(self.node.child(key).written, known))


_BUILD: dict[str, Callable[[IndicatorDraft, Canary | None], Indicator]] = {
    "freshness": lambda d, _: Freshness(d.canary or "", d.within_ns or SECOND, d.at),
    "completeness": lambda d, c: Completeness(d.canary or "", d.by(c), d.at),
    "duplicates": lambda d, _: Duplicates(d.canary or "", d.at),
    "intake": lambda d, _: Intake(d.canary or ""),
    "lag": lambda d, _: Lag(d.stage or "", d.within_ns or SECOND),
}


def read_indicator(node: Node) -> IndicatorDraft | None:
    top = node.fields("metadata", needs=("spec",))
    meta = top["metadata"].fields("name", "displayName", "labels", "annotations")
    meta["name"].name()
    needs = () if top["spec"].child("thresholdMetric") else ("ratioMetric",)
    spec = top["spec"].fields("description", "ratioMetric", needs=needs, later=_LATER_SPEC)
    ratio = spec["ratioMetric"].fields("raw", "rawType", later=_LATER_RATIO)
    if not ratio["raw"]:
        if spec["ratioMetric"] and not set(spec["ratioMetric"].entries()) & set(_LATER_RATIO):
            spec["ratioMetric"].fault("E202", "the ratioMetric has no raw", _STREAM)
        return None
    later = {"failure": "write rawType: success; a stream counts good and bad events itself"}
    ratio["rawType"].choice("success", later=later)
    raw = ratio["raw"].fields(needs=("metricSource",))
    source = raw["metricSource"].fields("metricSourceRef", needs=("type", "spec"))
    source["type"].choice("stream", later={"Prometheus": _STREAM, "prometheus": _STREAM})
    return _stream(source["spec"])


def _stream(node: Node) -> IndicatorDraft | None:
    kind = node.one_of(*_BUILD, later=_LATER_KINDS) if node else None
    return _read_kind(kind, node.child(kind)) if kind else None


def _read_kind(kind: str, node: Node) -> IndicatorDraft:
    match kind:
        case "freshness":
            fields = node.fields("at", needs=("canary", "within"))
        case "completeness":
            fields = node.fields("at", "by", needs=("canary",))
        case "duplicates":
            fields = node.fields("at", needs=("canary",))
        case "intake":
            fields = node.fields(needs=("canary",))
        case _:
            fields = node.fields(needs=("stage", "within"))
    absent = Node(Absent(node.mark), node.path, node.notes)
    limit = fields.get("within") or fields.get("by") or absent
    return IndicatorDraft(
        kind=kind,
        canary=fields["canary"].reference("Canary") if "canary" in fields else None,
        node=node,
        at=fields.get("at", absent).text(SINK),
        within_ns=limit.duration() if limit else None,
        stage=fields["stage"].text() if "stage" in fields else None,
    )
