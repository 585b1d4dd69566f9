"""Burn of both windows of each tier over time, from stored counts; the last point is the live figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from slo_service.domain.cell import Delta
from slo_service.domain.event import Change, Transition
from slo_service.domain.instant import DAY, HOUR, floor_to
from slo_service.domain.slo import Slo
from slo_service.domain.status import Reading, Status, TierState
from slo_service.show.web import words
from slo_service.show.web.charts.burn import BurnLine, burn_line

POINTS = 60  # or twice as many where the short window is shorter than a sixtieth of what is shown


@dataclass(frozen=True, slots=True)
class BurnRow:
    at_ns: int
    long: str
    short: str


@dataclass(frozen=True, slots=True)
class TierGraphs:
    name: str
    shown: str
    long_title: str
    short_title: str
    long: Markup
    short: Markup
    factor: float
    spans: tuple[tuple[int, int], ...]
    rows: tuple[BurnRow, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Rows:
    """Counts of a stream in rows of one width, oldest first."""

    width_ns: int
    cells: Sequence[Delta]


def shown_ns(tier: TierState) -> int:
    """An hour of what pages, and the long window of what takes days."""
    return HOUR if tier.tier.long_ns < DAY else tier.tier.long_ns


def slices_ns(slo: Slo) -> int:
    """How far back rows as narrow as a slice are needed: for tiers of at most an hour. 0: for none."""
    longest = max((tier.long_ns for tier in slo.alerting.tiers if tier.long_ns <= HOUR), default=0)
    return HOUR + longest if longest else 0


def _burns(rows: Rows, instants: Sequence[int], length_ns: int, budget: float) -> list[float | None]:
    """Among what was measured in the window that ends at each instant."""
    starts = np.array([cell.slice_start_ns for cell in rows.cells], np.int64)
    bad = np.cumsum([0, *(cell.bad for cell in rows.cells)])
    total = np.cumsum([0, *(cell.bad + cell.good for cell in rows.cells)])
    ends = np.searchsorted(starts, np.array(instants, np.int64))
    begins = np.searchsorted(starts, np.array(instants, np.int64) - length_ns)
    found: list[float | None] = []
    for begin, end in zip(begins, ends, strict=True):
        events = int(total[end] - total[begin])
        found.append(int(bad[end] - bad[begin]) / events / budget if events else None)
    return found


def firing_spans(tier: TierState, transitions: Sequence[Transition], end_ns: int) -> tuple[tuple[int, int], ...]:
    """From the watermark that fired to the one that went quiet; one still firing lasts until now."""
    spans, opened = [], None
    mine = [each for each in transitions if each.tier.tier.name == tier.tier.name]
    for each in sorted(mine, key=lambda found: found.event_ns):
        if each.change is Change.FIRED:
            opened = each.event_ns
        elif each.change in {Change.CLEARED, Change.SUPERSEDED} and opened is not None:
            spans.append((opened, each.event_ns))
            opened = None
    if tier.firing:
        spans.append((tier.since_ns if opened is None else opened, end_ns))
    return tuple(spans)


def _graphs(slo: Slo, tier: TierState, rows: Rows, transitions: Sequence[Transition], end_ns: int) -> TierGraphs:
    shown, budget = shown_ns(tier), float(slo.objective.budget)
    last = floor_to(end_ns, rows.width_ns)
    if rows.cells:  # what was not measured yet is not drawn, but for the first minutes
        shown = min(shown, max(shown // 12, last - rows.cells[0].slice_start_ns))
    step = max(rows.width_ns, shown // POINTS // 2, floor_to(min(tier.tier.short_ns, shown // POINTS), rows.width_ns))
    instants = list(range(last - shown // step * step, last + 1, step))
    series = []
    for reading in (tier.long, tier.short):
        live = None if reading.burn is None else float(reading.burn)
        series.append([*_burns(rows, instants, reading.length_ns, budget), live])
    instants.append(max(end_ns, last))
    highest = max((burn for burns in series for burn in burns if burn is not None), default=0.0)
    spans = firing_spans(tier, transitions, end_ns)

    def drawn(reading: Reading, burns: Sequence[float | None]) -> Markup:
        label = f"Burn over {words.window(reading.length_ns)}, last {words.window(shown)}"
        points = list(zip(instants, burns, strict=True))
        return burn_line(BurnLine(last - shown, end_ns, points, float(tier.factor), highest, spans, label))

    def title(reading: Reading) -> str:
        now = "not measured now" if reading.burn is None else f"now {words.times(reading.burn)}"
        return f"{words.window(reading.length_ns)} window · {now}"

    told = [BurnRow(at, _said(long), _said(short)) for at, long, short in zip(instants, *series, strict=True)]
    return TierGraphs(
        name=tier.tier.name,
        shown=words.window(shown),
        long_title=title(tier.long),
        short_title=title(tier.short),
        long=drawn(tier.long, series[0]),
        short=drawn(tier.short, series[1]),
        factor=float(tier.factor),
        spans=spans,
        rows=tuple(reversed(told)),
    )


def _said(burn: float | None) -> str:
    return "not measured" if burn is None else words.times(burn)


def tier_graphs(
    slo: Slo, status: Status, slices: Rows, fine: Rows, coarse: Rows, transitions: Sequence[Transition]
) -> dict[str, TierGraphs]:
    """By tier, each from the narrowest rows that reach back far enough."""
    end = status.at_ns if status.watermark_ns is None else status.watermark_ns
    found = {}
    for tier in status.tiers:
        rows = slices if tier.tier.long_ns <= HOUR else fine if tier.tier.long_ns < DAY else coarse
        found[tier.tier.name] = _graphs(slo, tier, rows, transitions, end)
    return found
