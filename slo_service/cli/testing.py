"""`slo test`: timeline cases run against one's own definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slo_service.cli.check import load
from slo_service.cli.example import Example
from slo_service.cli.figures import counted
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slo_service.definitions import Finding, Loaded
    from slo_service.definitions.tree import Source
    from slo_service.rehearse.judging import Miss, Outcome


@click.command("test", cls=Example, epilog="slo test slo_definitions\n"
               "slo test cases/stall.yaml --definitions slo_definitions -k pages")  # fmt: skip
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--definitions", "folders", metavar="DIR", multiple=True, type=click.Path(),
              help="Where the definitions are, if not beside the cases; may be given several times.")  # fmt: skip
@click.option("-k", "named", metavar="NAME", help="Run only cases whose name contains this.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def test(ctx: click.Context, paths: tuple[str, ...], *, folders: tuple[str, ...], named: str | None,
         as_json: bool) -> None:  # fmt: skip
    """Run the cases (documents of kind Test) in files and folders against the definitions there.

    A case says what was measured and what is expected when; the real evaluator and policy engine judge it under a made
    clock, in seconds. Exit 0 when all pass, 1 when one fails or has a mistake, 2 when there is none to run.
    """
    from slo_service.rehearse.judging import run_case
    from slo_service.rehearse.reading import read_cases

    loaded = load((*paths, *folders))
    if loaded.catalogue is None:
        _refuse(ctx, loaded, as_json=as_json)
    assert loaded.catalogue is not None
    read = read_cases(_asked_for(loaded.tests, paths), loaded.catalogue)
    cases = [case for case in read.cases if named is None or named in case.name]
    if named is not None and not cases:
        from slo_service.definitions.scalar import nearest

        raise Trouble(f"no case has {named!r} in its name; {nearest(named, (case.name for case in read.cases))}")
    outcomes = []
    for case in cases:
        outcomes.append(run_case(case, loaded.catalogue))
        if not as_json:
            _tell(outcomes[-1])
    failed = sum(bool(outcome.misses) for outcome in outcomes)
    if as_json:
        print_json(_report(outcomes, read.findings))
    else:
        for finding in read.findings:
            click.echo(str(finding))
        mistakes = f", {counted(len(read.findings), 'mistake')}" if read.findings else ""
        click.echo(f"{len(outcomes) - failed} of {len(outcomes)} cases passed{mistakes}", err=True)
    ctx.exit(1 if failed or read.findings else 0)


def _refuse(ctx: click.Context, loaded: Loaded, *, as_json: bool) -> None:
    if not loaded.objects and [finding.code for finding in loaded.errors] == ["E106"]:
        raise Trouble("there are no definitions to test; name the folder that holds them with --definitions")
    if as_json:
        print_json(_report((), loaded.errors))
    else:
        for finding in loaded.errors:
            click.echo(str(finding))
        click.echo(f"nothing was run: {counted(len(loaded.errors), 'error')} in the definitions", err=True)
    ctx.exit(1)


def _asked_for(tests: Sequence[Source], paths: Sequence[str]) -> list[Source]:
    """The cases in the paths; those beside the definitions are left alone."""
    from pathlib import Path

    asked = [source for source in tests if any(Path(source.root.mark.file).is_relative_to(path) for path in paths)]
    if not asked:
        raise Trouble(
            f"there is no document of kind Test in {', '.join(paths)}; write one, beginning with "
            "apiVersion: slo-service/v1 and kind: Test"
        )
    return asked


def _tell(outcome: Outcome) -> None:
    case = outcome.case
    if not outcome.misses:
        click.echo(f"ok    {case.name}")
        return
    click.echo(f"FAIL  {case.name}")
    for miss in outcome.misses:
        for line in _lines(miss, case.start_ns):
            click.echo(f"      {line}")


def _lines(miss: Miss, start_ns: int) -> list[str]:
    from slo_service.domain.instant import format_duration, rfc3339

    mark = miss.claim.mark
    instant = f"{format_duration(miss.at_ns)} ({rfc3339(start_ns + miss.at_ns)})"
    head = f"{mark.file}:{mark.line}: at {instant}, {miss.slo}: {miss.what}"
    return [head, f"  expected {miss.expected}, got {miss.got}", *(f"    {said}" for said in miss.because)]


def _report(outcomes: Sequence[Outcome], findings: Sequence[Finding]) -> dict[str, object]:
    keys = ("file", "line", "column", "severity", "code", "message", "remedy")
    failed = sum(bool(outcome.misses) for outcome in outcomes)
    return {
        "ok": not failed and not findings,
        "passed": len(outcomes) - failed,
        "failed": failed,
        "cases": [
            {
                "name": outcome.case.name,
                "file": outcome.case.mark.file,
                "line": outcome.case.mark.line,
                "ok": not outcome.misses,
                "claims": outcome.claims,
                "failures": [_failure(miss) for miss in outcome.misses],
            }
            for outcome in outcomes
        ],
        "findings": [{key: getattr(finding, key) for key in keys} for finding in findings],
    }


def _failure(miss: Miss) -> dict[str, object]:
    from slo_service.domain.instant import seconds

    mark = miss.claim.mark
    return {
        "file": mark.file,
        "line": mark.line,
        "column": mark.column,
        "at": seconds(miss.at_ns),
        "slo": miss.slo,
        "what": miss.what,
        "expected": miss.expected,
        "got": miss.got,
        "because": list(miss.because),
    }
