"""`slo init`: a commented starter folder."""

from __future__ import annotations

from pathlib import Path

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble, print_json


@click.command(cls=Example, epilog="slo init my_slos --pipeline clicks --topic clicks.raw --owner web-data")
@click.argument("folder", metavar="DIR", default="slo_definitions", type=click.Path(path_type=Path, file_okay=False))
@click.option("--pipeline", metavar="NAME", default="orders", show_default=True, help="What the pipeline is called.")
@click.option(
    "--cluster",
    metavar="NAME",
    default="main",
    show_default=True,
    help="The Kafka cluster, by its name in SLO_CLUSTERS.",
)
@click.option(
    "--topic", metavar="NAME", default="", help="Where the pipeline begins; NAME.raw of the pipeline by default."
)
@click.option(
    "--owner", metavar="TEAM", default="data-team", show_default=True, help="Who answers for it, and is told."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def init(folder: Path, *, pipeline: str, cluster: str, topic: str, owner: str, as_json: bool) -> None:
    """Write a commented starter folder: a pipeline, its canary, SLOs, alerting, a policy, a job and a contact.

    It passes slo check as it is. Files that are there already are never overwritten.
    """
    from slo_service.definitions.starter import Starter, starter_files

    try:
        files = starter_files(Starter(pipeline, cluster, topic, owner), str(folder))
    except ValueError as error:
        raise Trouble(str(error)) from None
    _write(folder, files)
    if as_json:
        print_json({"ok": True, "files": [str(folder / name) for name in files]})
        return
    for name in files:
        click.echo(folder / name)
    click.echo(_next_steps(folder, pipeline), err=True)


def _write(folder: Path, files: dict[str, str]) -> None:
    """All of them or none: what is there already is looked for first."""
    there = [str(folder / name) for name in files if (folder / name).exists()]
    if there:
        shown = ", ".join(there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
        raise Trouble(f"{shown} would be overwritten; name a new folder, like: slo init {folder}_new")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}; give a folder that can be written") from None


def _next_steps(folder: Path, pipeline: str) -> str:
    return f"""
Next:
  1. read {folder / "README.md"}: what each file says, and what to change first
  2. slo check {folder}                      # every mistake, with what to write instead
  3. slo test {folder}                       # what happens in an outage
  4. slo serve --definitions {folder}        # then: slo explain {pipeline}-freshness"""
