"""A pipeline under the tests' control: a consumer that copies records from topic to topic, and what it does to some."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Self

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from slo_service.collect.canary import envelope
from slo_service.collect.canary.envelope import CanaryId


class Fate(Enum):
    PASS = 1
    DROP = 0
    DOUBLE = 2


Judge = Callable[[CanaryId], Fate]


def pass_all(_who: CanaryId) -> Fate:
    return Fate.PASS


class Mover:
    """Moves records between topics of one cluster, canaries as `fate` says; `hold` stops it between two records.

    `to` None: rows are handed to `load` instead. `with_headers` False: only bodies survive."""

    def __init__(
        self,
        address: Mapping[str, str],
        source: str,
        to: str | None,
        *,
        partitions: int = 4,
        fate: Judge = pass_all,
        load: Callable[[list[dict[str, object]]], None] | None = None,
        with_headers: bool = True,
    ) -> None:
        self._address, self._source, self._to, self._partitions = address, source, to, partitions
        self._fate, self._load, self._with_headers = fate, load, with_headers
        self._stop, self.hold = threading.Event(), threading.Event()
        self.met: dict[CanaryId, Fate] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def count(self, fate: Fate) -> int:
        return list(self.met.values()).count(fate)

    def _run(self) -> None:
        settings = {**self._address, "group.id": "mover", "enable.auto.commit": "false", "fetch.wait.max.ms": "50"}
        consumer, producer = Consumer({**settings}), Producer({**self._address, "linger.ms": "0"})
        consumer.assign([TopicPartition(self._source, partition, 0) for partition in range(self._partitions)])
        while not self._stop.is_set():
            if self.hold.is_set():
                self._stop.wait(0.02)
                continue
            for message in consumer.consume(100, 0.05):
                assert message.error() is None, message.error()
                self._move(message, producer)
            producer.poll(0)
        producer.flush(5)
        consumer.close()

    def _move(self, message: Message, producer: Producer) -> None:
        found = envelope.read(message.headers())
        times = 1
        if found is not None or b"orders-canary" in (message.value() or b""):
            who = found.id if found is not None else CanaryId.from_text(json.loads(message.value() or b"")["event_id"])
            assert who is not None
            self.met[who] = self._fate(who)
            times = self.met[who].value
        for _ in range(times):
            if self._to is not None:
                headers = message.headers() if self._with_headers else None
                partition = message.partition()
                assert partition is not None
                producer.produce(self._to, message.value(), message.key(), partition, headers=headers)
            if self._load is not None:
                self._load([json.loads(message.value() or b"")])
