"""When to send: in each period one canary to each partition, at a uniformly random instant of the period, because
fixed instants alias with periodic commits and checkpoints."""

from __future__ import annotations

import random
from collections.abc import Sequence


class SendPlan:
    def __init__(self, every_ns: int, rng: random.Random) -> None:
        self._every_ns = every_ns
        self._rng = rng
        self._due: dict[int, int] = {}  # by partition; an instant that has passed is spent
        self._planned: dict[int, int] = {}  # by partition: the last period with an instant
        self.skipped = 0  # instants that went by together with their period, because we were held up

    def due(self, now_ns: int, partitions: Sequence[int]) -> list[int]:
        """Partitions whose instant has come since the last call. The period in which a partition first appears counts
        only if its instant still lies ahead."""
        period = now_ns // self._every_ns
        ready = []
        for partition in partitions:
            if self._planned.get(partition) != period:
                self._plan(partition, period, now_ns)
            if self._due.get(partition, now_ns + 1) <= now_ns:
                del self._due[partition]
                ready.append(partition)
        return ready

    def next_ns(self, now_ns: int) -> int:
        """When to ask again at the latest."""
        period_end_ns = (now_ns // self._every_ns + 1) * self._every_ns
        return min([period_end_ns, *self._due.values()])

    def _plan(self, partition: int, period: int, now_ns: int) -> None:
        known = partition in self._planned
        missed_periods = period - self._planned.get(partition, period - 1) - 1
        self.skipped += int(partition in self._due) + max(0, missed_periods)
        instant_ns = period * self._every_ns + self._rng.randrange(self._every_ns)
        self._planned[partition] = period
        self._due.pop(partition, None)
        if known or instant_ns >= now_ns:
            self._due[partition] = instant_ns
