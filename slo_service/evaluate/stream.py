"""What is kept in memory of one stream, and where its watermark stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Slo
from slo_service.evaluate.reading import Expectation
from slo_service.evaluate.ring import Rings

AHEAD_NS = SECOND  # a mark may lie so far ahead of the instant of a tick that was taken before it


@dataclass(slots=True)
class StreamState:
    """Rings, expectation and, by source, the event time through which it has looked. `first_ns` is the start of the
    oldest slice known to have been measured. Until it is `filled` with what the store has, nothing is said of it."""

    rings: Rings
    expectation: Expectation
    longest_ns: int
    marks: dict[str, int] = field(default_factory=dict)
    first_ns: int | None = None
    filled: bool = True

    def add(self, delta: Delta) -> None:
        self._saw(delta.slice_start_ns)
        self.rings.add(delta.slice_start_ns, delta.good, delta.bad, delta.observed)

    def fill(self, rows: Mapping[int, Sequence[Delta]]) -> None:
        """Takes the stored rows by width (nanoseconds), in place of all that was there."""
        self.rings = Rings(self.rings.fine.width_ns, self.longest_ns)
        self.first_ns = None
        for ring in (self.rings.fine, self.rings.middle, self.rings.coarse):
            for row in rows.get(ring.width_ns, ()):
                self._saw(row.slice_start_ns)
                ring.add(row.slice_start_ns, row.good, row.bad, row.observed)
        self.filled = True

    def _saw(self, slice_start_ns: int) -> None:
        self.first_ns = slice_start_ns if self.first_ns is None else min(self.first_ns, slice_start_ns)

    def looked(self, mark: Progress) -> None:
        """The newest word counts, also when it goes back: then a clock was set right."""
        self.marks[mark.source] = mark.through_ns

    def progress_ns(self, now_ns: int) -> int | None:
        """The moment through which every source has looked; None before all that are expected have reported. A mark in
        the future is one from before the clock was set back, and says nothing of now.

        Sources that no longer exist (partitions are never taken away, but regions are) keep an old mark in the store,
        so only as many of the newest marks count as the schedule expects sources."""
        expected = self.expectation.sources
        marks = sorted((mark for mark in self.marks.values() if mark <= now_ns + AHEAD_NS), reverse=True)
        if not self.filled or not expected or len(marks) < expected:
            return None
        return marks[expected - 1]

    def watermark_ns(self, slo: Slo, now_ns: int) -> int | None:
        """Event time up to which the stream is judged: now − horizon, held back to the readers' progress for at most
        the grace; after that time goes on and what is missing is unmeasured."""
        progress = self.progress_ns(now_ns)
        if progress is None:
            return None
        seen = min(now_ns, max(progress, now_ns - slo.timing.grace_ns))
        return seen - slo.timing.horizon_ns
