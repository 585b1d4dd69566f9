"""Names the episodes of tiers that changed, and writes a row for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slo_service.domain.event import Change, Transition, short_id
from slo_service.domain.slo import Kind, Tier
from slo_service.domain.status import Status, TierState

Before = Mapping[str, TierState | None]


@dataclass(frozen=True, slots=True)
class Chronicle:
    """`load` is the number of the definitions in force."""

    load: int
    now_ns: int

    def of(self, slo: str, before: Before, status: Status) -> tuple[Status, list[Transition]]:
        """The status with its episodes named, and what changed. There is one episode an SLO and group of tiers; a tier
        that fires beside another of its group joins it. Of several that clear at once the last closes the episode."""
        open_: dict[str, str] = {}
        for state in before.values():
            if state and state.firing and state.episode:
                open_[_group(state.tier)] = state.episode
        named: list[TierState] = []
        opened: set[str] = set()
        for state in (*status.tiers, *status.signals):
            group = _group(state.tier)
            if state.firing and group not in open_:
                open_[group] = short_id("ep", slo, group, state.since_ns)
                opened.add(group)
            named.append(replace(state, episode=open_[group]) if state.firing else state)
        count, whole = len(status.tiers), status
        if any(state.firing for state in named):
            whole = replace(status, tiers=tuple(named[:count]), signals=tuple(named[count:]))
        rows: list[Transition] = []
        over = {_group(s.tier): s.tier.name for s in named if (old := before.get(s.tier.name)) and old.firing}
        for state in named:
            old, group = before.get(state.tier.name), _group(state.tier)
            for change in _changes(old, state):
                opens = change is Change.FIRED and group in opened
                opened -= {group} if opens else set()
                ends = not any(s.firing for s in named if _group(s.tier) == group)
                closes = change is Change.CLEARED and ends and over[group] == state.tier.name
                known = replace(state, episode=state.episode or (old.episode if old else None))
                event = state.since_ns if change in (Change.FIRED, Change.CLEARED) else state.judged_at_ns
                row = self.row(known, change, event, opens=opens, closes=closes)
                rows.append(replace(row, first_bad_ns=status.first_bad_ns))
        return whole, rows

    def superseded(
        self, closed: Sequence[TierState], lasting: frozenset[str]
    ) -> tuple[tuple[Transition, ...], tuple[TierState, ...]]:
        """For firing states whose SLO or tier is no longer what it was; `lasting` episodes go on in other tiers."""
        rows, states = [], []
        for index, state in enumerate(closed):
            last = not any(s.episode == state.episode for s in closed[index + 1 :]) and state.episode not in lasting
            rows.append(self.row(state, Change.SUPERSEDED, state.judged_at_ns, closes=last))
            states.append(state.quietened())
        return tuple(rows), tuple(states)

    def row(
        self, state: TierState, change: Change, event_ns: int, *, opens: bool = False, closes: bool = False
    ) -> Transition:
        return Transition(
            id=short_id("tr", state.slo, state.tier.name, change, event_ns),
            slo=state.slo,
            severity=state.tier.severity,
            change=change,
            event_ns=event_ns,
            recorded_ns=self.now_ns,
            episode=state.episode,
            opens=opens,
            closes=closes,
            tier=state,
            load=self.load,
        )


def _group(tier: Tier) -> str:
    """Tiers of a severity share an episode; what tells of measuring has its own, so that it never carries a burn."""
    return tier.severity.value if tier.kind in (Kind.BURN, Kind.PARTITION) else f"{tier.kind} {tier.severity}"


def _changes(old: TierState | None, new: TierState) -> list[Change]:
    """Since a new tier begins undecided, its first thaw and freeze are no news."""
    changes = []
    if new.firing != (old.firing if old else False):
        changes.append(Change.FIRED if new.firing else Change.CLEARED)
    elif old and old.burning is not None and new.burning is None:
        changes.append(Change.FROZE)
    elif (
        old and old.frozen_since_ns is not None and new.frozen_since_ns is None and old.since_ns != old.frozen_since_ns
    ):
        changes.append(Change.THAWED)
    return changes


def worth_recording(old: TierState | None, new: TierState) -> bool:
    """Whether a restart would go on differently from the old one."""
    if old is None:
        return True
    return (old.phase, old.burning, old.frozen_since_ns, old.episode, old.held_back != "") != (
        new.phase,
        new.burning,
        new.frozen_since_ns,
        new.episode,
        new.held_back != "",
    )
