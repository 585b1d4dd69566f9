"""The reference: all figures from the raw cells at every tick. What it remembers is what the text gives a memory: where
each tier stands and since when, for how long it has burned or been quiet, and how far a stream was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from slo_service.domain.budgeting import Occurrences, RatioTimeslices, Timeslices, Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import HOUR, SECOND, floor_to
from slo_service.domain.slo import Slo, Tier
from tests.evaluate.reference.adjusting import adjusted
from tests.evaluate.reference.cells import Cells, Expected
from tests.evaluate.reference.civil import window_around
from tests.evaluate.reference.gates import lets_fire
from tests.evaluate.reference.judge import burning
from tests.evaluate.reference.windows import Material, Window, tail, window

AHEAD_NS = SECOND  # who looks takes the time a little later than the tick that hears of it


@dataclass(frozen=True)
class Stand:
    """Where a tier stands; instants and lengths in event time."""

    firing: bool
    since_ns: int
    burning: bool | None
    last_burned_ns: int | None
    quiet_ns: int
    burned_ns: int
    frozen_since_ns: int | None
    judged_at_ns: int
    decided: bool = field(default=False, compare=False)  # at some time it was known whether it burns
    resumed: bool = field(default=False, compare=False)  # not judged since a restart
    held: bool = field(default=False, compare=False)  # burns, and chance alone could explain it


@dataclass(frozen=True)
class Changed:
    """A transition, without what only names it."""

    slo: str
    tier: str
    change: Change
    event_ns: int
    opens: bool
    closes: bool


@dataclass(frozen=True)
class Judged:
    """One objective at one tick."""

    watermark_ns: int
    windows: Mapping[int, Window]
    budget: Window
    allowed: Fraction
    remaining: Fraction | None
    provisional: bool
    tiers: Mapping[str, Stand]


Remembered = Mapping[str, tuple[bool, int]]
"""Of each tier that stood somewhere before a restart, whether it fires and since when."""


class Reference:
    def __init__(self, catalogue: Catalogue, methods: Mapping[str, Timeslices | RatioTimeslices]) -> None:
        """`methods`: of the streams with slices of time."""
        self.cells = Cells(methods)
        self.catalogue = catalogue
        self._stands: dict[tuple[str, str], Stand] = {}
        self._rows: dict[tuple[str, str], Stand] = {}
        self._heads: dict[str, int] = {}
        self._snapped_ns: int | None = None  # when edges of adjustments were snapped

    def tick(self, now_ns: int) -> tuple[dict[str, Judged | Remembered], list[Changed]]:
        """What is said of each objective; only where its tiers stood, of one of which nothing can be told yet."""
        if self._snapped_ns is None or abs(now_ns - self._snapped_ns) >= HOUR:
            self._snapped_ns = now_ns
        judged: dict[str, Judged | Remembered] = {}
        changes: list[Changed] = []
        for name, slo in self.catalogue.slos.items():
            head = self._watermark(slo, now_ns)
            judged[name] = self._remembered(slo) if head is None else self._judge(slo, head, changes)
        return judged, changes

    def _remembered(self, slo: Slo) -> Remembered:
        names = (tier.name for tier in slo.alerting.tiers)
        return {name: (s.firing, s.since_ns) for name in names if (s := self._stands.get((slo.name, name)))}

    def restart(self) -> None:
        """What a table remembers is where each tier stood when it last changed. Time in which nobody judged is neither
        quiet nor burning."""
        self._stands = {key: replace(stand, resumed=True) for key, stand in self._rows.items()}
        self._heads.clear()
        self._snapped_ns = None

    def reload(self, catalogue: Catalogue) -> list[Changed]:
        """What is measured or looked at in another way than before starts anew; a new target keeps its history."""
        before, self.catalogue, self._snapped_ns = self.catalogue, catalogue, None
        streams = {slo.stream.id for slo in catalogue.slos.values()}
        self._heads = {stream: head for stream, head in self._heads.items() if stream in streams}
        changes = []
        severity = {(n, t.name): (n, t.severity) for n, slo in before.slos.items() for t in slo.alerting.tiers}
        for key, stand in list(self._stands.items()):
            if _meaning(before, *key) == _meaning(catalogue, *key):
                continue
            del self._stands[key], self._rows[key]
            if stand.firing:
                closes = all(severity[k] != severity[key] for k, other in self._stands.items() if other.firing)
                changes.append(Changed(*key, Change.SUPERSEDED, stand.judged_at_ns, opens=False, closes=closes))
        return changes

    def _watermark(self, slo: Slo, now_ns: int) -> int | None:
        """Now minus the horizon, held back to where every source had looked, for at most the grace. It goes back only
        where the clock was set back so far that it would lie ahead."""
        stream = slo.stream.id
        marks = sorted((at for at in self.cells.marks[stream].values() if at <= now_ns + AHEAD_NS), reverse=True)
        awaited = max(1, self._expected(slo).sources)  # a source that is gone is not waited for
        before = self._heads.get(stream)
        horizon, grace = slo.timing.horizon_ns, slo.timing.grace_ns
        if len(marks) >= awaited:
            head = min(now_ns, max(now_ns - grace, marks[awaited - 1])) - horizon
        elif marks or before is not None:
            head = now_ns - grace - horizon
        else:
            return None
        if not isinstance(slo.budgeting, Occurrences):
            head = floor_to(head, slo.budgeting.slice_ns)  # a slice is good or bad when it is over
        if before is not None and before <= now_ns:
            head = max(head, before)
        self._heads[stream] = head
        return head

    def _expected(self, slo: Slo) -> Expected:
        return Expected(self._history(slo))

    def _trials(self, slo: Slo) -> Expected:
        """A trial is a round over all partitions; a slice of time is one, and its counts are parts of it."""
        method = slo.budgeting
        if isinstance(method, Occurrences):
            return self._expected(slo)
        rate = Fraction(method.unit * SECOND, method.slice_ns)
        return Expected([replace(each, events_per_second=rate, sources=method.unit) for each in self._history(slo)])

    def _history(self, slo: Slo) -> list[Schedule]:
        return self.cells.schedules[slo.stream.id]

    def _material(self, slo: Slo) -> Material:
        raw, expected, width = self.cells.slices(slo.stream.id), self._expected(slo), slo.slice_width_ns
        method, basis = slo.budgeting, slo.indicator.basis
        if not isinstance(method, Occurrences):
            raw, width, basis = self.cells.sliced[slo.stream.id], method.slice_ns, Basis.SLICES
            rate = Fraction(method.unit * SECOND, width)
            expected = Expected([replace(s, events_per_second=rate, sources=1) for s in self._history(slo)])
        assert self._snapped_ns is not None
        kept = adjusted(self.catalogue, slo, raw, width, self._snapped_ns)
        return Material(kept.slices, kept.looked, expected, basis, width, kept.excluded)

    def _judge(self, slo: Slo, head: int, changes: list[Changed]) -> Judged:
        material, beta = self._material(slo), slo.objective.budget
        lengths = {n for tier in slo.alerting.tiers for n in (tier.long_ns, tier.short_ns)}
        windows = {n: window(material, beta, head, tail(head, n, material.width_ns)) for n in lengths}
        stands = self._tiers(slo, head, windows, changes)
        begin, end = tail(head, slo.window_ns, material.width_ns), head
        if slo.calendar is not None:
            begin, end = window_around(slo.calendar, head)
        budget = window(material, beta, head, begin)
        known = slo.indicator.basis is Basis.EVENTS or not isinstance(slo.budgeting, Occurrences)
        excused = material.excused(begin, end) if known else Fraction(0)
        allowed = beta * (budget.expected + material.events(head, end) + excused)
        spent = budget.bad + (budget.unmeasured if slo.unmeasured is Unmeasured.BAD else 0)
        remaining = 1 - spent / allowed if allowed else None
        provisional = not allowed or (slo.unmeasured is Unmeasured.FREEZE and budget.coverage < Fraction(9, 10))
        return Judged(head, windows, budget, allowed, remaining, provisional, stands)

    def _tiers(self, slo: Slo, head: int, windows: Mapping[int, Window], changes: list[Changed]) -> Mapping[str, Stand]:
        """A severity's episode opens with the first of its tiers and closes with the last."""
        tiers = slo.alerting.tiers
        old = {tier.name: self._stands.get((slo.name, tier.name)) for tier in tiers}
        found = {tier.name: self._stand(slo, tier, old[tier.name], head, windows) for tier in tiers}
        opened = {tier.severity for tier in tiers if (was := old[tier.name]) is not None and was.firing}
        open_yet = {tier.severity for tier in tiers if found[tier.name].firing}
        last = {tier.severity: tier for tier in tiers if (was := old[tier.name]) is not None and was.firing}
        for tier in tiers:
            change = _change(old[tier.name], found[tier.name])
            opens = change is Change.FIRED and tier.severity not in opened
            closes = change is Change.CLEARED and tier.severity not in open_yet and tier is last[tier.severity]
            if opens:
                opened.add(tier.severity)
            if change is not None:
                changes.append(Changed(slo.name, tier.name, change, head, opens, closes))
        for name, stand in found.items():
            self._stands[slo.name, name] = stand
            was = old[name]
            if was is None or was.resumed or _recorded(was) != _recorded(stand):
                self._rows[slo.name, name] = stand
        return found

    def _stand(self, slo: Slo, tier: Tier, old: Stand | None, head: int, windows: Mapping[int, Window]) -> Stand:
        both = (windows[tier.long_ns], windows[tier.short_ns])
        verdict = burning(tier, tier.factor(slo.window_ns), slo.objective.budget, both, slo.unmeasured)
        if old is None:
            old = Stand(False, head, None, None, 0, 0, None, head)
        # of the time between two ticks only that counts of which both say the same
        passed = max(0, head - old.judged_at_ns) if verdict == old.burning and not old.resumed else 0
        new = replace(old, burning=verdict, judged_at_ns=head, resumed=False, held=False)
        if verdict is None:
            return replace(new, frozen_since_ns=head if old.frozen_since_ns is None else old.frozen_since_ns)
        new = replace(new, frozen_since_ns=None, decided=True)
        if verdict:
            burned = old.burned_ns + passed
            new = replace(new, last_burned_ns=head, quiet_ns=0, burned_ns=0 if old.firing else burned)
            if old.firing or burned < tier.after_ns:
                return new
            if not lets_fire(slo, tier, both[0], self._trials(slo)):
                return replace(new, held=True)
            return replace(new, firing=True, since_ns=head, burned_ns=0)
        quiet = old.quiet_ns + passed
        new = replace(new, quiet_ns=quiet, burned_ns=0)
        if old.firing and quiet >= slo.alerting.keep_firing_ns[tier.severity]:
            return replace(new, firing=False, since_ns=head)
        return new


def _change(old: Stand | None, new: Stand) -> Change | None:
    """A tier's first word is no change, unless it fires; nor is the first word after a start."""
    if new.firing != (old is not None and old.firing):
        return Change.FIRED if new.firing else Change.CLEARED
    if old is None or old.resumed or not old.decided or (old.frozen_since_ns is None) == (new.frozen_since_ns is None):
        return None
    return Change.FROZE if old.frozen_since_ns is None else Change.THAWED


def _meaning(catalogue: Catalogue, slo: str, tier: str) -> str | None:
    """What a tier looks at: a tier keeps its place under its name."""
    declared = catalogue.slos.get(slo)
    if declared is None or all(each.name != tier for each in declared.alerting.tiers):
        return None
    return declared.stream.id


def _recorded(stand: Stand) -> tuple[object, ...]:
    return stand.firing, stand.burning, stand.frozen_since_ns, stand.held
