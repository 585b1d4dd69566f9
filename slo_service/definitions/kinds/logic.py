"""What can be said of a condition without looking at data: whether it can hold at all, or always does."""

from __future__ import annotations

from fractions import Fraction

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
        case BudgetSpentWithin() | ExhaustedWithin() | IncidentSpent() | Diagnosed():
            return False


def inevitable(condition: Condition) -> bool:
    """True when it holds always, whenever there are data."""
    match condition:
        case BudgetRemainingBelow(share):
            return share > 1
        case All(of):
            return all(inevitable(part) for part in of)
        case AnyOf(of):
            return any(inevitable(part) for part in of) or _exhaustive(of)
        case Not(of):
            return impossible(of)
        case Burning() | BudgetRemainingAbove() | NoData() | QuietFor():
            return False
        case BudgetSpentWithin() | ExhaustedWithin() | IncidentSpent() | Diagnosed():
            return False


def _contradictory(parts: tuple[Condition, ...]) -> bool:
    below = [part.share for part in parts if isinstance(part, BudgetRemainingBelow)]
    above = [part.share for part in parts if isinstance(part, BudgetRemainingAbove)]
    quiet = any(isinstance(part, QuietFor) for part in parts)
    burning = any(isinstance(part, Burning) for part in parts)
    denied = [part.of for part in parts if isinstance(part, Not)]
    return (
        (quiet and burning)
        or (bool(below and above) and min(below, default=Fraction(1)) <= max(above))
        or any(part in denied for part in parts)
    )


def _exhaustive(parts: tuple[Condition, ...]) -> bool:
    return any(isinstance(part, Not) and part.of in parts for part in parts)


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
