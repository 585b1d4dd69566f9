"""What one hop saw of the canaries, as arrays: the figures of the flow and its sentence are read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from slo_service.domain.indicator import SINK
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.show.web.view.canaries import Flock

LATELY = 30 * SECOND  # what "now" looks back on, besides the time a canary is given
NEVER = np.iinfo(np.int64).max

Instants = NDArray[np.int64]
Marked = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest canary of a partition that neither arrived nor was overtaken; `missed`: known to be over the limit."""

    partition: int
    age_ns: int
    missed: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A stretch of time in which a hop missed canaries; `until_ns` None: it still does."""

    since_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """One value a canary that can be judged, oldest first. `age`: its transit, or what it has waited if it has not
    `arrived`. `known`: that it arrived, or did not within the limit; of one that our reader has not looked up since,
    neither is. `missed`: known to be over the limit. `longest_ns`: the longest that any was under way."""

    hop: str
    flock: Flock
    partition: NDArray[np.int64]
    sent: Instants
    arrived: Marked
    age: Instants
    known: Marked
    missed: Marked
    waiting: Mapping[int, Waiting | None]
    longest_ns: int | None

    @property
    def oldest(self) -> Waiting | None:
        return max((one for one in self.waiting.values() if one is not None), key=lambda one: one.age_ns, default=None)

    @property
    def since_ns(self) -> int:
        """Canaries sent from then on say what the hop is like now: the time that each is given, and a little more."""
        return self.flock.now_ns - self.flock.limit_ns - LATELY


def passage(flock: Flock, hop: str) -> Passage:
    now, limit, traces = flock.now_ns, flock.limit_ns, flock.eligible
    sent = np.array([trace.sent_ns for trace in traces], np.int64)
    partition = np.array([trace.partition for trace in traces], np.int64)
    seen = np.array([trace.seen_ns.get(hop, NEVER) for trace in traces], np.int64)
    arrived = seen != NEVER
    age = np.maximum(np.where(arrived, seen, now) - sent, 0)
    known = arrived | (age > limit)
    if hop == SINK:  # it is asked by polling: what is pending beyond the limit has not been asked for since
        known &= np.array([trace.verdict != "pending" for trace in traces], np.bool_)
    missed = known & (age > limit)
    waiting: dict[int, Waiting | None] = {}
    longest: int | None = None
    for number in flock.partitions:
        of = np.flatnonzero(partition == number)
        until = np.minimum.accumulate(seen[of][::-1])[::-1]  # its own arrival, or that of a later one
        longest = max(longest or 0, int((np.minimum(until, now) - sent[of]).max()))
        first = int(np.argmax(until == NEVER))
        open_ = until[first] == NEVER
        waiting[number] = Waiting(number, int(age[of[first]]), bool(missed[of[first]])) if open_ else None
    return Passage(hop, flock, partition, sent, arrived, age, known, missed, waiting, longest)


def trouble(passed: Passage) -> Trouble | None:
    """The latest stretch in which canaries missed the limit at this hop, from the first one's sending to the last one's
    arrival (a lost one's limit). A minute without a miss ends it. It is open while one is overdue, or while on some
    partition the newest that can be judged was missed."""
    missed = passed.missed
    if not missed.any():
        return None
    limit = passed.flock.limit_ns
    sent = passed.sent[missed]
    ended = sent + np.where(passed.arrived[missed], passed.age[missed], limit)
    last = np.maximum.accumulate(ended)
    begins = [0, *(np.flatnonzero(sent[1:] > last[:-1] + MINUTE) + 1).tolist()]
    since = int(sent[begins[-1]])
    judged = passed.arrived | missed
    newest = {number: np.flatnonzero(judged & (passed.partition == number))[-1:] for number in passed.waiting}
    waits = any(one is not None and one.missed for one in passed.waiting.values())
    late = any(bool(missed[place].any()) for place in newest.values())
    return Trouble(since, None if waits or late else int(last[-1]))


def longest_gap(instants: Instants) -> tuple[int, int] | None:
    """Of ascending instants, the two with the most time between them."""
    if len(instants) < 2:
        return None
    place = int(np.argmax(np.diff(instants)))
    return next(pairwise([int(at) for at in instants[place : place + 2]]))
