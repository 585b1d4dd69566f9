"""The faults one can switch on, and the exact record of what they did to whom."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from slo_service.domain.instant import MILLISECOND, SECOND

DROP_SHARE = DUPLICATE_SHARE = 0.05
DELAY_NS = 8 * SECOND
HOT_WORK_NS = 25 * MILLISECOND  # a record on any partition then takes this long: 40 a second and partition
HOT_ORDERS_A_SECOND = 80  # so that the partition of one big customer gets twice what can be worked off
MOST_INJECTIONS = 20_000


class Fault(StrEnum):
    STALL = "stall"
    DROP = "drop"
    DUPLICATE = "duplicate"
    DELAY = "delay"
    HOT_PARTITION = "hot-partition"
    STOP_READER = "stop-reader"

    @property
    def says(self) -> str:
        return _SAYS[self]


_SAYS = {
    Fault.STALL: "the enricher stands still",
    Fault.DROP: "the enricher drops 5 % of the events",
    Fault.DUPLICATE: "the enricher writes 5 % of the events twice",
    Fault.DELAY: "the enricher holds every event back for 8 s",
    Fault.HOT_PARTITION: "one customer orders more than one partition can carry",
    Fault.STOP_READER: "the monitor can no longer read the table; orders keep arriving in it",
}


@dataclass(frozen=True, slots=True)
class Injection:
    """One event that a fault hit. `canary` says whether it was one; then the event's id names it wholly."""

    fault: Fault
    event_id: str
    partition: int
    canary: bool


class Switches:
    """Which faults are on. Thread-safe: pages, scenario and pipeline use it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: frozenset[Fault] = frozenset()
        self._injected: deque[Injection] = deque(maxlen=MOST_INJECTIONS)
        self._counts: dict[Fault, int] = dict.fromkeys(Fault, 0)
        self._listeners: list[Callable[[frozenset[Fault]], None]] = []

    def active(self) -> frozenset[Fault]:
        return self._on

    def turn(self, fault: Fault, on: bool) -> None:
        """Listeners hear of it before this returns."""
        with self._lock:
            changed = self._on | {fault} if on else self._on - {fault}
            if changed == self._on:
                return
            self._on = changed
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(changed)

    def listen(self, listener: Callable[[frozenset[Fault]], None]) -> None:
        """Calls back at once with what is on, and from then on with every change, from the thread that makes it."""
        with self._lock:
            self._listeners.append(listener)
            on = self._on
        listener(on)

    def record(self, injection: Injection) -> None:
        with self._lock:
            self._injected.append(injection)
            self._counts[injection.fault] += 1

    def injected(self, fault: Fault) -> tuple[Injection, ...]:
        """Oldest first; the newest `MOST_INJECTIONS` are kept."""
        with self._lock:
            return tuple(one for one in self._injected if one.fault is fault)

    def count(self, fault: Fault) -> int:
        with self._lock:
            return self._counts[fault]
