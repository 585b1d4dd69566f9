"""The objective page: how bad, since when, which tier; the budget, the tiers, the last day and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from markupsafe import Markup

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.event import Transition
from slo_service.domain.instant import DAY, MINUTE, floor_to
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Status
from slo_service.evaluate.outlook.forecast import forecast
from slo_service.show.obstacle import unmeasured
from slo_service.show.retrospect import Retrospect
from slo_service.show.web import words
from slo_service.show.web.charts.budget import Strip, slice_strip
from slo_service.show.web.view import marks
from slo_service.show.web.view.beside import (
    Adjusted,
    AdjustmentRow,
    MemberRow,
    PastView,
    adjustment_rows,
    burst_note,
    cut_off,
    member_rows,
    past_view,
    without,
)
from slo_service.show.web.view.budget import COARSE, Spent, budget_chart, spent_days
from slo_service.show.web.view.burns import Rows, TierGraphs, tier_graphs
from slo_service.show.web.view.lede import lede
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.period import heading
from slo_service.show.web.view.said import Said
from slo_service.show.web.view.signals import SignalRow, signal_rows
from slo_service.show.web.view.tiers import TierRow, tier_rows
from slo_service.show.web.view.tiles import Tile, counted, tiles

SLOT = 5 * MINUTE
HEAVY = 0.05  # the bad share above which a slot is drawn red


@dataclass(frozen=True, slots=True)
class BadSlot:
    start_ns: int
    bad: int
    total: int
    share: str


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    slo: Slo
    status: Status | None
    mark: Mark
    severity: str
    lede: Said
    tiles: tuple[Tile, ...]
    tiers: tuple[TierRow, ...]
    signals: tuple[SignalRow, ...]
    bursts: str
    spent_in: str
    past: PastView | None
    adjustments: tuple[AdjustmentRow, ...]
    cut: str
    without: str
    members: tuple[MemberRow, ...]
    budget: Markup
    spent: tuple[Spent, ...]
    episodes: tuple[tuple[str, int, str], ...]
    strip: Markup
    strip_full: str
    slots: tuple[BadSlot, ...]
    counted: str
    graphs: Mapping[str, TierGraphs]
    defined_at: str
    sources: tuple[tuple[str, str], ...]  # what was declared, and where
    nothing: str = ""  # why there are no figures
    awaited: bool = False  # figures come as soon as something is measured


def strip_of(slo: Slo, status: Status, cells: Sequence[Delta]) -> tuple[Markup, str, tuple[BadSlot, ...]]:
    """The last 24 h in slots of 5 min, from the 1 min rows; nothing is drawn after the watermark."""
    end = floor_to(status.at_ns, SLOT) + SLOT
    start = end - DAY
    until = status.at_ns if status.watermark_ns is None else status.watermark_ns
    found: dict[int, list[Delta]] = {}
    for cell in cells:
        found.setdefault((cell.slice_start_ns - start) // SLOT, []).append(cell)
    sums: list[tuple[int, int] | None] = []
    for index in range(DAY // SLOT):
        rows = found.get(index, [])
        gone_by = min(SLOT, until - (start + index * SLOT))
        mostly_blind = 2 * len(rows) * MINUTE < gone_by
        bad = sum(row.bad for row in rows)
        sums.append(None if mostly_blind or not rows else (bad, bad + sum(row.good for row in rows)))
    shares = [None if slot is None else slot[0] / slot[1] if slot[1] else 0.0 for slot in sums]
    full = max([0.02, *(share for share in shares if share is not None)])
    bad_slots = tuple(
        BadSlot(start + index * SLOT, slot[0], slot[1], words.share(Fraction(slot[0], slot[1]), 1))
        for index, slot in enumerate(sums)
        if slot is not None and slot[0]
    )[::-1]
    label = f"The last 24 hours in 5-minute slots: {len(bad_slots)} with bad {words.events(slo.indicator)}"
    return slice_strip(Strip(start, end, until, SLOT, shares, full, HEAVY, label)), words.share(full), bad_slots


@dataclass(frozen=True, slots=True)
class PastRows:
    """`coarse` covers the window in 15 min rows, `fine` the last day in 1 min rows, `slices` the last hours as narrow
    as the stream has them."""

    coarse: Sequence[Delta] = ()
    fine: Sequence[Delta] = ()
    slices: Sequence[Delta] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside live figures and rows. `others` are objectives of their own, by stream; `cut` are
    adjustments of which not all times are looked at."""

    past: Retrospect | None = None
    adjusted: Adjusted = ()
    excluded: Sequence[Span] = ()
    others: Mapping[str, tuple[Slo, Status | None]] = field(default_factory=dict)
    cut: Sequence[str] = ()


def place(defined_at: str) -> str:
    """`slos.yaml:11`: where on this machine the folder lies is nobody's business on a page."""
    return defined_at.replace("\\", "/").rpartition("/")[2]


def objective_view(
    slo: Slo,
    status: Status | None,
    rows: PastRows,
    transitions: Sequence[Transition],
    *,
    not_judged: str = "",
    beside: Beside = Beside(),
) -> ObjectiveView:
    """`not_judged` is why this version does not judge it. Only computes."""
    coarse, fine, slices = rows.coarse, rows.fine, rows.slices
    found = beside.past
    budget, numbered = budget_chart(slo, status, coarse, transitions, beside.excluded) if status else (Markup(), ())
    foreseen = forecast(slo, status, found.past if found else None) if status and status.watermark_ns else None
    strip, full, slots = strip_of(slo, status, fine) if status else (Markup(), "", ())
    severity = ""
    if status is not None and status.firing():
        severity = "page" if status.firing(Severity.PAGE) else "ticket"
    widths = (Rows(slo.slice_width_ns, slices), Rows(MINUTE, fine), Rows(COARSE, coarse))
    return ObjectiveView(
        slo=slo,
        status=status,
        mark=marks.NOT_JUDGED if not_judged else marks.of_status(status),
        severity=severity,
        lede=(f"Not judged: {not_judged}. That is neither good nor bad.",) if not_judged else lede(slo, status, slices),
        tiles=tiles(slo, status, foreseen),
        tiers=tier_rows(slo, status) if status else (),
        signals=signal_rows(slo, status) if status else (),
        bursts=burst_note(found.dispersion) if found else "",
        spent_in=heading(slo, status) if status else "",
        past=past_view(slo, status, found) if found and status else None,
        adjustments=adjustment_rows(beside.adjusted),
        cut=cut_off(beside.cut),
        without=without(slo, status) if status else "",
        members=member_rows(slo, status, beside.others),
        budget=budget,
        spent=spent_days(coarse, status.budget.allowed_events) if status else (),
        episodes=numbered,
        strip=strip,
        strip_full=full,
        slots=slots[:60],
        counted=counted(slo),
        graphs=tier_graphs(slo, status, *widths, transitions) if status else {},
        defined_at=place(slo.defined_at),
        sources=tuple((what, place(where)) for what, where in slo.sources.items()),
        nothing=not_judged or _nothing(slo, status),
        awaited=not not_judged and not unmeasured(slo.indicator),
    )


def _nothing(slo: Slo, status: Status | None) -> str:
    if status is None or status.watermark_ns is None:
        return unmeasured(slo.indicator) or ("" if status else "nothing is judged yet")
    return ""
