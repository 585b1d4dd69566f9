"""Budget policies: which SLOs, under which condition, ask for which actions, and when they are released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.guards import Calendar, Guards, QuietHours
from slo_service.domain.instant import MINUTE


class Mode(StrEnum):
    OBSERVE = "observe"  # records what it would do
    APPROVE = "approve"  # a person confirms; observes until that can be asked for
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class Selector:
    """All given labels must match exactly; an empty selector matches everything. `names` are the only ones that it
    picks from, where any are given. A label of several texts, joined by commas, matches each of them."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str], name: str = "") -> bool:
        return (not self.names or name in self.names) and self.agrees(labels)

    def agrees(self, labels: Mapping[str, str]) -> bool:
        return all(
            key in labels and (labels[key] == value or value in labels[key].split(","))
            for key, value in self.match_labels.items()
        )


@dataclass(frozen=True, slots=True)
class Burning:
    """A tier fires for what is measured: of this severity, of any but the early one (`any`), or of this name."""

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


@dataclass(frozen=True, slots=True)
class BudgetSpentWithin:
    """At least this share of the budget was spent within the last `window_ns`, which is one of the windows that are
    read; else it is unknown."""

    share: Fraction
    window_ns: int


@dataclass(frozen=True, slots=True)
class ExhaustedWithin:
    """At the present pace, that of the last hour, the budget is spent within this long, also at the slowest burn that
    the last hour does not exclude."""

    within_ns: int


@dataclass(frozen=True, slots=True)
class IncidentSpent:
    """One incident spent at least this share of the budget."""

    share: Fraction


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What the diagnosis of the trouble is, such as `hotPartition`."""

    as_: str


Unjudged = IncidentSpent | Diagnosed
"""Conditions that nobody judges yet: neither true nor false, so that they let no rule enter and release none."""

Judged = Burning | BudgetRemainingBelow | BudgetRemainingAbove | BudgetSpentWithin | ExhaustedWithin | NoData | QuietFor
Condition = Judged | All | AnyOf | Not | Unjudged

EARLY = "early"  # the severity of the sequential detector
MEANT = frozenset(("page", "ticket", "any", EARLY))  # by `burning`, so that no tier may be called so


class Scope(StrEnum):
    PIPELINE = "pipeline"  # the burning one
    ALL = "all"  # where the job's owner opted in; treated as the pipeline's until that can be told


@dataclass(frozen=True, slots=True)
class PauseJobs:
    """Wants every matching job of the burning pipeline paused; never a critical one, never one of another pipeline."""

    selector: Selector
    scope: Scope = Scope.PIPELINE


@dataclass(frozen=True, slots=True)
class Notify:
    """`update_every_ns`, `escalate_after_ns` and `escalate_to` are not carried out yet: there is one message when the
    rule enters and one when it leaves."""

    contact: str
    template: str
    update_every_ns: int | None = None
    escalate_after_ns: int | None = None
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleJob:
    """Lowers the matching jobs to so many replicas, or to a share of what they have."""

    selector: Selector
    replicas: int | None = None
    share: Fraction | None = None
    scope: Scope = Scope.PIPELINE

    name = "scaleJob"

    @property
    def target(self) -> str:
        return _jobs(self.selector)


@dataclass(frozen=True, slots=True)
class Throttle:
    """A Kafka client quota for the matching jobs, in bytes a second or as a share of the broker's request time."""

    selector: Selector
    produce_bytes_per_second: int | None = None
    consume_bytes_per_second: int | None = None
    request_share: Fraction | None = None
    scope: Scope = Scope.PIPELINE

    name = "throttle"

    @property
    def target(self) -> str:
        return _jobs(self.selector)


class GateVerdict(StrEnum):
    DENY = "deny"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class CloseGate:
    """The deploy gate of these services answers `verdict`, but for changes of the classes in `except_`."""

    services: tuple[str, ...]
    except_: tuple[str, ...] = ()
    verdict: GateVerdict = GateVerdict.DENY

    name = "closeGate"

    @property
    def target(self) -> str:
        return f"gate:{','.join(self.services)}"


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """Groups the transitions of related SLOs; `postmortem_above` is the share of the budget from which one is due."""

    title: str = ""
    contact: str | None = None
    postmortem_above: Fraction = Fraction(1, 5)

    name = "openIncident"
    target = "incident:new"


@dataclass(frozen=True, slots=True)
class Remediate:
    """A declared, limited remedy."""

    runbook: str
    job: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict, repr=False)

    name = "remediate"

    @property
    def target(self) -> str:
        return f"runbook:{self.runbook}"


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """A signed call, and another on release where `undo` is given. `spec` may hold secrets."""

    spec: Mapping[str, object] = field(repr=False)

    name = "webhook"
    target = "webhook:declared"


@dataclass(frozen=True, slots=True)
class RunCommand:
    """An executable of the allow-list with its arguments, without a shell, and another on release."""

    run: tuple[str, ...]
    undo: tuple[str, ...] = ()
    timeout_ns: int = MINUTE

    name = "command"

    @property
    def target(self) -> str:
        return f"command:{self.run[0] if self.run else ''}"


def _jobs(selector: Selector) -> str:
    return "jobs:" + ",".join(f"{key}={value}" for key, value in sorted(selector.match_labels.items()))


Postponed = ScaleJob | Throttle | CloseGate | OpenIncident | Remediate | CallWebhook | RunCommand
"""Actions that nobody carries out yet: a rule that asks for one gets a withheld decision, with that reason."""

Action = PauseJobs | Notify | Postponed


@dataclass(frozen=True, slots=True)
class Rule:
    """What stands after `witnesses` is not carried out yet."""

    name: str
    when: Condition
    do: tuple[Action, ...]
    release: Condition = QuietFor(15 * MINUTE)
    for_ns: int = 0
    witnesses: int = 2  # asked of actions that touch production; messages need one
    update_every_ns: int | None = None
    expect_effect_in_ns: int | None = None
    hold_review_after_ns: int | None = None
    override_for_ns: int | None = None
    guards: Guards = field(default_factory=Guards)


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """What stands after `defined_at` is not carried out yet."""

    name: str
    selector: Selector
    rules: tuple[Rule, ...]
    mode: Mode = Mode.OBSERVE
    defined_at: str = ""
    guards: Guards = field(default_factory=Guards)
    calendars: tuple[Calendar, ...] = ()
    quiet_hours: QuietHours | None = None
    approve_within_ns: int | None = None
    description: str = ""
    owner: str = ""
