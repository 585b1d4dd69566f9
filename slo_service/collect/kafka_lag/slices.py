"""From polls to cells: a slice is good when every poll of it found the group in time, bad from the first that did not,
and unmeasured when the polls cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.collect.ports import GroupAge
from slo_service.domain.tally import Tally

GOOD, BAD = Tally(good=1), Tally(bad=1)


@dataclass(frozen=True, slots=True)
class Judged:
    slice_start_ns: int
    tally: Tally


def in_time(age: GroupAge, within_ns: int) -> bool | None:
    """Whether every partition's age is within the limit; None when that cannot be told.

    One partition known to be over it decides, whatever is unknown of the others; a lower bound within it decides
    nothing."""
    if any(p.age_ns is not None and p.age_ns > within_ns for p in age.partitions):
        return False
    known = bool(age.partitions) and all(p.age_ns is not None and (not p.at_least) for p in age.partitions)
    return True if known and not age.error else None


class SliceJudge:
    """The slices of one stream, from polls in the order of time.

    `longest_gap_ns` without a poll that could tell makes a slice unmeasured; so does a start in the middle of it,
    because what came before may have been bad."""

    def __init__(self, width_ns: int, longest_gap_ns: int) -> None:
        self._width_ns = width_ns
        self._longest_gap_ns = longest_gap_ns
        self._start_ns: int | None = None
        self._told_ns: int | None = None
        self._complete = False
        self._bad = False

    def poll(self, at_ns: int, good: bool | None) -> tuple[Judged, ...]:
        """Takes in a poll at an instant of wall time, answers the slices that are judged by it."""
        start_ns = at_ns - at_ns % self._width_ns
        judged = []
        if start_ns != self._start_ns:
            judged += self._close()
            if self._start_ns is not None and start_ns < self._start_ns:  # the wall clock was set back
                self._told_ns = None
            self._start_ns, self._complete, self._bad = start_ns, True, False
        if good is None:
            return tuple(judged)
        if self._told_ns is None or at_ns - self._told_ns > self._longest_gap_ns:
            self._complete = False
        self._told_ns = at_ns
        if not good and not self._bad:
            self._bad = True
            judged.append(Judged(start_ns, BAD))
        return tuple(judged)

    def _close(self) -> list[Judged]:
        if self._start_ns is None or self._told_ns is None or self._bad or not self._complete:
            return []
        looked_away_ns = self._start_ns + self._width_ns - self._told_ns
        if looked_away_ns > min(self._longest_gap_ns, self._width_ns):
            return []
        return [Judged(self._start_ns, GOOD)]
