"""`slo check`: validates and lints definitions, all mistakes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from slo_service.definitions import Loaded


@click.command(cls=Example, epilog="slo check slo_definitions\nslo check --json slo_definitions | jq .findings")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[str, ...], *, as_json: bool) -> None:
    """Validate and lint definitions in files and folders.

    One line a finding: file:line:column: error|warning CODE: what; remedy.
    Exit 0 without errors (warnings are fine), 1 with an error, 2 when a path cannot be read.
    """
    loaded = load(paths)
    errors = len(loaded.errors)
    if as_json:
        print_json(_report(loaded, ok=errors == 0))
    else:
        for finding in loaded.findings:
            click.echo(str(finding))
        warnings = len(loaded.findings) - errors
        said = f"{errors} errors, {warnings} warnings" if loaded.findings else "no findings"
        click.echo(f"{loaded.files} files, {loaded.objects} objects: {said}", err=True)
    ctx.exit(1 if errors else 0)


def load(paths: tuple[str, ...]) -> Loaded:
    """What the paths define; `Trouble` for one that cannot be read."""
    import os
    from pathlib import Path

    from slo_service.definitions import load_folder

    found = [Path(path) for path in paths]
    unreadable = [why for path in found if (why := _unreadable(path))]
    if unreadable:
        raise Trouble("\n".join(unreadable))
    return load_folder(found, os.environ, settings_needed=False)


def _unreadable(path: Path) -> str | None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}; give a readable YAML file or folder"
    return None


def _report(loaded: Loaded, *, ok: bool) -> dict[str, object]:
    keys = ("file", "line", "column", "severity", "code", "message", "remedy")
    findings = [{key: getattr(finding, key) for key in keys} for finding in loaded.findings]
    return {"ok": ok, "files": loaded.files, "objects": loaded.objects, "findings": findings}
