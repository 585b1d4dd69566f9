"""`slo render schema`: the JSON Schemas of definitions as files."""

from __future__ import annotations

from pathlib import Path

import click

from slo_service.cli.example import Example
from slo_service.cli.rendering import settle
from slo_service.cli.talk import print_json


@click.command(cls=Example, epilog="slo render schema --out schemas")
@click.option("--out", metavar="DIR", required=True, type=click.Path(file_okay=False), help="Folder to write to.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 when a file is not what it would be.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def schema(ctx: click.Context, *, out: str, only_check: bool, as_json: bool) -> None:
    """JSON Schemas of the definitions: slo-service.json for documents of any kind, and one a kind.

    They know the controllers and channels that are installed here.
    """
    from slo_service.definitions.schema import as_text, schemas

    files = {Path(out) / name: as_text(made) for name, made in schemas().items()}
    states = {str(file): settle(file, text, only_check=only_check) for file, text in files.items()}
    ok = {"missing", "drifted"}.isdisjoint(states.values())
    if as_json:
        print_json({"ok": ok, "files": [{"file": file, "state": state} for file, state in states.items()]})
    else:
        for file, state in states.items():
            click.echo(f"{file}: {state}")
    if not ok:
        click.echo("generate them again without --check, and commit the result", err=True)
    ctx.exit(0 if ok else 1)
