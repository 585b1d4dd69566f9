"""One canary as people see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slo_service.collect.canary.judge import Entry, Verdict, arrived_within
from slo_service.collect.canary.report import Outcome
from slo_service.domain.indicator import SINK
from slo_service.domain.instant import format_duration


@dataclass(frozen=True, slots=True)
class CanaryTrace:
    """One canary as it stands. `seen_ns` by hop: first sighting, else absent; `copies` by hop: sightings in all.

    `verdict`: pending | on_time | overdue | late | lost | found | refused | unobservable, against the given
    threshold and deadline."""

    canary: str
    run: str
    partition: int
    seq: int
    sent_ns: int
    acknowledged: bool | None
    seen_ns: Mapping[str, int]
    copies: Mapping[str, int]
    verdict: str
    reason: str = ""


def trace(entry: Entry, hops: Sequence[str], threshold_ns: int, deadline_ns: int) -> CanaryTrace:
    """`hops` from source to sink: the first of them that missed the canary is named in the reason."""
    word, reason = _verdict(entry, hops, threshold_ns, deadline_ns)
    seen = {hop: view.seen_ns for hop, view in entry.views.items() if view.seen_ns is not None}
    return CanaryTrace(
        canary=entry.id.canary,
        run=entry.id.run,
        partition=entry.id.partition,
        seq=entry.id.seq,
        sent_ns=entry.id.sent_ns,
        acknowledged=_ACKNOWLEDGED[entry.outcome],
        seen_ns=seen,
        copies={hop: view.copies for hop, view in entry.views.items() if view.copies},
        verdict=word,
        reason=reason,
    )


_ACKNOWLEDGED = {
    Outcome.PENDING: None,
    Outcome.ACKNOWLEDGED: True,
    Outcome.REFUSED: False,
    Outcome.TIMED_OUT: None,
    Outcome.BLIND: None,
    Outcome.BROKEN: False,
}
_INELIGIBLE = {
    Outcome.PENDING: ("pending", "not acknowledged yet"),
    Outcome.REFUSED: ("refused", "the broker answered with an error"),
    Outcome.TIMED_OUT: ("refused", "timed out, and not found in the source"),
    Outcome.BLIND: ("unobservable", "our own path was down, and it was not found in the source"),
    Outcome.BROKEN: ("unobservable", "our own client was refused"),
}


def _verdict(entry: Entry, hops: Sequence[str], threshold_ns: int, deadline_ns: int) -> tuple[str, str]:
    if not entry.eligible:
        return _INELIGIBLE[entry.outcome]
    fresh, complete = arrived_within(entry, SINK, threshold_ns), arrived_within(entry, SINK, deadline_ns)
    missing = next((f"not seen at {hop}" for hop in hops if not entry.seen_at(hop)), "")
    if not entry.seen_at(SINK):
        if complete is Verdict.BAD:
            return "lost", f"{missing} within {format_duration(deadline_ns)}"
        if fresh is Verdict.BAD:
            return "overdue", f"{missing} within {format_duration(threshold_ns)}"
        if Verdict.UNOBSERVABLE in {fresh, complete}:
            return "unobservable", "our reader missed records while it was under way"
        return "pending", missing
    if complete is Verdict.BAD:
        return "found", f"after the deadline of {format_duration(deadline_ns)}"
    if fresh is Verdict.UNOBSERVABLE:
        return "unobservable", "our reader was not at the log's end when it came due"
    if complete is Verdict.UNOBSERVABLE:
        return "unobservable", "our reader cannot tell whether it came before or after the deadline"
    return ("on_time", "") if fresh is Verdict.GOOD else ("late", "")
