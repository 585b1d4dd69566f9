"""Counters that only rise, fed from committed deltas. A budget window's sums fall as time rolls on and a correction
lowers a count, neither of which a Prometheus counter may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from slo_service.domain.cell import Delta


@dataclass(slots=True)
class Rising:
    """What one stream counted since the process started. Events minus corrections is the exact net count."""

    good: int = 0
    bad: int = 0
    good_corrected: int = 0
    bad_corrected: int = 0


class EventCounters:
    """Good and bad events by stream. A rise adds to the events, a fall adds to the corrections: so
    `slo_events_total - slo_corrections_total` is exact, and neither ever goes down. A restart starts both at zero,
    which Prometheus takes for the counter reset that it is."""

    def __init__(self) -> None:
        self._streams: dict[str, Rising] = {}

    def add(self, deltas: Iterable[Delta]) -> None:
        """Takes each committed difference exactly once, in any order."""
        for delta in deltas:
            rising = self._streams.setdefault(delta.stream, Rising())
            rising.good += max(delta.good, 0)
            rising.bad += max(delta.bad, 0)
            rising.good_corrected += max(-delta.good, 0)
            rising.bad_corrected += max(-delta.bad, 0)

    def of(self, stream: str) -> Rising:
        """Zeros for a stream that has not counted yet, so that its series exist from the first scrape on."""
        return self._streams.get(stream, Rising())

    def keep(self, streams: Iterable[str]) -> None:
        """Forgets streams no definition uses any more."""
        known = frozenset(streams)
        self._streams = {stream: rising for stream, rising in self._streams.items() if stream in known}
