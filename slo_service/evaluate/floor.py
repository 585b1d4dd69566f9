"""All banks of the evaluator, and which tracks each objective is judged on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from slo_service.domain.budgeting import Occurrences
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY
from slo_service.domain.slo import Kind, Slo, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Effects
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import budget_window
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge.figures import Figures
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.subject import Composed, Plain, Subject

REACHES_NS = tuple(days * DAY for days in (1, 3, 7, 31, 97, 390))  # like lengths share a bank
UNADJUSTED = Effects()
Place = tuple[Hall, Track]


@dataclass(slots=True)
class Plan:
    """What an objective needs: a key for its track, or for one of each member. `raw` are those of the same tracks
    unadjusted, where anything of them is adjusted: the figures without stand beside those with."""

    slo: Slo
    parts: Sequence[Slo]
    keys: Sequence[TrackKey]
    raw: Sequence[TrackKey]

    @classmethod
    def of(cls, slo: Slo, found: Effects) -> Plan:
        parts = [slo]
        if slo.members and isinstance(slo.budgeting, Occurrences):
            parts = [replace(slo, indicator=m.indicator, objective=Objective(m.target)) for m in slo.members]
        keys = [TrackKey.of(part, _named(found)) for part in parts]
        return cls(slo, parts, keys, [TrackKey.of(part) for part in parts] if found else [])


@dataclass(slots=True)
class Floor:
    """`stored`, `slots` and `few`: see `Evaluator`. `streams`: a track of each counted stream."""

    stored: bool
    slots: Slots | None
    few: int
    streams: dict[str, Track] = field(default_factory=dict)
    _halls: dict[HallKey, Hall] = field(default_factory=dict)
    _placed: dict[str, Sequence[Place]] = field(default_factory=dict)  # by SLO
    _subjects: dict[str, Subject] = field(default_factory=dict)
    _composed: Sequence[Slo] = ()  # judged exactly at every tick
    _counting: Mapping[str, Sequence[Place]] = field(default_factory=dict)  # by counted stream
    _hearing: Mapping[str, Sequence[Place]] = field(default_factory=dict)  # by input

    def adopt(self, catalogue: Catalogue, effects: Mapping[str, Effects]) -> None:
        """These objectives are judged from now on, adjusted as `effects` say by their names; tracks that none of them
        needs any more are given up."""
        plans = [Plan.of(slo, effects.get(slo.name, UNADJUSTED)) for slo in catalogue.slos.values()]
        longest: dict[TrackKey, int] = defaultdict(int)
        for plan in plans:
            for key in (*plan.keys, *plan.raw):
                longest[key] = max(longest[key], reach_of(plan.slo))
        homes = {key: self._hall_key(key, reach) for key, reach in longest.items()}
        old, self._halls = self._halls, {}
        before = {track.key: track for hall in old.values() for track in hall.tracks}
        alike = {replace(key, adjustments=()): track for key, track in before.items()}
        for home, count in Counter(homes.values()).items():
            hall = self._halls.setdefault(home, old.get(home) or Hall(home, self.few))
            hall.bank.reserve(count - len(hall.keys))
        for key, home in homes.items():
            hall = self._halls[home]
            if hall.holds(key):
                continue
            track = hall.track(key, filled=not self.stored)
            if (was := before.get(key)) is not None:  # what its collectors said holds, its counts are read anew
                track.expectation, track.feeds, track.effects = was.expectation, was.feeds, was.effects
                track.stand_at(was.watermark_ns)
                hall.reschedule(track)
            elif (other := alike.get(replace(key, adjustments=()))) is not None:  # adjusted otherwise, seen the same
                track.hear_of(other)
                track.stand_at(other.watermark_ns)
                hall.reschedule(track)
        for home, hall in self._halls.items():
            for key in hall.keys - {key for key, its in homes.items() if its == home}:
                hall.drop(key)
        self._index(plans)
        self._adjust(plans, effects)

    def _index(self, plans: Sequence[Plan]) -> None:
        places = {track.key: (hall, track) for hall in self._halls.values() for track in hall.tracks}
        self._placed = {plan.slo.name: [places[key] for key in plan.keys] for plan in plans}
        self._composed = [plan.slo for plan in plans if plan.slo.members and len(plan.parts) == len(plan.slo.members)]
        composed = {slo.name for slo in self._composed if isinstance(slo.budgeting, Occurrences)}
        self._composed = [slo for slo in self._composed if slo.name in composed]
        of_hall: dict[int, list[tuple[Slo, Track]]] = defaultdict(list)
        self._subjects = {}
        for plan in plans:
            slo, tracks = plan.slo, [track for _, track in self._placed[plan.slo.name]]
            unadjusted = [places[key][1] for key in plan.raw]
            if slo.name in composed:
                raw = list(zip(slo.members, unadjusted, strict=True)) if unadjusted else []
                self._subjects[slo.name] = Composed(slo, list(zip(slo.members, tracks, strict=True)), raw)
            else:
                self._subjects[slo.name] = Plain(slo, tracks[0], unadjusted[0] if unadjusted else None)
                of_hall[id(self._placed[slo.name][0][0])].append((slo, tracks[0]))
        for hall in self._halls.values():
            hall.put(of_hall[id(hall)])
        counting, hearing = defaultdict(list), defaultdict(list)
        judged = {key for plan in plans for key in plan.keys}
        for key, place in sorted(places.items(), key=lambda each: each[0] not in judged):
            counting[key.stream].append(place)
            for stream in key.inputs:
                hearing[stream].append(place)
        self._counting, self._hearing = dict(counting), dict(hearing)
        self.streams = {stream: found[0][1] for stream, found in counting.items()}

    def _adjust(self, plans: Sequence[Plan], effects: Mapping[str, Effects]) -> None:
        """Objectives on the same track are adjusted alike, but for how far back each of them looks."""
        widest: dict[TrackKey, Effects] = {}
        for plan in plans:
            its = effects.get(plan.slo.name, UNADJUSTED)
            for key in plan.keys:
                if key not in widest or len(widest[key].occurrences) < len(its.occurrences):
                    widest[key] = its
        for hall in self._halls.values():
            for track in hall.tracks:
                if track.adjust(widest.get(track.key, UNADJUSTED), anew=self.stored):
                    hall.reschedule(track)

    def _hall_key(self, key: TrackKey, reach_ns: int) -> HallKey:
        slots = self.slots or Slots.of_width(key.slice_ns)
        reach = next((r for r in REACHES_NS if r >= reach_ns), reach_ns)
        patience = -(-(key.grace_ns + key.grain_ns) // slots.coarse_ns) * slots.coarse_ns
        return HallKey(slots, key.horizon_ns, patience, reach)

    # --- what is asked of it ------------------------------------------------------------------------------------------

    @property
    def halls(self) -> Mapping[HallKey, Hall]:
        return self._halls

    def places(self, stream: str) -> Sequence[Place]:
        """The tracks that count the stream."""
        return self._counting.get(stream, ())

    def subject(self, slo: Slo) -> Subject:
        return self._subjects[slo.name]

    def signs(self, slo: Slo) -> Signs:
        hall, _ = self._placed[slo.name][0]
        return Signs() if isinstance(self._subjects[slo.name], Composed) else hall.signs(slo.name)

    def figures(self) -> tuple[Figures, ...]:
        """Of the objectives that are screened; the others are judged exactly at every tick."""
        return tuple(found for hall in self._halls.values() if (found := hall.figures()) is not None)

    def previous_ns(self, slo: Slo) -> int | None:
        """The watermark at the tick before; None where it was judged then."""
        hall, track = self._placed[slo.name][0]
        return None if isinstance(self._subjects[slo.name], Composed) else hall.previous_ns(track)

    def alarm(self, slo: Slo) -> None:
        """The early detector of this objective had raised an alarm when the last process ended."""
        self._placed[slo.name][0][0].alarm(slo.name)

    def alarm_left(self, slo: Slo) -> int:
        """So many good rounds of canaries at the least end the alarm of its early detector."""
        return self._placed[slo.name][0][0].alarm_left(slo.name)

    def has_tier(self, slo: Slo, tier: Tier) -> bool:
        """Whether the objective has a tier of that name, or one beside the declared ones."""
        return tier.kind is not Kind.BURN or any(declared.name == tier.name for declared in slo.alerting.tiers)

    def wake(self, slo: Slo, watermark_ns: int | None) -> None:
        if not isinstance(self._subjects[slo.name], Composed):
            self._placed[slo.name][0][0].wake(slo.name, watermark_ns)

    def counts(self, stream: str) -> bool:
        return stream in self._counting

    def unfilled(self) -> frozenset[str]:
        return frozenset(s for s, places in self._counting.items() if not all(track.filled for _, track in places))

    def needs(self, stream: str, now_ns: int) -> Mapping[int, int]:
        """By width of rows, since when the tracks of the stream need them."""
        found: dict[int, int] = {}
        for hall, track in self._counting.get(stream, ()):
            hall.bank.roll(now_ns)
            for width_ns, since_ns in track.needs(now_ns).items():
                found[width_ns] = min(found.get(width_ns, now_ns), since_ns)
        return found

    # --- what comes in ------------------------------------------------------------------------------------------------

    def fill(self, stream: str, rows: Mapping[int, Sequence[Delta]], now_ns: int) -> None:
        for hall, track in self._counting.get(stream, ()):
            hall.bank.roll(now_ns)
            track.fill(rows)
            hall.refilled(track)

    def expects(self, schedules: Iterable[Schedule]) -> None:
        for schedule in schedules:
            for hall, track in self._hearing.get(schedule.stream, ()):
                if track.expects(schedule):
                    hall.reschedule(track)

    def looked(self, progress: Iterable[Progress]) -> None:
        hearing, nobody = self._hearing, ()
        for mark in progress:
            for hall, track in hearing.get(mark.stream, nobody):
                hall.looked(track, mark)

    def rewind(self, now_ns: int) -> None:
        """Where the clock was set back far, all is to be filled anew."""
        for hall in self._halls.values() if self.stored else ():
            if hall.bank.rewind(now_ns):
                for track in hall.tracks:
                    track.filled = False
                    hall.refilled(track)

    def roll(self, now_ns: int) -> None:
        for hall in self._halls.values():
            hall.bank.roll(now_ns)

    def add(self, deltas: Sequence[Delta]) -> None:
        found: dict[int, list[tuple[Track, Delta]]] = defaultdict(list)
        halls = {id(hall): hall for hall in self._halls.values()}
        for delta in deltas:
            for hall, track in self._counting.get(delta.stream, ()):
                counted = track.counted(delta)
                if counted is not None:
                    found[id(hall)].append((track, counted))
        for number, pairs in found.items():
            halls[number].add(pairs)

    def advance(self, now_ns: int) -> Iterator[Slo]:
        """Moves all on to now; the objectives to be judged exactly."""
        for hall in self._halls.values():
            for at in hall.advance(now_ns):
                yield hall.slos[at]
        yield from self._composed


def _named(effects: Effects) -> tuple[str, ...]:
    return tuple(sorted({each.adjustment for each in effects.occurrences})) if effects else ()


def reach_of(slo: Slo) -> int:
    """How far back what it is judged on goes."""
    return max([budget_window(slo).reach_ns, DAY, *(tier.long_ns for tier in slo.alerting.tiers)])
