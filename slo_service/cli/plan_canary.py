"""`slo plan-canary`: what a canary's period means for false pages and for true ones, before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slo_service.cli.example import Example
from slo_service.cli.simulate import Percent
from slo_service.cli.talk import Duration, Trouble, print_json

if TYPE_CHECKING:
    from fractions import Fraction


@click.command(
    "plan-canary",
    cls=Example,
    epilog="slo plan-canary --objective 99.9 --every 10s\n"
    "slo plan-canary --objective 99.95 --every 5s --partitions 48 --window 28d --within 30s --json",
)
@click.option("--objective", type=Percent(), required=True, help="Target in percent, like 99.9.")
@click.option("--every", "every_ns", type=Duration(), default="10s", show_default=True,
              help="Period of the canaries of one partition.")  # fmt: skip
@click.option("--partitions", type=int, default=1, show_default=True, help="That canaries go to.")
@click.option("--window", "window_ns", type=Duration(), default="30d", show_default=True, help="Budget window.")
@click.option("--within", "within_ns", type=Duration(), help="Freshness threshold, which every detection waits for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan_canary(*, objective: Fraction, every_ns: int, partitions: int, window_ns: int, within_ns: int | None,
                as_json: bool) -> None:  # fmt: skip
    """Reckon what a canary's period means: false alerts in 30 days, time to see an outage, and the slowest honest one.

    Probabilities are exact, or two proved bounds, for a pipeline that is just at its objective. Two figures with an
    arrow are without and with the gate for few events.
    """
    from slo_service.cli import plan_canary_text
    from slo_service.domain.tally import Objective
    from slo_service.evaluate.plan.canary_plan import plan_canary as plan
    from slo_service.evaluate.plan.need import Canary

    try:
        canary = Canary(Objective(objective), every_ns, partitions, window_ns, within_ns or 0)
    except ValueError as error:
        raise Trouble(str(error)) from None
    planned = plan(canary)
    if as_json:
        print_json(plan_canary_text.as_json(planned))
    else:
        plan_canary_text.show(planned)
