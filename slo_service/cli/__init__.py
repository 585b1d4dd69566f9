"""The command line: parse, call, print, exit code. Data goes to stdout, talk to stderr; 0 fine, 1 a finding, 2 misuse.

Heavy modules are imported inside the commands, so that `slo --help` answers at once."""

import click

from slo_service import __version__
from slo_service.cli.check import check
from slo_service.cli.database import db
from slo_service.cli.demonstrate import demo
from slo_service.cli.diff import diff
from slo_service.cli.explain import explain
from slo_service.cli.importing import import_
from slo_service.cli.overview import status
from slo_service.cli.plan_canary import plan_canary
from slo_service.cli.rendering import render
from slo_service.cli.schema_rendering import schema
from slo_service.cli.serving import serve
from slo_service.cli.simulate import simulate
from slo_service.cli.starting import init
from slo_service.cli.testing import test


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: slo demo",
)
@click.version_option(__version__, prog_name="slo")
def main() -> None:
    """SLOs and error budgets for streaming pipelines.

    Exit codes: 0 fine, 1 a finding, 2 misuse.
    """


for command in (init, import_, check, diff, test, simulate, plan_canary, serve, demo, status, explain, render, db):
    main.add_command(command)
render.add_command(schema)

__all__ = ["main"]
