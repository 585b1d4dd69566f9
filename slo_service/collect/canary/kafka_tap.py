"""Watches one hop that is a Kafka topic: reads every partition without a consumer group, and reports the canaries in
it, together with the positions up to which it has read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

import structlog
from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from slo_service.collect.canary import body, envelope, start
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_errors import AT_END, PLACE_IS_GONE, in_words
from slo_service.collect.canary.log_ends import Ends, Floors, LogEnds
from slo_service.collect.canary.report import Haul, Moment, Sighting
from slo_service.domain.instant import MILLISECOND, SECOND

_log = structlog.get_logger(__name__)
_client_log = logging.getLogger(f"{__name__}.client")  # what librdkafka would print

_BATCH = 500
_WAIT_SECONDS = 0.05
_INTERVALS_A_LOOK = 20  # half of the strictest limit: no canary comes due in a partition that we do not know of
_METADATA_SECONDS = 2.0
_RETRY_SECONDS = 1.0
_UNTOLD_ID_TRIES = 30  # how often a topic's id is asked for when we know that the brokers used to tell it
_CONFIG = {
    "group.id": "slo-canary-tap",  # the client wants a name; no group is joined and nothing is committed
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "error",  # an offset outside of the log is an event, never a silent jump
    "fetch.wait.max.ms": "100",
    "fetch.error.backoff.ms": "100",
    "fetch.queue.backoff.ms": "100",
    "queued.max.messages.kbytes": "8192",
    "isolation.level": "read_committed",
}
_SHARED_WITH_ADMIN = (
    "bootstrap.servers", "client.id", "security.", "sasl.", "ssl.", "socket.", "broker.address.", "client.dns.",
)  # fmt: skip


class KafkaTap:
    """`interval_ns`: how often the log's end is asked for. `stored`: positions as its hauls carried them.

    `ready` is set once the reader has come to the end of every partition that has a leader; `error` and
    `last_success_ns` (the last time it stood at the end of all) may be read from any thread."""

    def __init__(
        self,
        hop: str,
        topic: str,
        config: Mapping[str, str],
        *,
        cluster: str = "",
        canary: str,
        id_fields: tuple[str, ...],
        stored: Mapping[str, str],
        clock: Callable[[], Moment],
        inbox: Inbox,
        interval_ns: int,
    ) -> None:
        self.hop, self.cluster = hop, cluster
        self._topic, self._canary, self._id_fields = topic, canary, id_fields
        self._prefix = f"{canary}.".encode()
        self._config = {**_CONFIG, "client.id": f"slo-canary-{canary}-{hop}", **config}
        self._stored, self._clock, self._inbox, self._interval_ns = dict(stored), clock, inbox, interval_ns
        self._next: dict[int, int] = {}  # by partition: the offset behind the last that we have read
        self._floors: dict[int, Floors] = {}
        self._topic_id: str | None = None
        self._untold = 0
        self._known: frozenset[int] = frozenset()  # the topic's partitions; a mark speaks for all of them
        self._led: frozenset[int] = frozenset()  # those with a leader
        self._from_end: frozenset[int] | None = None  # those that were there before us, once we know that there are any
        self._lost: set[int] = set()  # partitions whose place in the log is gone
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run_thread, name=f"canary-tap-{canary}-{hop}", daemon=True)
        self.ready = threading.Event()
        self.last_success_ns: int | None = None
        self.error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_METADATA_SECONDS + _RETRY_SECONDS + 2)

    @property
    def positions(self) -> Mapping[str, str]:
        return {
            start.position_name(self._topic, self._topic_id, partition): str(offset)
            for partition, offset in self._next.items()
        }

    # --- in the thread ------------------------------------------------------------------------------------------

    def _run_thread(self) -> None:
        while not self._stop.is_set():
            consumer: Consumer | None = None
            try:
                consumer = Consumer({**self._config, "error_cb": self._on_error}, logger=_client_log)
                self._read(consumer, LogEnds(self._admin(), self._topic, self._level(), self._clock))
            except Exception as failed:  # noqa: BLE001 - a thread must not die silently, whatever it was
                self.error = f"{type(failed).__name__}: {failed}"
                _log.warning("canary_tap_failed", canary=self._canary, hop=self.hop, error=self.error)
                self._next.clear()  # what was not brought yet is read again
                self._stop.wait(_RETRY_SECONDS)
            finally:
                if consumer is not None:
                    consumer.close()

    def _admin(self) -> AdminClient:
        shared = {key: value for key, value in self._config.items() if key.startswith(_SHARED_WITH_ADMIN)}
        return AdminClient({**shared}, logger=_client_log)

    def _level(self) -> IsolationLevel:
        committed = self._config["isolation.level"] == "read_committed"
        return IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED

    def _read(self, consumer: Consumer, log_ends: LogEnds) -> None:
        looked_ns: int | None = None
        asked_ns = 0
        ends: Ends | None = None
        while not self._stop.is_set():
            now = self._clock()
            if looked_ns is None or now.mono_ns - looked_ns >= self._patience_ns() or self._lost:
                looked_ns = now.mono_ns
                if self._find_partitions(consumer, log_ends):
                    ends = None
                    log_ends.drop()
            if not self._next:
                self._stop.wait(min(_RETRY_SECONDS, 0.2))
                continue
            if ends is None and not log_ends.asking and now.mono_ns - asked_ns >= self._interval_ns:
                log_ends.ask(self._next)
                asked_ns = now.mono_ns
            sightings = self._take(consumer.consume(_BATCH, _WAIT_SECONDS))
            ends = ends or self._learn(log_ends.answer())
            reached = ends is not None and self._has_read(ends)
            mark = ends.asked if ends is not None and reached and self._known <= ends.by_partition.keys() else None
            if ends is not None and reached:
                if self._led <= ends.by_partition.keys():
                    self.ready.set()
                ends = None
            if sightings or mark is not None:
                self._bring(Haul(self.hop, sightings, mark, None, self.positions))

    def _learn(self, ends: Ends | None) -> Ends | None:
        if ends is None:
            return None
        self.error = ends.error or self.error
        for partition, end in ends.by_partition.items():
            self._floors[partition].learn(end, ends.asked)
        return ends if ends.by_partition else None

    def _has_read(self, ends: Ends) -> bool:
        return all(self._next.get(partition, -1) >= end for partition, end in ends.by_partition.items())

    def _bring(self, haul: Haul) -> None:
        while not self._inbox.put(haul, timeout_seconds=1.0):
            if self._stop.wait(_WAIT_SECONDS):
                return
        self._stored.update(haul.positions)
        if haul.mark is not None:
            self.last_success_ns = haul.mark.wall_ns
            self.error = ""

    def _take(self, messages: list[Message]) -> tuple[Sighting, ...]:
        seen = self._clock()
        sightings = []
        for message in messages:
            partition, offset = message.partition() or 0, message.offset()
            error = message.error()
            if error is not None:
                self._on_partition_error(partition, offset, error)
                continue
            if offset is None or offset < self._next.get(partition, 0):
                continue  # read before, so it is no second sighting
            self._next[partition] = offset + 1
            sighting = self._recognise(message, seen, self._floors[partition].before(offset))
            if sighting is not None:
                sightings.append(sighting)
        return tuple(sightings)

    def _recognise(self, message: Message, seen: Moment, after: Moment | None) -> Sighting | None:
        found = envelope.read(message.headers())
        who = found.id if found is not None else body.find(message.value(), self._prefix, self._id_fields)
        if who is None or who.canary != self._canary:
            return None
        kind, stamp_ms = message.timestamp()
        appended_ns = stamp_ms * MILLISECOND if kind == TIMESTAMP_LOG_APPEND_TIME else None
        return Sighting(who, seen, after, appended_ns, found.attempt if found is not None else 0)

    def _on_partition_error(self, partition: int, offset: int | None, error: KafkaError) -> None:
        if error.code() == AT_END:
            # counts control records, which are never handed to us, but which lie before the log's end
            self._next[partition] = max(self._next.get(partition, 0), offset or 0)
        elif error.code() in PLACE_IS_GONE:
            self._lost.add(partition)
        else:
            self._on_error(error)

    def _on_error(self, error: KafkaError) -> None:
        self.error = in_words(error)

    # --- partitions and positions -------------------------------------------------------------------------------

    def _patience_ns(self) -> int:
        """Until partitions are looked for again."""
        is_whole = bool(self._known) and self._known == self._next.keys()
        return max(SECOND, _INTERVALS_A_LOOK * self._interval_ns) if is_whole else SECOND // 4

    def _find_partitions(self, consumer: Consumer, log_ends: LogEnds) -> bool:
        """Whether other partitions are read now, or from elsewhere."""
        try:
            found = consumer.list_topics(self._topic, timeout=_METADATA_SECONDS).topics[self._topic]
        except KafkaException as failed:
            self.error = str(failed.args[0])
            return False
        if found.error is not None:
            self.error = f"topic {self._topic}: {found.error.str()}"
            self._from_end = frozenset()  # whatever it will hold once it exists is new to us
            return False
        if not self._identify(log_ends):
            return False
        self._known = frozenset(found.partitions)
        self._led = frozenset(number for number, one in found.partitions.items() if one.leader >= 0)
        if self._from_end is None:
            self._from_end = frozenset() if start.stored_ids(self._stored, self._topic) else self._known
        for partition in self._lost:
            self._next.pop(partition, None)
        self._lost.clear()
        unread = sorted(self._known - self._next.keys())
        return bool(unread) and self._assign(consumer, log_ends, unread)

    def _identify(self, log_ends: LogEnds) -> bool:
        """False while the topic's id is not told although positions were stored under one."""
        told = log_ends.topic_id() if self._topic_id is not None or self._untold < _UNTOLD_ID_TRIES else None
        if told is None:
            self._untold += 1
            known = start.stored_ids(self._stored, self._topic) - {start.NO_ID}
            if self._topic_id is None and not known:
                self._untold = _UNTOLD_ID_TRIES  # these brokers do not tell ids: not asked again
            return self._topic_id is not None or self._untold >= _UNTOLD_ID_TRIES
        if self._topic_id is not None and told != self._topic_id:
            self._next.clear()
            self._from_end = frozenset()
        self._topic_id = told
        return True

    def _assign(self, consumer: Consumer, log_ends: LogEnds, unread: list[int]) -> bool:
        low, high, error = log_ends.bounds(unread)
        from_end = self._from_end or frozenset()
        begun = start.begin(self._topic, self._topic_id, self._stored, low, high, from_end=from_end)
        self.error = error or self.error
        if not begun.offsets:
            return False
        self._next.update(begun.offsets)
        for partition in begun.offsets:
            self._floors[partition] = Floors()
        consumer.assign([TopicPartition(self._topic, partition, at) for partition, at in self._next.items()])
        self._stored.update(self.positions)
        if begun.missed:
            _log.warning("canary_records_missed", canary=self._canary, hop=self.hop, why=begun.missed)
            self._bring(Haul(self.hop, positions=self.positions, blind_because=begun.missed))
        _log.info("canary_tap_assigned", canary=self._canary, hop=self.hop, partitions=len(self._next))
        return True
