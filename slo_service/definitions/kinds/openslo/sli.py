"""OpenSLO `SLI`, alone or inline in an SLO: a stream of ours, or a ratio or threshold of another system's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.data_source import STREAM
from slo_service.definitions.kinds.openslo.shapes import Description, Query
from slo_service.definitions.kinds.openslo.stream import STREAM_INDICATOR, StreamDraft, stream_draft
from slo_service.definitions.metadata import OpenSloPartMetadataSpec
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Reference
from slo_service.definitions.shape import AtMostOne, Choice, Chosen, ExactlyOne, Requires, record
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.domain.indicator import Metric, Ratio, Side
from slo_service.domain.pipeline import DataSource

_STREAM_FORM = "raw: {metricSource: {type: stream, spec: {freshness: {…}}}} and rawType: success"


@dataclass(frozen=True, slots=True)
class StreamSourceSpec:
    """What this service measures itself."""

    type: Annotated[str, Choice((STREAM,)), "A stream of this service."]
    spec: Annotated[Chosen | None, STREAM_INDICATOR, "What is measured: exactly one kind of stream."]


@dataclass(frozen=True, slots=True)
class QuerySourceSpec:
    """A query of another system."""

    spec: Annotated[Mapping[str, object], Query(), "What is asked, in the fields that the system has."]
    type: Annotated[str, "The kind of system; that of the data source, else."] = ""
    metric_source_ref: Annotated[str, "The DataSource that says where it is."] = ""

    ALSO: ClassVar = ({"anyOf": [{"required": ["type"]}, {"required": ["metricSourceRef"]}]},)


@dataclass(frozen=True, slots=True)
class MetricSource:
    """Which of the two it is says `type`. `stream`: a stream of ours may stand here."""

    stream: bool = False

    def read(self, node: Node) -> object:
        written = node.child("type").written
        if written == STREAM and self.stream:
            return record(StreamSourceSpec).read(node)
        if written == STREAM:
            node.child("type").fault("E208", "a stream counts good and bad events itself", f"write {_STREAM_FORM}")
            return self.fallback()
        spec = record(QuerySourceSpec).read(node)
        assert isinstance(spec, QuerySourceSpec)
        reference = node.child("metricSourceRef")
        if spec.metric_source_ref:
            needed = not spec.type  # else documents may come without the data sources of those who run them
            found = Reference("DataSource", spec.metric_source_ref, reference.mark, needed=needed)
            node.notes.references.append(found)
        elif node and not node.child("type"):
            remedy = "add type: such as Prometheus, or metricSourceRef: with the name of a DataSource"
            node.fault("E202", f"{node.path} has neither type nor metricSourceRef", remedy)
        return spec

    def write(self, value: object) -> object:
        return record(type(value)).write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        query = record(QuerySourceSpec).schema(definitions)
        query = {"allOf": [query, {"not": {"properties": {"type": {"const": STREAM}}, "required": ["type"]}}]}
        return {"anyOf": [record(StreamSourceSpec).schema(definitions), query]} if self.stream else query

    def fallback(self) -> object:
        return QuerySourceSpec({})


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric of another system."""

    metric_source: Annotated[QuerySourceSpec, MetricSource(), "Where the metric is read."]


@dataclass(frozen=True, slots=True)
class RawMetricSpec:
    """A ratio that its source has computed, or a stream, which counts good and bad events."""

    metric_source: Annotated[StreamSourceSpec | QuerySourceSpec, MetricSource(stream=True), "Where the ratio is read."]


@dataclass(frozen=True, slots=True)
class RatioMetricSpec:
    """Good or bad events ÷ all of them."""

    counter: Annotated[bool, "The metrics only ever rise, as Prometheus' counters do."] = False
    good: Annotated[MetricSpec | None, "Good events."] = None
    bad: Annotated[MetricSpec | None, "Bad events."] = None
    total: Annotated[MetricSpec | None, "All events."] = None
    raw: Annotated[RawMetricSpec | None, "The ratio itself, or a stream of this service."] = None
    raw_type: Annotated[str, Choice(("success", "failure")), "What the raw ratio is the share of."] = ""

    RULES: ClassVar = (
        AtMostOne(("raw", "total"), "a raw ratio has no total"),
        ExactlyOne(("good", "bad", "raw"), f"write one of good and bad with total, or {_STREAM_FORM}"),
        Requires("good", ("total",)),
        Requires("bad", ("total",)),
        Requires("raw", ("rawType",), "add rawType: success, or failure"),
        Requires("rawType", ("raw",)),
    )
    ALSO: ClassVar = (
        {
            "if": {
                "required": ["raw"],
                "properties": {
                    "raw": {
                        "required": ["metricSource"],
                        "properties": {
                            "metricSource": {"required": ["type"], "properties": {"type": {"const": STREAM}}}
                        },
                    }
                },
            },
            "then": {"properties": {"rawType": {"const": "success"}}},
        },
    )


@dataclass(frozen=True, slots=True)
class SliSpec:
    """How good is told from bad."""

    description: Annotated[str, Description(), "What it says."] = ""
    threshold_metric: Annotated[MetricSpec | None, "Values that each objective compares with its own."] = None
    ratio_metric: Annotated[RatioMetricSpec | None, "Good events ÷ all of them."] = None

    RULES: ClassVar = (ExactlyOne(("thresholdMetric", "ratioMetric")),)


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """An SLI within an SLO."""

    spec: Annotated[SliSpec, "How good is told from bad."]
    metadata: Annotated[OpenSloPartMetadataSpec | None, "How the indicator is called."] = None


@dataclass(frozen=True, slots=True)
class QueryDraft:
    """A ratio, or a threshold, before its data sources are looked up. `node` is the mapping of the metric."""

    node: Node
    metrics: Mapping[str, QuerySourceSpec] = field(default_factory=dict)  # by the key they stand under
    counter: bool = False
    raw_type: str = ""

    @property
    def is_threshold(self) -> bool:
        return "thresholdMetric" in self.metrics

    def source(self, key: str) -> Node:
        """Where the metric source under this key stands."""
        place = self.node if key == "thresholdMetric" else self.node.child(key)
        return place.child("metricSource")

    def ratio(self, sources: Mapping[str, DataSource]) -> Ratio | None:
        """None where the type of a source cannot be told."""
        found = self._found(sources)
        key = next((key for key in ("good", "bad", "raw") if key in found), None)
        if key is None or len(found) < len(self.metrics):
            return None
        if key == "raw":
            return Ratio(Side(self.raw_type), found[key])
        return Ratio(Side(key), found[key], found.get("total"), self.counter)

    def metric(self, sources: Mapping[str, DataSource]) -> Metric | None:
        """That of a threshold; None where the type of its source cannot be told."""
        return self._found(sources).get("thresholdMetric")

    def _found(self, sources: Mapping[str, DataSource]) -> dict[str, Metric]:
        found = {}
        for key, spec in self.metrics.items():
            declared = sources.get(spec.metric_source_ref)
            type_ = declared.kind if declared else spec.type
            if type_:
                found[key] = Metric.of(type_.lower(), spec.metric_source_ref, spec.spec)
        return found


IndicatorDraft: TypeAlias = StreamDraft | QueryDraft


@dataclass(frozen=True, slots=True)
class Sli:
    """What an SLI document says; None where it says too little."""

    indicator: IndicatorDraft | None


def indicator_draft(node: Node, spec: SliSpec) -> IndicatorDraft | None:
    """`node` is that of the spec."""
    if spec.threshold_metric:
        return QueryDraft(node.child("thresholdMetric"), {"thresholdMetric": spec.threshold_metric.metric_source})
    ratio, place = spec.ratio_metric, node.child("ratioMetric")
    if ratio is None:
        return None
    if ratio.raw and isinstance(ratio.raw.metric_source, StreamSourceSpec):
        if ratio.raw_type == "failure":
            remedy = "write rawType: success; a stream counts good and bad events itself"
            place.child("rawType").fault("E210", f"{place.path}.rawType: failure is not supported yet", remedy)
        chosen = ratio.raw.metric_source.spec
        below = place.child("raw").child("metricSource").child("spec")
        return stream_draft(below, chosen) if chosen else None
    metrics = {key: metric.metric_source for key in ("good", "bad", "total") if (metric := getattr(ratio, key))}
    if ratio.raw and isinstance(ratio.raw.metric_source, QuerySourceSpec):
        metrics["raw"] = ratio.raw.metric_source
    return QueryDraft(place, metrics, ratio.counter, ratio.raw_type or "success")


def _build(document: Document, spec: SliSpec) -> Sli:
    return Sli(indicator_draft(document.spec, spec))


KIND = kind(OPENSLO, "SLI", SliSpec, _build, metadata=OpenSloPartMetadataSpec)
