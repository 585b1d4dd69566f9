"""Conditions of policy rules: how they are written, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Annotated, ClassVar, cast

from slo_service.definitions.node import Node
from slo_service.definitions.shape import Choice, Duration, ExactlyOne, ListOf, Name, Share
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Nested
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    Burning,
    Condition,
    Diagnosed,
    ExhaustedWithin,
    IncidentSpent,
    NoData,
    Not,
    QuietFor,
)

_UNKNOWN = "until then it is unknown, and lets the rule neither enter nor leave"
_DIAGNOSES = (
    "hotPartition", "consumerStopped", "consumerStalled", "consumerRewound", "fallingBehind", "openTransaction",
    "checkpointFailing", "groupMoved", "sourceIdle", "canaryBroken", "deadLettered", "topicRecreated", "truncated",
    "schemaChanged", "rebalancing",
)  # fmt: skip
_FALLBACK = QuietFor(15 * MINUTE)  # stands in where a condition is wrong; the draft is broken then


@dataclass(frozen=True, slots=True)
class Remaining(Share):
    """Signed, for an overspent budget has less than nothing left; never more than all of it."""

    def read(self, node: Node) -> object:
        share = node.share()
        if share > 1:
            node.fault("E207", f"{node.written} is more than a whole budget", "write one like 25% or 0.25")
        return share

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {**Share.schema(self, definitions), "maximum": 1}


@dataclass(frozen=True, slots=True)
class Spent(Share):
    """Above nothing; more than all of it when it is overspent."""

    def read(self, node: Node) -> object:
        share = node.share()
        if share <= 0:
            node.fault("E207", f"{node.written} of a budget says nothing", "write one like 20% or 0.2")
        return share

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {**Share.schema(self, definitions), "exclusiveMinimum": 0}


@dataclass(frozen=True, slots=True)
class SpentWithinSpec:
    """So much of the budget within so long."""

    share: Annotated[Fraction, Spent(), "The share of the budget."]
    window: Annotated[int, Duration(), "Within the last so much time."]


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """Exactly one of these; `all`, `any` and `not` hold others."""

    burning: Annotated[str | None, Name(), "page, ticket, early, any, or the name of a tier that fires."] = None
    budget_remaining_below: Annotated[Fraction | None, Remaining(), "Less of the budget is left."] = None
    budget_remaining_above: Annotated[Fraction | None, Remaining(), "More of the budget is left; for releases."] = None
    budget_spent_within: Annotated[SpentWithinSpec | None, "So much of the budget was spent lately."] = None
    exhausted_within: Annotated[
        int | None, Duration(), "At the pace of the last hour the budget is surely gone by then."
    ] = None
    incident_spent: Annotated[Fraction | None, Postponed(Spent(), _UNKNOWN), "One incident spent so much of it."] = None
    no_data: Annotated[int | None, Duration(), "Nothing was measured for so long."] = None
    quiet_for: Annotated[int | None, Duration(zero=True), "No tier fires, for so long of measured time."] = None
    diagnosis: Annotated[str | None, Postponed(Choice(_DIAGNOSES), _UNKNOWN), "What the trouble was found to be."] = (
        None
    )
    all: Annotated[
        tuple[ConditionSpec, ...] | None, ListOf(Nested(ConditionSpec), at_least=1), "Every one of these holds."
    ] = None
    any: Annotated[
        tuple[ConditionSpec, ...] | None, ListOf(Nested(ConditionSpec), at_least=1), "At least one of these holds."
    ] = None
    not_: Annotated[ConditionSpec | None, "This does not hold."] = None

    RULES: ClassVar = (
        ExactlyOne(
            (
                "burning", "budgetRemainingBelow", "budgetRemainingAbove", "budgetSpentWithin", "exhaustedWithin",
                "incidentSpent", "noData", "quietFor", "diagnosis", "all", "any", "not",
            )
        ),
    )  # fmt: skip


_BUILD: dict[str, Callable[[object], Condition]] = {
    "burning": lambda value: Burning(cast("str", value)),
    "budget_remaining_below": lambda value: BudgetRemainingBelow(cast("Fraction", value)),
    "budget_remaining_above": lambda value: BudgetRemainingAbove(cast("Fraction", value)),
    "budget_spent_within": lambda value: _spent(cast("SpentWithinSpec", value)),
    "exhausted_within": lambda value: ExhaustedWithin(cast("int", value)),
    "incident_spent": lambda value: IncidentSpent(cast("Fraction", value)),
    "no_data": lambda value: NoData(cast("int", value)),
    "quiet_for": lambda value: QuietFor(cast("int", value)),
    "diagnosis": lambda value: Diagnosed(cast("str", value)),
    "all": lambda value: All(_each(value)),
    "any": lambda value: AnyOf(_each(value)),
    "not_": lambda value: Not(build_condition(cast("ConditionSpec", value))),
}


def build_condition(spec: ConditionSpec) -> Condition:
    for each in fields(spec):
        value = getattr(spec, each.name)
        if value is not None:
            return _BUILD[each.name](value)
    return _FALLBACK


def _each(value: object) -> tuple[Condition, ...]:
    return tuple(build_condition(part) for part in cast("tuple[ConditionSpec, ...]", value))


def _spent(spec: SpentWithinSpec) -> Condition:
    return BudgetSpentWithin(spec.share, spec.window)
