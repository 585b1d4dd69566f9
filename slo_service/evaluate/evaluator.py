"""All streams and SLOs in memory: committed differences in, statuses and transitions out, at each tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Transition
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import State, StateChange, Status, TierState
from slo_service.evaluate.adjust.adjusted import Effects, Kept, effects
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.floor import Floor, reach_of
from slo_service.evaluate.judge.episodes import Chronicle, worth_recording
from slo_service.evaluate.judge.figures import Standing
from slo_service.evaluate.judge.objective import Moment, Word, assess
from slo_service.evaluate.judge.tier import caught_up, wakes_at
from slo_service.evaluate.refill import Refill
from slo_service.evaluate.statuses import Statuses


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One tick: every SLO's status, what changed, and the tier states worth recording."""

    statuses: Statuses
    transitions: tuple[Transition, ...]
    tier_states: tuple[TierState, ...]


FEW = 8
STANDSTILL_NS = MINUTE  # a longer time without a tick is one that nobody has judged
GONE = "-"  # as the stream of a state: of what is not declared any more
ANEW_NS = HOUR  # recurring adjustments are looked for so often, for two days ahead

Changed = tuple[tuple[Transition, ...], tuple[TierState, ...]]
"""Transitions, and the tier states to be recorded with them."""


class Evaluator:
    """Holds the tracks of every stream that an SLO of the catalogue refers to. Not thread-safe: one loop owns it.

    At a tick only those objectives are judged whose verdict may have changed; of the others a status is made when
    somebody asks, and is exactly what judging them at every tick would have come to."""

    def __init__(
        self,
        catalogue: Catalogue,
        load: int = 0,
        *,
        stored: bool = False,
        slots: Slots | None = None,
        few: int = FEW,
    ) -> None:
        """`stored`: there is a store, so a new stream says nothing before it is filled from there. `slots`: instead of
        those that go with the slices. `few`: objectives side by side that are not worth being screened first."""
        self._catalogue = catalogue
        self._load = load
        self._floor = Floor(stored, slots, few)
        self._tiers: dict[str, dict[str, TierState]] = {}
        self._words: dict[str, Word] = {}
        self._coming: list[Delta] = []
        self._now_ns = 0
        self._adjusted_ns = -ANEW_NS
        self._effects: Mapping[str, Effects] = {}
        self._floor.adopt(catalogue, self._effects)

    @property
    def floor(self) -> Floor:
        """For those that fill it, and save what it holds."""
        return self._floor

    @property
    def streams(self) -> Mapping[str, Track]:
        """A track of each stream that is counted."""
        return self._floor.streams

    def unfilled(self) -> frozenset[str]:
        """The counted streams that do not hold yet what the store has."""
        return self._floor.unfilled()

    def needs(self, stream: str, now_ns: int) -> Mapping[int, int]:
        """By width (nanoseconds) of rows, since when they are to be filled in."""
        return self._floor.needs(stream, now_ns)

    def refill(self, streams: Iterable[str], now_ns: int) -> Refill:
        """Begins to fill these streams at once, in place of all that is there; those that are adjusted are left out. No
        batch may be committed until it is done."""
        refill = Refill(self._floor, streams, now_ns)
        self._coming = [delta for delta in self._coming if delta.stream not in refill.streams]
        return refill

    def inputs(self, streams: Iterable[str]) -> frozenset[str]:
        """The streams whose collectors say how far these counted ones were looked at."""
        return frozenset(each for s in streams for _, track in self._floor.places(s) for each in track.key.inputs)

    def fill(self, stream: str, rows: Mapping[int, Sequence[Delta]], now_ns: int) -> None:
        """Takes the stored rows by width, in place of all that is there; no batch may have been committed since."""
        self._coming = [delta for delta in self._coming if delta.stream != stream]
        self._floor.fill(stream, rows, now_ns)

    def apply(
        self, deltas: Iterable[Delta] = (), progress: Iterable[Progress] = (), schedules: Iterable[Schedule] = ()
    ) -> None:
        """Takes what a committed batch changed; counts move the windows at the next tick. Streams no SLO refers to are
        left alone."""
        self._floor.expects(schedules)
        self._coming += (delta for delta in deltas if self._floor.counts(delta.stream))
        self._floor.looked(progress)

    def restore(
        self,
        tier_states: Sequence[TierState],
        now_ns: int,
        lived_ns: int | None = None,
        said: Iterable[StateChange] = (),
    ) -> Changed:
        """Takes up the recorded states, and the words that were said last. `lived_ns`: until when somebody judged, by
        whom every change was recorded; None where that is not known. Time that nobody has judged counts neither as
        quiet nor as burned, unless it is as short as a tick that comes late. What was redefined meanwhile closes as
        superseded, like in a reload."""
        closed: list[TierState] = []
        for state in tier_states:
            slo = self._catalogue.slos.get(state.slo)
            same = slo is not None and state.stream in {"", slo.stream.id}
            if same and slo and self._floor.has_tier(slo, state.tier):
                self._tiers.setdefault(state.slo, {})[state.tier.name] = _stood(state, slo, now_ns, lived_ns)
            elif state.firing:
                closed.append(state)
            if same and slo and state.firing and state.tier.kind is Kind.EARLY:
                self._floor.alarm(slo)
        for change in said:
            told_by_tiers = change.state in (State.BURNING, State.WARN)  # since when, that is
            if change.slo in self._catalogue.slos and not told_by_tiers:
                self._words[change.slo] = Word(change.state, change.at_ns)
        return self._superseded(closed, now_ns)

    def tiers(self) -> Mapping[str, Mapping[str, TierState]]:
        """Where the tiers of each objective stand, by name."""
        return {name: dict(states) for name, states in self._tiers.items()}

    def tick(self, now_ns: int) -> Evaluation:
        """Judges every SLO at its stream's watermark."""
        self._now_ns = now_ns
        self.adjust(now_ns)
        self.absorb(now_ns)
        transitions: list[Transition] = []
        changed: list[TierState] = []
        judged: dict[str, Status] = {}
        stirred = list(self._floor.advance(now_ns))
        for slo in stirred:
            judged[slo.name], rows, states = self._judge(slo, now_ns)
            transitions += rows
            changed += states
        statuses = Statuses(self._catalogue.slos.keys(), self._status, judged, self._standing, self._floor.figures)
        return Evaluation(statuses, tuple(transitions), tuple(changed))

    def absorb(self, now_ns: int) -> None:
        """Counts all that was applied; a tick begins with it."""
        self._floor.roll(now_ns)
        coming, self._coming = self._coming, []
        self._floor.add(coming)

    def reload(self, catalogue: Catalogue, load: int, now_ns: int) -> Changed:
        """Takes a new catalogue. Episodes of what is no longer measured, or alerted on, close as superseded; a stream
        that is still referred to keeps its counts. New streams start empty: the caller rebuilds them from the store."""
        old, self._catalogue, self._load = self._catalogue, catalogue, load
        closed: list[TierState] = []
        forgotten: list[TierState] = []
        for name, tiers in list(self._tiers.items()):
            slo, before = catalogue.slos.get(name), old.slos.get(name)
            same = slo is not None and before is not None and slo.stream.id == before.stream.id
            for tier, state in list(tiers.items()):
                if same and slo is not None and self._floor.has_tier(slo, state.tier):
                    continue
                del tiers[tier]
                (closed if state.firing else forgotten).append(self._lately(state, old.slos[name]))
        self._words = {name: word for name, word in self._words.items() if name in catalogue.slos}
        self._floor.adopt(catalogue, self._adjusted(now_ns))
        return self._superseded(closed, now_ns, forgotten)

    def _lately(self, state: TierState, slo: Slo) -> TierState:
        """As it stood at the newest tick, at which it may not have been looked at."""
        watermark = self._floor.subject(slo).watermark_ns
        return state if watermark is None or not _counts_time(state) else caught_up(state, watermark)

    def adjust(self, now_ns: int) -> None:
        """Looks at what is adjusted about now, where that has not been done for a while; what counts differently then
        is `unfilled`, and so is all after the clock was set back far."""
        self._floor.rewind(now_ns)
        if self._catalogue.adjustments and abs(now_ns - self._adjusted_ns) >= ANEW_NS:
            before = self._effects
            if self._adjusted(now_ns) != before:
                self._floor.adopt(self._catalogue, self._effects)

    def _adjusted(self, now_ns: int) -> Mapping[str, Effects]:
        self._adjusted_ns = now_ns
        if not self._catalogue.adjustments:
            self._effects = {}
            return self._effects
        found = {}
        for slo in self._catalogue.slos.values():
            since = now_ns - reach_of(slo) - DAY
            kept = Kept.of_width(TrackKey.of(slo).slice_ns)
            each = effects(self._catalogue.adjustments.values(), slo.labels, slo.name, since, now_ns + 2 * DAY, now_ns,
                           indicator=slo.indicator, kept=kept)  # fmt: skip
            if each.occurrences:
                found[slo.name] = each
        self._effects = found
        return found

    def _superseded(self, closed: Sequence[TierState], now_ns: int, forgotten: Sequence[TierState] = ()) -> Changed:
        """No start takes these up again, should the same be declared once more."""
        lasting = {s.episode for tiers in self._tiers.values() for s in tiers.values() if s.firing and s.episode}
        transitions, states = Chronicle(self._load, now_ns).superseded(closed, frozenset(lasting))
        return transitions, tuple(replace(state, stream=GONE) for state in (*forgotten, *states))

    def _judge(self, slo: Slo, now_ns: int) -> tuple[Status, list[Transition], list[TierState]]:
        """Exactly, from where the tick before left it."""
        known = self._tiers.setdefault(slo.name, {})
        previous = self._floor.previous_ns(slo)
        before: dict[str, TierState | None] = {
            name: state if previous is None or not _counts_time(state) else caught_up(state, previous)
            for name, state in known.items()
        }
        status = assess(self._moment(slo, before))
        status, rows = Chronicle(self._load, now_ns).of(slo.name, before, status)
        states = (*status.tiers, *status.signals)
        changed = [state for state in states if worth_recording(before.get(state.tier.name), state)]
        known.clear()
        known.update({state.tier.name: state for state in states})
        self._words[slo.name] = Word(status.state, status.since_ns)
        wakes = [at for state in states if (at := wakes_at(state, slo)) is not None]
        self._floor.wake(slo, min(wakes, default=None))
        return status, rows, changed

    def _moment(self, slo: Slo, before: Mapping[str, TierState | None]) -> Moment:
        word, signs = self._words.get(slo.name), self._floor.signs(slo)
        return Moment(slo, self._floor.subject(slo), before, word, self._now_ns, signs)

    def _standing(self, name: str) -> Standing | None:
        word = self._words.get(name)
        if word is None or name not in self._catalogue.slos:
            return None
        return Standing(word.state, word.since_ns, tuple(self._tiers.get(name, {}).values()))

    def _status(self, name: str) -> Status:
        """Of the newest tick, at which it was judged or would have come out as before."""
        slo = self._catalogue.slos[name]
        known = self._tiers.get(name, {})
        status = assess(self._moment(slo, known))
        return Chronicle(self._load, self._now_ns).of(name, known, status)[0]


def _stood(state: TierState, slo: Slo, now_ns: int, lived_ns: int | None) -> TierState:
    if lived_ns is not None and now_ns - lived_ns <= STANDSTILL_NS:
        return state
    if lived_ns is not None and _counts_time(state):
        judged = lived_ns - slo.timing.horizon_ns - slo.timing.grace_ns
        state = caught_up(state, max(judged, state.judged_at_ns))
    return replace(state, burning=None)


def _counts_time(state: TierState) -> bool:
    """Whether it goes quiet, or fires, after a time of its own."""
    return state.tier.kind in (Kind.BURN, Kind.PARTITION)
