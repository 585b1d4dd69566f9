"""Time that does not count as it was measured: what is left out, and what is counted instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slo_service.domain.adjustment import Category, Span
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import DAY, HOUR, MINUTE, floor_to
from slo_service.domain.slo import Slo
from tests.evaluate.reference.cells import Counts

QUARTER = 15 * MINUTE


@dataclass(frozen=True)
class Adjusted:
    """`slices` is what counts, `looked` what was measured of the time that counts."""

    slices: Mapping[int, Counts]
    looked: Mapping[int, Counts]
    excluded: tuple[Span, ...]


def adjusted(catalogue: Catalogue, slo: Slo, slices: Mapping[int, Counts], width_ns: int, now_ns: int) -> Adjusted:
    mine = [each for each in catalogue.adjustments.values() if each.selector.matches(slo.labels)]
    leaving_out = (Category.MAINTENANCE, Category.EXCLUSION)
    excluded = _merged(
        [_snapped(s, width_ns, now_ns) for each in mine if each.category in leaving_out for s in each.spans]
    )
    looked = {start: counts for start, counts in slices.items() if not _within(start, excluded)}
    given = [
        (_snapped(span, width_ns, now_ns), each.correction)
        for each in mine
        if each.category is Category.CORRECTION
        for span in each.spans
    ]
    corrected = tuple(span for span, _ in given)
    counted = {start: (0, 0, c[2]) if _within(start, corrected) else c for start, c in looked.items()}
    for span, instead in given:  # each counts, also where they overlap
        first = next((s for s in range(span.from_ns, span.to_ns, width_ns) if not _within(s, excluded)), None)
        if first is not None:
            good, bad, cells = counted.get(first, (0, 0, 0))
            counted[first] = (good + instead.get("good", 0), bad + instead.get("bad", 0), cells)
    return Adjusted(counted, looked, excluded)


def _within(start_ns: int, spans: tuple[Span, ...]) -> bool:
    return any(span.from_ns <= start_ns < span.to_ns for span in spans)


def _snapped(span: Span, width_ns: int, now_ns: int) -> Span:
    """Edges move outward to the finest row that is still kept where they lie."""
    begin, end = _row(span.from_ns, width_ns, now_ns), _row(span.to_ns, width_ns, now_ns)
    return Span(floor_to(span.from_ns, begin), -(-span.to_ns // end) * end)


def _row(edge_ns: int, width_ns: int, now_ns: int) -> int:
    if floor_to(edge_ns, MINUTE) >= now_ns - 48 * HOUR:
        return width_ns
    return max(width_ns, MINUTE if floor_to(edge_ns, QUARTER) >= now_ns - 14 * DAY else QUARTER)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span.from_ns):
        if found and span.from_ns <= found[-1].to_ns:
            found[-1] = Span(found[-1].from_ns, max(found[-1].to_ns, span.to_ns))
        else:
            found.append(span)
    return tuple(found)
