"""Reads one consumer group's offsets from a Kafka cluster: commits first, ends second. Blocking: runs in a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import cast

from confluent_kafka import (
    OFFSET_INVALID,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but the package names no exports
    AdminClient,
    ListOffsetsResultInfo,
    OffsetSpec,
)

from slo_service.collect.kafka_lag.offsets import (
    DataRecord,
    FirstUnread,
    GroupOffsets,
    NoRecord,
    OffsetsUnavailable,
    PartitionOffsets,
    Stamp,
)
from slo_service.domain.instant import SECOND, seconds

READ_COMMITTED = "read_committed"
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the client leaves it without types
_EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # the same
# A failure is an answer here, not a line on stderr.
_QUIET: Mapping[str, str | int | float | bool] = {"log_level": 2, "log.connection.close": False}
_LOOK: Mapping[str, str | int | float | bool] = {
    "group.id": "slo-service-lag",  # required by the client; it assigns, never joins and never commits
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",  # what retention has removed is passed over to the first record still there
    "fetch.wait.max.ms": 10,
    "fetch.message.max.bytes": 4096,  # the payload is thrown away; a broker sends one whole batch at least
    "queued.min.messages": 1,
}


class KafkaOffsets:
    """An `OffsetSource` on one cluster. `config` is librdkafka's; its `isolation.level` is that of the groups read
    (default `read_committed`, where the end is the last stable offset)."""

    def __init__(
        self,
        config: Mapping[str, str],
        wall_ns: Callable[[], int],
        mono_ns: Callable[[], int],
        timeout_ns: int = 3 * SECOND,
    ) -> None:
        isolation = config.get("isolation.level", READ_COMMITTED)
        shared = {key: value for key, value in config.items() if key != "isolation.level"}
        self._isolation = (
            IsolationLevel.READ_COMMITTED if isolation == READ_COMMITTED else IsolationLevel.READ_UNCOMMITTED
        )
        self._admin = AdminClient({**_QUIET, **shared})
        self._look = Consumer({**_QUIET, **shared, **_LOOK, "isolation.level": isolation})
        self._wall_ns, self._mono_ns = wall_ns, mono_ns
        self._timeout = seconds(timeout_ns)
        self._timeout_ns = timeout_ns

    def read(self, group: str, topic: str) -> GroupOffsets:
        try:
            partitions = self._partitions(topic)
            committed = self._committed(group, partitions)
            at = Stamp(self._wall_ns(), self._mono_ns())
            ends = self._list_offsets(dict.fromkeys(partitions, _LATEST))
            new = [one for one in partitions if committed[one.partition].committed is None]
            begins = self._list_offsets(dict.fromkeys(new, _EARLIEST)) if new else {}
        except KafkaException as failure:
            raise OffsetsUnavailable(_words(failure)) from failure
        except TimeoutError as failure:
            raise OffsetsUnavailable(f"no answer within {self._timeout:g} s") from failure
        rows = (_row(committed[p], ends[p], begins.get(p)) for p in sorted(committed))
        return GroupOffsets(at, tuple(rows))

    def first_unread(self, topic: str, committed: Mapping[int, int]) -> Mapping[int, FirstUnread]:
        found: dict[int, FirstUnread] = {}
        deadline_ns = self._mono_ns() + self._timeout_ns
        try:
            self._look.assign([TopicPartition(topic, partition, offset) for partition, offset in committed.items()])
            while len(found) < len(committed) and self._mono_ns() < deadline_ns:
                message = self._look.poll(0.1)
                if message is not None:
                    _take(message, found)
            self._look.unassign()
        except KafkaException as failure:
            raise OffsetsUnavailable(_words(failure)) from failure
        return found

    def close(self) -> None:
        self._look.close()

    def _partitions(self, topic: str) -> list[TopicPartition]:
        # The consumer asks, because a producer's or an admin client's question may create the topic.
        described = self._look.list_topics(topic, timeout=self._timeout).topics[topic]
        if described.error is not None:
            raise KafkaException(described.error)
        return [TopicPartition(topic, partition) for partition in sorted(described.partitions)]

    def _committed(self, group: str, partitions: list[TopicPartition]) -> dict[int, PartitionOffsets]:
        asked = [ConsumerGroupTopicPartitions(group, partitions)]
        answer = self._admin.list_consumer_group_offsets(asked, request_timeout=self._timeout)[group]
        rows = cast("ConsumerGroupTopicPartitions", answer.result(self._timeout)).topic_partitions or []
        return {
            row.partition: PartitionOffsets(
                row.partition,
                committed=None if row.error or row.offset in {None, OFFSET_INVALID} else row.offset,
                error=str(row.error) if row.error else "",
            )
            for row in rows
        }

    def _list_offsets(self, asked: dict[TopicPartition, OffsetSpec]) -> dict[int, int | str]:
        """By partition, its offset or the reason why there is none."""
        answers: Mapping[TopicPartition, Future[ListOffsetsResultInfo]] = self._admin.list_offsets(
            asked, isolation_level=self._isolation, request_timeout=self._timeout
        )
        found: dict[int, int | str] = {}
        for partition, answer in answers.items():
            try:
                found[partition.partition] = answer.result(self._timeout).offset
            except KafkaException as failure:
                found[partition.partition] = _words(failure)
        return found


def _row(committed: PartitionOffsets, end: int | str, begin: int | str | None) -> PartitionOffsets:
    reasons = [committed.error, *(one for one in (end, begin) if isinstance(one, str))]
    return PartitionOffsets(
        committed.partition,
        committed.committed,
        end if isinstance(end, int) else None,
        begin if isinstance(begin, int) else None,
        "; ".join(filter(None, reasons)),
    )


def _take(message: Message, found: dict[int, FirstUnread]) -> None:
    partition, offset, error = message.partition(), message.offset(), message.error()
    if partition is None or offset is None or partition in found:
        return
    if error is not None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  the client's public name for it begins so
            found[partition] = NoRecord(offset)
        return
    kind, instant_ms = message.timestamp()
    appended_ns = instant_ms * 1_000_000 if kind == TIMESTAMP_LOG_APPEND_TIME else None
    found[partition] = DataRecord(offset, appended_ns)


def _words(failure: KafkaException) -> str:
    error = failure.args[0]
    return str(error.str()) if isinstance(error, KafkaError) else str(error)
