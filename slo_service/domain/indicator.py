"""What is measured (SLIs), and the identity of the stream of counts that measuring it yields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from slo_service.domain.instant import SECOND

SINK = "sink"  # the default place of observation
SOURCE = "source"


class Method(StrEnum):
    """How a number was come by; two different methods are two independent witnesses."""

    CANARY = "canary"
    LAG = "lag"
    QUERY = "query"  # of another system's metrics


class Basis(StrEnum):
    """What coverage counts: judged events against expected ones, or cells looked at against slices gone by."""

    EVENTS = "events"
    SLICES = "slices"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Canaries seen at `at` within `within_ns` of their sending ÷ eligible ones; filed under send time."""

    canary: str
    within_ns: int
    at: str = SINK
    kind: str = field(default="freshness", init=False)
    method: Method = field(default=Method.CANARY, init=False)
    basis: Basis = field(default=Basis.EVENTS, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "canary": self.canary, "within_ns": self.within_ns, "at": self.at}


@dataclass(frozen=True, slots=True)
class Completeness:
    """Canaries seen at `at` by the deadline `by_ns` ÷ eligible ones; filed under send time."""

    canary: str
    by_ns: int
    at: str = SINK
    kind: str = field(default="completeness", init=False)
    method: Method = field(default=Method.CANARY, init=False)
    basis: Basis = field(default=Basis.EVENTS, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "canary": self.canary, "by_ns": self.by_ns, "at": self.at}


@dataclass(frozen=True, slots=True)
class Duplicates:
    """First sightings ÷ all sightings at `at`; filed under arrival time, so a replay burns today's budget."""

    canary: str
    at: str = SINK
    kind: str = field(default="duplicates", init=False)
    method: Method = field(default=Method.CANARY, init=False)
    basis: Basis = field(default=Basis.SLICES, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "canary": self.canary, "at": self.at}


@dataclass(frozen=True, slots=True)
class Intake:
    """Acknowledged ÷ attempted sends; filed under attempt time."""

    canary: str
    kind: str = field(default="intake", init=False)
    method: Method = field(default=Method.CANARY, init=False)
    basis: Basis = field(default=Basis.EVENTS, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "canary": self.canary}


@dataclass(frozen=True, slots=True)
class Lag:
    """Slices in which the consumer group's age was at most `within_ns` on every partition (a time form)."""

    stage: str
    within_ns: int
    kind: str = field(default="lag", init=False)
    method: Method = field(default=Method.LAG, init=False)
    basis: Basis = field(default=Basis.SLICES, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "stage": self.stage, "within_ns": self.within_ns}


@dataclass(frozen=True, slots=True)
class Metric:
    """What is asked of another system. `source` is its type (`Prometheus`), `data_source` the name of the DataSource
    that says where it is, empty where none is named; `asked` are the fields of the query as JSON, texts trimmed."""

    source: str
    data_source: str
    asked: str

    @classmethod
    def of(cls, source: str, data_source: str, fields: Mapping[str, object]) -> Metric:
        return cls(source, data_source, json.dumps(_trimmed(fields), sort_keys=True, separators=(",", ":")))

    @property
    def fields(self) -> Mapping[str, object]:
        found: dict[str, object] = json.loads(self.asked)
        return found

    def canonical(self) -> dict[str, object]:
        return {"source": self.source, "data_source": self.data_source, "asked": self.fields}


def _trimmed(value: object) -> object:
    match value:
        case str():
            return value.strip()
        case Mapping():
            return {key: _trimmed(each) for key, each in value.items()}
        case list() | tuple():
            return [_trimmed(each) for each in value]
        case _:
            return value


class Side(StrEnum):
    """What the counted metric of a ratio counts; success and failure are ratios that the source has computed."""

    GOOD = "good"
    BAD = "bad"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Good or bad events ÷ all, or a ratio as it is (`total` None). `counter`: the metrics only ever rise."""

    side: Side
    metric: Metric
    total: Metric | None = None
    counter: bool = False
    kind: str = field(default="ratio", init=False)
    method: Method = field(default=Method.QUERY, init=False)
    basis: Basis = field(default=Basis.SLICES, init=False)

    def canonical(self) -> dict[str, object]:
        total = {"total": self.total.canonical()} if self.total else {}
        return {"kind": self.kind, self.side.value: self.metric.canonical(), **total, "counter": self.counter}


class Comparison(StrEnum):
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Values of a metric of which those that compare with `value` as `op` says are good."""

    metric: Metric
    op: Comparison
    value: Fraction
    kind: str = field(default="threshold", init=False)
    method: Method = field(default=Method.QUERY, init=False)
    basis: Basis = field(default=Basis.SLICES, init=False)

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "metric": self.metric.canonical(), "op": self.op.value, "value": str(self.value)}


class Late(StrEnum):
    """What the missing part of a member counts as, where less of it was measured than the coverage floor asks."""

    IGNORE = "ignore"  # it stays missing
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Member:
    """One indicator of several, with the share of good events that is asked of it and how much its burn weighs. Where
    slices of time are good or bad, `slice_target` is the share from which one of it is good."""

    name: str
    indicator: Indicator
    target: Fraction
    weight: Fraction = Fraction(1)
    late: Late = Late.IGNORE
    slice_target: Fraction | None = None

    @property
    def asked(self) -> Fraction:
        """Of a slice of it."""
        return self.target if self.slice_target is None else self.slice_target


@dataclass(frozen=True, slots=True)
class Composite:
    """Several indicators as one; each is measured as a stream of its own."""

    members: tuple[Member, ...]
    kind: str = field(default="composite", init=False)

    @property
    def method(self) -> Method:
        return self.members[0].indicator.method

    @property
    def basis(self) -> Basis:
        return self.members[0].indicator.basis

    def canonical(self) -> dict[str, object]:
        return {"kind": self.kind, "members": [member.indicator.canonical() for member in self.members]}


Indicator = Freshness | Completeness | Duplicates | Intake | Lag | Ratio | Threshold | Composite


@dataclass(frozen=True, slots=True)
class Stream:
    """One measured series of counts. Its id holds only what changes the meaning of a count: the canonical indicator,
    the pipeline, the slice width, the budgeting method and the group labels. Objective, window, tiers, labels and text
    are not in it, so a new target keeps its history and a changed measurement starts a new one."""

    pipeline: str
    indicator: Indicator
    slice_width_ns: int = 10 * SECOND
    budgeting: str = "Occurrences"
    group: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return _stream_id(self)


@lru_cache(maxsize=1 << 16)  # asked for at every tick
def _stream_id(stream: Stream) -> str:
    body = {
        "indicator": stream.indicator.canonical(),
        "pipeline": stream.pipeline,
        "slice_width_ns": stream.slice_width_ns,
        "budgeting": stream.budgeting,
        "group": [list(pair) for pair in sorted(stream.group)],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Timing:
    """How a stream's time runs, besides its identity: the horizon after which a count is final, and the grace for
    which the watermark waits on a reader that does not stand at its log's end (three polls)."""

    horizon_ns: int
    grace_ns: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was expected of a stream from `since_ns` on: events a second, and cells a slice (its sources)."""

    stream: str
    since_ns: int
    events_per_second: Fraction
    sources: int

    def expected_events(self, duration_ns: int) -> Fraction:
        return self.events_per_second * duration_ns / SECOND
