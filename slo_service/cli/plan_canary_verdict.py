"""What a plan amounts to in a sentence, and what to do about it in another."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from slo_service.domain.instant import SECOND, format_duration
from slo_service.domain.slo import Severity
from slo_service.evaluate.plan.honest import HONEST

if TYPE_CHECKING:
    from slo_service.evaluate.plan.canary_plan import Plan, SeverityPlan
    from slo_service.evaluate.plan.chance_of_page import Bounds

_FEW = 3  # canaries that a window holds at least


def verdict(plan: Plan) -> str:
    page = _page(plan)
    every = format_duration(plan.canary.every_ns)
    if page.plain.detected_seconds is None:
        return "No page ever fires: even a total outage burns too slowly for an objective as low as this."
    if page.gated.detected_seconds is None:
        return f"No page ever fires: with a canary every {every} the windows hold too few to be sure of anything."
    seen = format_duration(round(page.gated.detected_seconds * SECOND))
    odds = f"a false page comes with a probability of {chance(page.gated.p_false)} in 30 days"
    if page.plain.p_false.high <= HONEST:
        gate = "" if page.plain.detected_seconds == page.gated.detected_seconds else ", a little later for the gate"
        return f"Honest: {odds}, and a total outage pages after {seen}{gate}."
    if page.gated.p_false.high <= HONEST:
        alerts = page.plain.false_alerts
        without = f"{many(alerts.low, alerts.high)} false pages" if alerts.low >= 2 else chance(page.plain.p_false)
        sooner = format_duration(round(page.plain.detected_seconds * SECOND))
        wait = "" if sooner == seen else f" instead of {sooner}"
        return f"Honest by the gate: {odds} (without it {without}); a total outage pages after {seen}{wait}."
    return f"Not honest: even with the gate {odds}."


def next_step(plan: Plan) -> str:
    page, slowest = _page(plan), plan.slowest_honest_seconds
    shortest_ns = min(each.need.tier.short_ns for each in plan.tiers)
    if page.plain.detected_seconds is None:
        return "raise the objective; `slo check` refuses it as it is."
    if plan.canary.every_ns * _FEW > shortest_ns:
        most = format_duration(shortest_ns // _FEW)
        return f"send one every {most} at least; the {format_duration(shortest_ns)} window needs three."
    if slowest is None:
        return "keep the gate on; a longer budget window makes the factors larger, and pages surer."
    if plan.canary.every_ns <= slowest * SECOND:
        return f"write `every: {format_duration(plan.canary.every_ns)}`; nothing else is to be done."
    if slowest < 1:
        return "keep the gate on; a period that needs none is a load of its own."
    return f"write `every: {floor(slowest)}s` to page sooner and without the gate, or keep the gate on."


def chance(bounds: Bounds) -> str:
    """`0.15 %`, or `0.83–0.88 %` between two bounds that differ."""
    low, high = bounds.low * 100, bounds.high * 100
    if high == 0:
        return "0 %"
    if high < 0.0001:
        return "<0.0001 %"
    if high >= 99.95:
        return f">{min(99, floor(low))} %"
    one, other = (_two_digits(value) for value in (low, high))
    return f"{one} %" if one == other else f"{one}–{other} %"


def many(low: float, high: float) -> str:
    """`42`, or `1.3–2.3` between two bounds; what rounds to nothing is `0`."""
    if high < 0.005:
        return "0"
    one, other = (f"{number:.0f}" if number >= 10 else _two_digits(number) for number in (low, high))
    return one if one == other else f"{one}–{other}"


def _two_digits(value: float) -> str:
    if value == 0:
        return "0"
    text = f"{float(f'{value:.2g}'):.8f}"
    return text.rstrip("0").rstrip(".")


def _page(plan: Plan) -> SeverityPlan:
    page = plan.of(Severity.PAGE)
    assert page is not None
    return page
