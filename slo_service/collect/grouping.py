"""From what a query gives with its labels to the cells of groups, of those beyond the cap, and of the sum over all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import structlog

from slo_service.collect.ports import Batch
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.grouping import REFRESH_NS, Grouping, KnownGroup, Labels, is_rest
from slo_service.domain.indicator import Schedule, Stream
from slo_service.domain.tally import Tally

log = structlog.get_logger()

Labelled: TypeAlias = tuple[Mapping[str, str], Tally]
"""The labels of one line of a result, and what it counts."""


class Groups:
    """The groups of one grouped stream. First come, first served: who is known keeps a stream of its own until it was
    not seen for `keep_ns`; beyond `grouping.most` combinations are counted together, none is left out of the sum.

    A group that a result does not name is not measured by it: no cell is written for it, and no progress."""

    def __init__(
        self,
        stream: Stream,
        grouping: Grouping,
        known: Iterable[KnownGroup] = (),
        *,
        source: str,
        keep_ns: int,
        events_per_second: Fraction = Fraction(0),
    ) -> None:
        """`stream` is that of the sum. `events_per_second`: expected of every group, nothing where nobody knows."""
        self._stream, self._grouping, self._source = stream, grouping, source
        self._keep_ns, self._expected = keep_ns, events_per_second
        ours = [each for each in known if each.parent == stream.id and grouping.has(each.labels)]
        self._seen = {_canonical(each.labels): each.seen_ns for each in ours}
        self._told: dict[Labels, KnownGroup] = {_canonical(each.labels): each for each in ours}  # as recorded
        self._unrecorded: dict[Labels, KnownGroup] = {}
        self._scheduled: set[str] = set()
        self._warned = False
        self.beyond = 0  # combinations of the newest result that are counted together

    @property
    def count(self) -> int:
        """Groups that have streams of their own."""
        return sum(not is_rest(labels) for labels in self._seen)

    def file(self, slice_start_ns: int, found: Iterable[Labelled], revision: Revision, now_ns: int) -> Batch:
        """All that one result says of one slice; what it says of a combination twice is added up. Nothing where it says
        nothing. The batch names new groups until `recorded` is told of one that was committed."""
        counts: dict[Labels, Tally] = {}
        for labels, tally in found:
            which = _canonical(self._grouping.labels(labels))
            counts[which] = counts.get(which, Tally()) + tally
        if not counts:
            return Batch()
        self._forget(now_ns)
        filed = self._placed(counts)
        self._note(filed, now_ns)
        streams = {labels: replace(self._stream, group=labels).id for labels in filed}
        tallies = [(self._stream.id, _sum(counts.values())), *((streams[which], t) for which, t in filed.items())]
        return Batch(
            samples=tuple(
                Sample(CellKey(stream, self._source, slice_start_ns), tally, revision) for stream, tally in tallies
            ),
            progress=tuple(Progress(stream, self._source, now_ns) for stream, _ in tallies),
            schedules=tuple(self._schedules([stream for stream, _ in tallies], slice_start_ns)),
            groups=tuple(self._unrecorded.values()),
        )

    def recorded(self, batch: Batch) -> None:
        """A batch of `file` was committed."""
        for group in batch.groups:
            which = _canonical(group.labels)
            self._told[which] = group
            if self._unrecorded.get(which) == group:
                del self._unrecorded[which]
        self._scheduled |= {schedule.stream for schedule in batch.schedules}

    def _placed(self, counts: Mapping[Labels, Tally]) -> dict[Labels, Tally]:
        filed: dict[Labels, Tally] = {}
        rest, room = _canonical(self._grouping.rest), self._grouping.most - self.count
        beyond: list[Tally] = []
        for which in sorted(counts):
            if which in self._seen or room > 0:
                room -= which not in self._seen
                filed[which] = counts[which]
            else:
                beyond.append(counts[which])
        if beyond or rest in self._seen:  # what was counted there before may be none of it any more
            filed[rest] = _sum(beyond)
        self.beyond = len(beyond)
        if beyond and not self._warned:
            self._warned = True
            log.warning("groups_beyond_cap", stream=self._stream.id, keys=list(self._grouping.keys),
                        cap=self._grouping.most, beyond=len(beyond))  # fmt: skip
        return filed

    def _note(self, filed: Iterable[Labels], now_ns: int) -> None:
        for which in filed:
            if is_rest(which) and not self.beyond:
                continue
            self._seen[which] = now_ns
            told = self._told.get(which)
            if told is None or now_ns - told.seen_ns >= REFRESH_NS:
                stream = replace(self._stream, group=which).id
                self._unrecorded[which] = KnownGroup(stream, self._stream.id, which, now_ns)

    def _forget(self, now_ns: int) -> None:
        for which in [which for which, seen in self._seen.items() if now_ns - seen > self._keep_ns]:
            del self._seen[which]
            self._told.pop(which, None)
            self._unrecorded.pop(which, None)

    def _schedules(self, streams: Sequence[str], since_ns: int) -> list[Schedule]:
        new = [stream for stream in streams if stream not in self._scheduled]
        return [Schedule(stream, since_ns, self._expected, sources=1) for stream in new]


def _canonical(labels: Labels) -> Labels:
    return tuple(sorted(labels))


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total += tally
    return total
