"""`slo render`: files for other systems, made from the definitions; `--check` finds drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from slo_service.cli.check import load
from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from slo_service.definitions import Loaded

RULES = "slo-service.rules.yaml"
C = TypeVar("C", bound=Callable[..., object])


@click.group()
def render() -> None:
    """Generate files for other systems from the definitions."""


def _with_options(command: C) -> C:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--check", "only_check", is_flag=True, help="Write nothing; exit 1 when a file is not what it would be."
        ),
        click.option(
            "--out", metavar="DIR", required=True, type=click.Path(file_okay=False), help="Folder to write to."
        ),
        click.argument("path", default="slo_definitions", type=click.Path()),
    ):
        command = option(command)
    return command


@render.command(cls=Example, epilog="slo render prometheus slo_definitions --out alert_rules\n"
                "slo render prometheus slo_definitions --out alert_rules --check")  # fmt: skip
@_with_options
@click.pass_context
def prometheus(ctx: click.Context, path: str, *, out: str, only_check: bool, as_json: bool) -> None:
    """Recording and alerting rules for Prometheus, from the definitions in PATH (slo_definitions by default).

    They are over the service's own counters; an SLO that it does not count is left out, with a line on stderr.
    """
    from slo_service.show.render.prometheus import prometheus_rules, without_rules

    catalogue = _sound(ctx, path).catalogue
    assert catalogue is not None
    left_out = without_rules(catalogue)
    state = settle(Path(out) / RULES, prometheus_rules(catalogue), only_check=only_check)
    for line in left_out:
        click.echo(line, err=True)
    _report(ctx, {str(Path(out) / RULES): state}, {"left_out": list(left_out)}, as_json=as_json)


@render.command(cls=Example, epilog="slo render openslo slo_definitions --out openslo\n"
                "slo render openslo slo_definitions --out openslo --check")  # fmt: skip
@_with_options
@click.pass_context
def openslo(ctx: click.Context, path: str, *, out: str, only_check: bool, as_json: bool) -> None:
    """Documents of OpenSLO v1, a file a kind, from the definitions in PATH (slo_definitions by default).

    What OpenSLO cannot hold is listed on stderr, a line each. Settings stay as they are written, like ${NAME}.
    """
    from slo_service.show.render.openslo import FILES, HEADER, openslo_files

    exported = openslo_files(_sound(ctx, path).drafts)
    states: dict[str, str] = {}
    for name in FILES.values():
        file = Path(out) / name
        if name in exported.files:
            states[str(file)] = settle(file, exported.files[name], only_check=only_check)
        elif (state := retire(file, HEADER, only_check=only_check)) is not None:
            states[str(file)] = state
    for line in exported.left_out:
        click.echo(line, err=True)
    _report(ctx, states, {"left_out": list(exported.left_out)}, as_json=as_json)


def _sound(ctx: click.Context, path: str) -> Loaded:
    """What is defined, or every mistake on stderr and the end."""
    loaded = load((path,))
    if loaded.catalogue is None:
        for finding in loaded.errors:
            click.echo(str(finding), err=True)
        ctx.exit(1)
    return loaded


def _report(
    ctx: click.Context, states: Mapping[str, str], more: Mapping[str, object] | None = None, *, as_json: bool
) -> None:
    ok = not {"missing", "drifted"} & set(states.values())
    if as_json:
        files = [{"file": file, "state": state} for file, state in states.items()]
        print_json({"ok": ok, "files": files, **(more or {})})
    else:
        for file, state in states.items():
            click.echo(f"{file}: {state}")
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


def retire(file: Path, header: str, *, only_check: bool) -> str | None:
    """`removed` for a file that was generated once and would not be any more, `drifted` with `only_check`; None where
    there is none, or one that somebody wrote."""
    try:
        if not file.is_file() or not file.read_text(encoding="utf-8", errors="replace").startswith(header):
            return None
        if only_check:
            return "drifted"
        file.unlink()
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}; give a folder that can be written") from None
    return "removed"
