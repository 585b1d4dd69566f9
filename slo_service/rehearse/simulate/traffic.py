"""What is measured in a simulation: so many events in each tick, bad ones among them while the outage lasts.

Ticks are numbered from the start of the outage. Slot n lies between tick n and the next, so tick n has seen the slots
before n, and those below 0 are the past, in which all was good."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.instant import HOUR
from slo_service.domain.slo import Tier
from slo_service.evaluate.chance.partition import looks_back_ns
from slo_service.rehearse.simulate.plan import Canaries, Plan

NEVER = 1 << 62
PARTITIONS_LOOK_BACK_NS = HOUR  # at the most


class Traffic(Protocol):
    sources: tuple[str, ...]

    def end(self, tick: int) -> None:
        """The outage ends here; until this is said it goes on."""
        ...

    def past(self, since_ns: int, width_ns: int) -> Sequence[Delta]:
        """The good past from `since_ns` on, in slots of this width."""
        ...

    def deltas(self, since: int, until: int) -> Sequence[Delta]:
        """The slots from `since` to before `until`."""
        ...

    def next_event(self, tick: int) -> int:
        """The first tick after this one at which anything has entered a window, or left one."""
        ...

    def next_change(self, tick: int) -> int:
        """The first tick after this one at which a verdict may be another one than at the tick before it."""
        ...


class Continuous:
    """The same number of events in every tick, chosen so that the bad ones are a whole number."""

    sources: tuple[str, ...] = ("simulated/all/0",)

    def __init__(self, plan: Plan, stream: str) -> None:
        self._plan, self._stream = plan, stream
        self._events, self._bad = plan.error_ratio.denominator, plan.error_ratio.numerator
        self._outage = NEVER
        self._changes = self._foreseen()

    def end(self, tick: int) -> None:
        self._outage = tick
        self._changes = self._foreseen()

    def past(self, since_ns: int, width_ns: int) -> Sequence[Delta]:
        good = self._events * (width_ns // self._plan.tick_ns)
        seen = width_ns // self._plan.tick_ns
        return [Delta(self._stream, at, good, 0, seen) for at in range(since_ns, self._plan.start_ns, width_ns)]

    def deltas(self, since: int, until: int) -> Sequence[Delta]:
        start, tick = self._plan.start_ns, self._plan.tick_ns
        bad, good, all_ = self._bad, self._events - self._bad, self._events
        return [
            Delta(self._stream, start + n * tick, good, bad, 1)
            if n < self._outage
            else Delta(self._stream, start + n * tick, all_, 0, 1)
            for n in range(since, until)
        ]

    def next_event(self, tick: int) -> int:
        return tick + 1

    def next_change(self, tick: int) -> int:
        at = bisect_right(self._changes, tick)
        return self._changes[at] if at < len(self._changes) else NEVER

    def _foreseen(self) -> list[int]:
        """While the outage lasts a window's share of bad events never falls, and after it never rises; so each tier
        begins to burn at most once, and ends at most once."""
        found = []
        for tier in self._plan.alerting.tiers:
            full = min(self._outage, self._plan.ticks(max(tier.long_ns, tier.short_ns)))
            begins = bisect_left(range(full + 1), True, key=partial(self._burns, tier))
            found.append(begins if begins <= full else NEVER)
            if self._outage < NEVER:
                after = range(self._outage, self._outage + self._plan.ticks(tier.short_ns) + 1)
                found.append(self._outage + bisect_left(after, True, key=partial(self._is_clear, tier)))
        return sorted(found)

    def _is_clear(self, tier: Tier, tick: int) -> bool:
        return not self._burns(tier, tick)

    def _burns(self, tier: Tier, tick: int) -> bool:
        limit = tier.factor(self._plan.window_ns) * self._plan.objective.budget
        for length_ns in (tier.long_ns, tier.short_ns):
            slots = self._plan.ticks(length_ns)
            bad = self._bad * max(0, min(tick, self._outage) - max(tick - slots, 0))
            most = limit * self._events * slots
            if bad < most or (bad == most and not tier.inclusive):
                return False
        return True


class CanaryRounds:
    """A canary to every partition at the end of each period. Rounds fail as a whole, so evenly that the nth failure
    comes with the round that makes it a whole one."""

    def __init__(self, plan: Plan, canaries: Canaries, stream: str) -> None:
        self._plan, self._stream = plan, stream
        self._every_ns, self._partitions = canaries.every_ns, canaries.partitions
        self.sources = tuple(f"simulated/all/{n}" for n in range(canaries.partitions))
        self._outage = NEVER
        windows = {length for tier in plan.alerting.tiers for length in (tier.long_ns, tier.short_ns)}
        if (tier := plan.alerting.signals.partition_tier) is not None:
            windows.add(looks_back_ns(tier, self._every_ns))
        self._tails = (0, *(plan.ticks(length) for length in windows))

    def end(self, tick: int) -> None:
        self._outage = tick

    def past(self, since_ns: int, width_ns: int) -> Sequence[Delta]:
        rows, n = [], self._partitions
        before = (since_ns - self._plan.start_ns) // self._every_ns
        for at in range(since_ns, self._plan.start_ns, width_ns):
            sent = (at + width_ns - self._plan.start_ns) // self._every_ns
            if sent > before:
                rows.append(Delta(self._stream, at, n * (sent - before), 0, n))
            before = sent
        return rows

    def deltas(self, since: int, until: int) -> Sequence[Delta]:
        slots: dict[int, list[int]] = {}
        for nth in range(self._rounds(since), self._rounds(until)):
            slot = -(-(nth + 1) * self._every_ns // self._plan.tick_ns) - 1
            slots.setdefault(slot, [0, 0])[self._failed(nth + 1) > self._failed(nth)] += 1
        start, tick = self._plan.start_ns, self._plan.tick_ns
        return [
            Delta(self._stream, start + slot * tick, good, bad, 1, source)
            for slot, (good, bad) in slots.items()
            for source in self.sources
        ]

    def _rounds(self, tick: int) -> int:
        return tick * self._plan.tick_ns // self._every_ns

    def _failed(self, rounds: int) -> int:
        """Of the first so many rounds."""
        within = max(0, min(rounds, self._rounds(self._outage)))
        return within * self._plan.error_ratio.numerator // self._plan.error_ratio.denominator

    def next_event(self, tick: int) -> int:
        return min(self._next_round(tick - tail) + tail for tail in self._tails)

    def _next_round(self, tick: int) -> int:
        return -(-(self._rounds(tick) + 1) * self._every_ns // self._plan.tick_ns)

    def next_change(self, tick: int) -> int:
        """While canaries fail, and for as long after as single partitions are looked at, every canary may count. Then
        the failures of a window only leave it, and its canaries are one more or less."""
        if tick < self._outage + self._plan.ticks(PARTITIONS_LOOK_BACK_NS):
            return self.next_event(tick)
        return min(self._next_of(tier, tick) for tier in self._plan.alerting.tiers)

    def _next_of(self, tier: Tier, tick: int) -> int:
        if not self._burns(tier, tick, most=False):
            return NEVER
        if not self._burns(tier, tick, most=True):
            return self.next_event(tick)
        clean = range(tick, tick + self._plan.ticks(tier.short_ns) + 1)
        return tick + bisect_left(clean, True, key=lambda at: not self._burns(tier, at, most=True))

    def _burns(self, tier: Tier, tick: int, *, most: bool) -> bool:
        """With the most rounds that a window of this length holds, surely; with the fewest, perhaps."""
        limit = tier.factor(self._plan.window_ns) * self._plan.objective.budget
        for length_ns in (tier.long_ns, tier.short_ns):
            slots = self._plan.ticks(length_ns)
            rounds = slots * self._plan.tick_ns // self._every_ns + (1 if most else 0)
            failed = self._failed(self._rounds(tick)) - self._failed(self._rounds(max(0, tick - slots)))
            if failed < limit * rounds or (failed == limit * rounds and not tier.inclusive):
                return False
        return True


def progress(traffic: Traffic, stream: str, now_ns: int) -> list[Progress]:
    return [Progress(stream, source, now_ns) for source in traffic.sources]
