"""Slices of time as cells: each says whether, or to what part, its slice was good. Reckoned anew from the raw counts
whenever one of them changes. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from slo_service.domain.budgeting import RatioTimeslices, SliceInput, Slicing, Timeslices
from slo_service.domain.cell import CellKey, Revision, Sample
from slo_service.domain.instant import MINUTE, floor_to
from slo_service.domain.tally import Tally
from slo_service.store.difference import SLICE_TOO_LATE, Change

SOURCE = "slices"  # the only one of a stream of slices
UNIT = 10**9  # a slice of RatioTimeslices counts so much, shared between good and bad


def verdict(rule: Slicing, sums: Mapping[str, Tally]) -> Tally | None:
    """What a slice counts, by the sums over the slice of the inputs that were looked at; None when none was. Inputs
    without events ask for nothing. A ratio is rounded once, half to even (OpenSLO: composite objectives)."""
    looked = [(each, sums[each.stream]) for each in rule.inputs if each.stream in sums]
    if not looked:
        return None
    match rule.method:
        case Timeslices():
            good = all(_meets(tally, each) for each, tally in looked)
            return Tally(int(good), int(not good))
        case RatioTimeslices():
            lacking = [each.weight * Fraction(tally.bad, tally.total) for each, tally in looked if tally.total]
            if not lacking:
                return Tally()
            parts = round((1 - min(sum(lacking, Fraction(0)), Fraction(1))) * UNIT)
            return Tally(parts, UNIT - parts)


def _meets(tally: Tally, asked: SliceInput) -> bool:
    return tally.good * asked.target.denominator >= asked.target.numerator * tally.total


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of a stream that start in a range; in rows of a minute where `by_minute`."""

    stream: str
    from_ns: int
    to_ns: int
    by_minute: bool


@dataclass(frozen=True, slots=True)
class TouchedSlice:
    rule: Slicing
    start_ns: int

    @property
    def by_minute(self) -> bool:
        """Whether whole minutes make it up. These are fewer than cells, and kept for longer."""
        return self.rule.method.slice_ns % MINUTE == 0

    @property
    def key(self) -> CellKey:
        return CellKey(self.rule.stream, SOURCE, self.start_ns)

    @property
    def before(self) -> Span:
        """Where its own cell is stored."""
        return Span(self.rule.stream, self.start_ns, self.start_ns + 1, self.by_minute)

    @property
    def inputs(self) -> tuple[Span, ...]:
        end_ns = self.start_ns + self.rule.method.slice_ns
        return tuple(Span(each.stream, self.start_ns, end_ns, self.by_minute) for each in self.rule.inputs)


Sums = Mapping[Span, Tally]
"""Over all sources; a span without a row is missing."""


@dataclass(frozen=True, slots=True)
class Slicer:
    """All rules in force, by the streams that they reckon from."""

    rules: Mapping[str, Slicing] = field(default_factory=dict)
    _by_input: Mapping[str, tuple[Slicing, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """ValueError for a rule under another name than its stream's, and for slices of slices."""
        by_input: dict[str, tuple[Slicing, ...]] = defaultdict(tuple)
        for name, rule in self.rules.items():
            if name != rule.stream or any(each.stream in self.rules for each in rule.inputs):
                raise ValueError(f"{name} is reckoned from raw counts and filed under its own name")
            for stream in {each.stream for each in rule.inputs}:
                by_input[stream] += (rule,)
        object.__setattr__(self, "_by_input", by_input)

    def yields(self, streams: Iterable[str]) -> set[tuple[str, str]]:
        """Stream and source of the cells that may follow from those of the streams."""
        return {(rule.stream, SOURCE) for stream in streams for rule in self._by_input.get(stream, ())}

    def touched(
        self, changes: Iterable[Change], floor_ns: int, minutes_floor_ns: int, refused: Counter[str]
    ) -> list[TouchedSlice]:
        """The slices that the changes are part of. Those that begin before what is kept (`floor_ns` in cells,
        `minutes_floor_ns` in rows of a minute) stay as they are and are counted in `refused`."""
        found: dict[tuple[str, int], TouchedSlice] = {}
        for change in changes:
            if not change.moves_sums:
                continue
            for rule in self._by_input.get(change.sample.key.stream, ()):
                start_ns = floor_to(change.sample.key.slice_start_ns, rule.method.slice_ns)
                if (rule.stream, start_ns) not in found:
                    found[rule.stream, start_ns] = TouchedSlice(rule, start_ns)
        kept = []
        for each in found.values():
            if each.start_ns < (minutes_floor_ns if each.by_minute else floor_ns):
                refused[SLICE_TOO_LATE] += 1
            else:
                kept.append(each)
        return kept


def spans(touched: Iterable[TouchedSlice]) -> list[Span]:
    """All that `sliced` wants to know, each once."""
    return list(dict.fromkeys(span for each in touched for span in (each.before, *each.inputs)))


def sliced(touched: Iterable[TouchedSlice], sums: Sums, revision: Revision) -> list[Change]:
    """The slices whose cells change, with the difference to what was stored; `revision` is above all earlier ones."""
    changes = []
    for each in touched:
        counted = {span.stream: sums[span] for span in each.inputs if span in sums}
        new = verdict(each.rule, counted)
        if new is None:
            continue
        old = sums.get(each.before)
        if old != new:
            changes.append(Change(Sample(each.key, new, revision), new - (old or Tally()), int(old is None)))
    return changes
