"""States as a shape, a word and a tone; never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.slo import Severity
from slo_service.domain.status import State, Status, TierState
from slo_service.show.ports import JobView


@dataclass(frozen=True, slots=True)
class Mark:
    """`tone` picks colour and shape: red octagon, amber triangle, hatched square, blue bars, dashed or plain ring."""

    tone: str
    word: str


BURNING = Mark("red", "Burning")
WARN = Mark("amb", "Warn")
OVER_BUDGET = Mark("amb", "Over budget")
FROZEN = Mark("grey", "Frozen")
WARMING = Mark("warm", "Warming")
HEALTHY = Mark("ok", "Healthy")
UNDECIDED = Mark("warm", "Undecided")
HELD_BACK = Mark("warm", "Held back")
WAITING = Mark("amb", "Burning, not firing yet")
NOT_JUDGED = Mark("grey", "Not judged")
UNKNOWN = Mark("grey", "Not judged yet")

URGENCY = tuple(State)
_BY_STATE = {
    State.BURNING: BURNING,
    State.WARN: WARN,
    State.FROZEN: FROZEN,
    State.WARMING: WARMING,
    State.HEALTHY: HEALTHY,
}


def of_state(state: State) -> Mark:
    return _BY_STATE[state]


def of_status(status: Status | None) -> Mark:
    if status is None:
        return UNKNOWN
    remaining = status.budget.remaining
    if status.state is State.WARN and not status.firing() and remaining is not None and remaining < 0:
        return OVER_BUDGET
    return _BY_STATE[status.state]


def of_tier(tier: TierState) -> Mark:
    """Firing in its severity's tone; quiet is said only of what is known to be quiet."""
    if tier.firing:
        return Mark("red" if tier.tier.severity == "page" else "amb", "Firing")
    if tier.held_back:
        return HELD_BACK
    if tier.waits:
        return WAITING
    if tier.frozen_since_ns is not None:
        return UNDECIDED if tier.short.tally.total else FROZEN  # measured, but too little of the long window
    return Mark("ok", "Quiet") if tier.burning is not None else WARMING


def of_signal(state: TierState) -> Mark:
    """Firing in its severity's tone; what only informs, and what tells of measuring, is never drawn as a page."""
    if state.firing:
        page = state.tier.severity is Severity.PAGE and not state.tier.kind.tells_of_measuring
        return Mark("red" if page else "amb", "Firing")
    return WARMING if state.burning is None else Mark("ok", "Quiet")


def of_job(job: JobView | None) -> Mark:
    if job is None:
        return Mark("grey", "Not read yet")
    match job.actual:
        case "running":
            return Mark("ok", "Running")
        case "paused":
            return Mark("blue", "Paused")
        case "absent":
            return Mark("grey", "Absent")
        case _:
            return Mark("grey", "Unknown")
