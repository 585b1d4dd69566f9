"""A simulation as people and programs read it: a table with what it means, and JSON with stable keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from slo_service.cli.figures import NOT_KNOWN, burn, percent
from slo_service.domain.instant import SECOND, format_duration, seconds
from slo_service.domain.slo import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slo_service.rehearse.simulate.outcome import Simulation, Stay, TierStay, Turn
    from slo_service.rehearse.simulate.plan import Plan

HEAD = ("TIER", "SEVERITY", "WINDOWS", "FACTOR", "FIRES AFTER", "SPENT", "QUIET AFTER")
NEVER = "never"
_COLOURS = {"page": "red", "ticket": "yellow", "early": "cyan"}


def as_json(simulation: Simulation) -> dict[str, object]:
    """Durations in seconds, shares 0–1. `after_seconds` of a transition counts from the start of the outage. Tiers that
    do not go by burn rates have neither windows nor a factor."""
    plan = simulation.plan
    canaries = plan.canaries
    return {
        "objective": float(plan.objective.target),
        "window_seconds": seconds(plan.window_ns),
        "error_ratio": float(plan.error_ratio),
        "tick_seconds": seconds(plan.tick_ns),
        "outage_seconds": seconds(simulation.outage_ns),
        "canaries": canaries and {"every_seconds": seconds(canaries.every_ns), "partitions": canaries.partitions},
        "keep_firing": plan.keep_firing or canaries is not None,
        "tiers": [_tier(found) for found in simulation.tiers],
        "severities": {severity.value: _instants(stay) for severity, stay in simulation.severities.items()},
        "first_transition": _turn(simulation.turns[:1]),
        "last_transition": _turn(simulation.turns[-1:]),
    }


def _tier(found: TierStay) -> dict[str, object]:
    spent, burns = found.stay.spent_at_firing, found.tier.kind is Kind.BURN
    return {
        "tier": found.tier.name,
        "severity": found.tier.severity.value,
        "long_seconds": seconds(found.tier.long_ns) if burns else None,
        "short_seconds": seconds(found.tier.short_ns) if burns else None,
        "factor": None if found.factor is None else float(found.factor),
        **_instants(found.stay),
        "budget_spent_at_firing": None if spent is None else float(spent),
        "first_transition": _turn(found.stay.turns[:1]),
        "last_transition": _turn(found.stay.turns[-1:]),
        "transitions": len(found.stay.turns),
    }


def _instants(stay: Stay) -> dict[str, object]:
    fires, quiet = stay.fires_after_ns, stay.quiet_after_ns
    return {
        "fires_after_seconds": None if fires is None else seconds(fires),
        "quiet_after_seconds": None if quiet is None else seconds(quiet),
    }


def _turn(turns: Sequence[Turn]) -> dict[str, object] | None:
    if not turns:
        return None
    return {"tier": turns[0].tier.name, "change": turns[0].change.value, "after_seconds": seconds(turns[0].at_ns)}


def show(simulation: Simulation, name: str | None) -> None:
    """On stdout; with rich where that is a terminal."""
    tiers = [_row(found) for found in simulation.tiers]
    severities = [
        (f"any {severity.value}", severity.value, "", "", *_outcome(stay))
        for severity, stay in simulation.severities.items()
    ]
    if sys.stdout.isatty():
        _show_richly(simulation, name, tiers, severities)
        return
    lines = [HEAD, *tiers, *severities]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    click.echo(headline(simulation.plan, name))
    click.echo()
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    click.echo()
    click.echo(explanation(simulation))


def _row(found: TierStay) -> tuple[str, ...]:
    tier = found.tier
    lengths = (tier.long_ns, tier.short_ns) if tier.kind is Kind.BURN else ()
    windows = " / ".join(format_duration(length) for length in lengths if length) or NOT_KNOWN
    factor = burn(None if found.factor is None else float(found.factor))
    return tier.name, tier.severity.value, windows, factor, *_outcome(found.stay)


def _outcome(stay: Stay) -> tuple[str, str, str]:
    if stay.fires_after_ns is None:
        return NEVER, NOT_KNOWN, NOT_KNOWN
    spent = stay.spent_at_firing
    quiet = "not yet" if stay.quiet_after_ns is None else format_duration(stay.quiet_after_ns)
    return format_duration(stay.fires_after_ns), percent(None if spent is None else float(spent)), quiet


def headline(plan: Plan, name: str | None) -> str:
    """What burns how fast, and for how long the budget would bear it."""
    pace = plan.error_ratio / plan.objective.budget
    lasts_ns = round(plan.window_ns / pace / SECOND) * SECOND
    meaning = f"which spends the budget in {format_duration(lasts_ns)}" if pace > 1 else "which the budget bears"
    promise = f"{percent(float(plan.objective.target), 6)} over {format_duration(plan.window_ns)}"
    whose = f"{name} ({promise})" if name else promise
    return (
        f"{percent(float(plan.error_ratio), 6)} of all events are bad against {whose}: a burn rate of "
        f"{burn(float(pace))}, {meaning}."
    )


def explanation(simulation: Simulation) -> str:
    plan, canaries = simulation.plan, simulation.plan.canaries
    if canaries is None:
        rules = "continuous traffic" + (", keepFiringFor applied" if plan.keep_firing else "")
    else:
        each = "" if canaries.partitions == 1 else f" to each of {canaries.partitions:,} partitions"
        rules = (
            f"a canary every {format_duration(canaries.every_ns)}{each}, rules for few events and keepFiringFor applied"
        )
    return (
        f"A tier fires when both of its windows burn faster than its factor, having spent that share of the budget, "
        f"and is quiet so long after the end of the outage, which lasted {format_duration(simulation.outage_ns)} "
        f"({rules}; exact to a tick of {format_duration(plan.tick_ns)}).{_others(simulation)}"
    )


def _others(simulation: Simulation) -> str:
    """What the tiers without windows go by."""
    told = {Kind.PARTITION: "by the canaries of one partition", Kind.EARLY: "by each round of canaries as it is judged"}
    goes = [f"{each.tier.name} goes {told[each.tier.kind]}" for each in simulation.tiers if each.tier.kind in told]
    return f" {'; '.join(goes)}." if goes else ""


def _show_richly(
    simulation: Simulation, name: str | None, tiers: Sequence[Sequence[str]], severities: Sequence[Sequence[str]]
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, header_style="bold")
    for at, title in enumerate(HEAD):
        table.add_column(title, justify="right" if at >= 3 else "left", no_wrap=True)
    for at, row in enumerate([*tiers, *severities]):
        if at == len(tiers):
            table.add_section()
        fires = row[4] != NEVER
        styles = ["bold" if fires else "dim", _COLOURS[row[1]], "", "", "bold" if fires else "dim", "", ""]
        table.add_row(*(Text(cell, style if fires else "dim") for cell, style in zip(row, styles, strict=True)))
    console = Console(highlight=False)
    console.print(headline(simulation.plan, name), markup=False)
    console.print(table)
    console.print(explanation(simulation), markup=False, style="dim")
