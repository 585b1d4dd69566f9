"""Canaries as last told, remembered while they can hardly change: a watched page asks every second, and a quarter of an
hour of them is thousands. What is still under way or missing is asked for anew every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.show.ports import Pulse

REREAD_NS = 10 * SECOND  # a duplicate of a canary that had arrived is shown after so long at the latest
_RECENT_NS = MINUTE  # those sent since then are always asked for
_OPEN = frozenset({"pending", "overdue", "lost"})
_MOST = 100


@dataclass(frozen=True, slots=True)
class _Kept:
    since_ns: int
    read_ns: int  # when all of them were asked for
    traces: Sequence[CanaryTrace]
    open_ns: int  # from here on they must be asked for anew


class Flown:
    """Of every canary that someone looks at; bounded, the one longest not looked at is forgotten first."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._kept: dict[str, _Kept] = {}

    def traces(self, canary: str, since_ns: int, now_ns: int) -> Sequence[CanaryTrace]:
        """Those sent since then, oldest first."""
        kept = self._kept.pop(canary, None)
        if kept is None or since_ns < kept.since_ns or not 0 <= now_ns - kept.read_ns < REREAD_NS:
            found, read_ns = self._pulse.canaries(canary, since_ns), now_ns
        else:
            fresh = self._pulse.canaries(canary, max(since_ns, kept.open_ns))
            old = [one for one in kept.traces if since_ns <= one.sent_ns < kept.open_ns]
            found, read_ns = [*old, *fresh], kept.read_ns
        opened = next((one.sent_ns for one in found if one.verdict in _OPEN), now_ns)
        self._kept[canary] = _Kept(since_ns, read_ns, found, min(opened, now_ns - _RECENT_NS))
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return found
