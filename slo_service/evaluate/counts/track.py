"""One stream as one or more objectives judge it: its column of a bank, what is expected of it, and how far its
collectors have looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from slo_service.domain.budgeting import OCCURRENCES, Budgeting, Occurrences
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.slo import Slo
from slo_service.domain.tally import Tally
from slo_service.evaluate.adjust.adjusted import Effects, Kept
from slo_service.evaluate.adjust.rows import adjusted_rows
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.ring import BAD, GOOD, NEVER, OBSERVED, Columns, Ints
from slo_service.evaluate.counts.window import Window

_END_NS = 1 << 62
AHEAD_NS = SECOND  # a mark may lie so far ahead of the instant of a tick that was taken before it


@dataclass(frozen=True, slots=True)
class Sums:
    """Over one window: judged events, and how many cells were looked at before the slice of its head, which is not due
    before it ends; or how many events were measured, see `TrackKey.tells_measured`."""

    tally: Tally
    observed: int


@dataclass(frozen=True, slots=True)
class TrackKey:
    """What tells two tracks apart. `stream` is what is counted, `inputs` are the streams whose collectors say how far
    they looked, and `budgeting` is what became of the counts. The watermark moves in steps of `grain_ns`."""

    stream: str
    inputs: tuple[str, ...]
    basis: Basis
    horizon_ns: int
    grace_ns: int
    slice_ns: int
    grain_ns: int = 1
    budgeting: Budgeting = OCCURRENCES
    adjustments: tuple[str, ...] = ()  # names of those that it is under

    @classmethod
    def of(cls, slo: Slo, adjustments: tuple[str, ...] = ()) -> TrackKey:
        timing, budgeting = slo.timing, slo.budgeting
        if isinstance(budgeting, Occurrences):
            return cls(
                slo.stream.id,
                (slo.stream.id,),
                slo.indicator.basis,
                timing.horizon_ns,
                timing.grace_ns,
                slo.slice_width_ns,
                adjustments=adjustments,
            )
        return cls(
            slo.counted,
            slo.measured,
            Basis.SLICES,
            timing.horizon_ns,
            timing.grace_ns,
            budgeting.slice_ns,
            budgeting.slice_ns,
            budgeting,
            adjustments,
        )

    @property
    def cell_ns(self) -> int:
        """How much time of a source one cell stands for. A slice of time is one cell, and its unit counts as so many
        sources."""
        return self.slice_ns if isinstance(self.budgeting, Occurrences) else self.slice_ns * self.budgeting.unit

    @property
    def tells_measured(self) -> bool:
        """Whether observed is how many events were measured, which are not those that count where corrected."""
        return self.basis is Basis.EVENTS and bool(self.adjustments)

    @property
    def knows_events(self) -> bool:
        """Whether it is known how many counts a stretch of time yields that nobody looks at."""
        return self.basis is Basis.EVENTS or not isinstance(self.budgeting, Occurrences)

    def schedule(self, said: Schedule) -> Schedule:
        """What is expected of the counted stream, given what is of an input: of slices, that there is one."""
        if isinstance(self.budgeting, Occurrences):
            return said
        unit = self.budgeting.unit
        return Schedule(self.stream, said.since_ns, Fraction(unit * SECOND, self.budgeting.slice_ns), unit)


@dataclass(slots=True)
class Feed:
    """The collectors of one stream: by source, the event time through which each has looked, and how many there are."""

    marks: dict[str, int] = field(default_factory=dict)
    sources: int = 0

    def progress_ns(self, now_ns: int) -> int | None:
        """The moment through which every source has looked; None before all that are expected have reported. A mark in
        the future is one from before the clock was set back, and says nothing of now.

        Sources that no longer exist (partitions are never taken away, but regions are) keep an old mark in the store,
        so only as many of the newest marks count as the schedule expects sources."""
        if not self.sources:
            return None
        marks = sorted((mark for mark in self.marks.values() if mark <= now_ns + AHEAD_NS), reverse=True)
        return None if len(marks) < self.sources else marks[self.sources - 1]

    def is_heard(self, now_ns: int) -> bool:
        """Whether any source has reported."""
        return bool(self.sources) and any(mark <= now_ns + AHEAD_NS for mark in self.marks.values())


@dataclass(slots=True, eq=False)
class Track:
    """`first_ns` is the start of the oldest slice known to have been measured. Until it is `filled` with what the store
    has, nothing is said of it. `feeds` by input stream."""

    key: TrackKey
    bank: Bank
    column: int
    expectation: Expectation = field(default_factory=Expectation)
    feeds: dict[str, Feed] = field(default_factory=dict)
    first_ns: int | None = None
    filled: bool = True
    effects: Effects = field(default_factory=Effects)
    begun_ns: int = NEVER  # the first tick; silence before it is not the collector's

    def __post_init__(self) -> None:
        self.feeds = self.feeds | {stream: Feed() for stream in self.key.inputs if stream not in self.feeds}

    def saw(self, slice_start_ns: int) -> int:
        """The start of the oldest slice, which this one may be."""
        self.first_ns = slice_start_ns if self.first_ns is None else min(self.first_ns, slice_start_ns)
        return self.first_ns

    def looked(self, mark: Progress) -> bool:
        """The newest word counts, also when it goes back: then a clock was set right. Whether this one alone says how
        far was looked."""
        feed = self.feeds[mark.stream]
        feed.marks[mark.source] = mark.through_ns
        return feed.sources == 1 == len(feed.marks) == len(self.feeds)

    def hear_of(self, other: Track) -> None:
        """Begins with what the collectors said to a track of the same stream that lives on."""
        self.expectation = Expectation(other.expectation.schedules)
        self.feeds = {stream: Feed(dict(feed.marks), feed.sources) for stream, feed in other.feeds.items()}

    def stand_at(self, watermark_ns: int | None) -> None:
        """Goes on from the watermark of a track that it takes the place of."""
        if watermark_ns is not None:
            self.bank.advance_one(self.column, watermark_ns)

    def expects(self, schedule: Schedule) -> bool:
        """Takes what is expected of an input from now on; whether that is anything new."""
        feed = self.feeds[schedule.stream]
        before, feed.sources = feed.sources, schedule.sources
        return self.expectation.append(self.key.schedule(schedule)) or before != schedule.sources

    def fill(self, rows: Mapping[int, Sequence[Delta]]) -> None:
        """Takes the stored rows by width (nanoseconds), in place of all that was there."""
        watermark = int(self.bank.watermarks[self.column])
        self.bank.empty(self.column)
        self.first_ns = None
        if self.key.tells_measured:
            rows = {width: [_measured(row) for row in of] for width, of in rows.items()}
        if self.effects:
            instead = (each.at_ns for each in self.effects.corrections if each.at_ns is not None)
            since = min((*(row.slice_start_ns for of in rows.values() for row in of), *instead), default=0)
            rows = adjusted_rows(rows, self.effects, self.key.stream, since, _END_NS)
        for ring in self.bank.rings:
            found = rows.get(ring.width_ns, ())
            if found:
                self.saw(min(row.slice_start_ns for row in found))
            slots, _, counts = _as_arrays(found, ring.width_ns, self.column)
            self.bank.put(ring.width_ns, slots, self.column, counts)
        fine = rows.get(self.bank.fine.width_ns, ())
        self.bank.postpone(*_as_arrays(fine, self.bank.fine.width_ns, self.column))
        if watermark != NEVER:
            self.bank.advance_one(self.column, watermark)
        self.filled = True

    def needs(self, now_ns: int) -> Mapping[int, int]:
        """By width of rows, since when they are to be filled in; finer ones for longer where adjustments cut them."""
        found = {ring.width_ns: ring.oldest_ns for ring in self.bank.rings}
        if self.effects:
            kept = Kept.of_width(self.slice_ns)
            found[kept.slice_ns] = min(found[kept.slice_ns], now_ns - kept.slice_for_ns)
            if kept.middle_ns in found:
                found[kept.middle_ns] = min(found[kept.middle_ns], now_ns - kept.middle_for_ns)
        return found

    def adjust(self, effects: Effects, *, anew: bool) -> bool:
        """Takes what is adjusted from now on; whether anything is new. `anew`: what is counted already is filled in
        again where it differs."""
        if effects == self.effects:
            return False
        changed = Effects.changes_between(self.effects, effects)
        instead = effects.corrections != self.effects.corrections  # their counts come with the stored rows
        self.effects = effects
        self.expectation = self.expectation.with_holes(effects.excluded)
        if anew and changed is not None and (instead or self._may_hold(changed.from_ns)):
            self.filled = False
        return True

    def _may_hold(self, since_ns: int) -> bool:
        """Whether anything from then on may be counted already, or wait to be."""
        fine = self.bank.fine
        return fine.newest is None or since_ns < (fine.newest + 1) * fine.width_ns or self.column in self.bank.waiting

    def counted(self, delta: Delta) -> Delta | None:
        """What of a committed difference counts."""
        if self.key.tells_measured:
            delta = _measured(delta)
        return self.effects.adjusted(delta) if self.effects else delta

    def progress_ns(self, now_ns: int) -> int | None:
        """The moment through which every source of every input has looked."""
        if not self.filled:
            return None
        found = [feed.progress_ns(now_ns) for feed in self.feeds.values()]
        return None if None in found else min(mark for mark in found if mark is not None)

    def is_heard(self, now_ns: int) -> bool:
        """Whether it can be judged after the grace, whoever has not reported yet."""
        return self.filled and any(feed.is_heard(now_ns) for feed in self.feeds.values())

    def hurries(self, now_ns: int) -> bool:
        """Whether a mark lies in the future, so that time alone may change how far was looked."""
        return any(mark > now_ns + AHEAD_NS for feed in self.feeds.values() for mark in feed.marks.values())

    @property
    def watermark_ns(self) -> int | None:
        mark = int(self.bank.watermarks[self.column])
        return None if mark == NEVER else mark

    @property
    def slice_ns(self) -> int:
        return self.key.slice_ns

    def sums(self, window: Window) -> tuple[int, Sums]:
        """(start, sums) of a window that ends at the watermark and is kept as a running sum."""
        at, watermark = self.bank.index_of(window), self.watermark_ns
        assert watermark is not None
        good, bad, observed = self.bank.sums[:, at, self.column].tolist()
        start = int(self.bank.tails[at, self.column]) * self.bank.ring_for(window).width_ns
        return start, Sums(Tally(good, bad), observed - self._head(watermark))

    def window(self, watermark_ns: int, window: Window) -> tuple[int, Sums]:
        """(start, sums) of any window that ends at any instant: its head is exact to the tick, since what is counted
        lies before the watermark; its tail is the start of the slot that contains it."""
        start, sums = self.bank.sum(self.column, window, watermark_ns)
        return start, Sums(Tally(int(sums[GOOD]), int(sums[BAD])), int(sums[OBSERVED]) - self._head(watermark_ns))

    def _head(self, watermark_ns: int) -> int:
        """Cells of the slice that the watermark cuts, where they count."""
        if self.key.basis is Basis.EVENTS or watermark_ns == floor_to(watermark_ns, self.slice_ns):
            return 0
        slot = watermark_ns // self.bank.slots.fine_ns
        return int(self.bank.fine.at(slot, np.array([self.column]))[OBSERVED, 0])

    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]:
        """Starts of the kept fine slots in the range that hold a bad event, oldest first."""
        width = self.bank.fine.width_ns
        numbers, counts = self.bank.fine.series(start_ns // width, (end_ns - 1) // width + 1, self.column)
        return [int(number) * width for number in numbers[counts[BAD] > 0]]


def _as_arrays(rows: Sequence[Delta], width_ns: int, column: int) -> tuple[Ints, Columns, Ints]:
    """Slots, the column for each, and 3 × n counts."""
    slots = np.array([row.slice_start_ns // width_ns for row in rows], np.int64)
    counts = np.array([(row.good, row.bad, row.observed) for row in rows], np.int64).reshape(-1, 3).T
    return slots, np.full(slots.size, column, np.intp), counts


def _measured(row: Delta) -> Delta:
    return replace(row, observed=row.good + row.bad)
