"""`slo check`: validates and lints definitions, all mistakes at once."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import groupby, islice
from typing import TYPE_CHECKING

import click

from slo_service.cli.example import Example
from slo_service.cli.figures import counted
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from slo_service.definitions import Finding, Loaded

_KEYS = ("file", "line", "column", "severity", "code", "message", "remedy")
_MOST_SHOWN = 1000  # of one file
_COLOURS = {"error": "red", "warning": "yellow"}


@click.command(
    cls=Example,
    epilog="slo check slo_definitions\nslo check --json slo_definitions | jq .findings\n"
    "slo check --format sarif slo_definitions > slo.sarif",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "sarif"]), default="text",
    help="Print lines (the default), one JSON object, or SARIF 2.1.0 for code review.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[str, ...], *, shape: str, as_json: bool) -> None:
    """Validate and lint definitions in files and folders.

    Cases for slo test beside them are checked as well.

    One line a finding: file:line:column: error|warning CODE: what; remedy.
    Exit 0 without errors (warnings are fine), 1 with an error, 2 when a path cannot be read.
    """
    loaded = _with_cases(load(paths))
    if as_json or shape == "json":
        print_json(_report(loaded))
    elif shape == "sarif":
        from pathlib import Path

        from slo_service.cli.sarif import sarif

        print_json(sarif(loaded, Path.cwd()))
    else:
        terminal = sys.stdout.isatty()
        for line in _grouped(loaded) if terminal else _plain(loaded):
            click.echo(line, color=terminal and not os.environ.get("NO_COLOR"))
        click.echo(_summary(loaded), err=True)
    ctx.exit(1 if loaded.errors else 0)


def load(paths: tuple[str, ...]) -> Loaded:
    """What the paths define; `Trouble` for one that cannot be read."""
    from pathlib import Path

    from slo_service.definitions import load_folder
    from slo_service.runtime.clock import wall_ns

    found = [Path(path) for path in paths]
    unreadable = [why for path in found if (why := _unreadable(path))]
    if unreadable:
        raise Trouble("\n".join(unreadable))
    return load_folder(found, os.environ, settings_needed=False, now_ns=wall_ns())


def _with_cases(loaded: Loaded) -> Loaded:
    """With what is wrong in the cases for `slo test` among the definitions, once those can be looked at."""
    if loaded.catalogue is None or not loaded.tests:
        return loaded
    from slo_service.rehearse.reading import read_cases

    findings = (*loaded.findings, *read_cases(loaded.tests, loaded.catalogue).findings)
    return replace(
        loaded, findings=tuple(sorted(findings, key=lambda f: (f.file, f.line, f.column, f.code, f.message)))
    )


def _unreadable(path: Path) -> str | None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            path.open("rb").close()
    except OSError as error:
        return f"{path}: {error.strerror}; give a readable YAML file or folder"
    return None


def _plain(loaded: Loaded) -> Iterator[str]:
    from slo_service.definitions.finding import one_line

    for file, group in groupby(loaded.findings, key=lambda finding: finding.file):
        findings = list(group)
        yield from map(str, findings[:_MOST_SHOWN])
        if (more := len(findings) - _MOST_SHOWN) > 0:
            yield f"{one_line(file)}: {more} more, which --json lists"


def _grouped(loaded: Loaded) -> Iterator[str]:
    """For people at a terminal: findings below their file. Pipes get whole lines."""
    from slo_service.definitions.finding import one_line

    for file, findings in groupby(loaded.findings, key=lambda finding: finding.file):
        yield click.style(one_line(file), bold=True)
        for finding in islice(findings, _MOST_SHOWN):
            place = f"{finding.line}:{finding.column}"
            severity = click.style(f"{finding.severity:7}", fg=_COLOURS[finding.severity])
            yield f"  {place:>7}  {severity}  {finding.code}  {finding.message}; {finding.remedy}"
        if more := len([*findings]):
            yield f"  {more} more, which --json lists"
        yield ""


def _summary(loaded: Loaded) -> str:
    errors, allowed = len(loaded.errors), len(loaded.suppressed)
    both = f"{counted(errors, 'error')}, {counted(len(loaded.findings) - errors, 'warning')}"
    counts = both if loaded.findings else "no findings"
    said = f"{counts}, {allowed} allowed" if allowed else counts
    return f"{counted(loaded.files, 'file')}, {counted(loaded.objects, 'object')}: {said}"


def _report(loaded: Loaded) -> dict[str, object]:
    return {
        "ok": not loaded.errors,
        "files": loaded.files,
        "objects": loaded.objects,
        "findings": [_json(finding) for finding in loaded.findings],
        "suppressed": [{**_json(finding), "reason": reason} for finding, reason in loaded.suppressed],
    }


def _json(finding: Finding) -> dict[str, object]:
    return {key: getattr(finding, key) for key in _KEYS}
