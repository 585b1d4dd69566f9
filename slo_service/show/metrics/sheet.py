"""All that is said of objectives at one scrape, side by side. Thousands of them are read as columns of numbers; those
of which there are no columns, because they are few or composites, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain

import numpy as np

from slo_service.domain.grouping import is_rest
from slo_service.domain.instant import SECOND, format_duration
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Status
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.judge.figures import Figures, Floats, Standing
from slo_service.evaluate.statuses import Glance
from slo_service.show.counted import unit_of
from slo_service.show.metrics import families as f
from slo_service.show.metrics.counters import Rising
from slo_service.show.metrics.families import Family
from slo_service.show.metrics.register import COVERED_NS, Known, Register, Shown, escaped
from slo_service.show.status_json import STATES, UNKNOWN

Lines = tuple[Family, list[str]]


@dataclass(slots=True)
class Stretch:
    """One window of many objectives. `labels` are whole; a share is NaN where nothing was measured."""

    labels: list[str]
    burn: Floats
    ratio: Floats
    coverage: Floats
    unmeasured_seconds: Floats


@dataclass(slots=True)
class Sheet:
    """One scrape. Each family's lines are made when asked for, so that they need not all be held at once."""

    register: Register
    seen: Glance
    counted: Callable[[str], Rising]
    _columns: list[tuple[Figures, Shown]] = field(init=False)
    _single: list[tuple[Known, Status]] = field(init=False)
    _standing: list[tuple[Known, Standing | None]] = field(init=False)

    def __post_init__(self) -> None:
        figures, known = self.seen.figures(), self.register.known
        self.register.keep(figures)
        self._columns = [(each, self.register.shown(each)) for each in figures]
        told = {each.slo.name for _, shown in self._columns for each in shown.known}
        rest = ((each, self.seen.get(name)) for name, each in known.items() if name not in told)
        self._single = [(each, status) for each, status in rest if status is not None]
        self._standing = [(each, self.seen.standing(name)) for name, each in known.items()]

    def families(self) -> Iterator[Lines]:
        yield from self._counters()
        yield f.OBJECTIVE, [_line(f.OBJECTIVE, k.labels, float(k.slo.objective.target)) for k, _ in self._standing]
        yield f.WINDOW, [_line(f.WINDOW, k.labels, k.slo.window_ns / SECOND) for k, _ in self._standing]
        yield from self._budgets()
        yield from self._windows()
        yield from self._tiers()
        yield f.STATE, self._states()
        yield from self._groups()
        yield f.WATERMARK, self._watermarks()

    def _counters(self) -> Iterator[Lines]:
        rising = [(known, self._rising(known)) for known, _ in self._standing]
        events = [((known, "good", r.good), (known, "bad", r.bad)) for known, r in rising]
        taken = [((known, "good", r.good_corrected), (known, "bad", r.bad_corrected)) for known, r in rising]
        for family, counts in ((f.EVENTS, events), (f.CORRECTIONS, taken)):
            head = family.name
            each = chain.from_iterable(counts)
            yield family, [f'{head}{{{k.labels},result="{result}"}} {n / k.unit!r}\n' for k, result, n in each]

    def _rising(self, known: Known) -> Rising:
        if len(known.streams) == 1:
            return self.counted(known.streams[0])
        parts = [self.counted(stream) for stream in known.streams]
        return Rising(
            sum(part.good for part in parts),
            sum(part.bad for part in parts),
            sum(part.good_corrected for part in parts),
            sum(part.bad_corrected for part in parts),
        )

    def _groups(self) -> Iterator[Lines]:
        grouped = [(k.labels, self.register.groups.get(k.slo.name, ())) for k, _ in self._standing if k.slo.grouping]
        own = [_line(f.GROUPS, who, float(sum(not is_rest(group) for group in found))) for who, found in grouped]
        yield f.GROUPS, own
        together = [_line(f.GROUPS_TOGETHER, who, float(any(map(is_rest, found)))) for who, found in grouped]
        yield f.GROUPS_TOGETHER, together

    def _budgets(self) -> Iterator[Lines]:
        lines: dict[str, list[str]] = {each.name: [] for each in f.BUDGETS}
        for figures, shown in self._columns:
            labels = [each.labels for each in shown.known]
            allowed, spent = figures.allowed[shown.numbers], figures.spent[shown.numbers]
            with np.errstate(divide="ignore", invalid="ignore"):
                left = np.where(allowed > 0, 1 - spent / allowed, np.nan)
            lines[f.BUDGET.name] += _lines(f.BUDGET, labels, left)
            lines[f.BUDGET_SECONDS.name] += _lines(f.BUDGET_SECONDS, labels, left * shown.seconds)
            lines[f.BUDGET_EVENTS.name] += _lines(f.BUDGET_EVENTS, labels, left * allowed / shown.units)
            provisional = shown.provisional(figures).astype(np.float64)
            lines[f.PROVISIONAL.name] += _lines(f.PROVISIONAL, labels, provisional)
        for known, status in self._single:
            for family, value in budget_of(known.slo, status):
                lines[family.name].append(_line(family, known.labels, value))
        for family in f.BUDGETS:
            yield family, lines[family.name]

    def _windows(self) -> Iterator[Lines]:
        stretches = [found for figures, shown in self._columns for found in _stretches(figures, shown)]
        alone = [
            (f'{known.labels},window="{format_duration(length)}"', reading)
            for known, status in self._single
            for length, reading in {**status.readings, known.slo.window_ns: status.budget.reading}.items()
        ]
        columns: Sequence[Sequence[Floats]] = (
            [s.burn for s in stretches],
            [s.ratio for s in stretches],
            [s.coverage for s in stretches],
            [s.unmeasured_seconds for s in stretches],
        )
        single: Sequence[Sequence[Fraction | float | None]] = (
            [reading.burn for _, reading in alone],
            [reading.tally.ratio_bad for _, reading in alone],
            [reading.coverage for _, reading in alone],
            [reading.unmeasured_ns / SECOND for _, reading in alone],
        )
        for family, values, few in zip((f.BURN, f.ERRORS, f.COVERAGE, f.UNMEASURED), columns, single, strict=True):
            lines = []
            for stretch, column in zip(stretches, values, strict=True):
                lines += _lines(family, stretch.labels, column)
            found = zip(alone, few, strict=True)
            lines += [_line(family, who, float(value)) for (who, _), value in found if value is not None]
            yield family, lines

    def _tiers(self) -> Iterator[Lines]:
        names: dict[tuple[str, str], str] = {}
        factors, firing, frozen = [], [], []
        for known, standing in self._standing:
            for state in standing.tiers if standing else ():
                tier = state.tier
                which = names.get((tier.name, tier.severity))
                if which is None:
                    which = f'tier="{escaped(tier.name)}",severity="{tier.severity.value}"}}'
                    names[tier.name, tier.severity] = which
                labels = f"{{{known.labels},{which}"
                firing.append(f"slo_tier_firing{labels} {1.0 if state.firing else 0.0}\n")
                if tier.kind in f.FREEZES:
                    stuck = state.frozen_since_ns is not None
                    frozen.append(f"slo_tier_frozen{labels} {1.0 if stuck else 0.0}\n")
                if tier.kind is Kind.BURN:
                    factors.append(f"slo_tier_factor{labels} {float(state.factor)}\n")
        yield from ((f.FACTOR, factors), (f.FIRING, firing), (f.FROZEN, frozen))

    def _states(self) -> list[str]:
        ends = {word: [f',state="{state}"}} {1.0 if state == word else 0.0}\n' for state in STATES] for word in STATES}
        words = ((k.labels, UNKNOWN if standing is None else standing.state.value) for k, standing in self._standing)
        return [f"slo_state{{{labels}{end}" for labels, word in words for end in ends[word]]

    def _watermarks(self) -> list[str]:
        lines = []
        for figures, shown in self._columns:
            marks = figures.watermarks[shown.numbers]
            seconds = np.where(marks == NEVER, np.nan, marks / SECOND)
            lines += _lines(f.WATERMARK, [each.labels for each in shown.known], seconds)
        for known, status in self._single:
            if status.watermark_ns is not None:
                lines.append(_line(f.WATERMARK, known.labels, status.watermark_ns / SECOND))
        return lines


def _stretches(figures: Figures, shown: Shown) -> Iterator[Stretch]:
    lengths_ns = np.array([each.slo.window_ns for each in shown.known], np.int64)
    for length_ns, showing in shown.windows.items():
        positions = showing
        if length_ns not in COVERED_NS:  # of what was never judged, no tier has looked at its windows yet
            born = figures.watermarks[shown.numbers[positions]] != NEVER
            positions = positions[born | (lengths_ns[positions] == length_ns)]
        at, of_budget = shown.numbers[positions], lengths_ns[positions] == length_ns
        rolling = figures.window(length_ns)
        side = figures.budget if rolling is None else rolling
        bad, total, coverage = (
            np.where(of_budget, whole[at], part[at])
            for whole, part in (
                (figures.budget.bad, side.bad),
                (figures.budget.total, side.total),
                (figures.budget.coverage, side.coverage),
            )
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(total > 0, bad / total, np.nan)
        name = format_duration(length_ns)
        labels = [f'{shown.known[position].labels},window="{name}"' for position in positions]
        unmeasured = np.maximum(0.0, 1 - coverage) * (length_ns / SECOND)
        yield Stretch(labels, ratio / shown.beta[positions], ratio, coverage, unmeasured)


def budget_of(slo: Slo, status: Status) -> Iterator[tuple[Family, float]]:
    budget = status.budget
    if budget.remaining is not None:
        yield f.BUDGET, float(budget.remaining)
        yield f.BUDGET_SECONDS, float(budget.remaining * slo.objective.budget * slo.window_ns / SECOND)
        if budget.allowed_events:
            yield f.BUDGET_EVENTS, float(budget.remaining * budget.allowed_events / unit_of(slo))
    yield f.PROVISIONAL, float(budget.provisional)


def _lines(family: Family, labels: Sequence[str], values: Floats) -> list[str]:
    """NaN is what is not known, and has no line."""
    head = family.name
    if np.isnan(values).any():
        return [f"{head}{{{who}}} {v!r}\n" for who, v in zip(labels, values.tolist(), strict=True) if v == v]  # noqa: PLR0124 -- the quickest test for NaN
    return [f"{head}{{{who}}} {value!r}\n" for who, value in zip(labels, values.tolist(), strict=True)]


def _line(family: Family, labels: str, value: float) -> str:
    return f"{family.name}{{{labels}}} {value!r}\n"
