"""A canary's plan as people and programs read it: a verdict, a table, what to do; and JSON with stable keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from slo_service.cli.figures import NOT_KNOWN, burn, counted, percent, trimmed
from slo_service.cli.plan_canary_verdict import chance, many, next_step, verdict
from slo_service.domain.instant import SECOND, format_duration, seconds

if TYPE_CHECKING:
    from slo_service.evaluate.plan.canary_plan import Plan, Prospect, TierPlan

HEAD = ("TIER", "OVER", "FAILED ROUNDS", "FALSE ALERT IN 30D", "HOW MANY", "SEES TOTAL OUTAGE")
ARROW = "a → b: without the gate for few events, and with it."


def as_json(plan: Plan) -> dict[str, object]:
    """Durations in seconds, shares and probabilities 0–1. A probability is the upper of its proved bounds; the lower is
    beside it as `…_at_least`."""
    canary, dead = plan.canary, plan.dead_partition
    return {
        "objective": float(canary.objective.target),
        "every_seconds": seconds(canary.every_ns),
        "partitions": canary.partitions,
        "window_seconds": seconds(canary.window_ns),
        "within_seconds": seconds(canary.within_ns),
        "tiers": [_tier(each) for each in plan.tiers],
        "severities": {each.severity.value: _both(each.plain, each.gated) for each in plan.severities},
        "one_failure_costs": float(plan.failure_costs),
        "dead_partition": {
            "partition_tier_detected_after_seconds": dead.by_itself,
            "detected_after_seconds": dead.by_sum,
            "detected_after_seconds_gated": dead.by_sum_gated,
        },
        "bursts": [
            {"mean_seconds": each.mean_seconds, "pages_in_30d": each.pages, "pages_in_30d_gated": each.pages_gated}
            for each in plan.bursts
        ],
        "slowest_honest_every_seconds": plan.slowest_honest_seconds,
        "safe_every_seconds": plan.safe_seconds,
        "verdict": verdict(plan),
        "next_step": next_step(plan),
    }


def _tier(each: TierPlan) -> dict[str, object]:
    need = each.need
    return {
        "tier": need.tier.name,
        "severity": need.tier.severity.value,
        "long_seconds": seconds(need.tier.long_ns),
        "short_seconds": seconds(need.tier.short_ns),
        "factor": float(need.factor),
        "failures_needed": need.plain,
        "failures_needed_gated": need.gated,
        **_both(each.plain, each.gated),
    }


def _both(plain: Prospect, gated: Prospect) -> dict[str, object]:
    return {
        f"{key}{end}": value for end, one in (("", plain), ("_gated", gated)) for key, value in _prospect(one).items()
    }


def _prospect(prospect: Prospect) -> dict[str, object]:
    return {
        "p_false_in_30d": prospect.p_false.high,
        "p_false_in_30d_at_least": prospect.p_false.low,
        "false_alerts_in_30d": prospect.false_alerts.high,
        "total_outage_detected_after_seconds": prospect.detected_seconds,
    }


def show(plan: Plan) -> None:
    """On stdout; with rich where that is a terminal."""
    rows = [_row(each) for each in plan.tiers]
    rows += [(f"any {each.severity.value}", "", "", *_outcome(each.plain, each.gated)) for each in plan.severities]
    if sys.stdout.isatty():
        _show_richly(plan, rows)
        return
    widths = [max(len(row[column]) for row in (HEAD, *rows)) for column in range(len(HEAD))]
    click.echo(headline(plan))
    click.echo(f"{verdict(plan)}\n")
    for row in (HEAD, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    click.echo(f"{ARROW}\n")
    for fact in facts(plan):
        click.echo(fact)
    click.echo(f"\nNext: {next_step(plan)}")


def _row(each: TierPlan) -> tuple[str, ...]:
    need = each.need
    failures = _arrow(*(NOT_KNOWN if k is None else f"{k:,}" for k in (need.plain, need.gated)))
    return need.tier.name, burn(float(need.factor)), failures, *_outcome(each.plain, each.gated)


def _outcome(plain: Prospect, gated: Prospect) -> tuple[str, str, str]:
    both = (plain, gated)
    return (
        _arrow(*(chance(each.p_false) for each in both)),
        _arrow(*(many(each.false_alerts.low, each.false_alerts.high) for each in both)),
        _arrow(*(told(each.detected_seconds) for each in both)),
    )


def _arrow(plain: str, gated: str) -> str:
    return plain if plain == gated else f"{plain} → {gated}"


def told(after: float | None) -> str:
    return "never" if after is None else format_duration(round(after * SECOND))


def headline(plan: Plan) -> str:
    canary = plan.canary
    within = f", late after {format_duration(canary.within_ns)}" if canary.within_ns else ""
    return (
        f"{percent(float(canary.objective.target), 6)} over {format_duration(canary.window_ns)}, a canary every "
        f"{format_duration(canary.every_ns)} to {counted(canary.partitions, 'partition')}{within}."
    )


def facts(plan: Plan) -> list[str]:
    """A sentence each."""
    dead = plan.dead_partition
    found = [f"One failed canary costs {percent(float(plan.failure_costs), 4)} of the budget."]
    if plan.canary.partitions > 1:
        found.append(
            f"One dead partition of {plan.canary.partitions:,} is seen by the partition tier after at most "
            f"{told(dead.by_itself)}, by the sum of all after {_arrow(told(dead.by_sum), told(dead.by_sum_gated))}."
        )
    for burst in plan.bursts:
        pages = _arrow(many(burst.pages, burst.pages), many(burst.pages_gated, burst.pages_gated))
        found.append(
            f"Outages of {burst.mean_seconds} s on average that spend exactly the budget: {pages} pages in 30 days."
        )
    if all(each.plain.detected_seconds is None for each in plan.severities[:1]):
        return found
    if plan.slowest_honest_seconds is None:
        return [*found, "Without the gate no period is honest."]
    exact, safe = trimmed(plan.slowest_honest_seconds, 4), trimmed(plan.safe_seconds, 2)
    return [*found, f"Without the gate every period up to {exact} s is honest (a safe estimate: {safe} s)."]


def _show_richly(plan: Plan, rows: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for at, title in enumerate(HEAD):
        table.add_column(title, justify="right" if at else "left")
    for at, row in enumerate(rows):
        table.add_section() if at == len(plan.tiers) else None
        table.add_row(*row, style="bold" if at >= len(plan.tiers) else "")
    console = Console(highlight=False)
    console.print(headline(plan), markup=False)
    console.print(verdict(plan), markup=False, style="bold")
    console.print(table)
    console.print(f"{ARROW}\n", markup=False, style="dim")
    for fact in facts(plan):
        console.print(fact, markup=False)
    console.print(f"\nNext: {next_step(plan)}", markup=False)
