"""Canaries of one pipeline, hop by hop: what has arrived, what is under way, what a hop missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.indicator import SINK, SOURCE, Freshness
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Canary
from slo_service.domain.slo import Slo
from slo_service.show.web.charts.swarm import KINDS, Swarm

_ASKED_NS = 3 * SECOND  # the answer of a reader that works comes sooner than so long after a canary came due
_NOT_ELIGIBLE = frozenset({"refused", "unobservable"})


@dataclass(frozen=True, slots=True)
class Flock:
    """The canaries of one definition sent since `since_ns`, oldest first, and the limits they are held against.

    `eligible` and `partitions` hold those that can be judged, the second by partition."""

    canary: Canary
    traces: Sequence[CanaryTrace]
    since_ns: int
    now_ns: int
    threshold_ns: int | None
    eligible: Sequence[CanaryTrace]
    partitions: Mapping[int, Sequence[CanaryTrace]]

    @classmethod
    def of(
        cls, canary: Canary, traces: Sequence[CanaryTrace], *, since_ns: int, now_ns: int, threshold_ns: int | None
    ) -> Flock:
        eligible = [trace for trace in traces if is_eligible(trace)]
        parts: dict[int, list[CanaryTrace]] = {}
        for trace in eligible:
            parts.setdefault(trace.partition, []).append(trace)
        return cls(canary, traces, since_ns, now_ns, threshold_ns, eligible, dict(sorted(parts.items())))

    @property
    def limit_ns(self) -> int:
        """Beyond it a canary counts as not fresh: the declared threshold, else the deadline."""
        return self.threshold_ns or self.canary.deadline_ns


def is_eligible(trace: CanaryTrace) -> bool:
    """Acknowledged, or found in the source; our own blindness and a refused send are neither late nor lost."""
    return trace.verdict not in _NOT_ELIGIBLE and (trace.acknowledged is True or SOURCE in trace.seen_ns)


def threshold(slos: Sequence[Slo], canary: str, hop: str = SINK) -> int | None:
    """The strictest freshness threshold declared for this canary at this hop."""
    limits = [
        slo.indicator.within_ns
        for slo in slos
        if isinstance(slo.indicator, Freshness) and slo.indicator.canary == canary and slo.indicator.at == hop
    ]
    return min(limits, default=None)


def ends(traces: Sequence[CanaryTrace], hop: str) -> list[int | None]:
    """Until when each canary of one partition was under way to the hop: its own arrival, or that of a later one, since
    what was overtaken is missing rather than waiting. None: still under way. Never decreasing along the list."""
    earliest: int | None = None
    found: list[int | None] = []
    for trace in reversed(traces):
        seen = trace.seen_ns.get(hop)
        if seen is not None and (earliest is None or seen < earliest):
            earliest = seen
        found.append(earliest)
    return found[::-1]


def ages_over_time(
    traces: Sequence[CanaryTrace], hop: str, start_ns: int, step_ns: int, steps: int, now_ns: int
) -> list[int]:
    """The highest age reached in each step by the oldest canary under way; 0 where none was."""
    until = [now_ns if end is None else end for end in ends(traces, hop)]
    ages, first = [], 0
    for index in range(steps):
        begin = start_ns + index * step_ns
        finish = min(begin + step_ns, now_ns)
        while first < len(until) and until[first] <= begin:
            first += 1
        oldest, place = 0, first
        while place < len(traces) and traces[place].sent_ns < finish:
            oldest = max(oldest, min(until[place], finish) - traces[place].sent_ns)
            if until[place] > finish:
                break
            place += 1
        ages.append(oldest)
    return ages


def blind_spans(flock: Flock) -> list[tuple[int, int]]:
    """Stretches without a single canary that could be judged: unobservable ones, those that our reader has not looked
    up since they came due, or none sent for three periods."""
    reach = 3 * flock.canary.every_ns
    asked_ns = flock.now_ns - flock.limit_ns - max(_ASKED_NS, 3 * flock.canary.poll_ns)
    spans: list[tuple[int, int]] = []
    sent = [trace.sent_ns for trace in flock.traces]
    for before, after in pairwise(sent):
        if after - before > reach + flock.canary.every_ns:
            spans.append((before, after))
    spans += [
        (trace.sent_ns, trace.sent_ns + flock.canary.every_ns)
        for trace in flock.traces
        if trace.verdict == "unobservable" or (trace.verdict == "pending" and trace.sent_ns < asked_ns)
    ]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + reach:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


_KINDS: Mapping[str, int] = {
    verdict: KINDS.index(kind)
    for verdict, kind in (
        ("on_time", "ok"),
        ("late", "late"),
        ("found", "found"),
        ("lost", "lost"),
        ("overdue", "over"),
        ("pending", "way"),
    )
}


def marks(flock: Flock) -> Swarm:
    """A mark for every canary that can be placed; refused and unobservable ones are told in words instead."""
    placed = [trace for trace in flock.eligible if trace.verdict in _KINDS]
    sent = np.array([trace.sent_ns for trace in placed], np.int64)
    seen = np.array([trace.seen_ns.get(SINK, flock.now_ns) for trace in placed], np.int64)
    return Swarm(
        sent,
        np.maximum(seen - sent, 0),
        np.array([_KINDS[trace.verdict] for trace in placed], np.int64),
        np.array([trace.copies.get(SINK, 0) > 1 for trace in placed], np.bool_),
    )
