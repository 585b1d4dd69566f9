"""What a group's commits over time say about it: STOPPED, FALLING_BEHIND, REWOUND, RECREATED, or nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

from slo_service.collect.kafka_lag.offsets import PartitionOffsets
from slo_service.domain.instant import MINUTE, SECOND

STOPPED = "STOPPED"  # the commit stands still although there is unread data
FALLING_BEHIND = "FALLING_BEHIND"  # it moves, but the unread data only grow
REWOUND = "REWOUND"  # it went back
RECREATED = "RECREATED"  # the log's end went back
MOST_URGENT_FIRST = (STOPPED, RECREATED, REWOUND, FALLING_BEHIND)

_GAPS_KEPT = 256
_COUNTS_KEPT = 10  # polls over which unread data must not have shrunk once; Burrow's window is as long
_EVENT_SHOWN_NS = MINUTE
_USUAL_GAP_NS = 5 * SECOND  # Kafka's own auto.commit.interval.ms, until a gap was learned


class CommitHistory:
    """One partition's commits. All instants are monotonic."""

    def __init__(self, poll_ns: int) -> None:
        self._poll_ns = poll_ns
        self._committed: int | None = None
        self._moved_ns = 0
        self._unread_since_ns: int | None = None
        self._gaps: deque[int] = deque(maxlen=_GAPS_KEPT)
        self._counts: deque[int] = deque(maxlen=_COUNTS_KEPT)
        self._event = ""
        self._event_ns = 0

    def see(self, offsets: PartitionOffsets, waiting: int | None, recreated: bool, now_ns: int) -> str:
        """Takes in a poll, answers the partition's diagnosis. `waiting` None: unknown, nothing is learned from it."""
        if recreated:
            self._note(RECREATED, now_ns)
        if offsets.committed is not None and waiting is not None:
            self._learn(offsets.committed, waiting, recreated, now_ns)
        if self._stands_still(now_ns):
            return STOPPED
        if self._event and now_ns - self._event_ns <= _EVENT_SHOWN_NS:
            return self._event
        counts = list(self._counts)
        never_shrank = all(a <= b for a, b in pairwise(counts))
        if len(counts) == _COUNTS_KEPT and counts[0] > 0 and counts[-1] > counts[0] and never_shrank:
            return FALLING_BEHIND
        return ""

    @property
    def patience_ns(self) -> int:
        """How long a commit may stand still: two polls, or three times the 99th percentile of the gaps learned."""
        ordered = sorted(self._gaps)
        p99 = ordered[-(-len(ordered) * 99 // 100) - 1] if ordered else _USUAL_GAP_NS
        return max(2 * self._poll_ns, 3 * p99)

    def _learn(self, committed: int, waiting: int, recreated: bool, now_ns: int) -> None:
        if self._committed is not None and committed < self._committed and not recreated:
            self._note(REWOUND, now_ns)
        if committed != self._committed:
            if self._committed is not None and self._unread_since_ns is not None:
                self._gaps.append(now_ns - max(self._moved_ns, self._unread_since_ns))
            self._committed, self._moved_ns, self._unread_since_ns = committed, now_ns, None
        if waiting == 0:
            self._unread_since_ns = None
        elif self._unread_since_ns is None:
            self._unread_since_ns = now_ns
        self._counts.append(waiting)

    def _stands_still(self, now_ns: int) -> bool:
        return self._unread_since_ns is not None and now_ns - self._unread_since_ns >= self.patience_ns

    def _note(self, event: str, now_ns: int) -> None:
        self._event, self._event_ns = event, now_ns


def worst(diagnoses: Iterable[str]) -> str:
    found = set(diagnoses)
    return next((name for name in MOST_URGENT_FIRST if name in found), "")
