"""Counts of past cells for drawings, kept for a short while: a page that is watched asks every second, and a window of
weeks does not change that fast. Live figures never come from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, MINUTE, SECOND, floor_to
from slo_service.show.ports import History

COARSE = 15 * MINUTE
FINE = MINUTE
_KEPT_NS = {COARSE: 10 * SECOND, FINE: 5 * SECOND}
_SLICES_KEPT_NS = 2 * SECOND
_MOST_STREAMS = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    at_ns: int
    cells: tuple[Delta, ...]


class Past:
    """Cells of a stream at one width since some instant; bounded, oldest asked forgotten first."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._kept: dict[tuple[str, int, int], _Kept] = {}

    async def cells(self, stream: str, width_ns: int, length_ns: int, now_ns: int) -> Sequence[Delta]:
        key = (stream, width_ns, length_ns)
        kept = self._kept.pop(key, None)
        if kept is None or not 0 <= now_ns - kept.at_ns < _KEPT_NS.get(width_ns, _SLICES_KEPT_NS):
            since = floor_to(now_ns - length_ns, width_ns)
            kept = _Kept(now_ns, tuple(await self._history.cells(stream, width_ns, since, now_ns)))
        self._kept[key] = kept
        while len(self._kept) > _MOST_STREAMS:
            del self._kept[next(iter(self._kept))]
        return kept.cells


def days_spent(cells: Sequence[Delta], allowed: Fraction, window_ns: int, now_ns: int) -> list[float | None]:
    """Share of the budget spent in each day of the window, oldest first; None for a day without any cell."""
    if allowed <= 0:
        return []
    days: list[int | None] = [None] * max(1, -(-window_ns // DAY))
    for cell in cells:
        ago = (now_ns - cell.slice_start_ns) // DAY
        if 0 <= ago < len(days):
            days[-1 - ago] = (days[-1 - ago] or 0) + cell.bad
    return [None if bad is None else float(bad / allowed) for bad in days]
