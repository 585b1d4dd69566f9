"""All streams and SLOs in memory: committed differences in, statuses and transitions out, at each tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Change, Transition, short_id
from slo_service.domain.indicator import Schedule
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.objective import assess
from slo_service.evaluate.reading import Expectation
from slo_service.evaluate.ring import Rings
from slo_service.evaluate.stream import StreamState


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One tick: every SLO's status, what changed, and the tier states worth recording."""

    statuses: Mapping[str, Status]
    transitions: tuple[Transition, ...]
    tier_states: tuple[TierState, ...]


Changed = tuple[tuple[Transition, ...], tuple[TierState, ...]]
"""Transitions, and the tier states to be recorded with them."""


class Evaluator:
    """Holds the rings of every stream that an SLO of the catalogue refers to. Not thread-safe: one loop owns it."""

    def __init__(self, catalogue: Catalogue, load: int = 0, *, stored: bool = False) -> None:
        """`stored`: there is a store, so a new stream says nothing before it is filled from there."""
        self._catalogue = catalogue
        self._load = load
        self._stored = stored
        self._streams: dict[str, StreamState] = {}
        self._tiers: dict[tuple[str, str], TierState] = {}
        self._statuses: dict[str, Status] = {}
        self._adopt(catalogue)

    @property
    def streams(self) -> Mapping[str, StreamState]:
        return self._streams

    def apply(
        self, deltas: Iterable[Delta] = (), progress: Iterable[Progress] = (), schedules: Iterable[Schedule] = ()
    ) -> None:
        """Takes what a committed batch changed. Streams no SLO refers to are left alone."""
        for schedule in schedules:
            if state := self._streams.get(schedule.stream):
                state.expectation.append(schedule)
        for delta in deltas:
            if state := self._streams.get(delta.stream):
                state.add(delta)
        for mark in progress:
            if state := self._streams.get(mark.stream):
                state.looked(mark)

    def restore(self, tier_states: Sequence[TierState], now_ns: int) -> Changed:
        """Takes up the recorded states. Time since then was not seen by us, so none of it counts as quiet. What was
        redefined meanwhile closes as superseded, like in a reload."""
        closed: list[TierState] = []
        for state in tier_states:
            slo = self._catalogue.slos.get(state.slo)
            same = slo is not None and state.stream in {"", slo.stream.id}
            if same and slo and any(tier.name == state.tier.name for tier in slo.alerting.tiers):
                self._tiers[state.slo, state.tier.name] = replace(state, burning=None)
            elif state.firing:
                closed.append(state)
        return self._superseded(closed, now_ns)

    def tick(self, now_ns: int) -> Evaluation:
        """Judges every SLO at its stream's watermark."""
        transitions: list[Transition] = []
        changed: list[TierState] = []
        for slo in self._catalogue.slos.values():
            status, rows, states = self._judge(slo, now_ns)
            self._statuses[slo.name] = status
            transitions += rows
            changed += states
        return Evaluation(dict(self._statuses), tuple(transitions), tuple(changed))

    def reload(self, catalogue: Catalogue, load: int, now_ns: int) -> Changed:
        """Takes a new catalogue. Episodes of what is no longer measured, or alerted on, close as superseded; a stream
        that is still referred to keeps its counts. New streams start empty: the caller rebuilds them from the store."""
        old, self._catalogue, self._load = self._catalogue, catalogue, load
        closed: list[TierState] = []
        for (name, tier), state in list(self._tiers.items()):
            slo, before = catalogue.slos.get(name), old.slos.get(name)
            same = slo and before and slo.stream.id == before.stream.id
            if same and slo and tier in {t.name for t in slo.alerting.tiers}:
                continue
            del self._tiers[name, tier]
            if state.firing:
                closed.append(state)
        self._statuses = {name: status for name, status in self._statuses.items() if name in catalogue.slos}
        self._adopt(catalogue)
        return self._superseded(closed, now_ns)

    def _superseded(self, closed: Sequence[TierState], now_ns: int) -> Changed:
        rows, states = [], []
        lasting = {state.episode for state in self._tiers.values() if state.firing}
        for index, state in enumerate(closed):
            last = not any(s.episode == state.episode for s in closed[index + 1 :]) and state.episode not in lasting
            rows.append(self._row(state, Change.SUPERSEDED, state.judged_at_ns, now_ns, closes=last))
            states.append(state.quietened())
        return tuple(rows), tuple(states)

    def _adopt(self, catalogue: Catalogue) -> None:
        wanted: dict[str, Slo] = {}
        for slo in catalogue.slos.values():
            known = wanted.get(slo.stream.id)
            if known is None or slo.window_ns > known.window_ns:
                wanted[slo.stream.id] = slo
        for name in set(self._streams) - set(wanted):
            del self._streams[name]
        for name, slo in wanted.items():
            state = self._streams.get(name)
            if state is None or state.longest_ns < slo.window_ns:
                rings = Rings(slo.slice_width_ns, slo.window_ns)
                expectation = state.expectation if state else Expectation()
                marks = state.marks if state else {}
                self._streams[name] = StreamState(rings, expectation, slo.window_ns, marks, filled=not self._stored)

    def unfilled(self) -> Mapping[str, StreamState]:
        """Streams whose rings do not hold yet what the store has, by stream id."""
        return {name: state for name, state in self._streams.items() if not state.filled}

    def _judge(self, slo: Slo, now_ns: int) -> tuple[Status, list[Transition], list[TierState]]:
        stream = self._streams[slo.stream.id]
        before = {t.name: self._tiers.get((slo.name, t.name)) for t in slo.alerting.tiers}
        status = assess(slo, stream, before, self._statuses.get(slo.name), now_ns)
        after, rows = self._episodes(slo, before, status, now_ns)
        changed = [state for state in after if _worth_recording(before[state.tier.name], state)]
        for state in after:
            self._tiers[slo.name, state.tier.name] = state
        return replace(status, tiers=after), rows, changed

    def _episodes(
        self, slo: Slo, before: Mapping[str, TierState | None], status: Status, now_ns: int
    ) -> tuple[tuple[TierState, ...], list[Transition]]:
        """Names the episode of each severity, and writes a row for each tier that changed."""
        open_: dict[Severity, str] = {}
        for state in before.values():
            if state and state.firing and state.episode:
                open_[state.tier.severity] = state.episode
        after: list[TierState] = []
        fired: set[Severity] = set()
        for state in status.tiers:
            severity = state.tier.severity
            if state.firing and severity not in open_:
                open_[severity] = short_id("ep", slo.name, severity, state.since_ns)
                fired.add(severity)
            after.append(replace(state, episode=open_[severity]) if state.firing else state)
        rows: list[Transition] = []
        for state in after:
            old = before[state.tier.name]
            for change in _changes(old, state):
                severity = state.tier.severity
                opens = change is Change.FIRED and severity in fired
                fired -= {severity} if opens else set()
                closes = change is Change.CLEARED and not any(s.firing for s in after if s.tier.severity is severity)
                named = replace(state, episode=state.episode or (old.episode if old else None))
                event = state.since_ns if change in (Change.FIRED, Change.CLEARED) else state.judged_at_ns
                row = self._row(named, change, event, now_ns, opens=opens, closes=closes)
                rows.append(replace(row, first_bad_ns=status.first_bad_ns))
        return tuple(after), rows

    def _row(
        self, state: TierState, change: Change, event_ns: int, now_ns: int, *, opens: bool = False, closes: bool = False
    ) -> Transition:
        return Transition(
            id=short_id("tr", state.slo, state.tier.name, change, event_ns),
            slo=state.slo,
            severity=state.tier.severity,
            change=change,
            event_ns=event_ns,
            recorded_ns=now_ns,
            episode=state.episode,
            opens=opens,
            closes=closes,
            tier=state,
            load=self._load,
        )


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


def _worth_recording(old: TierState | None, new: TierState) -> bool:
    if old is None:
        return True
    return (old.phase, old.burning, old.frozen_since_ns, old.episode) != (
        new.phase,
        new.burning,
        new.frozen_since_ns,
        new.episode,
    )
