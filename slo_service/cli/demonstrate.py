"""`slo demo`: the embedded pipeline with its canaries, policies and dashboard, in one process."""

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Duration

SCENARIOS = ("incident", "duplicates", "loss", "hot-partition", "monitor-outage")


@click.command(cls=Example, epilog="slo demo\nslo demo --scenario incident")
@click.option("--scenario", type=click.Choice(SCENARIOS), help="Play a fault and its recovery by itself, then end.")
@click.option("--for", "for_ns", type=Duration(), metavar="DURATION", help="End by itself after this long, like 3m.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port of the pages.")
@click.pass_context
def demo(ctx: click.Context, *, scenario: str | None, for_ns: int | None, port: int) -> None:
    """Run a pipeline with faults one can switch on, watched by the service; nothing else is needed."""
    from slo_service.demo.entry import demo as run

    ctx.exit(run(scenario, for_ns, port))
