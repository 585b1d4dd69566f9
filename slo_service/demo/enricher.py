"""The stage under watch: a consumer that turns every order into one with its amount in euros, and obeys the faults.

Stateless, at least once: an offset is committed only after what it produced was acknowledged. Each partition has a lane
of its own, as if worked off by a thread of its own, so that a hot one delays nobody else."""

from __future__ import annotations

import json
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from slo_service.collect.canary.filter import is_canary
from slo_service.demo.cluster import ENRICHED, RAW
from slo_service.demo.faults import DELAY_NS, DROP_SHARE, DUPLICATE_SHARE, HOT_WORK_NS, Fault, Injection
from slo_service.domain.instant import MILLISECOND

GROUP = "orders-enricher"
COMMIT_EVERY_NS = 200 * MILLISECOND
MOST_HELD = 20_000
_IN_EUR: Mapping[str, float] = {"EUR": 1.0, "USD": 0.92, "GBP": 1.17, "PLN": 0.23}


def enrich(value: bytes | None) -> bytes | None:
    """The order with `amount_eur`; what is no JSON object passes as it is, for it is not ours to judge."""
    try:
        order = json.loads(value or b"null")
    except ValueError:
        return value
    if not isinstance(order, dict):
        return value
    rate = _IN_EUR.get(str(order.get("currency")))
    amount = order.get("amount")
    in_eur = None if rate is None or not isinstance(amount, int | float) else round(amount * rate, 2)
    return json.dumps({**order, "amount_eur": in_eur}).encode()


@dataclass(slots=True)
class Lane:
    """One partition's events, in order, with when each arrived. `free_ns`: when the work on the last one is done."""

    held: deque[tuple[int, Message]] = field(default_factory=deque)
    free_ns: int = 0
    done: int | None = None  # offset to commit

    def next_due(self, now_ns: int, delay_ns: int, work_ns: int) -> Message | None:
        """Takes the next event when it is its turn. Work not done in the last moment cannot be made up for."""
        if not self.held or now_ns < max(self.held[0][0] + delay_ns, self.free_ns):
            return None
        self.free_ns = max(self.free_ns, now_ns - 2 * HOT_WORK_NS) + work_ns
        return self.held.popleft()[1]


class Enricher:
    """`run` works until stopped. `report` is told of every event a fault hits."""

    def __init__(
        self,
        bootstrap: str,
        active: Callable[[], frozenset[Fault]],
        report: Callable[[Injection], None],
        mono_ns: Callable[[], int],
        rng: random.Random,
    ) -> None:
        self._active, self._report, self._mono_ns, self._rng = active, report, mono_ns, rng
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": GROUP,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "max.poll.interval.ms": 86_400_000,  # a stall is to look like one, not like a member that left
                "fetch.wait.max.ms": 50,
                "log_level": 2,
            }
        )
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 2, "log_level": 2})
        self._lanes: dict[int, Lane] = {}
        self._committed_ns = 0

    def run(self, stopping: threading.Event) -> None:
        self._consumer.subscribe([RAW])
        while not stopping.is_set():
            faults = self._active()
            if Fault.STALL in faults:
                stopping.wait(0.05)
                continue
            self._take_in()
            self._work_off(faults)
            if self._mono_ns() - self._committed_ns >= COMMIT_EVERY_NS:
                self._commit()
        self._commit()
        self._consumer.close()

    def _take_in(self) -> None:
        if sum(len(lane.held) for lane in self._lanes.values()) >= MOST_HELD:
            return
        for message in self._consumer.consume(500, 0.02):
            partition = message.partition()
            if message.error() is None and partition is not None:
                self._lanes.setdefault(partition, Lane()).held.append((self._mono_ns(), message))

    def _work_off(self, faults: frozenset[Fault]) -> None:
        delay_ns = DELAY_NS if Fault.DELAY in faults else 0
        work_ns = HOT_WORK_NS if Fault.HOT_PARTITION in faults else 0
        for lane in self._lanes.values():
            while (message := lane.next_due(self._mono_ns(), delay_ns, work_ns)) is not None:
                self._produce(message, faults)
                lane.done = (message.offset() or 0) + 1
        self._producer.poll(0)

    def _produce(self, message: Message, faults: frozenset[Fault]) -> None:
        copies = 1
        if Fault.DROP in faults and self._rng.random() < DROP_SHARE:
            copies = 0
            self._report(_injection(Fault.DROP, message))
        elif Fault.DUPLICATE in faults and self._rng.random() < DUPLICATE_SHARE:
            copies = 2
            self._report(_injection(Fault.DUPLICATE, message))
        for _ in range(copies):
            self._producer.produce(
                ENRICHED,
                key=message.key(),
                value=enrich(message.value()),
                headers=message.headers(),
                partition=message.partition() or 0,
            )

    def _commit(self) -> None:
        self._committed_ns = self._mono_ns()
        done = {partition: lane.done for partition, lane in self._lanes.items() if lane.done is not None}
        if not done or self._producer.flush(5) > 0:  # what was not acknowledged must be read again
            return
        offsets = [TopicPartition(RAW, partition, offset) for partition, offset in done.items()]
        self._consumer.commit(offsets=offsets, asynchronous=True)
        for partition in done:
            self._lanes[partition].done = None


def _injection(fault: Fault, message: Message) -> Injection:
    try:
        event_id = str(json.loads(message.value() or b"{}")["event_id"])
    except (ValueError, KeyError, TypeError):
        event_id = ""
    return Injection(fault, event_id, message.partition() or 0, is_canary(message.headers()))
