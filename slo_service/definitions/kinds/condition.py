"""Conditions of policy rules, and whether one can hold at all."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from slo_service.definitions.node import Node
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    Burning,
    Condition,
    NoData,
    Not,
    QuietFor,
)

_FALLBACK = QuietFor(15 * MINUTE)  # stands in where a condition is wrong; the draft is broken then


def _many(build: Callable[[tuple[Condition, ...]], Condition]) -> Callable[[Node], Condition]:
    return lambda node: build(tuple(read_condition(item) for item in node.items(at_least=1)))


def _burning(node: Node) -> Condition:
    if node.written == "early":
        node.fault("E210", f"{node.path}: early is not supported yet", "write page, ticket, any or the name of a tier")
        return _FALLBACK
    return Burning(node.name())


def _remaining(node: Node) -> Fraction:
    """Signed, for an overspent budget has less than nothing left; never more than all of it."""
    share = node.share()
    if share > 1:
        node.fault("E207", f"{node.written} is more than a whole budget", "write one like 25% or 0.25")
    return share


_READERS: dict[str, Callable[[Node], Condition]] = {
    "burning": _burning,
    "budgetRemainingBelow": lambda node: BudgetRemainingBelow(_remaining(node)),
    "budgetRemainingAbove": lambda node: BudgetRemainingAbove(_remaining(node)),
    "noData": lambda node: NoData(node.duration()),
    "quietFor": lambda node: QuietFor(node.duration(zero=True)),
    "all": _many(All),
    "any": _many(AnyOf),
    "not": lambda node: Not(read_condition(node)),
}
_LATER = {
    name: f"write one of {', '.join(_READERS)}"
    for name in ("budgetSpentWithin", "exhaustedWithin", "incidentSpent", "diagnosis")
}


def read_condition(node: Node) -> Condition:
    """A mapping with one key, the condition's name."""
    kind = node.one_of(*_READERS, later=_LATER) if node else None
    return _READERS[kind](node.child(kind)) if kind else _FALLBACK


def impossible(condition: Condition) -> bool:
    """True when a release so written can never hold. A rule is frozen while there are no data, so that `noData` cannot
    release it; the remaining budget is at most the whole, and `above` is strict."""
    match condition:
        case BudgetRemainingAbove(share):
            return share >= 1
        case NoData():
            return True
        case All(of):
            return any(impossible(part) for part in of) or _contradictory(of)
        case AnyOf(of):
            return all(impossible(part) for part in of)
        case Not(of):
            return inevitable(of)
        case Burning() | BudgetRemainingBelow() | QuietFor():
            return False


def inevitable(condition: Condition) -> bool:
    """True when it holds always, whenever there are data."""
    match condition:
        case BudgetRemainingBelow(share):
            return share > 1
        case All(of):
            return all(inevitable(part) for part in of)
        case AnyOf(of):
            return any(inevitable(part) for part in of)
        case Not(of):
            return impossible(of)
        case Burning() | BudgetRemainingAbove() | NoData() | QuietFor():
            return False


def _contradictory(parts: tuple[Condition, ...]) -> bool:
    below = [part.share for part in parts if isinstance(part, BudgetRemainingBelow)]
    above = [part.share for part in parts if isinstance(part, BudgetRemainingAbove)]
    quiet = any(isinstance(part, QuietFor) for part in parts)
    burning = any(isinstance(part, Burning) for part in parts)
    return (quiet and burning) or (bool(below and above) and min(below, default=Fraction(1)) <= max(above))


def tiers_named(condition: Condition) -> set[str]:
    """What `burning` conditions inside name."""
    match condition:
        case Burning(what):
            return {what}
        case All(of) | AnyOf(of):
            return set().union(*(tiers_named(part) for part in of))
        case Not(of):
            return tiers_named(of)
        case _:
            return set()
