"""Age of synchronisation of one partition: 0 while no data record lies between the group's commit and the end it may
read, else how long the first unread record has been waiting. Pure arithmetic; the clock readings are arguments."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from slo_service.collect.kafka_lag.offsets import DataRecord, FirstUnread, NoRecord, PartitionOffsets, Stamp
from slo_service.collect.ports import PartitionAge

MOST_POINTS = 4096  # over an hour of one-second polls behind a stopped consumer; then the older half is thinned


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a record has been waiting. `at_least`: only a lower bound is known."""

    age_ns: int
    at_least: bool


class EndHistory:
    """When we saw which end: enough to say since when an offset has existed. Instants are monotonic."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._first: list[int] = []
        self._last: list[int] = []

    def see(self, end: int, mono_ns: int) -> bool:
        """True when the end went back, which only a recreated or truncated topic does; then history starts anew."""
        went_back = bool(self._ends) and end < self._ends[-1]
        if went_back:
            self._ends, self._first, self._last = [], [], []
        if self._ends and end == self._ends[-1]:
            self._last[-1] = mono_ns
        else:
            self._ends.append(end)
            self._first.append(mono_ns)
            self._last.append(mono_ns)
        if len(self._ends) > MOST_POINTS:
            # The first two date the record at a stopped group's commit, so they stay.
            self._keep([0, 1, *range(2, MOST_POINTS // 2, 2), *range(MOST_POINTS // 2, len(self._ends))])
        return went_back

    def forget_before(self, offset: int) -> None:
        """Points before the last one at or below the offset can never be asked for again, unless the group rewinds."""
        index = bisect_right(self._ends, offset) - 1
        if index > 0:
            self._keep([*range(index, len(self._ends))])

    def waiting(self, offset: int, now_ns: int, longest_gap_ns: int) -> Wait | None:
        """How long the record at this offset has been there: since the last time we saw the end at or before it.

        A lower bound when it was there before we watched, or when we looked away for longer than the given gap: that
        time is our own fault and must not age the pipeline. None when no end beyond the offset was ever seen."""
        before = bisect_right(self._ends, offset) - 1
        if before + 1 >= len(self._ends):
            return None
        first_seen_ns = self._first[before + 1]
        if before < 0 or first_seen_ns - self._last[before] > longest_gap_ns:
            return Wait(now_ns - first_seen_ns, at_least=True)
        return Wait(now_ns - self._last[before], at_least=False)

    def _keep(self, indexes: list[int]) -> None:
        self._ends = [self._ends[i] for i in indexes]
        self._first = [self._first[i] for i in indexes]
        self._last = [self._last[i] for i in indexes]


class PartitionWatch:
    """One partition of one group over time. `recreated` says whether the newest poll saw the log's end go back."""

    def __init__(self, longest_gap_ns: int) -> None:
        self._longest_gap_ns = longest_gap_ns
        self._ends = EndHistory()
        self._looked_from: int | None = None
        self._found: FirstUnread | None = None
        self.recreated = False

    def see(self, offsets: PartitionOffsets, at: Stamp) -> int | None:
        """Takes in a poll; answers the offset from which the first unread record must be looked for, if it must."""
        if offsets.end is None:
            return None
        self.recreated = self._ends.see(offsets.end, at.mono_ns)
        if self.recreated:
            self._looked_from = self._found = None
        committed = offsets.committed
        if committed is None or committed >= offsets.end or self._known(committed, offsets.end) is not None:
            return None
        return committed

    def found(self, looked_from: int, first: FirstUnread) -> None:
        self._looked_from, self._found = looked_from, first

    def age(self, offsets: PartitionOffsets, at: Stamp) -> PartitionAge:
        """After `see` of the same poll, and `found` where it asked for a look."""
        committed, end = offsets.committed, offsets.end
        if offsets.error or end is None:
            return _unknown(offsets, offsets.error or "the log's end could not be read")
        if committed is None:
            if offsets.begin == end:
                return PartitionAge(offsets.partition, None, end, 0, 0)
            return _unknown(offsets, "the group has committed no offset on this partition")
        if committed > end:
            return _unknown(offsets, f"the committed offset {committed} lies beyond the end {end}: a recreated topic?")
        first = self._known(committed, end)
        if committed == end or isinstance(first, NoRecord):
            self._ends.forget_before(committed)
            return PartitionAge(offsets.partition, committed, end, 0, 0)
        return self._behind(offsets.partition, committed, end, first, at)

    def _behind(self, partition: int, committed: int, end: int, first: DataRecord | None, at: Stamp) -> PartitionAge:
        waiting = end - committed
        appended_ns = first.appended_ns if first else None
        if appended_ns is not None and appended_ns <= at.wall_ns:  # later than now: their clock is ahead, ours decides
            return PartitionAge(partition, committed, end, waiting, at.wall_ns - appended_ns, method="log-append")
        offset = first.offset if first else committed
        wait = self._ends.waiting(offset, at.mono_ns, self._longest_gap_ns)
        assert wait is not None, "the end was seen in this poll and lies beyond the offset"
        self._ends.forget_before(committed)
        return PartitionAge(partition, committed, end, waiting, wait.age_ns, wait.at_least, method="interpolated")

    def _known(self, committed: int, end: int) -> FirstUnread | None:
        """The first unread record, when an earlier look still answers it: it was made at or before this commit, and
        what it found has not been passed. A record beyond the end we saw is none within it."""
        if self._looked_from is None or self._found is None or committed < self._looked_from:
            return None
        if isinstance(self._found, NoRecord):
            return self._found if self._found.end >= end else None
        if self._found.offset < committed:
            return None
        return self._found if self._found.offset < end else NoRecord(end)


def _unknown(offsets: PartitionOffsets, reason: str) -> PartitionAge:
    return PartitionAge(offsets.partition, offsets.committed, offsets.end, None, None, reason=reason)
