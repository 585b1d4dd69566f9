"""`slo simulate`: an outage run through the real evaluator, and when which tier tells of it."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Duration, Trouble, print_json
from slo_service.domain.instant import DAY, SECOND, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slo_service.domain.slo import Slo
    from slo_service.rehearse.simulate.plan import Plan
    from slo_service.rehearse.simulate.run import Heard

_NUMBER = r"(\d{1,12}(?:\.\d{1,12})?)"
_PATIENCE_NS = 2 * SECOND
_PROGRESS_NS = SECOND // 5


class Percent(click.ParamType[Fraction]):
    """`99.9` or `99.9%` → 999/1000."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        found = re.fullmatch(rf"{_NUMBER}\s*%?", str(value).strip())
        share = Fraction(found[1]) / 100 if found else Fraction(0)
        if not Fraction(1, 100) < share < 1:
            self.fail(f"{value!r} is not an objective; write it in percent, between 1 and 100, like 99.9", param, ctx)
        return share


class Ratio(click.ParamType[Fraction]):
    """`0.1`, `10%` or `1/10` → 1/10."""

    name = "ratio"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        found = re.fullmatch(rf"{_NUMBER}(?:\s*(%)|/(0*[1-9]\d{{0,11}}))?", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a ratio; write 0.1, 10% or 1/10", param, ctx)
        return Fraction(found[1]) / (100 if found[2] else int(found[3] or 1))


@click.command(
    cls=Example,
    epilog="slo simulate --objective 99.9 --error-ratio 0.1\n"
    "slo simulate --objective 99.9 --window 28d --error-ratio 50% --outage 1h --json\n"
    "slo simulate --from slo_definitions --slo orders-freshness --error-ratio 1 --canary-every 10s",
)
@click.option("--objective", type=Percent(), help="Target in percent, like 99.9.")
@click.option("--window", "window_ns", type=Duration(), help="Budget window; 30d when none is given.")
@click.option("--error-ratio", type=Ratio(), required=True, help="Share of events that are bad: 0.1, 10% or 1/10.")
@click.option("--outage", "outage_ns", type=Duration(),
              help="How long it lasts; until every tier that can fire has fired when this is not given.")  # fmt: skip
@click.option("--tick", "tick_ns", type=Duration(), default="1s", show_default=True,
              help="How often is judged, and how finely time is kept.")  # fmt: skip
@click.option("--canary-every", "canary_ns", type=Duration(),
              help="Traffic is that of canaries, evenly spaced, and the rules for few events hold.")  # fmt: skip
@click.option("--partitions", type=click.IntRange(1), help="That canaries go to; 1 when none is given.")
@click.option("--keep-firing", is_flag=True, help="Apply keepFiringFor to continuous traffic too.")
@click.option("--from", "folder", metavar="FOLDER", type=click.Path(),
              help="Take objective, window and tiers from the definitions there.")  # fmt: skip
@click.option("--slo", "name", metavar="NAME", help="Which SLO of the definitions.")
@click.option("--every-tick", is_flag=True, help="Leave no tick out; slow, and to the same result.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate(*, objective: Fraction | None, window_ns: int | None, error_ratio: Fraction, outage_ns: int | None,
             tick_ns: int, canary_ns: int | None, partitions: int | None, keep_firing: bool, folder: str | None,
             name: str | None, every_tick: bool, as_json: bool) -> None:  # fmt: skip
    """Run a steady outage through the real evaluator, and show when each tier fires and is quiet again.

    Before the outage all was well for as long as any window asks for. Traffic is continuous unless it is that of
    canaries.
    """
    from slo_service.cli import simulation_text
    from slo_service.domain.slo import Alerting
    from slo_service.domain.tally import Objective
    from slo_service.rehearse.simulate.plan import Canaries, Plan
    from slo_service.rehearse.simulate.run import simulate as run

    if partitions is not None and canary_ns is None:
        raise Trouble("--partitions is about canaries; say how often they come with --canary-every, like 10s")
    declared = _declared(folder, name, given=objective is not None or window_ns is not None)
    if declared is None and objective is None:
        raise Trouble("there is no objective; write --objective 99.9, or --from FOLDER --slo NAME")
    try:
        plan = Plan(
            declared.objective if declared else Objective(objective or Fraction(0)),
            declared.window_ns if declared else window_ns or 30 * DAY,
            error_ratio,
            tick_ns,
            outage_ns,
            declared.alerting if declared else Alerting(),
            None if canary_ns is None else Canaries(canary_ns, partitions or 1),
            keep_firing,
            every_tick,
        )
    except ValueError as error:
        raise Trouble(str(error)) from None
    with _progress(plan) as heard:
        simulation = run(plan, heard)
    if as_json:
        print_json(simulation_text.as_json(simulation))
    else:
        simulation_text.show(simulation, declared.name if declared else None)


def _declared(folder: str | None, name: str | None, *, given: bool) -> Slo | None:
    from slo_service.cli.check import load
    from slo_service.definitions.scalar import nearest

    if folder is None:
        if name is not None:
            raise Trouble("--slo names an SLO of definitions; say where they are with --from FOLDER")
        return None
    if given:
        raise Trouble("--from takes objective and window from the definitions; leave --objective and --window out")
    loaded = load((folder,))
    if loaded.catalogue is None:
        for finding in loaded.errors:
            click.echo(str(finding), err=True)
        raise Trouble(f"the definitions in {folder} have mistakes; nothing was simulated")
    slos = {each: unjudged.slo for each, unjudged in loaded.catalogue.unjudged.items()} | dict(loaded.catalogue.slos)
    if not slos:
        raise Trouble(f"no SLO is declared in {folder}")
    if name is None and len(slos) > 1:
        raise Trouble(f"say which SLO with --slo NAME; {nearest('', slos)}")
    if name is not None and name not in slos:
        raise Trouble(f"no SLO in {folder} is called {name!r}; {nearest(name, slos)}")
    return slos[name] if name is not None else next(iter(slos.values()))


@contextmanager
def _progress(plan: Plan) -> Iterator[Heard | None]:
    """A line on a terminal that says how far it is, once it takes longer than a person waits."""
    from slo_service.runtime.clock import mono_ns

    if not sys.stderr.isatty():
        yield None
        return
    begun_ns = mono_ns()
    shown_ns = begun_ns + _PATIENCE_NS

    def heard(passed_ns: int) -> None:
        nonlocal shown_ns
        if mono_ns() > shown_ns:
            passed = format_duration(passed_ns // plan.tick_ns * plan.tick_ns)
            click.echo(f"\r\x1b[Ksimulated {passed} …", nl=False, err=True)
            shown_ns = mono_ns() + _PROGRESS_NS

    try:
        yield heard
    finally:
        if shown_ns != begun_ns + _PATIENCE_NS:
            click.echo("\r\x1b[K", nl=False, err=True)
