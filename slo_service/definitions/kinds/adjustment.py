"""`Adjustment`: time that does not count as it was measured, with category, author, reason and expiry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar, cast

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.adjustment_lints import check
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.selector import SelectorSpec
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Choice, Duration, ListOf, Whole
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.shape.record import Key, Nested
from slo_service.definitions.shape.rules import AtLeastOne
from slo_service.definitions.shape.times import Day, Moment, Recurrence, TimeZone, as_day, instant_ns
from slo_service.domain.adjustment import Adjustment, Category, Recurring, Replay, Span
from slo_service.domain.indicator import SINK

_YEARS = range(1900, 9998)  # whose days every zone has the end of
_COUNTING = re.compile(r"COUNT=|INTERVAL=0*(?:[2-9]|1\d)")  # an interval of 1 is every time
_UNREAD = Moment().fallback()  # what could not be read has been told of, and is not compared


@dataclass(frozen=True, slots=True)
class Expiry(Moment):
    """A moment, or a day, which counts to its end."""

    def read(self, node: Node) -> object:
        day = as_day(node.written)
        if day is None or day.year not in _YEARS:
            return Moment.read(self, node)
        return datetime.combine(day + timedelta(days=1), time())

    def schema(self, definitions: Definitions) -> JsonSchema:
        moment = cast("str", Moment.schema(self, definitions)["pattern"])
        day = cast("str", Day().schema(definitions)["pattern"])
        return {"type": "string", "pattern": f"{moment}|{day}"}


@dataclass(frozen=True, slots=True)
class SpanSpec:
    """From a moment to before another."""

    from_: Annotated[datetime, Moment(), Key("from"), "The first moment."]
    to: Annotated[datetime, Moment(), "The moment it is over."]

    def build(self, node: Node, zone: str) -> Span:
        span = Span(instant_ns(self.from_, zone), instant_ns(self.to, zone))
        if span.from_ns >= span.to_ns and _UNREAD not in (self.from_, self.to):
            node.notes.add(node.at("to"), "E410", f"{node.path} ends before it begins", "write a later to")
        return span


@dataclass(frozen=True, slots=True)
class RecurringSpec:
    """Times that come again."""

    rrule: Annotated[str, Recurrence(), "RFC 5545, in local time of the zone."]
    duration: Annotated[int, Duration(), "How long each occurrence lasts."]
    from_: Annotated[datetime | None, Moment(), Key("from"), "The first one is not before this."] = None
    until: Annotated[datetime | None, Moment(), "And none begins after this."] = None

    def build(self, node: Node, zone: str) -> Recurring:
        begin, end = (None if at is None else instant_ns(at, zone) for at in (self.from_, self.until))
        unread = _UNREAD in (self.from_, self.until)
        if begin is not None and end is not None and begin >= end and not unread:
            node.notes.add(node.at("until"), "E410", f"{node.path} ends before it begins", "write a later until")
        if self.from_ is None and _COUNTING.search(self.rrule):
            what = f"{node.path} counts its occurrences from the beginning of 1970"
            node.notes.add(node.at("rrule"), "W525", what, "write from: and the first time, such as 2026-03-01T02:00")
        return Recurring(self.rrule, zone, begin, self.duration, end)


@dataclass(frozen=True, slots=True)
class ReplaySpec:
    """Which old events are delivered again, and where they arrive. Fresh ones keep counting."""

    events: Annotated[SpanSpec, "Their event times."]
    hop: Annotated[str, "source, sink or a stage."] = SINK


@dataclass(frozen=True, slots=True)
class CorrectionSpec:
    """What is counted instead of what was measured."""

    good: Annotated[int, Whole(0, 1 << 45), "Good events that are counted."]
    bad: Annotated[int, Whole(0, 1 << 45), "Bad events that are counted."]


@dataclass(frozen=True, slots=True)
class AdjustmentSpec:
    """Time of the SLOs it selects that does not count as it was measured. It works backwards too, and is audited."""

    selector: Annotated[SelectorSpec, "The SLOs it is about."]
    category: Annotated[
        str,
        Choice(tuple(category.value for category in Category)),
        "Why the time does not count as measured; it decides what is counted instead.",
    ]
    author: Annotated[str, "Who answers for it."]
    reason: Annotated[str, "Why; shown wherever the budget is."]
    intervals: Annotated[tuple[SpanSpec, ...], ListOf(Nested(SpanSpec), at_least=1), "Single times."] = ()
    recurring: Annotated[
        tuple[RecurringSpec, ...], ListOf(Nested(RecurringSpec), at_least=1), "Times that come again."
    ] = ()
    time_zone: Annotated[str, TimeZone(), "Of moments without an offset, and of recurrences."] = "UTC"
    expires: Annotated[datetime | None, Expiry(), "After it nothing is adjusted any more; of a day, its end."] = None
    replay: Annotated[ReplaySpec | None, "For the category replay."] = None
    correction: Annotated[CorrectionSpec | None, "For the category correction."] = None

    RULES: ClassVar = (AtLeastOne(("intervals", "recurring")),)
    ALSO: ClassVar = tuple(
        {
            "if": {"properties": {"category": {"const": category}}},
            "then": {"required": [category]},
            "else": {"not": {"required": [category]}},
        }
        for category in ("replay", "correction")
    )


def _build(document: Document, spec: AdjustmentSpec) -> Adjustment:
    node = document.spec
    for category in ("replay", "correction"):
        if spec.category == category and not node.child(category):
            node.fault("E202", f"spec has no {category}", f"add {category}: …, which the category needs")
        elif spec.category != category and node.child(category):
            what = f"{category} means nothing for the category {spec.category}"
            node.child(category).fault("E211", what, f"write category: {category}, or remove it")
    zone = spec.time_zone
    spans = zip(_items(node, "intervals"), spec.intervals, strict=False)
    recurring = zip(_items(node, "recurring"), spec.recurring, strict=False)
    return Adjustment(
        name=document.name,
        selector=spec.selector.build(),
        category=Category(spec.category),
        author=spec.author,
        reason=spec.reason,
        spans=tuple(each.build(item, zone) for item, each in spans),
        recurring=tuple(each.build(item, zone) for item, each in recurring),
        expires_ns=instant_ns(spec.expires, zone) if spec.expires else None,
        replay=_replay(node.child("replay"), spec.replay, zone),
        correction={"good": spec.correction.good, "bad": spec.correction.bad} if spec.correction else {},
        labels=document.labels,
        defined_at=document.defined_at,
    )


def _items(node: Node, key: str) -> list[Node]:
    return node.child(key).items() if node.child(key) else []


def _replay(node: Node, spec: ReplaySpec | None, zone: str) -> Replay | None:
    return Replay(spec.events.build(node.child("events"), zone), spec.hop) if spec else None


KIND = kind(OURS, "Adjustment", AdjustmentSpec, _build, check)
