"""`BudgetPolicy`: which SLOs, under which condition, ask for which actions, and when they are released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.action import WORDED, ActionSpec, build_action
from slo_service.definitions.kinds.condition import ConditionSpec, build_condition
from slo_service.definitions.kinds.hours import MaintenanceCalendarSpec, QuietHoursSpec
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.policy_lints import check
from slo_service.definitions.kinds.selector import SelectorSpec
from slo_service.definitions.shape import Choice, Duration, ListOf, Name, Text, Whole
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Nested
from slo_service.domain.guards import Guards
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import BudgetPolicy, Mode, QuietFor, Rule

TEMPLATES = WORDED
_OBSERVES = "until then the policy only observes"
_UNGUARDED = "until then nothing but maxPause, criticality and witnesses limits it"
_ONE_EACH = "until then there is one message when the rule enters and one when it leaves"
_HELD = "until then a job is held until the release, or for its maxPause"
_AT_ONCE = "until then messages are sent at once"


@dataclass(frozen=True, slots=True)
class GuardsSpec:
    """How far actions may go: blast radius, rate, cool-down, and what excludes each other."""

    max_jobs: Annotated[int | None, Whole(0, 10_000), "The most jobs an episode touches."] = None
    max_services: Annotated[int | None, Whole(0, 10_000), "The most services an episode touches."] = None
    max_jobs_per_hour: Annotated[int | None, Whole(0, 10_000), "Different jobs within an hour."] = None
    max_services_per_hour: Annotated[int | None, Whole(0, 10_000), "Different services within an hour."] = None
    max_actions_per_hour: Annotated[
        int | None, Whole(0, 10_000), "Actions within an hour, after which it only records."
    ] = None
    max_actions_per_day: Annotated[
        int | None, Whole(0, 100_000), "Actions within 24 hours, after which it only records."
    ] = None
    cool_down: Annotated[int | None, Duration(zero=True), "The least time between two actions of a rule."] = None
    excludes: Annotated[
        tuple[str, ...], ListOf(Text()), "Rules (name, or policy/name) that are never active at the same time."
    ] = ()

    def build(self) -> Guards:
        return Guards(
            max_jobs=self.max_jobs,
            max_services=self.max_services,
            max_jobs_per_hour=self.max_jobs_per_hour,
            max_services_per_hour=self.max_services_per_hour,
            max_actions_per_hour=self.max_actions_per_hour,
            max_actions_per_day=self.max_actions_per_day,
            cool_down_ns=self.cool_down,
            excludes=self.excludes,
        )


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """What is done when a condition holds, until the release does."""

    name: Annotated[str, Name(), "Its name, shown with everything it does."]
    when: Annotated[ConditionSpec, "It enters when this holds."]
    do: Annotated[tuple[ActionSpec, ...], ListOf(Nested(ActionSpec), at_least=1), "The actions, in order."]
    release: Annotated[ConditionSpec | None, "It leaves when this holds; quietFor: 15m unless given."] = None
    for_: Annotated[int, Duration(zero=True), "For how long `when` must hold, in measured time."] = 0
    witnesses: Annotated[
        int, Whole(1, 5), "Independent signs of the same trouble that actions on production need; messages need one."
    ] = 2
    update_every: Annotated[int | None, Postponed(Duration(), _ONE_EACH), "The least time between updates."] = None
    expect_effect_in: Annotated[
        int | None, Postponed(Duration(), _HELD), "If the burn has not fallen by then, undo and say so."
    ] = None
    hold_review_after: Annotated[
        int | None, Postponed(Duration(), _HELD), "A person is asked whether jobs stay paused."
    ] = None
    override_for: Annotated[
        int | None, Postponed(Duration(), _HELD), "How long a job that a person resumed is left alone."
    ] = None
    guards: Annotated[GuardsSpec | None, Postponed(Nested(GuardsSpec), _UNGUARDED), "How far this rule may go."] = None

    def build(self) -> Rule:
        return Rule(
            name=self.name,
            when=build_condition(self.when),
            do=tuple(action for each in self.do if (action := build_action(each)) is not None),
            release=build_condition(self.release) if self.release else QuietFor(15 * MINUTE),
            for_ns=self.for_,
            witnesses=self.witnesses,
            update_every_ns=self.update_every,
            expect_effect_in_ns=self.expect_effect_in,
            hold_review_after_ns=self.hold_review_after,
            override_for_ns=self.override_for,
            guards=self.guards.build() if self.guards else Guards(),
        )


@dataclass(frozen=True, slots=True)
class BudgetPolicySpec:
    """What is done about the budgets of the SLOs it selects."""

    selector: Annotated[SelectorSpec, "The SLOs it is about."]
    rules: Annotated[tuple[RuleSpec, ...], ListOf(Nested(RuleSpec), at_least=1), "What is done when; each by itself."]
    mode: Annotated[
        str,
        Postponed(Choice(("observe", "approve", "enforce")), _OBSERVES, lambda mode: mode != "approve"),
        "observe records what it would do, approve asks a person, enforce acts.",
    ] = "observe"
    approve_within: Annotated[
        int | None, Postponed(Duration(), _OBSERVES), "After it what nobody approved is dropped."
    ] = None
    guards: Annotated[
        GuardsSpec | None, Postponed(Nested(GuardsSpec), _UNGUARDED), "How far all its rules together may go."
    ] = None
    calendars: Annotated[
        tuple[MaintenanceCalendarSpec, ...],
        Postponed(ListOf(Nested(MaintenanceCalendarSpec)), "until then it acts at any time"),
        "Maintenance: times at which it only observes.",
    ] = ()
    quiet_hours: Annotated[
        QuietHoursSpec | None, Postponed(Nested(QuietHoursSpec), _AT_ONCE), "When its messages wait."
    ] = None
    description: Annotated[str, "What it is for."] = ""
    owner: Annotated[str, "The team that answers for it."] = ""


def _build(document: Document, spec: BudgetPolicySpec) -> BudgetPolicy:
    nodes = {key: document.spec.child(key).items() for key in ("rules", "calendars") if document.spec.child(key)}
    rules: list[Rule] = []
    for item, each in zip(nodes.get("rules", ()), spec.rules, strict=False):
        if each.name in {other.name for other in rules}:
            what = f"the rule {each.name} is there twice"
            item.notes.add(item.at("name"), "E301", what, "rename one of the two")
        rules.append(each.build())
    calendars = zip(nodes.get("calendars", ()), spec.calendars, strict=False)
    return BudgetPolicy(
        name=document.name,
        selector=spec.selector.build(),
        rules=tuple(rules),
        mode=Mode(spec.mode),
        defined_at=document.defined_at,
        guards=spec.guards.build() if spec.guards else Guards(),
        calendars=tuple(each.build(item) for item, each in calendars),
        quiet_hours=spec.quiet_hours.build() if spec.quiet_hours else None,
        approve_within_ns=spec.approve_within,
        description=spec.description,
        owner=spec.owner,
    )


KIND = kind(OURS, "BudgetPolicy", BudgetPolicySpec, _build, check)
