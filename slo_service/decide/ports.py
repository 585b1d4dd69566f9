"""What the policy engine remembers, and the one transaction in which a round of decisions is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slo_service.domain.event import Decision, Hold, Message, RuleEpisode, Transition, WantedState
from slo_service.domain.status import StateChange, TierState


@dataclass(frozen=True, slots=True)
class Pending:
    """A rule whose condition holds while its `for` still runs. `held_ns` is measured event time, so it stands still
    while frozen. Kept in memory only: after a restart the wait begins anew, so an action comes later, never earlier.

    `transition` is the one that started the wait; `judged_ns` the watermark at which the condition last held, None
    while it cannot be told."""

    policy: str
    rule: str
    slo: str
    held_ns: int
    judged_ns: int | None
    transition: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """All that one tick changed. Rows are upserts by id, so a round that is written twice is written once.

    `wanted` carries new epochs only; the store refuses one that is not above the target's newest."""

    at_ns: int
    transitions: tuple[Transition, ...] = ()
    tier_states: tuple[TierState, ...] = ()  # those that changed in phase, burning or frozen
    rule_episodes: tuple[RuleEpisode, ...] = ()
    decisions: tuple[Decision, ...] = ()
    holds: tuple[Hold, ...] = ()
    wanted: tuple[WantedState, ...] = ()
    messages: tuple[Message, ...] = ()
    pending: tuple[Pending, ...] = ()  # all of them, for the next tick's memory; not written, so not part of `bool`
    states: tuple[StateChange, ...] = ()

    def __bool__(self) -> bool:
        return any(
            (
                self.transitions,
                self.tier_states,
                self.rule_episodes,
                self.decisions,
                self.holds,
                self.wanted,
                self.messages,
                self.states,
            )
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """What is open: rule episodes not left, holds not released, the newest wanted state of every target, and the
    decisions of the open episodes (acting, observed and withheld, so that each is recorded once)."""

    rule_episodes: tuple[RuleEpisode, ...] = ()
    holds: tuple[Hold, ...] = ()
    wanted: tuple[WantedState, ...] = ()
    decisions: tuple[Decision, ...] = ()
    pending: tuple[Pending, ...] = ()


class Journal(Protocol):
    async def record(self, round_: Round) -> None:
        """One transaction. Raises `StoreUnavailable` when nothing was written."""
        ...

    async def memory(self) -> Memory: ...

    async def transitions(self, slo: str | None, limit: int) -> Sequence[Transition]:
        """Newest first."""
        ...
