"""One consumer group on one topic, polled: offsets in, a `GroupAge` out. Keeps what the age and the diagnosis need."""

from __future__ import annotations

from slo_service.collect.kafka_lag.age import PartitionWatch
from slo_service.collect.kafka_lag.diagnosis import CommitHistory, worst
from slo_service.collect.kafka_lag.offsets import GroupOffsets, OffsetSource, OffsetsUnavailable
from slo_service.collect.ports import GroupAge, PartitionAge


class GroupWatch:
    """`poll` blocks and is called from one thread at a time. A cluster that fails is an answer: `GroupAge.error`."""

    def __init__(self, pipeline: str, hop: str, group: str, topic: str, source: OffsetSource, poll_ns: int) -> None:
        self._pipeline, self._hop, self._group, self._topic = pipeline, hop, group, topic
        self._source = source
        self._poll_ns = poll_ns
        self._watches: dict[int, PartitionWatch] = {}
        self._histories: dict[int, CommitHistory] = {}

    def poll(self, now_ns: int) -> GroupAge:
        """`now_ns` is wall time, used only when the cluster cannot be read at all."""
        try:
            offsets = self._source.read(self._group, self._topic)
            partitions = self._ages(offsets)
        except OffsetsUnavailable as why:
            return self._answer(now_ns, (), error=str(why))
        return self._answer(offsets.at.wall_ns, partitions, diagnosis=self._diagnose(offsets, partitions))

    def close(self) -> None:
        self._source.close()

    def _ages(self, offsets: GroupOffsets) -> tuple[PartitionAge, ...]:
        longest_gap_ns = 3 * self._poll_ns
        wanted: dict[int, int] = {}
        for row in offsets.partitions:
            watch = self._watches.setdefault(row.partition, PartitionWatch(longest_gap_ns))
            look_from = watch.see(row, offsets.at)
            if look_from is not None and not row.error:
                wanted[row.partition] = look_from
        first_unread = self._source.first_unread(self._topic, wanted) if wanted else {}
        for partition, first in first_unread.items():
            self._watches[partition].found(wanted[partition], first)
        return tuple(self._watches[row.partition].age(row, offsets.at) for row in offsets.partitions)

    def _diagnose(self, offsets: GroupOffsets, ages: tuple[PartitionAge, ...]) -> str:
        found = []
        for row, age in zip(offsets.partitions, ages, strict=True):
            history = self._histories.setdefault(row.partition, CommitHistory(self._poll_ns))
            recreated = self._watches[row.partition].recreated
            found.append(history.see(row, age.waiting, recreated, offsets.at.mono_ns))
        return worst(found)

    def _answer(
        self, at_ns: int, partitions: tuple[PartitionAge, ...], error: str = "", diagnosis: str = ""
    ) -> GroupAge:
        return GroupAge(self._pipeline, self._hop, self._group, self._topic, at_ns, partitions, error, diagnosis)
