"""`slo diff`: what another set of definitions would change, and what that means for the history of each SLO."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from slo_service.cli.check import load
from slo_service.cli.example import Example
from slo_service.cli.figures import counted
from slo_service.cli.service import Service, url_option
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from slo_service.domain.catalogue import Catalogue

_LARGEST_PART = 400_000  # characters of one file; a document may be longer


@click.command(cls=Example, epilog="slo diff slo_definitions.old slo_definitions\nslo diff slo_definitions")
@click.argument("paths", metavar="[OLD] NEW", nargs=-1, required=True, type=click.Path())
@url_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def diff(ctx: click.Context, paths: tuple[str, ...], *, url: str, as_json: bool) -> None:
    """Compare two sets of definitions, or one with what the running service has in force.

    One sentence a change, with the consequence: whether a history is kept or a new stream starts.
    Exit 0 without a difference, 1 with one, 2 when something cannot be read or has mistakes.
    """
    from slo_service.definitions import diff as difference

    if len(paths) > 2:
        raise Trouble("give OLD and NEW, or NEW alone to compare it with the running service")
    old = _in_force(url) if len(paths) == 1 else _declared(paths[0])
    changes = difference(old, _declared(paths[-1]))
    if as_json:
        print_json({"ok": not changes, "changes": list(changes)})
    else:
        for change in changes:
            click.echo(change)
        click.echo(counted(len(changes), "change") if changes else "no difference", err=True)
    ctx.exit(1 if changes else 0)


def _declared(path: str) -> Catalogue:
    loaded = load((path,))
    if loaded.catalogue is None:
        for finding in loaded.errors:
            click.echo(str(finding), err=True)
        raise Trouble(f"{path} has mistakes; correct what slo check says of it")
    return loaded.catalogue


def _in_force(url: str) -> Catalogue:
    """What the service has loaded, read here from its documents, so that both sides have the settings of this place."""
    import os
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from slo_service.definitions import load_folder

    with Service(url) as service:
        served = cast("Sequence[Mapping[str, str]]", service.get("definitions").get("documents") or [])
    with TemporaryDirectory() as folder:
        for number, text in enumerate(_parts([document["text"] for document in served])):
            Path(folder, f"{number}.yaml").write_text(text, encoding="utf-8")
        loaded = load_folder([Path(folder)], os.environ, settings_needed=False)
    if loaded.catalogue is None:
        raise Trouble(f"what the service at {url} has in force cannot be read by this version; compare two folders")
    return loaded.catalogue


def _parts(texts: Sequence[str]) -> Iterator[str]:
    """The documents put together in files that are not too large, as there may be more of them than files."""
    part: list[str] = []
    for text in texts:
        if part and sum(map(len, part)) + len(text) > _LARGEST_PART:
            yield "---\n".join(part)
            part = []
        part.append(text)
    if part:
        yield "---\n".join(part)
