"""The partition tier: one partition whose own canaries fail, which the sum over 48 of them hides for 41 minutes.

Over the trailing window L = max(`after_ns`, `canaries` periods), at most an hour, a partition *fails* when its k
failures of n have p < significance ÷ partitions and n ≥ canaries ÷ 2. It burns when, at its newest
failure, it has failed for `after_ns` of its own measured time without a break; or at once, when k ≥ canaries and p is a
hundred times smaller still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from slo_service.domain.indicator import Basis
from slo_service.domain.instant import HOUR
from slo_service.domain.signals import PartitionTier
from slo_service.evaluate.chance.binomial import failures_needed
from slo_service.evaluate.chance.trail import BAD, GOOD, OBSERVED, Flags, Integers, Trails

LONGEST_NS = HOUR
UNKNOWN, CLEAR, BURNS = 0, 1, 2
AT_ONCE = 100
"""A window is looked at anew with every canary, so that at the objective dense ones (1 s at 99 %) would cross the mere
significance in every fourth month. So they do in one of 110, the worst of 1–60 s, 99–99.99 % and 1–200 partitions; a
dead partition is far beyond either."""

_COUNT_BITS = 45  # of the events of one window


@dataclass(frozen=True, slots=True)
class Watched:
    """What is asked of one stream's partitions. `sources` are those expected, `period_ns` is the time between two
    canaries of one of them; 0 of either, where no schedule is known, switches the tier off."""

    budget: Fraction
    tier: PartitionTier
    sources: int = 0
    period_ns: int = 0
    basis: Basis = Basis.EVENTS


def looks_back_ns(tier: PartitionTier, period_ns: int) -> int:
    """The length of the trailing window of partitions that get a canary every `period_ns`."""
    return min(max(tier.after_ns, tier.canaries * period_ns), LONGEST_NS)


class Partitions:
    """All partitions of many tracks (numbered in the order given), in slices of one width. Cells may come up to
    `ahead_ns` before the head of their track."""

    def __init__(self, slice_ns: int, ahead_ns: int, tracks: Sequence[Watched]) -> None:
        self._slice_ns, self._ahead_ns = slice_ns, ahead_ns
        count = len(tracks)
        self._window, self._unit, self._after, self._canaries, self._expected, self._odds = (
            np.zeros(count, np.int64) for _ in range(6)
        )
        self._by_events: Flags = np.zeros(count, bool)
        self._asked: dict[tuple[Fraction, Fraction], int] = {}  # (budget, significance of one partition) → number
        self._trails = Trails(count, 1)
        self._names: list[list[str]] = [[] for _ in tracks]
        self._peopled: Flags = np.zeros(count, bool)
        self._rows: dict[tuple[int, str], int] = {}
        self._failing: Flags = np.zeros(0, bool)
        self._burning: Flags = np.zeros(0, bool)
        self._since_ns: Integers = np.zeros(0, np.int64)  # the head at which it began to fail
        self._seen_then: Integers = np.zeros(0, np.int64)  # and what it had seen by then
        self._held_then: Integers = np.zeros(0, np.int64)  # for how long it had failed at its newest failure
        self._bad_then: Integers = np.zeros(0, np.int64)  # failures ever, by which a new one is known
        self._verdicts: npt.NDArray[np.int8] = np.full(count, UNKNOWN, np.int8)
        self._head_ns: Integers = np.zeros(count, np.int64)
        for track, watched in enumerate(tracks):
            self.watch(track, watched)

    def watch(self, track: int, watched: Watched) -> None:
        """From now on by this schedule and tier; counts are kept."""
        tier = watched.tier
        window = looks_back_ns(tier, watched.period_ns)
        by_events = watched.basis is Basis.EVENTS
        known = watched.sources > 0 and watched.period_ns > 0
        self._window[track] = window
        self._unit[track] = watched.period_ns if by_events else self._slice_ns
        self._after[track], self._canaries[track] = tier.after_ns, tier.canaries
        self._expected[track] = watched.sources if known else 0
        self._by_events[track] = by_events
        asked = (watched.budget, tier.significance / max(watched.sources, 1))
        self._odds[track] = self._asked.setdefault(asked, len(self._asked))
        self._trails.widen((window + self._ahead_ns) // self._slice_ns + 3)

    def add(
        self,
        tracks: Sequence[int],
        sources: Sequence[str],
        slice_starts_ns: npt.ArrayLike,
        good: npt.ArrayLike,
        bad: npt.ArrayLike,
        observed: npt.ArrayLike,
    ) -> None:
        """Adds differences, one a place in these equally long sequences; negative ones are corrections. A slice older
        than the window adds to nothing. They count from the next `advance` on."""
        if not len(tracks):
            return
        rows = np.fromiter(map(self._row, tracks, sources), np.int64, len(tracks))
        counts = np.array([np.asarray(each, np.int64) for each in (good, bad, observed)])
        self._trails.add(rows, np.asarray(slice_starts_ns, np.int64) // self._slice_ns, counts)

    def advance(self, tracks: npt.ArrayLike, heads_ns: npt.ArrayLike) -> None:
        """Judges these distinct tracks at these watermarks. One that goes back forgets what its track has counted."""
        at, heads = np.asarray(tracks, np.int64), np.asarray(heads_ns, np.int64)
        lively = (self._expected[at] > 0) | self._peopled[at]  # of the others nothing can be told, nor ever could be
        at, heads = at[lively], heads[lively]
        if not len(at):
            return
        tails = (heads - self._window[at]) // self._slice_ns
        self._trails.advance(at, tails, -(-heads // self._slice_ns))
        self._head_ns[at] = heads
        self._judge(at, self._trails.rows_of(at))

    def verdicts(self) -> npt.NDArray[np.int8]:
        """By track, as of its last `advance`: BURNS; CLEAR when no partition fails and as many as are expected have
        coverage ≥ 0.9; else UNKNOWN."""
        return self._verdicts.copy()

    def burning(self, track: int) -> tuple[str, ...]:
        """The partitions that burn, by name."""
        names = self._names[track]
        return tuple(sorted(name for name in names if self._burning[self._rows[track, name]]))

    def window_ns(self, track: int) -> int:
        return int(self._window[track])

    def _row(self, track: int, source: str) -> int:
        row = self._rows.get((track, source))
        if row is None:
            row = self._rows[track, source] = self._trails.row(track)
            self._names[track].append(source)
            self._peopled[track] = True
            self._make_room(len(self._trails.track_of))
        return row

    def _make_room(self, rows: int) -> None:
        spare = rows - len(self._failing)
        if spare:
            self._failing, self._burning = (np.pad(each, (0, spare)) for each in (self._failing, self._burning))
            self._since_ns, self._held_then = (np.pad(each, (0, spare)) for each in (self._since_ns, self._held_then))
            self._seen_then, self._bad_then = (np.pad(each, (0, spare)) for each in (self._seen_then, self._bad_then))

    def _judge(self, tracks: Integers, rows: Integers) -> None:
        track, sums = self._trails.track_of[rows], self._trails.sums[:, rows]
        judged = sums[GOOD] + sums[BAD]
        possible = (2 * judged >= self._canaries[track]) & (self._expected[track] > 0)
        failing = self._beyond_chance(possible & (sums[BAD] > 0), track, judged, sums[BAD])
        many = failing & (sums[BAD] >= self._canaries[track])
        held_ns = self._held_ns(rows, track, failing)
        enough = self._beyond_chance(many, track, judged, sums[BAD], AT_ONCE) | (held_ns >= self._after[track])
        self._failing[rows], self._burning[rows] = failing, failing & enough
        covered = self._covered(track, judged, sums[OBSERVED])
        count = len(self._expected)
        burn, fail, full = (np.bincount(track[each], minlength=count) for each in (failing & enough, failing, covered))
        clear = (fail == 0) & (full >= self._expected) & (self._expected > 0)
        codes = np.where(burn > 0, BURNS, np.where(clear, CLEAR, UNKNOWN)).astype(np.int8)
        self._verdicts[tracks] = codes[tracks]

    def _beyond_chance(self, which: Flags, track: Integers, judged: Integers, bad: Integers, times: int = 1) -> Flags:
        """Which of these have a p-value so many times below the significance of one partition."""
        suspects = np.flatnonzero(which)
        cases, case = np.unique((self._odds[track[suspects]] << _COUNT_BITS) | judged[suspects], return_inverse=True)
        asked = list(self._asked)
        needed = np.fromiter(_needed(asked, cases, times), np.int64, len(cases))
        beyond = np.zeros_like(which)
        beyond[suspects] = bad[suspects] >= needed[case]
        return beyond

    def _held_ns(self, rows: Integers, track: Integers, failing: Flags) -> Integers:
        """For how long each has failed without a break, up to its newest failure: a blip stays in the window for as
        long. Time that has passed, and of it only what was measured, so that it stands still while nothing is."""
        head, seen = self._head_ns[track], self._trails.seen[:, rows]
        units = np.where(self._by_events[track], seen[GOOD] + seen[BAD], seen[OBSERVED])
        begins = failing & ~(self._failing[rows] & (self._since_ns[rows] <= head))
        self._since_ns[rows[begins]], self._seen_then[rows[begins]] = head[begins], units[begins]
        measured = _span(units - self._seen_then[rows] + 1, self._unit[track], self._after[track])
        news = begins | (seen[BAD] > self._bad_then[rows])
        self._bad_then[rows] = seen[BAD]
        self._held_then[rows] = np.where(news, np.minimum(head - self._since_ns[rows], measured), self._held_then[rows])
        return self._held_then[rows]

    def _covered(self, track: Integers, judged: Integers, observed: Integers) -> Flags:
        """Of events, each end of a window may be off by less than one canary, since they are sent at random moments; a
        cell is not due before its slice ends."""
        start = (self._head_ns[track] - self._window[track]) // self._slice_ns * self._slice_ns
        span = self._head_ns[track] - start
        by_events = self._by_events[track]
        due = np.where(by_events, span, span // self._slice_ns * self._slice_ns)
        measured = _span(np.where(by_events, judged, observed), self._unit[track], due)
        covered: Flags = (10 * measured >= 9 * due) | (by_events & (due - measured < 2 * self._unit[track]))
        return covered


def _span(count: Integers, unit_ns: Integers, enough_ns: Integers) -> Integers:
    """The time that so many canaries or cells stand for; no more than a unit above what is enough, so that no count is
    beyond the range of integers."""
    spans: Integers = np.minimum(count, enough_ns // np.maximum(unit_ns, 1) + 1) * unit_ns
    return spans


def _needed(asked: Sequence[tuple[Fraction, Fraction]], cases: Integers, times: int) -> Iterator[int]:
    for each in cases.tolist():
        budget, significance = asked[each >> _COUNT_BITS]
        yield failures_needed(each & ((1 << _COUNT_BITS) - 1), budget, significance / times)
