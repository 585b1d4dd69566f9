"""`slo serve`: the service."""

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble


@click.command(cls=Example, epilog="slo serve --definitions slo_definitions --store sqlite+aiosqlite:///slo.db")
@click.option(
    "--definitions", metavar="DIR", multiple=True, help="Folder of YAML; repeatable.  [default: slo_definitions]"
)
@click.option("--store", metavar="URL", help="SQLAlchemy URL of the database.  [default: SQLite in slo.db]")
@click.option("--host", metavar="ADDRESS", help="Loopback address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.  [default: 8080]")
@click.option("--role", type=click.Choice(["all"]), default="all", show_default=True, help="What this process does.")
@click.pass_context
def serve(
    ctx: click.Context,
    *,
    definitions: tuple[str, ...],
    store: str | None,
    host: str | None,
    port: int | None,
    role: str,
) -> None:
    """Run the service: collectors, evaluator, policies, pages, API and metrics.

    Every option has an environment variable (SLO_DEFINITIONS, SLO_STORE, ...); the option wins.
    Exit 2 when the settings or the definitions are refused, with every reason on stderr.
    """
    from slo_service.runtime import serve as run
    from slo_service.runtime.settings import SettingsRefused, read_settings

    assert role == "all"  # the one choice there is
    try:
        settings = read_settings(definitions=list(definitions) or None, store=store, host=host, port=port)
    except SettingsRefused as refused:
        raise Trouble(str(refused)) from None
    ctx.exit(run(settings))
