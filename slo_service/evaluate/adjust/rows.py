"""Stored rows as an adjusted track holds them: excluded time left out, corrected counts in place of measured ones.

Where an edge lies inside a row, the row is made of the finer ones; edges snap to the finest row that is kept, so that
these exist."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slo_service.domain.cell import Delta
from slo_service.domain.instant import floor_to
from slo_service.evaluate.adjust.adjusted import Effects

Rows = Mapping[int, Sequence[Delta]]


def adjusted_rows(rows: Rows, effects: Effects, stream: str, since_ns: int, until_ns: int) -> Rows:
    """Rows by width (nanoseconds), each oldest first; the finest rows are taken to hold no edge."""
    found: dict[int, Sequence[Delta]] = {}
    edges = sorted({edge for span in _spans(effects) for edge in span})
    finer: Sequence[Delta] = ()
    for width_ns in sorted(rows):
        cut = sorted({floor_to(edge, width_ns) for edge in edges if edge % width_ns}) if found else []
        parts = _split(cut, width_ns, since_ns, until_ns)
        finer = [row for part in parts for row in _of_part(part, rows[width_ns], finer, effects, stream)]
        found[width_ns] = finer
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """A range that no edge lies in, or one row that is made of finer ones."""

    from_ns: int
    to_ns: int
    is_cut: bool


def _split(cut: Sequence[int], width_ns: int, since_ns: int, until_ns: int) -> Iterator[_Part]:
    for start in cut:
        yield _Part(since_ns, start, is_cut=False)
        yield _Part(start, start + width_ns, is_cut=True)
        since_ns = start + width_ns
    yield _Part(since_ns, until_ns, is_cut=False)


def _spans(effects: Effects) -> Iterator[tuple[int, int]]:
    yield from ((span.from_ns, span.to_ns) for span in effects.excluded)
    yield from ((each.span.from_ns, each.span.to_ns) for each in effects.corrections)


def _of_part(
    part: _Part, rows: Sequence[Delta], finer: Sequence[Delta], effects: Effects, stream: str
) -> Iterator[Delta]:
    """`finer` rows are adjusted already."""
    inside = _between(finer if part.is_cut else rows, part.from_ns, part.to_ns)
    if not part.is_cut:
        yield from effects.apply(inside, stream, part.from_ns, part.to_ns)
    elif inside:
        good, bad = sum(row.good for row in inside), sum(row.bad for row in inside)
        yield Delta(stream, part.from_ns, good, bad, sum(row.observed for row in inside))


def _between(rows: Sequence[Delta], from_ns: int, to_ns: int) -> Sequence[Delta]:
    return rows[bisect_left(rows, from_ns, key=_start) : bisect_left(rows, to_ns, key=_start)]


def _start(row: Delta) -> int:
    return row.slice_start_ns
