"""When a budget will be spent at the pace of now, and when it is back above a mark if nothing more fails.

Events are taken to keep coming as densely as over the present window. In a rolling window what failed long ago leaves
it meanwhile, in whole slots; where `past` tells when, that is counted, else only the earliest moment can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from slo_service.domain.calendar import window_of
from slo_service.domain.instant import DAY, HOUR, floor_to
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.chance.interval import bounds
from slo_service.evaluate.history.past import Counts, Past
from slo_service.evaluate.outlook.worst import Episode, episodes

PACES_NS = (HOUR, 6 * HOUR, 3 * DAY)


class Outlook(StrEnum):
    EXHAUSTS = "exhausts"
    EXHAUSTED = "exhausted"  # nothing is left now
    NOT_AT_THIS_PACE = "not at this pace"  # old failures leave, or the window ends, before it is spent
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pace:
    """What the burn over the last `length_ns` means. `after_ns`: time until nothing is left; None unless it EXHAUSTS.
    `earliest_ns` and `latest_ns` are that at the 95 % bounds of the burn, None where it would never come, or nothing
    bounds the burn. `reason` says why it is UNKNOWN. `at_least`: old failures may leave the window meanwhile, so it may
    be later or never."""

    length_ns: int
    burn: Fraction | None
    burn_interval: tuple[float, float] | None
    outlook: Outlook
    after_ns: int | None = None
    earliest_ns: int | None = None
    latest_ns: int | None = None
    reason: str = ""
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """`at_ns` is the moment from which durations count; `window_ends_ns` the next boundary of a calendar window."""

    at_ns: int
    remaining: Fraction | None
    window_ends_ns: int | None
    paces: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """When the remaining share is above `share` again if nothing more fails. `at_ns` is None, with the `reason`, where
    that never comes or cannot be told. `bad` failures leave the window by then, in these episodes."""

    share: Fraction
    at_ns: int | None
    bad: int = 0
    rolls_off: tuple[Episode, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Leaving:
    """How the past leaves a rolling window: `bad[i]` failures have left it `after_ns[i]` from now, both ascending."""

    after_ns: Counts
    bad: Counts


def forecast(slo: Slo, status: Status, past: Past | None = None, paces_ns: Sequence[int] = PACES_NS) -> Forecast:
    """`past`: what is kept of the budget window, in its slots (15 min). Not needed of calendar windows."""
    mark, budget = status.watermark_ns, status.budget
    why = _why_unknown(status)
    if mark is None or budget.remaining is None or why:
        unknown = tuple(
            Pace(n, status.readings[n].burn if n in status.readings else None, None, Outlook.UNKNOWN, reason=why)
            for n in paces_ns
        )
        return Forecast(status.at_ns, budget.remaining, None, unknown)
    ends = window_of(slo.calendar, mark) if slo.calendar else None
    length_ns = ends.to_ns - ends.from_ns if ends else slo.window_ns
    leaving = None if ends or past is None else _leaving(past, slo.window_ns, mark)
    left_ns = ends.to_ns - mark if ends else slo.window_ns
    run = _Run(budget.remaining, budget.allowed_events, length_ns, left_ns, leaving, rolling=ends is None)
    paces = tuple(_pace(slo, status, n, run) for n in paces_ns)
    return Forecast(status.at_ns, budget.remaining, ends.to_ns if ends else None, paces)


def comes_back(slo: Slo, status: Status, past: Past, share: Fraction) -> Return:
    """`past`: what is kept of the budget window, in its slots (15 min). A mark is passed, not reached."""
    mark, budget = status.watermark_ns, status.budget
    if (why := _why_unknown(status)) or mark is None or budget.remaining is None:
        return Return(share, None, reason=why)
    if budget.remaining > share:
        return Return(share, status.at_ns)
    if share >= 1:
        return Return(share, None, reason="a budget is never more than whole")
    allowed = budget.allowed_events
    if slo.calendar:
        span = window_of(slo.calendar, mark)
        gone = past.between(span.from_ns, mark)
        return Return(share, status.at_ns + span.to_ns - mark, int(gone.bad.sum()), episodes(gone, allowed))
    leaving = _leaving(past, slo.window_ns, mark)
    excess = budget.reading.tally.bad - (1 - share) * allowed  # so many and more must leave
    enough = np.flatnonzero(leaving.bad > int(excess // 1))
    if not len(enough):
        return Return(share, None, reason="what failed is not among the counts that are kept")
    after = int(leaving.after_ns[enough[0]])
    start = mark - slo.window_ns
    gone = past.between(floor_to(start, past.width_ns), start + after)
    return Return(share, status.at_ns + after, int(gone.bad.sum()), episodes(gone, allowed))


@dataclass(frozen=True, slots=True)
class _Run:
    """A budget on its way: the share that remains, of so many allowed failures in a window of this length, for as long
    as its present contents matter."""

    remaining: Fraction
    allowed: Fraction
    length_ns: int
    left_ns: int
    leaving: _Leaving | None
    rolling: bool

    def spent_after(self, burn: Fraction) -> int | None:
        """Nanoseconds until nothing is left at this burn; None where that does not come. Without knowing what leaves,
        the earliest it may."""
        if burn <= 0:
            return None
        ever = self.length_ns / burn  # spends one whole budget
        if self.leaving is None:
            return self._within(self.remaining * ever)
        gained = np.concatenate([[0], self.leaving.bad]) / float(self.allowed)
        until = np.concatenate([self.leaving.after_ns, [self.left_ns]])
        found = np.flatnonzero((float(self.remaining) + gained) * float(ever) < until)
        if len(found):
            gain = int(self.leaving.bad[found[0] - 1]) if found[0] else 0
            return self._within((self.remaining + gain / self.allowed) * ever)
        return self.left_ns if burn > 1 else None

    def _within(self, after_ns: Fraction) -> int | None:
        after = -int(-after_ns // 1)
        return after if after < self.left_ns else None  # then the window holds nothing of what it holds now


def _pace(slo: Slo, status: Status, length_ns: int, run: _Run) -> Pace:
    reading = status.readings.get(length_ns)
    if reading is None or reading.burn is None:
        return Pace(length_ns, None, None, Outlook.UNKNOWN, reason="nothing was measured")
    low, high = (Fraction(bound) / slo.objective.budget for bound in bounds(reading) or (0, 0))
    interval = None if bounds(reading) is None else (float(low), float(high))
    if run.remaining <= 0:
        return Pace(length_ns, reading.burn, interval, Outlook.EXHAUSTED)
    after = run.spent_after(reading.burn)
    return Pace(
        length_ns=length_ns,
        burn=reading.burn,
        burn_interval=interval,
        outlook=Outlook.NOT_AT_THIS_PACE if after is None else Outlook.EXHAUSTS,
        after_ns=after,
        earliest_ns=run.spent_after(high),
        latest_ns=run.spent_after(low),
        at_least=after is not None and run.rolling and run.leaving is None,
    )


def _why_unknown(status: Status) -> str:
    if status.watermark_ns is None or status.budget.remaining is None:
        return "nothing was measured"
    return "too little of the window was measured" if status.budget.provisional else ""


def _leaving(past: Past, window_ns: int, mark_ns: int) -> _Leaving:
    """The tail of the window moves in the slots of the past: one has left it when the tail stands at its end."""
    width = past.width_ns
    kept = past.between(floor_to(mark_ns - window_ns, width), mark_ns)
    at = np.flatnonzero(kept.bad > 0)
    return _Leaving(kept.start_ns + (at + 1) * width + window_ns - mark_ns, np.cumsum(kept.bad[at]))
