"""`slo render`: files for other systems, made from the definitions; `--check` finds drift."""

from __future__ import annotations

from pathlib import Path

import click

from slo_service.cli.check import load
from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble, print_json

RULES = "slo-service.rules.yaml"


@click.group()
def render() -> None:
    """Generate files for other systems from the definitions."""


@render.command(cls=Example, epilog="slo render prometheus slo_definitions --out alert_rules\n"
                "slo render prometheus slo_definitions --out alert_rules --check")  # fmt: skip
@click.argument("path", default="slo_definitions", type=click.Path())
@click.option("--out", metavar="DIR", required=True, type=click.Path(file_okay=False), help="Folder to write to.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 when a file is not what it would be.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def prometheus(ctx: click.Context, path: str, *, out: str, only_check: bool, as_json: bool) -> None:
    """Recording and alerting rules for Prometheus, from the definitions in PATH (slo_definitions by default)."""
    from slo_service.show.render.prometheus import prometheus_rules

    loaded = load((path,))
    if loaded.catalogue is None:
        for finding in loaded.errors:
            click.echo(str(finding), err=True)
        ctx.exit(1)
    state = settle(Path(out) / RULES, prometheus_rules(loaded.catalogue), only_check=only_check)
    ok = state not in {"missing", "drifted"}
    if as_json:
        print_json({"ok": ok, "files": [{"file": str(Path(out) / RULES), "state": state}]})
    else:
        click.echo(f"{Path(out) / RULES}: {state}")
    if not ok:
        click.echo("generate it again without --check, and commit the result", err=True)
    ctx.exit(0 if ok else 1)


def settle(file: Path, text: str, *, only_check: bool) -> str:
    """`unchanged`, else `written`; with `only_check` nothing is written and the words are `missing` and `drifted`."""
    try:
        present = file.read_text(encoding="utf-8") if file.exists() else None
        if present == text:
            return "unchanged"
        if only_check:
            return "missing" if present is None else "drifted"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}; give a folder that can be written") from None
    return "written"
