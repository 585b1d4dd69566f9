"""Many streams filled at once from the rows of a whole store, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from slo_service.evaluate.counts.ring import NEVER, Columns, Ints
from slo_service.evaluate.counts.slots import stored_width
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.hall import Hall
from slo_service.evaluate.ports import Sweep

_LATE = np.iinfo(np.int64).max


@dataclass(slots=True)
class Group:
    """The tracks of one hall, where they stood, and the oldest row of each column."""

    hall: Hall
    tracks: Sequence[Track]
    marks: Ints = field(init=False)
    firsts: Ints = field(init=False)
    layers: Sequence[Mapping[str, int]] = field(init=False)  # columns by stream; another one where a stream has several

    def __post_init__(self) -> None:
        self.marks = self.hall.bank.watermarks[self.columns].copy()
        self.firsts = np.full(self.hall.bank.columns, _LATE, np.int64)
        layers: list[dict[str, int]] = []
        for track in self.tracks:
            free = next((layer for layer in layers if track.key.stream not in layer), None)
            if free is None:
                layers.append(free := {})
            free[track.key.stream] = track.column
        self.layers = layers

    @property
    def columns(self) -> Columns:
        return np.array([track.column for track in self.tracks], np.intp)

    def clear(self, since_ns: int) -> None:
        """What starts from then on; the sums are wrong until they are taken anew."""
        for ring in self.hall.bank.rings:
            ring.clear_since(-(-since_ns // ring.width_ns), self.columns)

    def take(self, width_ns: int, sweep: Sweep) -> None:
        """Adds stored rows of this width to slots that are empty."""
        counts = np.stack([sweep.good, sweep.bad, sweep.observed])
        for layer in self.layers:
            columns = np.array([layer.get(stream, -1) for stream in sweep.streams], np.intp)[sweep.stream]
            ours = columns >= 0
            if not ours.any():
                continue
            at, starts, values = columns[ours], sweep.start_ns[ours], counts[:, ours]
            np.minimum.at(self.firsts, at, starts)
            for ring in self.hall.bank.rings:
                if stored_width(ring.width_ns) == width_ns:
                    ring.add(starts // ring.width_ns, at, values)
                    if ring is self.hall.bank.fine:
                        self.hall.bank.postpone(starts // ring.width_ns, at, values)


class Refill:
    """Fills all tracks of streams none of which is adjusted. Until `done` nothing is said of them, and nothing may be
    committed; what was committed and not counted yet is among the rows."""

    def __init__(self, floor: Floor, streams: Iterable[str], now_ns: int) -> None:
        floor.roll(now_ns)
        found: dict[int, tuple[Hall, list[Track]]] = {}
        self.streams = frozenset(s for s in streams if not any(track.key.adjustments for _, track in floor.places(s)))
        for stream in sorted(self.streams):
            for hall, track in floor.places(stream):
                found.setdefault(id(hall), (hall, []))[1].append(track)
        self._groups = [Group(hall, tracks) for hall, tracks in found.values()]
        for group in self._groups:
            group.hall.bank.empty_many(group.columns)
            for track in group.tracks:
                track.filled, track.first_ns = False, None
                group.hall.refilled(track)

    def needs(self) -> Mapping[int, int]:
        """By width of stored rows, since when they are wanted."""
        found: dict[int, int] = {}
        for group in self._groups:
            for ring in group.hall.bank.rings:
                width = stored_width(ring.width_ns)
                found[width] = min(found.get(width, ring.oldest_ns), ring.oldest_ns)
        return found

    def take(self, width_ns: int, sweep: Sweep) -> None:
        """Rows of a width that `needs` names, each row once."""
        for group in self._groups:
            group.take(width_ns, sweep)

    def done(self) -> None:
        """All rows were taken."""
        for group in self._groups:
            bank = group.hall.bank
            marks = np.full(bank.columns, NEVER, np.int64)
            marks[group.columns] = group.marks
            bank.advance(marks)
            for track in group.tracks:
                first = int(group.firsts[track.column]) if track.column < group.firsts.size else _LATE
                track.first_ns = None if first == _LATE else first
                track.filled = True
                group.hall.refilled(track)
