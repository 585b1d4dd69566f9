"""A case: a written past, and what is expected to be seen of it at which instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from slo_service.definitions.finding import Mark
from slo_service.domain.event import Verdict, Wanted
from slo_service.domain.slo import Severity
from slo_service.domain.status import State
from slo_service.rehearse.segment import Segment


@dataclass(frozen=True, slots=True)
class Amount:
    """A number to be met: within the limits, which are outside themselves unless `exactly` rounds to it. `written` is
    for messages."""

    written: str
    above: Fraction | None = None
    below: Fraction | None = None
    exactly: Fraction | None = None
    step: Fraction = Fraction(1)  # of the last digit written

    def meets(self, value: Fraction) -> bool:
        if self.exactly is not None:
            return abs(value - self.exactly) <= self.step / 2
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


class Standing(StrEnum):
    """Of a tier, or of a severity."""

    FIRING = "firing"
    QUIET = "quiet"
    FROZEN = "frozen"  # not measured enough to decide, whatever it was before


@dataclass(frozen=True, slots=True)
class StateIs:
    mark: Mark
    state: State


@dataclass(frozen=True, slots=True)
class SeverityIs:
    mark: Mark
    severity: Severity
    standing: Standing


@dataclass(frozen=True, slots=True)
class TierIs:
    mark: Mark
    tier: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class BudgetIs:
    mark: Mark
    amount: Amount


@dataclass(frozen=True, slots=True)
class BurnIs:
    mark: Mark
    window_ns: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class JobIs:
    mark: Mark
    job: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Told:
    """Templates of the messages to this contact about the SLO since the start, in order."""

    mark: Mark
    contact: str
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """Some decision about the SLO since the start. `target` is `job:…` or `contact:…`."""

    mark: Mark
    target: str
    verdict: Verdict
    because: str


Claim: TypeAlias = StateIs | SeverityIs | TierIs | BudgetIs | BurnIs | JobIs | Told | Decided


@dataclass(frozen=True, slots=True)
class Expectation:
    """Claims about one SLO, and about jobs and people, at every tick from `since_ns` to `until_ns`, both included,
    counted from the start of the case; `mark` is where the expectation is written."""

    mark: Mark
    since_ns: int
    until_ns: int
    slo: str
    claims: tuple[Claim, ...]

    @property
    def measures(self) -> bool:
        """Whether it asks for a number, which may be another one at each tick."""
        return any(isinstance(claim, BudgetIs | BurnIs) for claim in self.claims)


class Age(StrEnum):
    """How far a consumer group is behind."""

    KNOWN = "known"
    STALLED = "stalled"  # a second more each second
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Behind:
    start_ns: int
    end_ns: int
    age: Age
    age_ns: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Case:
    """`before_ns` None: as long as the longest window asks for. `rates` are events a second by SLO, where they are not
    the canary's. `lag` is by pipeline and stage."""

    name: str
    mark: Mark
    start_ns: int
    tick_ns: int
    before_ns: int | None
    partitions: int
    rates: Mapping[str, Fraction] = field(default_factory=dict)
    series: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    lag: Mapping[tuple[str, str], tuple[Behind, ...]] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()

    @property
    def length_ns(self) -> int:
        return max(expectation.until_ns for expectation in self.expect)
