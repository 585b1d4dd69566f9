"""What is measured (SLIs), and the identity of the stream of counts that measuring it yields."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.instant import SECOND

SINK = "sink"  # the default place of observation
SOURCE = "source"


class Method(StrEnum):
    """How a number was come by; two different methods are two independent witnesses."""

    CANARY = "canary"
    LAG = "lag"


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


Indicator = Freshness | Completeness | Duplicates | Intake | Lag


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
        body = {
            "indicator": self.indicator.canonical(),
            "pipeline": self.pipeline,
            "slice_width_ns": self.slice_width_ns,
            "budgeting": self.budgeting,
            "group": [list(pair) for pair in sorted(self.group)],
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
