"""What adjustments do to one stream: time that is left out, and counts that stand in place of measured ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Duplicates, Indicator, Lag
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to
from slo_service.evaluate.adjust.recurrence import starts
from slo_service.evaluate.adjust.spans import Spans, apart, merged


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of which width are kept for how long. Each width is a multiple of the one before; the last are kept for
    good. An edge snaps to the finest row that is still kept wherever it lies."""

    slice_ns: int = 10 * SECOND
    slice_for_ns: int = 48 * HOUR
    middle_ns: int = MINUTE
    middle_for_ns: int = 14 * DAY
    coarse_ns: int = 15 * MINUTE

    @classmethod
    def of_width(cls, slice_width_ns: int) -> Kept:
        """For cells of this width; a slice is never split."""
        middle, coarse = max(MINUTE, slice_width_ns), max(15 * MINUTE, slice_width_ns)
        return cls(slice_width_ns, middle_ns=middle, coarse_ns=coarse)

    def width_at(self, edge_ns: int, now_ns: int) -> int:
        """Finer rows count as kept where all those of the coarser row about the edge are."""
        if floor_to(edge_ns, self.middle_ns) >= now_ns - self.slice_for_ns:
            return self.slice_ns
        return self.middle_ns if floor_to(edge_ns, self.coarse_ns) >= now_ns - self.middle_for_ns else self.coarse_ns

    def snapped(self, span: Span, now_ns: int) -> Span:
        begin, end = self.width_at(span.from_ns, now_ns), self.width_at(span.to_ns, now_ns)
        return Span(floor_to(span.from_ns, begin), -floor_to(-span.to_ns, end))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an adjustment, as it was declared and as it is carried out."""

    adjustment: str
    category: Category
    declared: Span
    snapped: Span


@dataclass(frozen=True, slots=True)
class Correction:
    """Counts in place of what was measured in the span. They stand at `at_ns`, the first of its slices that is not
    excluded; None, and they count nothing, where all are."""

    span: Span
    good: int
    bad: int
    at_ns: int | None


@dataclass(frozen=True, slots=True)
class Effects:
    """All that is adjusted of one stream. Spans are snapped; `excluded` are in order, and neither overlap nor touch.

    `replays`: when old events were delivered again, whether or not that excludes anything of this stream.
    `cut`: names of the adjustments that come again more often than is looked at."""

    excluded: tuple[Span, ...] = ()
    corrections: tuple[Correction, ...] = ()
    replays: tuple[Span, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    cut: tuple[str, ...] = ()
    _excluded: Spans = field(init=False, repr=False, compare=False)
    _corrected: Spans = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_excluded", Spans(self.excluded))
        object.__setattr__(self, "_corrected", Spans(each.span for each in self.corrections))

    def __bool__(self) -> bool:
        """Whether any count is other than measured."""
        return bool(self.excluded or self.corrections)

    def overlap_ns(self, start_ns: int, end_ns: int) -> int:
        """For how long of the range time is excluded."""
        return self._excluded.overlap_ns(start_ns, end_ns)

    def excludes(self, slice_start_ns: int) -> bool:
        return self._excluded.contains(slice_start_ns)

    def corrects(self, slice_start_ns: int) -> bool:
        """Whether what is measured in this slice is not counted, because a correction stands in its place."""
        return self._corrected.contains(slice_start_ns)

    def excluded_within(self, start_ns: int, end_ns: int) -> tuple[Span, ...]:
        return self._excluded.within(start_ns, end_ns)

    def adjusted(self, delta: Delta) -> Delta | None:
        """What of a committed difference counts; None where nothing does. Looking counts in corrected time too."""
        if self.excludes(delta.slice_start_ns):
            return None
        if not self.corrects(delta.slice_start_ns):
            return delta
        return Delta(delta.stream, delta.slice_start_ns, 0, 0, delta.observed, delta.source)

    def apply(self, rows: Iterable[Delta], stream: str, start_ns: int, end_ns: int) -> Iterator[Delta]:
        """The rows, oldest first, with which a range is rebuilt. `rows` are those of the stream that begin in it, in
        the same order, each of the finest width that is kept at its time, so that no edge lies inside of one."""
        given = sorted(
            (each.at_ns, each.good, each.bad)
            for each in self.corrections
            if each.at_ns is not None and start_ns <= each.at_ns < end_ns
        )
        waiting = iter(given)
        following = next(waiting, None)
        for row in rows:
            while following and following[0] <= row.slice_start_ns:
                yield Delta(stream, *following, observed=0)
                following = next(waiting, None)
            if (counted := self.adjusted(row)) is not None:
                yield counted
        while following:
            yield Delta(stream, *following, observed=0)
            following = next(waiting, None)

    @staticmethod
    def changes_between(old: Effects, new: Effects) -> Span | None:
        """The range outside of which both count the same; None where they do everywhere."""
        changed = list(apart(old.excluded, new.excluded))
        changed += [each.span for each in set(old.corrections) ^ set(new.corrections)]
        if not changed:
            return None
        return Span(min(span.from_ns for span in changed), max(span.to_ns for span in changed))


def effects(
    adjustments: Iterable[Adjustment],
    labels: Mapping[str, str],
    name: str,
    since_ns: int,
    until_ns: int,
    now_ns: int,
    *,
    indicator: Indicator | None = None,
    kept: Kept | None = None,
) -> Effects:
    """Of the adjustments that select an SLO of these labels and this name, on the times that reach into the range. Such
    times are taken whole. What lies after an adjustment's expiry is as measured. `indicator` is the one of the stream,
    a member's where it is that of a composite: a replay leaves out only what it would spoil."""
    kept = kept or Kept()
    found: list[Occurrence] = []
    cut: list[str] = []
    counts: list[tuple[Span, Mapping[str, int]]] = []
    for adjustment in adjustments:
        if not adjustment.selector.matches(labels, name):
            continue
        times, is_cut = _times(adjustment, since_ns, until_ns)
        cut += [adjustment.name] if is_cut else []
        for span in times:
            snapped = kept.snapped(span, now_ns)
            found.append(Occurrence(adjustment.name, adjustment.category, span, snapped))
            if adjustment.category is Category.CORRECTION:
                counts.append((snapped, adjustment.correction))
    excluded = merged(each.snapped for each in found if _excludes(each.category, indicator))
    found.sort(key=lambda each: (each.declared.from_ns, each.declared.to_ns, each.adjustment))
    return Effects(
        excluded=excluded,
        corrections=_corrections(counts, Spans(excluded)),
        replays=merged(each.snapped for each in found if each.category is Category.REPLAY),
        occurrences=tuple(found),
        cut=tuple(sorted(cut)),
    )


def _times(adjustment: Adjustment, since_ns: int, until_ns: int) -> tuple[list[Span], bool]:
    """The declared times that reach into the range, and whether there are more than are looked at."""
    end_ns = until_ns if adjustment.expires_ns is None else min(until_ns, adjustment.expires_ns)
    spans, cut = list(adjustment.spans), False
    for each in adjustment.recurring:
        first = since_ns - each.length_ns + 1
        if first < end_ns:
            found = starts(each, first, end_ns)
            spans += [Span(at, at + each.length_ns) for at in found.at_ns]
            cut = cut or found.cut
    over = adjustment.expires_ns
    ended = (Span(span.from_ns, span.to_ns if over is None else min(span.to_ns, over)) for span in spans)
    return [span for span in ended if max(span.from_ns, since_ns) < min(span.to_ns, end_ns)], cut


def _excludes(category: Category, indicator: Indicator | None) -> bool:
    """Fresh events that arrive during a replay are left out with the old ones: counts do not tell them apart."""
    match category:
        case Category.MAINTENANCE | Category.EXCLUSION:
            return True
        case Category.CORRECTION:
            return False
        case Category.REPLAY:
            return isinstance(indicator, Duplicates | Lag)
        case _:
            assert_never(category)


def _corrections(counts: Iterable[tuple[Span, Mapping[str, int]]], excluded: Spans) -> tuple[Correction, ...]:
    found = []
    for span, count in counts:
        first = excluded.next_outside(span.from_ns)
        at = first if first < span.to_ns else None
        found.append(Correction(span, count.get("good", 0), count.get("bad", 0), at))
    return tuple(sorted(found, key=lambda each: (each.span.from_ns, each.span.to_ns, each.good, each.bad)))
