"""The budget over its window: what was spent when, drawn and as a table by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from markupsafe import Markup

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.event import Transition
from slo_service.domain.instant import DAY, MINUTE, floor_to
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Status
from slo_service.show.counted import is_composed, window_span
from slo_service.show.web import words
from slo_service.show.web.charts.budget import BurnDown, burn_down
from slo_service.show.web.view.period import named

COARSE = 15 * MINUTE

Numbered = tuple[tuple[str, int, str], ...]
"""Page episodes on the drawing: (number, instant, tier)."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A day in which budget was spent, or nothing was measured at all."""

    start_ns: int
    bad: int
    total: int
    share: str


def _blind(cells: Sequence[Delta], start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Gaps of two rows and more between the first row and the end."""
    spans, reach = [], 2 * COARSE
    starts = [cell.slice_start_ns for cell in cells if cell.slice_start_ns >= start_ns]
    for before, after in pairwise([*starts, end_ns]):
        if after - before > reach:
            spans.append((before + COARSE, after))
    return spans


def budget_chart(
    slo: Slo,
    status: Status,
    cells: Sequence[Delta],
    transitions: Sequence[Transition],
    excluded: Sequence[Span] = (),
) -> tuple[Markup, Numbered]:
    """Steps from the 15 min rows; the last point is the live figure. Numbered marks are page episodes, time that does
    not count is shaded. A calendar window is drawn to its end."""
    if status.budget.remaining is None:  # a line at 100 % would say that nothing was spent
        return Markup('<p class="empty">Not known: nothing was measured or expected.</p>'), ()
    if is_composed(slo):
        return Markup('<p class="empty">It is spent as its members spend theirs, each by its weight.</p>'), ()
    span = window_span(slo, status)
    now_at = status.at_ns if status.watermark_ns is None else status.watermark_ns
    allowed, left, steps = status.budget.allowed_events, Fraction(1), []
    for cell in cells:
        if cell.bad and allowed > 0 and cell.slice_start_ns + COARSE > span.from_ns:
            left -= cell.bad / allowed
            steps.append((min(cell.slice_start_ns + COARSE, now_at), float(left)))
    pages = [
        each
        for each in transitions
        if each.opens
        and each.severity is Severity.PAGE
        and each.event_ns > span.from_ns
        and not each.tier.tier.kind.tells_of_measuring
    ]
    opened = sorted(pages, key=lambda each: each.event_ns)[-9:]
    numbered = tuple((str(index), each.event_ns, each.tier.tier.name) for index, each in enumerate(opened, 1))
    now = float(status.budget.remaining)
    minutes = status.budget.minutes(slo.window_ns, slo.objective.budget)
    where = (
        f"in {named(slo.calendar, span.from_ns)}" if slo.calendar else f"over the last {words.window(slo.window_ns)}"
    )
    chart = BurnDown(
        span.from_ns,
        span.to_ns,
        now_at,
        steps,
        now,
        "" if minutes is None else words.outage(minutes),
        [(at, number) for number, at, _ in numbered],
        _blind(cells, span.from_ns, now_at),
        [(each.from_ns, each.to_ns) for each in excluded if each.to_ns > span.from_ns and each.from_ns < span.to_ns],
        f"Budget left {where}: {words.share(now)}",
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
