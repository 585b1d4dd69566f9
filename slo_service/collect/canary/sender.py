"""Sends canaries to every partition of a Kafka topic, from a thread and a client of its own."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from slo_service.collect.canary import body
from slo_service.collect.canary.envelope import CanaryId, Envelope, region_hash
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.kafka_errors import OURS, in_words, outcome_of
from slo_service.collect.canary.outage import Outage
from slo_service.collect.canary.plan import SendPlan
from slo_service.collect.canary.report import Attempted, Moment, Outcome, Resolved
from slo_service.domain.instant import MILLISECOND, SECOND
from slo_service.domain.pipeline import Canary, Pipeline

_log = structlog.get_logger(__name__)
_client_log = logging.getLogger(f"{__name__}.client")  # what librdkafka would print

GATE_SECONDS = 30.0  # for how long the first send waits for the readers to stand at their logs' ends
_METADATA_NS = 20 * SECOND  # how often new partitions are looked for; they are to be covered within a minute
_METADATA_TIMEOUT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 0.1
_STALL_NS = SECOND  # a loop that was away for longer cannot say what its sends met with meanwhile
_FLUSH_SECONDS = 2.0
_RETRY_SECONDS = 1.0
_KEYS = 16  # a small cycle, so that keyed state downstream stays bounded


class Witness(Protocol):
    def __call__(self) -> bool:
        """Whether something independent of the source's broker answered us lately."""
        ...


@dataclass(slots=True)
class _Sent:
    id: CanaryId
    stalls: int  # how often we had stalled before it was sent


class CanarySender:
    """One run: the numbers of every partition start at 0. `partitions`, `broken`, `error`, `last_success_ns` and
    `through` may be read from any thread.

    `through`: a moment before which every planned send was handed in; None while there is nothing to send to."""

    def __init__(
        self,
        pipeline: Pipeline,
        canary: Canary,
        config: Mapping[str, str],
        *,
        run: str,
        clock: Callable[[], Moment],
        inbox: Inbox,
        witness: Witness,
        seed: int,
    ) -> None:
        self._pipeline, self._canary, self._run = pipeline, canary, run
        self._config = {
            "client.id": f"slo-canary-{canary.name}",
            "linger.ms": "0",
            **config,
            "enable.idempotence": "true",
            "acks": "all",
            "message.timeout.ms": str(max(1, canary.send_timeout_ns // MILLISECOND)),
        }
        self._clock, self._inbox, self._witness = clock, inbox, witness
        self._plan = SendPlan(canary.every_ns, random.Random(seed))  # noqa: S311 - spreads sends, hides nothing
        self._region = region_hash(canary.region)
        self._next_seq: dict[int, int] = {}
        self._stalls = 0
        self._outage = Outage(canary.name)
        self._fewer: tuple[int, ...] | None = None  # what the last look found, when that was fewer than are sent to
        self._ticked_ns = 0
        self._fatal = False
        self._stop = threading.Event()
        self.gate = threading.Event()  # opened when the readers stand at the ends of their logs
        self._thread = threading.Thread(target=self._run_thread, name=f"canary-sender-{canary.name}", daemon=True)
        self.partitions: tuple[int, ...] = ()
        self.through: Moment | None = None
        self.last_success_ns: int | None = None
        self.broken = ""
        self.error = ""

    @property
    def skipped(self) -> int:
        return self._plan.skipped

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for what is under way, 2 s at most; the rest is found in the source by the next run's tap."""
        self._stop.set()
        self.gate.set()
        if self._thread.is_alive():
            self._thread.join(_FLUSH_SECONDS + _METADATA_TIMEOUT_SECONDS)

    # --- in the thread ------------------------------------------------------------------------------------------

    def _run_thread(self) -> None:
        while not self._stop.is_set():
            try:
                producer = Producer({**self._config, "error_cb": self._on_error}, logger=_client_log)
                self._find_partitions(producer)
                self.gate.wait(GATE_SECONDS)
                self._send_until_fatal(producer)
                producer.flush(_FLUSH_SECONDS)
            except Exception as failed:  # noqa: BLE001 - a thread must not die silently, whatever it was
                self._break(f"{type(failed).__name__}: {failed}")
                self._stop.wait(_RETRY_SECONDS)

    def _send_until_fatal(self, producer: Producer) -> None:
        self._fatal = False
        looked_ns = self._ticked_ns = self._clock().mono_ns
        while not self._stop.is_set() and not self._fatal:
            now = self._clock()
            self._stalls += int(self._is_stalled(now))
            if now.mono_ns - looked_ns >= (SECOND if self._fewer or not self.partitions else _METADATA_NS):
                self._find_partitions(producer)
                now = self._clock()
                looked_ns = now.mono_ns
            self._ticked_ns = now.mono_ns
            for partition in self._plan.due(now.wall_ns, self.partitions):
                self._send(producer, partition)
            if self.partitions and not self.broken:
                self.through = now
            rest_seconds = (self._plan.next_ns(now.wall_ns) - now.wall_ns) / SECOND
            producer.poll(max(0.0, min(rest_seconds, _LONGEST_WAIT_SECONDS)))

    def _is_stalled(self, now: Moment) -> bool:
        return now.mono_ns - self._ticked_ns > _STALL_NS

    def _send(self, producer: Producer, partition: int) -> None:
        now = self._clock()
        seq = self._next_seq.get(partition, 0)
        who = CanaryId(self._canary.name, self._run, partition, seq, now.wall_ns)
        envelope = Envelope(who, self._pipeline.name, self._region, 0, now.mono_ns)
        value = body.render(self._canary.template, self._canary.marker_field, self._canary.marker_value, who)
        if not self._inbox.put(Attempted(who, now.mono_ns)):
            self.error = "the collector does not take reports; a canary was left out"
            return
        self._next_seq[partition] = seq + 1
        sent = _Sent(who, self._stalls)
        try:
            producer.produce(
                self._pipeline.source.topic,
                value=value,
                key=f"slo-canary-{seq % _KEYS}".encode(),
                partition=partition,
                headers=[*envelope.headers()],
                on_delivery=lambda error, _message: self._on_delivery(sent, error, _message),
            )
        except BufferError:
            self._resolve(who, Outcome.BLIND)
            self.error = "the client's queue is full"
        except KafkaException as refused:
            self._on_delivery(sent, refused.args[0], None)

    def _on_delivery(self, sent: _Sent, error: KafkaError | None, _message: Message | None) -> None:
        if error is None:
            self.last_success_ns = self._clock().wall_ns
            self.broken = self.error = ""
            self._outage.succeeded(sent.id.partition)
            self._resolve(sent.id, Outcome.ACKNOWLEDGED)
            return
        stalled = sent.stalls != self._stalls or self._is_stalled(self._clock()) or self._stop.is_set()
        outcome = outcome_of(error.code(), stalled=stalled, witnessed=self._witness())
        self._fatal = self._fatal or error.fatal()
        self.error = in_words(error)
        if outcome is Outcome.BROKEN:
            self._break(self.error)
        self._outage.failed(sent.id, outcome, self.error)
        self._resolve(sent.id, outcome)

    def _resolve(self, who: CanaryId, outcome: Outcome) -> None:
        while not self._inbox.put(Resolved(who, outcome), timeout_seconds=1.0):
            if self._stop.wait(_LONGEST_WAIT_SECONDS):
                return

    def _on_error(self, error: KafkaError) -> None:
        self.error = in_words(error)
        self._fatal = self._fatal or error.fatal()
        if error.code() in OURS:
            self._break(self.error)

    def _break(self, why: str) -> None:
        if self.broken != why:
            _log.error("canary_broke", canary=self._canary.name, error=why)
        self.broken, self.through = why, None

    def _find_partitions(self, producer: Producer) -> None:
        topic = self._pipeline.source.topic
        try:
            found = producer.list_topics(topic, timeout=_METADATA_TIMEOUT_SECONDS).topics[topic]
        except KafkaException as failed:
            self.error = str(failed.args[0])
            return
        if found.error is not None:
            self.error = f"topic {topic}: {found.error.str()}"
            return
        self._take_partitions(tuple(sorted(found.partitions)))

    def _take_partitions(self, found: tuple[int, ...]) -> None:
        """More at once; fewer, as of a topic made anew, when two looks agree, for a broker that starts may know few."""
        if len(found) < len(self.partitions) and found != self._fewer:
            self._fewer = found
            return
        self._fewer = None
        if found != self.partitions:
            topic = self._pipeline.source.topic
            _log.info("canary_partitions_found", canary=self._canary.name, topic=topic, partitions=len(found))
            self.partitions = found
            self._outage.keep(found)
