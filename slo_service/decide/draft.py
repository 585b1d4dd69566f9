"""The round being drawn up: what was open before this tick, and what the tick has changed so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slo_service.decide.ports import Memory, Pending
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import (
    Decision,
    Hold,
    Message,
    RuleEpisode,
    Transition,
    Verdict,
    Wanted,
    WantedState,
    Witness,
    short_id,
)
from slo_service.domain.policy import BudgetPolicy, Rule
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status


@dataclass(frozen=True, slots=True)
class Case:
    """One rule of a policy for one of the SLOs it selects."""

    policy: BudgetPolicy
    rule: Rule
    slo: Slo
    status: Status

    @property
    def key(self) -> tuple[str, str, str]:
        return self.policy.name, self.rule.name, self.slo.name


@dataclass(slots=True)
class Draft:
    now_ns: int
    catalogue: Catalogue
    transitions: Sequence[Transition]
    witnesses: Mapping[str, Sequence[Witness]]  # by pipeline
    memory: Memory
    episodes: list[RuleEpisode] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)  # changed ones
    messages: list[Message] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    causes: dict[tuple[str, str, str], str] = field(default_factory=dict)  # of rules entered now: the transition
    _live: dict[str, Hold] = field(init=False)
    _claims: dict[str, list[str]] = field(init=False)  # by episode, holds that live or did
    _known: frozenset[str] = field(init=False)
    _earlier: dict[str, list[Decision]] = field(init=False)  # by episode

    def __post_init__(self) -> None:
        self._live = {hold.id: hold for hold in self.memory.holds if hold.released_ns is None}
        self._claims = {}
        for hold in self._live.values():
            self._claims.setdefault(hold.episode, []).append(hold.id)
        self._known = frozenset(d.id for d in self.memory.decisions)
        self._earlier = {}
        for decision in self.memory.decisions:
            self._earlier.setdefault(decision.episode, []).append(decision)

    def decided(self, episode: str) -> Iterator[Decision]:
        """All decisions of an episode, of earlier ticks and of this one."""
        earlier = {d.id: d for d in self._earlier.get(episode, ())}
        return iter((earlier | {d.id: d for d in self.decisions.values() if d.episode == episode}).values())

    def knows(self, decision: str) -> bool:
        return decision in self.decisions or decision in self._known

    def live_holds(self) -> tuple[Hold, ...]:
        return tuple(self._live.values())

    def held_by(self, episode: str) -> tuple[Hold, ...]:
        return tuple(self._live[hold] for hold in self._claims.get(episode, ()) if hold in self._live)

    def place(self, hold: Hold) -> None:
        self.holds[hold.id] = self._live[hold.id] = hold
        self._claims.setdefault(hold.episode, []).append(hold.id)

    def transition_of(self, episode: str) -> str | None:
        return next((d.transition for d in self.decided(episode) if d.transition is not None), None)

    def release(self, hold: Hold, episode: RuleEpisode, pipeline: str, reason: str) -> None:
        self.holds[hold.id] = replace(hold, released_ns=self.now_ns)
        self._live.pop(hold.id, None)
        undo = Decision(
            id=short_id("d", hold.id, "undo"),
            at_ns=self.now_ns,
            policy=episode.policy,
            rule=episode.rule,
            slo=episode.slo,
            pipeline=pipeline,
            episode=episode.id,
            transition=self.transition_of(episode.id),
            action="resumeJobs",
            target=hold.target,
            verdict=Verdict.UNDO,
            reason=reason,
        )
        self.decisions[undo.id] = undo

    def wanted(self) -> tuple[WantedState, ...]:
        """A new epoch for every target whose wish changed: paused while any hold lives, else running."""
        newest = {state.target: state for state in self.memory.wanted}
        claims: dict[str, Hold] = {}
        for hold in self.live_holds():
            claims.setdefault(hold.target, hold)
        changed = []
        for target in sorted({*newest, *claims}):
            before, claim = newest.get(target), claims.get(target)
            wish = Wanted.PAUSED if claim else Wanted.RUNNING
            if wish is (before.wanted if before else Wanted.RUNNING):
                continue
            decision = claim.decision if claim else self._undone_by(target, before)
            changed.append(WantedState(target, before.epoch + 1 if before else 1, wish, self.now_ns, decision))
        return tuple(changed)

    def tell_who_still_holds(self) -> None:
        """An undo whose target stays paused says for how many others."""
        live = [hold.target for hold in self.live_holds()]
        for decision in list(self.decisions.values()):
            others = live.count(decision.target)
            if decision.action == "resumeJobs" and others:
                noun = "another hold lives" if others == 1 else f"{others} other holds live"
                self.decisions[decision.id] = replace(decision, reason=f"{decision.reason}; stays paused while {noun}")

    def _undone_by(self, target: str, before: WantedState | None) -> str:
        undo = [d.id for d in self.decisions.values() if d.target == target and d.action == "resumeJobs"]
        return undo[-1] if undo else (before.decision if before else "")


def cases(catalogue: Catalogue, statuses: Mapping[str, Status]) -> Iterator[tuple[tuple[str, str, str], Case | None]]:
    """Every rule × selected SLO; no case where the SLO was not evaluated, so its episode stays as it is."""
    for policy in catalogue.policies.values():
        for slo in catalogue.selected(policy.selector):
            status = statuses.get(slo.name)
            for rule in policy.rules:
                key = (policy.name, rule.name, slo.name)
                yield key, None if status is None else Case(policy, rule, slo, status)
