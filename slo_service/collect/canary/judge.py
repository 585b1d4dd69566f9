"""Verdicts on canaries. Pure: what a canary's record says is all that counts, so a verdict can be had again from the
ledger at any time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.report import Moment, Outcome
from slo_service.domain.indicator import (
    SOURCE,
    Completeness,
    Composite,
    Duplicates,
    Freshness,
    Indicator,
    Intake,
    Lag,
    Ratio,
    Threshold,
)
from slo_service.domain.tally import Tally

STALL_SHARE = 20  # a doubt about the moment of a sighting of up to T ÷ 20 does not excuse a late one


class Verdict(StrEnum):
    PENDING = "pending"
    GOOD = "good"
    BAD = "bad"
    UNOBSERVABLE = "unobservable"  # our own reading leaves it open: counted nowhere


@dataclass(slots=True)
class View:
    """One canary at one hop, on its sender's clock. It is known not to have been there at `absent_ns` (0: nothing is
    known), and first seen at `seen_ns`, which is exact when `certain` and otherwise when our reader came to it.

    `attempts` has a bit for every attempt of ours seen here; `copies` counts sightings at different positions.
    `blind`: our reader missed records while the canary was under way."""

    absent_ns: int = 0
    seen_ns: int | None = None
    certain: bool = False
    copies: int = 0
    attempts: int = 0
    blind: bool = False


@dataclass(slots=True)
class Entry:
    """What the ledger knows of one canary. `sent_mono_ns` is None for the canaries of an earlier process."""

    id: CanaryId
    outcome: Outcome = Outcome.PENDING
    sent_mono_ns: int | None = None
    views: dict[str, View] = field(default_factory=dict)

    def at(self, moment: Moment) -> int:
        """The moment on the clock of the canary: by the monotonic clock where sender and reader share it."""
        if self.sent_mono_ns is None:
            return moment.wall_ns
        return self.id.sent_ns + moment.mono_ns - self.sent_mono_ns

    def view(self, hop: str) -> View:
        return self.views.setdefault(hop, View())

    def seen_at(self, hop: str) -> bool:
        view = self.views.get(hop)
        return view is not None and view.seen_ns is not None

    @property
    def eligible(self) -> bool:
        """Acknowledged, or found in the source: from then on the pipeline owes it to the sink."""
        return self.outcome is Outcome.ACKNOWLEDGED or self.seen_at(SOURCE)


def arrived_within(entry: Entry, hop: str, within_ns: int) -> Verdict:
    """Whether the canary was visible at the hop within the given time of its sending, eligible or not.

    A moment after the due time at which it was provably not there makes it bad for good, whenever it comes."""
    view = entry.views.get(hop)
    due_ns = entry.id.sent_ns + within_ns
    if view is None:
        return Verdict.PENDING
    if view.absent_ns >= due_ns:
        return Verdict.BAD
    if view.seen_ns is not None and view.seen_ns <= due_ns:
        return Verdict.GOOD
    if view.blind:
        return Verdict.UNOBSERVABLE
    if view.seen_ns is None:
        return Verdict.PENDING
    doubt_ns = view.seen_ns - max(view.absent_ns, entry.id.sent_ns)
    return Verdict.BAD if view.certain or doubt_ns * STALL_SHARE <= within_ns else Verdict.UNOBSERVABLE


def taken_in(entry: Entry) -> Verdict:
    """Whether the source accepted the send. One that we died over before hearing of it counts when it is found."""
    match entry.outcome:
        case Outcome.ACKNOWLEDGED:
            return Verdict.GOOD
        case Outcome.REFUSED | Outcome.TIMED_OUT:
            return Verdict.BAD
        case Outcome.BLIND | Outcome.BROKEN:
            return Verdict.UNOBSERVABLE
        case Outcome.PENDING:
            return Verdict.GOOD if entry.seen_at(SOURCE) else Verdict.PENDING
    assert_never(entry.outcome)


def verdict(entry: Entry, indicator: Indicator) -> Verdict:
    """Of one canary, for the indicators that are filed under the time of sending; ineligible ones stay pending."""
    match indicator:
        case Freshness(at=hop, within_ns=limit_ns) | Completeness(at=hop, by_ns=limit_ns):
            return arrived_within(entry, hop, limit_ns) if entry.eligible else Verdict.PENDING
        case Intake():
            return taken_in(entry)
        case Duplicates() | Lag() | Ratio() | Threshold() | Composite():
            raise ValueError(f"{indicator.kind} is not judged canary by canary")
    assert_never(indicator)


def tally(entries: Iterable[Entry], indicator: Indicator) -> Tally:
    verdicts = [verdict(entry, indicator) for entry in entries]
    return Tally(verdicts.count(Verdict.GOOD), verdicts.count(Verdict.BAD))


def limit(indicator: Indicator, hop: str) -> int | None:
    """The time within which this indicator wants a canary at this hop; None when it does not judge that."""
    match indicator:
        case Freshness(at=at, within_ns=limit_ns) | Completeness(at=at, by_ns=limit_ns) if at == hop:
            return limit_ns
        case _:
            return None
