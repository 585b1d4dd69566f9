"""The bounded door between the threads of the Kafka clients and the collector: who finds it full waits, so that a
store that cannot record slows the readers down instead of losing what they saw."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from slo_service.collect.canary.report import Haul, Report

CAPACITY = 10_000


class Inbox:
    def __init__(self, wake: Callable[[], None] = lambda: None, capacity: int = CAPACITY) -> None:
        self._reports: deque[Report] = deque()
        self._capacity = capacity
        self._wake = wake
        self._room = threading.Condition()
        self._closed = False

    def put(self, report: Report, timeout_seconds: float = 0.0) -> bool:
        """Whether there was room, or came to be within the timeout."""
        with self._room:
            if not self._merges(report):
                if not self._room.wait_for(self._has_room, timeout_seconds) or self._closed:
                    return False
                self._reports.append(report)
        self._wake()
        return True

    def drain(self) -> list[Report]:
        """Everything so far, oldest first."""
        with self._room:
            reports = list(self._reports)
            self._reports.clear()
            self._room.notify_all()
        return reports

    def close(self) -> None:
        """Nobody waits for room any more; what is inside can still be drained."""
        with self._room:
            self._closed = True
            self._room.notify_all()

    def _has_room(self) -> bool:
        return self._closed or len(self._reports) < self._capacity

    def _merges(self, report: Report) -> bool:
        """A quiet reader's later mark says all that its earlier one said."""
        last = self._reports[-1] if self._reports else None
        if not (isinstance(last, Haul) and isinstance(report, Haul) and last.hop == report.hop):
            return False
        if not (_is_quiet(last) and _is_quiet(report)):
            return False
        self._reports[-1] = report
        return True


def _is_quiet(haul: Haul) -> bool:
    return not haul.sightings and haul.looked_up is None and not haul.blind_because and haul.mark is not None
