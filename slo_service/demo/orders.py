"""The shop: orders as a checkout would publish them, some twenty a second."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator

from confluent_kafka import KafkaException, Producer

from slo_service.demo.cluster import RAW
from slo_service.demo.faults import HOT_ORDERS_A_SECOND, Fault

ORDERS_A_SECOND = 20
BIG_CUSTOMER = "c-00001"
_BEATS_A_SECOND = 10
_CUSTOMERS = 4_000
_CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP", "PLN")


class Shop:
    """A producer in a thread of its own."""

    def __init__(self, bootstrap: str, active: Callable[[], frozenset[Fault]], rng: random.Random) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "log_level": 2})
        self._active = active
        self._orders = _orders(rng)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-shop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5)
        self._producer.flush(1)

    def _run(self) -> None:
        while not self._stopping.wait(1 / _BEATS_A_SECOND):
            for _ in range(ORDERS_A_SECOND // _BEATS_A_SECOND):
                self._publish(next(self._orders))
            if Fault.HOT_PARTITION in self._active():
                for _ in range(HOT_ORDERS_A_SECOND // _BEATS_A_SECOND):
                    self._publish({**next(self._orders), "customer_id": BIG_CUSTOMER})
            self._producer.poll(0)

    def _publish(self, order: dict[str, object]) -> None:
        try:
            # By customer, as shops do: that keeps a customer's orders in order, and makes a big one a hot partition.
            self._producer.produce(RAW, key=str(order["customer_id"]), value=json.dumps(order))
        except (BufferError, KafkaException):
            self._producer.poll(0.1)  # the queue is full: the order is lost to the demo, as to a shop without patience


def _orders(rng: random.Random) -> Iterator[dict[str, object]]:
    number = 0
    while True:
        number += 1
        yield {
            "event_id": f"{rng.getrandbits(64):016x}",
            "order_id": f"o-{number:07d}",
            "customer_id": f"c-{rng.randrange(2, _CUSTOMERS):05d}",
            "amount": round(rng.lognormvariate(3.4, 0.8), 2),
            "currency": rng.choice(_CURRENCIES),
            "source_system": "checkout",
        }
