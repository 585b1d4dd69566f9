"""The states of an SLO over time, from its changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slo_service.domain.status import StateChange


def lasting(changes: Iterable[StateChange], since_ns: int, until_ns: int) -> Sequence[StateChange]:
    """Those of a range of event time, oldest first, beginning with the one that was in force when it began."""
    ordered = sorted((c for c in changes if c.at_ns < until_ns), key=lambda change: (change.at_ns, change.recorded_ns))
    begun = sum(change.at_ns <= since_ns for change in ordered)
    return ordered[max(begun - 1, 0) :]


def newest(changes: Iterable[StateChange]) -> Sequence[StateChange]:
    """The last of each SLO, by SLO."""
    found: dict[str, StateChange] = {}
    for change in sorted(changes, key=lambda change: (change.slo, change.at_ns, change.recorded_ns)):
        found[change.slo] = change
    return list(found.values())
