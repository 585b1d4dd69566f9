"""Sends that fail, told of once: a broker that is away for an hour is one event with a beginning and an end."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.report import Outcome

_log = structlog.get_logger(__name__)


class Outage:
    """Begins with the first send that fails, ends when every partition that failed has taken one again."""

    def __init__(self, canary: str) -> None:
        self._canary = canary
        self._failing: set[int] = set()
        self._failed = 0

    def failed(self, who: CanaryId, outcome: Outcome, error: str) -> None:
        if not self._failing:
            _log.warning("canary_send_failed", canary=who.text, outcome=str(outcome), error=error)
        self._failing.add(who.partition)
        self._failed += 1

    def succeeded(self, partition: int) -> None:
        self._failing.discard(partition)
        self._end()

    def keep(self, partitions: Iterable[int]) -> None:
        """Those that are gone are not waited for."""
        self._failing.intersection_update(partitions)
        self._end()

    def _end(self) -> None:
        if self._failed and not self._failing:
            _log.info("canary_sends_recovered", canary=self._canary, failed=self._failed)
            self._failed = 0
