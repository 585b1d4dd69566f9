"""What the tiers would have said of a past stretch, had somebody judged it then: the rule of every tick, at each slot
of it. For what happened while the service was down, and for histories on pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Basis
from slo_service.domain.slo import Kind, Severity, Slo, Tier
from slo_service.domain.status import Reading, TierState
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.history.past import SAFE, Counts, Flags, Ints, Past, Stretches, Sums, roomy, top
from slo_service.evaluate.judge.tier import ENOUGH_TO_CLEAR, ENOUGH_TO_FIRE, Gate

UNKNOWN, CLEAR, BURNS = range(3)  # what the two windows of a tier say
AT_ONCE = 1 << 14  # boundaries read together, so that what is worked on stays in the processor's caches

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a tier in firing. `long` and `short` are the windows at `fired_ns`, or as they were last known of one
    that `began_before` the stretch; `cleared` are those at `cleared_ns`. Both are None of one that outlasts it."""

    slo: str
    tier: Tier
    factor: Fraction
    fired_ns: int
    long: Reading
    short: Reading
    cleared_ns: int | None = None
    cleared: tuple[Reading, Reading] | None = None
    began_before: bool = False

    @property
    def severity(self) -> Severity:
        return self.tier.severity


def judge_past(
    slo: Slo,
    past: Past,
    expectation: Expectation,
    since_ns: int,
    until_ns: int,
    before: Mapping[str, TierState | None] | None = None,
    *,
    slots: Slots | None = None,
    gate: Gate | None = None,
    basis: Basis | None = None,
    cell_ns: int | None = None,
) -> tuple[Stay, ...]:
    """Every stay of a burn-rate tier that touches [since, until] of event time, by the instant it fired.

    `past` holds what is kept up to `until_ns`, and back by the longest window beyond `since_ns`; what it lacks is
    unmeasured. It is judged at the boundaries of its slots. Where nothing is known of what was expected, nothing can be
    said. `before`: the tiers as they stood at `since_ns`, by name. `basis` and
    `cell_ns` (how much time of a source a cell stands for): those of the counts where they are others."""
    states = before or {}
    tiers = [tier for tier in slo.alerting.tiers if tier.kind is Kind.BURN]
    widths = slots or Slots.of_width(slo.slice_width_ns)
    longest = max((tier.long_ns for tier in tiers), default=0)
    past = past.reaching(since_ns - longest - max(widths.coarse_ns, past.width_ns))
    first, last = -(-(since_ns - past.start_ns) // past.width_ns), (until_ns - past.start_ns) // past.width_ns
    heads = np.arange(first, min(last, len(past.bad)) + 1)
    if not len(heads) or not expectation.known:
        return tuple(stay for tier in tiers if (stay := _lasting(states.get(tier.name))))
    sums = Sums(past, expectation, basis or slo.indicator.basis, cell_ns or slo.slice_width_ns)
    view = _View(slo, past, sums, widths)
    said = view.said(tiers, heads)
    found: list[Stay] = []
    for tier in tiers:
        walk = _Walk(slo, tier, view, heads, said[tier.name], gate)
        found += walk.stays(states.get(tier.name))
    return tuple(sorted(found, key=lambda stay: stay.fired_ns))


@dataclass(frozen=True, slots=True)
class _View:
    """The windows of one objective at the boundaries of its past's slots."""

    slo: Slo
    past: Past
    sums: Sums
    widths: Slots

    def said(self, tiers: Sequence[Tier], heads: Counts) -> dict[str, Codes]:
        """What each tier's windows say at each head, as numbers of `_Said`."""
        found = {tier.name: np.empty(len(heads), np.int8) for tier in tiers}
        lengths = {length for tier in tiers for length in (tier.long_ns, tier.short_ns)}
        for low in range(0, len(heads), AT_ONCE):
            some = slice(low, low + AT_ONCE)
            read = {length: self.read(heads[some], length) for length in lengths}
            for tier in tiers:
                found[tier.name][some] = _verdicts(self.slo, tier, read[tier.long_ns], read[tier.short_ns])
        return found

    def read(self, heads: Counts, length_ns: int) -> Stretches:
        width = max(self.widths.width_for(length_ns), self.past.width_ns)
        starts = self.past.start_ns + heads * self.past.width_ns - length_ns
        return self.sums.read((starts // width * width - self.past.start_ns) // self.past.width_ns, heads)

    def instant(self, head: int) -> int:
        return self.past.start_ns + head * self.past.width_ns

    def reading(self, head: int, length_ns: int) -> Reading:
        return self.read(np.array([head]), length_ns).at(0, length_ns, self.slo.objective)


def _verdicts(slo: Slo, tier: Tier, long_: Stretches, short_: Stretches) -> Codes:
    limit = tier.factor(slo.window_ns) * slo.objective.budget
    long, short = (_Window(read, limit, tier.inclusive) for read in (long_, short_))
    if slo.unmeasured is Unmeasured.BAD:
        return np.where(long.rest_bad & short.rest_bad, BURNS, CLEAR)
    burns = long.rest_good & short.rest_good
    if slo.unmeasured is Unmeasured.GOOD:
        return np.where(burns, BURNS, CLEAR)
    burns |= long.may_fire & short.may_fire
    return np.where(burns, BURNS, np.where(long.clear | short.clear, CLEAR, UNKNOWN))


def _lasting(state: TierState | None) -> Stay | None:
    """The stay of a tier that fired already when the stretch began."""
    if state is None or not state.firing:
        return None
    return Stay(state.slo, state.tier, state.factor, state.since_ns, state.long, state.short, began_before=True)


def _over(limit: Fraction, inclusive: bool, bad: Ints, events: Ints) -> Flags:
    wide_bad, wide_events = roomy(max(limit.numerator, limit.denominator), bad, events)
    left, right = wide_bad * limit.denominator, wide_events * limit.numerator
    over = left > right
    if inclusive:
        over |= (left == right) & (events > 0)
    return over.astype(np.bool_)


class _Window:
    """One window at every instant, against a limit of its bad share; the same questions as the tier asks of one."""

    def __init__(self, read: Stretches, limit: Fraction, inclusive: bool) -> None:
        self.measured = _over(limit, inclusive, read.bad, read.total)
        complete = (read.unmeasured == 0).astype(np.bool_)
        if complete.all():
            self.rest_good = self.rest_bad = self.measured
        else:
            bad, total, scale, unmeasured = _scaled(read)
            events = total * scale + unmeasured
            self.rest_good = _over(limit, inclusive, bad * scale, events)
            self.rest_bad = _over(limit, inclusive, bad * scale + unmeasured, events)
        self.may_fire = read.covered(ENOUGH_TO_FIRE) & self.measured
        seen = ((read.total > 0) | (read.judged > 0)).astype(np.bool_)
        self.clear = (read.covered(ENOUGH_TO_CLEAR) & ~self.measured) | (seen & ~self.rest_bad)


def _scaled(read: Stretches) -> tuple[Ints, Ints, Ints, Ints]:
    """(bad, total, scale, unmeasured) in a width that holds bad × scale and total × scale + unmeasured."""
    bad, total, scale = roomy(top(read.scale), read.bad, read.total, read.scale)
    if top(total * scale) + top(read.unmeasured) < SAFE:
        return bad, total, scale, read.unmeasured
    return bad.astype(object), total.astype(object), scale.astype(object), read.unmeasured.astype(object)


class _Walk:
    """One tier through the stretch, from one change of what its windows say to the next."""

    def __init__(self, slo: Slo, tier: Tier, view: _View, heads: Counts, said: Codes, gate: Gate | None) -> None:
        self._slo, self._tier, self._view, self._gate = slo, tier, view, gate
        self._first, self._said = int(heads[0]), said
        self._keep_ns = slo.alerting.keep_firing_ns[tier.severity]

    def stays(self, before: TierState | None) -> list[Stay]:
        step = self._view.past.width_ns
        open_, done = _lasting(before), list[Stay]()
        burning = before.burning if before else None
        quiet, burned = (before.quiet_ns, before.burned_ns) if before else (0, 0)
        passed = max(0, self._view.instant(self._first) - before.judged_at_ns) if before else 0
        for said, first, end in self._runs():
            lead = passed if first == 0 else step
            if said == BURNS:
                begun = burned + lead if burning else burned
                quiet, burned, burning = 0, begun + (end - 1 - first) * step, True
                open_ = open_ or self._fired(first, end, begun)
            elif said == CLEAR:
                begun = quiet + lead if burning is False else quiet
                quiet, burned, burning = begun + (end - 1 - first) * step, 0, False
                if open_ and quiet >= self._keep_ns:
                    at = first + max(0, -(-(self._keep_ns - begun) // step))
                    done.append(self._cleared(open_, at))
                    open_ = None
            else:
                burning = None
        return [*done, open_] if open_ else done

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """(what the windows say, first, end) of each stretch in which that stays the same."""
        edges = [0, *(np.flatnonzero(np.diff(self._said)) + 1).tolist(), len(self._said)]
        for first, end in pairwise(edges):
            yield int(self._said[first]), first, end

    def _fired(self, first: int, end: int, burned_ns: int) -> Stay | None:
        """The stay that begins within a stretch in which the tier burns, if it has burned for long enough and the gate
        lets it."""
        wait = -(-max(0, self._tier.after_ns - burned_ns) // self._view.past.width_ns)
        for at in range(first + wait, end):
            long, short = self._readings(at)
            if self._gate is None or not self._gate(self._tier, long):
                instant, factor = self._view.instant(self._first + at), self._tier.factor(self._slo.window_ns)
                return Stay(self._slo.name, self._tier, factor, instant, long, short)
        return None

    def _cleared(self, stay: Stay, at: int) -> Stay:
        return replace(stay, cleared_ns=self._view.instant(self._first + at), cleared=self._readings(at))

    def _readings(self, at: int) -> tuple[Reading, Reading]:
        head = self._first + at
        return self._view.reading(head, self._tier.long_ns), self._view.reading(head, self._tier.short_ns)
