"""`slo status`: the state in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slo_service.cli import figures
from slo_service.cli.example import Example
from slo_service.cli.service import Service, Unknown, url_option
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from slo_service.show.api.models import Slo

_HEAD = ("STATE", "SLO", "OBJECTIVE", "BUDGET LEFT", "BURN 1H", "BURN 6H", "COVERAGE", "SINCE")
_COLOURS = {"burning": "red", "warn": "yellow", "frozen": "bright_black", "warming": "bright_black"}


@click.command(cls=Example, epilog="slo status\nslo status orders-freshness --json | jq .burn_rates")
@click.argument("name", metavar="[SLO]", required=False)
@url_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(ctx: click.Context, name: str | None, *, url: str, as_json: bool) -> None:
    """Show the state of all objectives, or of one.

    Exit 0 when nothing burns, 1 when something does, 2 when the service does not answer.
    """
    with Service(url) as service:
        if name is None:
            rows = service.slos()
            body: dict[str, object] = {"slos": rows}
        else:
            try:
                body = service.get("slos", name)
            except Unknown as unknown:
                raise Trouble(str(unknown)) from None
            rows = [body]
        complaint = _load_complaint(service)
    if as_json:
        print_json(body)
    else:
        _print_table(rows)
    if complaint:
        click.echo(complaint, err=True)
    ctx.exit(1 if any(row["state"] == "burning" for row in rows) else 0)


def _load_complaint(service: Service) -> str | None:
    from slo_service.show.api.event_models import HealthDetail

    load = HealthDetail.model_validate(service.get("health")).load
    if load.ok:
        return None
    return f"the definitions have mistakes since {figures.clock(load.at)}; load {load.number} stays in force"


def _print_table(rows: list[dict[str, object]]) -> None:
    from slo_service.show.api.models import Slo

    slos = [Slo.model_validate(row) for row in rows]
    if not slos:
        click.echo("no objectives are defined", err=True)
        return
    lines = [_HEAD, *(_line(slo) for slo in slos)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    for line, slo in zip(lines, [None, *slos], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        colour = None if slo is None else _COLOURS.get(slo.state)
        click.echo("  ".join([click.style(cells[0], fg=colour, bold=slo is None), *cells[1:]]).rstrip())
    for slo in slos:
        if slo.not_judged:
            click.echo(f"{slo.name} is not judged: {slo.not_judged}", err=True)


def _line(slo: Slo) -> tuple[str, ...]:
    left = figures.percent(slo.budget_remaining, 1)
    if slo.budget is not None and slo.budget.remaining_minutes is not None:
        left += f" ({figures.trimmed(slo.budget.remaining_minutes, 1)} min)"
    if slo.provisional and slo.budget_remaining is not None:
        left += " provisional"
    objective = f"{figures.percent(slo.objective, 4)} / {figures.duration(slo.window)}"
    burns = (figures.burn(slo.burn_rates.get(window)) for window in ("1h", "6h"))
    return (
        slo.state, slo.name, objective, left, *burns, figures.percent(slo.coverage, 1), figures.clock(slo.since)
    )  # fmt: skip
