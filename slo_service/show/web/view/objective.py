"""The objective page: how bad, since when, which tier; the budget, the tiers, the last day and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from markupsafe import Markup

from slo_service.domain.cell import Delta
from slo_service.domain.event import Transition
from slo_service.domain.instant import DAY, MINUTE, floor_to
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Status
from slo_service.show.obstacle import unmeasured
from slo_service.show.web import words
from slo_service.show.web.charts.budget import BurnDown, Strip, burn_down, slice_strip
from slo_service.show.web.view import marks
from slo_service.show.web.view.burns import Rows, TierGraphs, tier_graphs
from slo_service.show.web.view.lede import lede
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.said import Said
from slo_service.show.web.view.tiers import TierRow, tier_rows

SLOT = 5 * MINUTE
COARSE = 15 * MINUTE
HEAVY = 0.05  # the bad share above which a slot is drawn red


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    value: str
    small: str
    says: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A day in which budget was spent, or nothing was measured at all."""

    start_ns: int
    bad: int
    total: int
    share: str


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


def tiles(slo: Slo, status: Status | None) -> tuple[Tile, ...]:
    what = words.events(slo.indicator)
    span = words.window(slo.window_ns)
    aim = Tile(
        "Objective", words.precise(slo.objective.target), "", f"{words.target(slo.indicator)}, of the last {span}"
    )
    if status is None:
        return (aim,)
    reading, budget = status.budget.reading, status.budget
    sli = status.sli
    small = ""
    if reading.interval is not None:
        low, high = (1 - bound * float(slo.objective.budget) for bound in reversed(reading.interval))
        small = f"{max(low, 0) * 100:.3f}–{min(high, 1) * 100:.3f}"
    measured = Tile(
        "Measured",
        words.NONE if sli is None else words.precise(sli),
        small,
        f"{reading.tally.bad:,} bad of {reading.tally.total:,} {what}",
    )
    return (
        aim,
        measured,
        _left(slo, status, what),
        Tile(
            "Coverage",
            words.coverage(reading.coverage),
            "provisional" if budget.provisional and budget.remaining is not None else "",
            f"{words.duration(reading.unmeasured_ns)} of {span} unmeasured",
        ),
    )


def _left(slo: Slo, status: Status, what: str) -> Tile:
    budget = status.budget
    if budget.remaining is None:
        return Tile("Budget left", words.NONE, "", "nothing measured or expected yet")
    minutes = budget.minutes(slo.window_ns, slo.objective.budget) or 0.0
    whole = float(slo.objective.budget * slo.window_ns) / 60e9
    spent, events = 1 - budget.remaining, budget.remaining * budget.allowed_events
    small = ""
    if budget.interval is not None:
        low, high = (round(bound * 100) for bound in budget.interval)
        small = f"{low}–{high}".replace("-", words.MINUS) if low != high else ""
    if budget.remaining < 0:
        says = (
            f"{words.outage(-minutes)} or {words.count(-events)} {what} more than the budget of {words.outage(whole)}"
        )
    else:
        says = (
            f"{words.share(spent)} of {words.outage(whole)} spent; "
            f"{words.outage(minutes)} of total outage or {words.count(int(events))} {what} left"
        )
    return Tile("Budget left", words.share(budget.remaining), small, says)


def _blind(cells: Sequence[Delta], start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Gaps of two rows and more between the first row and the end."""
    spans, reach = [], 2 * COARSE
    starts = [cell.slice_start_ns for cell in cells if cell.slice_start_ns >= start_ns]
    for before, after in pairwise([*starts, end_ns]):
        if after - before > reach:
            spans.append((before + COARSE, after))
    return spans


def budget_chart(
    slo: Slo, status: Status, cells: Sequence[Delta], transitions: Sequence[Transition]
) -> tuple[Markup, tuple[tuple[str, int, str], ...]]:
    """Steps from the 15 min rows; the last point is the live figure. Numbered marks are page episodes."""
    if status.budget.remaining is None:  # a line at 100 % would say that nothing was spent
        return Markup('<p class="empty">Not known: nothing was measured or expected.</p>'), ()
    end = status.at_ns if status.watermark_ns is None else status.watermark_ns
    start = end - slo.window_ns
    allowed, left, steps = status.budget.allowed_events, Fraction(1), []
    for cell in cells:
        if cell.bad and allowed > 0 and cell.slice_start_ns + COARSE > start:
            left -= cell.bad / allowed
            steps.append((min(cell.slice_start_ns + COARSE, end), float(left)))
    pages = [each for each in transitions if each.opens and each.severity is Severity.PAGE and each.event_ns > start]
    opened = sorted(pages, key=lambda each: each.event_ns)[-9:]
    numbered = tuple((str(index), each.event_ns, each.tier.tier.name) for index, each in enumerate(opened, 1))
    now = float(status.budget.remaining)
    minutes = status.budget.minutes(slo.window_ns, slo.objective.budget)
    chart = BurnDown(
        start,
        end,
        steps,
        now,
        "" if minutes is None else words.outage(minutes),
        [(at, number) for number, at, _ in numbered],
        _blind(cells, start, end),
        f"Budget left over the last {words.window(slo.window_ns)}: {words.share(now)}",
    )
    return burn_down(chart), numbered


def spent_days(cells: Sequence[Delta], allowed: Fraction) -> tuple[Spent, ...]:
    """Days that spent anything, newest first, in UTC."""
    days: dict[int, tuple[int, int]] = {}
    for cell in cells:
        day = floor_to(cell.slice_start_ns, DAY)
        bad, total = days.get(day, (0, 0))
        days[day] = (bad + cell.bad, total + cell.bad + cell.good)
    return tuple(
        Spent(day, bad, total, words.share(bad / allowed, 1) if allowed else words.NONE)
        for day, (bad, total) in sorted(days.items(), reverse=True)
        if bad
    )


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


def place(defined_at: str) -> str:
    """`slos.yaml:11`: where on this machine the folder lies is nobody's business on a page."""
    return defined_at.replace("\\", "/").rpartition("/")[2]


def objective_view(
    slo: Slo,
    status: Status | None,
    coarse: Sequence[Delta],
    fine: Sequence[Delta],
    slices: Sequence[Delta],
    transitions: Sequence[Transition],
    *,
    not_judged: str = "",
) -> ObjectiveView:
    """`coarse` covers the window in 15 min rows, `fine` the last day in 1 min rows, `slices` the last hours as narrow
    as the stream has them; `not_judged` is why this version does not judge it. Only computes."""
    budget, numbered = budget_chart(slo, status, coarse, transitions) if status else (Markup(), ())
    strip, full, slots = strip_of(slo, status, fine) if status else (Markup(), "", ())
    severity = ""
    if status is not None and status.firing():
        severity = "page" if status.firing(Severity.PAGE) else "ticket"
    rows = (Rows(slo.slice_width_ns, slices), Rows(MINUTE, fine), Rows(COARSE, coarse))
    return ObjectiveView(
        slo=slo,
        status=status,
        mark=marks.NOT_JUDGED if not_judged else marks.of_status(status),
        severity=severity,
        lede=(f"Not judged: {not_judged}. That is neither good nor bad.",) if not_judged else lede(slo, status, slices),
        tiles=tiles(slo, status),
        tiers=tier_rows(slo, status) if status else (),
        budget=budget,
        spent=spent_days(coarse, status.budget.allowed_events) if status else (),
        episodes=numbered,
        strip=strip,
        strip_full=full,
        slots=slots[:60],
        counted=words.events(slo.indicator),
        graphs=tier_graphs(slo, status, *rows, transitions) if status else {},
        defined_at=place(slo.defined_at),
        sources=tuple((what, place(where)) for what, where in slo.sources.items()),
        nothing=not_judged or _nothing(slo, status),
        awaited=not not_judged and not unmeasured(slo.indicator),
    )


def _nothing(slo: Slo, status: Status | None) -> str:
    if status is None or status.watermark_ns is None:
        return unmeasured(slo.indicator) or ("" if status else "nothing is judged yet")
    return ""
