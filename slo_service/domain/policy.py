"""Budget policies: which SLOs, under which condition, ask for which actions, and when they are released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.instant import MINUTE


class Mode(StrEnum):
    OBSERVE = "observe"  # records what it would do
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class Selector:
    """All given labels must match exactly; an empty selector matches everything."""

    match_labels: Mapping[str, str] = field(default_factory=dict)

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(key) == value for key, value in self.match_labels.items())


# --- conditions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Burning:
    """A tier fires: of this severity, of any (`any`), or the one of this name."""

    what: str


@dataclass(frozen=True, slots=True)
class BudgetRemainingBelow:
    share: Fraction


@dataclass(frozen=True, slots=True)
class BudgetRemainingAbove:
    share: Fraction


@dataclass(frozen=True, slots=True)
class NoData:
    """Nothing was measured for this long, by the collector's progress."""

    for_ns: int


@dataclass(frozen=True, slots=True)
class QuietFor:
    """No tier fires, for this long of measured event time; stands still while frozen. For releases."""

    for_ns: int


@dataclass(frozen=True, slots=True)
class All:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


Condition = Burning | BudgetRemainingBelow | BudgetRemainingAbove | NoData | QuietFor | All | AnyOf | Not

# --- actions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PauseJobs:
    """Wants every matching job of the burning pipeline paused; never a critical one, never one of another pipeline."""

    selector: Selector


@dataclass(frozen=True, slots=True)
class Notify:
    contact: str
    template: str


Action = PauseJobs | Notify


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: Condition
    do: tuple[Action, ...]
    release: Condition = QuietFor(15 * MINUTE)
    for_ns: int = 0
    witnesses: int = 2  # asked of actions that touch production; messages need one


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    name: str
    selector: Selector
    rules: tuple[Rule, ...]
    mode: Mode = Mode.OBSERVE
    defined_at: str = ""
