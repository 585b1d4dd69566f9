"""Indicators that this service measures itself: what stands below a metric source of type `stream`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from slo_service.definitions.document import Document
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest
from slo_service.definitions.shape import Chosen, Duration, Reference, Shape, Variants, record
from slo_service.domain.indicator import SINK, Completeness, Duplicates, Freshness, Indicator, Intake, Lag, Timing
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Canary, Pipeline

LAG_POLL_NS = SECOND  # lag is read at least so often
_GRACE_POLLS = 3  # how long a watermark waits for a reader that is behind
_INSTEAD = "write freshness, completeness, duplicates, intake or lag"
_LATER = dict.fromkeys(("ordering", "correctness", "validity", "arrivals"), _INSTEAD)
_ABOUT_AT = "The hop where canaries are looked for: source, the name of a stage, or sink."


@dataclass(frozen=True, slots=True)
class FreshnessSpec:
    """The share of canaries that are seen soon enough."""

    canary: Annotated[str, Reference("Canary"), "The canary it is measured with."]
    within: Annotated[int, Duration(), "How soon after its sending."]
    at: Annotated[str, _ABOUT_AT] = SINK


@dataclass(frozen=True, slots=True)
class CompletenessSpec:
    """The share of canaries that are seen at all."""

    canary: Annotated[str, Reference("Canary"), "The canary it is measured with."]
    at: Annotated[str, _ABOUT_AT] = SINK
    by: Annotated[int | None, Duration(), "Until when; the canary's own deadline, else."] = None


@dataclass(frozen=True, slots=True)
class DuplicatesSpec:
    """The share of sightings that are first ones."""

    canary: Annotated[str, Reference("Canary"), "The canary it is measured with."]
    at: Annotated[str, _ABOUT_AT] = SINK


@dataclass(frozen=True, slots=True)
class IntakeSpec:
    """The share of sends that the source acknowledges."""

    canary: Annotated[str, Reference("Canary"), "The canary it is measured with."]


@dataclass(frozen=True, slots=True)
class LagSpec:
    """The share of time in which a consumer group is not too far behind."""

    stage: Annotated[str, "A stage with a consumerGroup, or sink."]
    within: Annotated[int, Duration(), "How old the oldest message that waits may be."]


StreamSpec: TypeAlias = FreshnessSpec | CompletenessSpec | DuplicatesSpec | IntakeSpec | LagSpec
_SPECS: dict[str, type[object]] = {
    "freshness": FreshnessSpec,
    "completeness": CompletenessSpec,
    "duplicates": DuplicatesSpec,
    "intake": IntakeSpec,
    "lag": LagSpec,
}


def _options() -> Mapping[str, Shape]:
    return {key: record(spec) for key, spec in _SPECS.items()}


STREAM_INDICATOR = Variants(_options, _LATER)


@dataclass(frozen=True, slots=True)
class StreamDraft:
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


_BUILD: dict[str, Callable[[StreamDraft, Canary | None], Indicator]] = {
    "freshness": lambda d, _: Freshness(d.canary or "", d.within_ns or SECOND, d.at),
    "completeness": lambda d, c: Completeness(d.canary or "", d.by(c), d.at),
    "duplicates": lambda d, _: Duplicates(d.canary or "", d.at),
    "intake": lambda d, _: Intake(d.canary or ""),
    "lag": lambda d, _: Lag(d.stage or "", d.within_ns or SECOND),
}


def stream_draft(node: Node, chosen: Chosen) -> StreamDraft:
    """`node` is the mapping whose one key names the kind."""
    spec: object = chosen.value
    limit = getattr(spec, "within", None) or getattr(spec, "by", None)
    return StreamDraft(
        kind=chosen.key,
        canary=getattr(spec, "canary", None),
        node=node.child(chosen.key),
        at=getattr(spec, "at", SINK),
        within_ns=limit,
        stage=getattr(spec, "stage", None),
    )
