"""`slo import`: definitions of other tools, converted, with a line for everything that is not carried over."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slo_service.cli.example import Example
from slo_service.cli.figures import counted
from slo_service.cli.talk import Trouble, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slo_service.definitions.finding import Finding
    from slo_service.definitions.importing import Imported, SourceFile

CONVERTERS = {
    "sloth": "slo_service.definitions.importing.sloth",
    "pyrra": "slo_service.definitions.importing.pyrra",
    "slo-generator": "slo_service.definitions.importing.slo_generator",
    "openslo": "slo_service.definitions.importing.openslo",
}
"""Formats, and the module whose `convert_files(Sequence[SourceFile]) -> Imported` converts from it."""

_TEMPLATE = re.compile(r"^\s*\{\{|[:-] \{\{", re.MULTILINE)  # braces that YAML reads as a mapping within a mapping


@click.command("import", cls=Example, epilog="slo import sloth slos/*.yaml --out slo_definitions\n"
               "slo import slo-generator config.yaml slos/*.yaml > imported.yaml")  # fmt: skip
@click.argument("form", metavar="|".join(CONVERTERS), type=click.Choice(tuple(CONVERTERS)))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False), help="Write a file for each FILE to DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def import_(ctx: click.Context, form: str, files: tuple[str, ...], *, out: str | None, as_json: bool) -> None:
    """Convert definitions of another tool.

    Prints YAML, and on stderr a line for everything that is changed or not carried over:
    file:line:column: path: what becomes of it; what to do instead.
    Exit 0 when converted, 1 when a file is wrong, 2 when one cannot be read or would be overwritten.
    """
    from importlib import import_module

    read, findings = _read(files)
    imported: Imported = import_module(CONVERTERS[form]).convert_files(read)
    findings += imported.findings
    texts = {source.file: source.text for source in read}
    findings = [_unrendered(each, texts.get(each.file, "")) for each in findings]
    ok = imported.ok and not findings
    written = _write(imported, Path(out)) if ok and out else []
    if not as_json:
        for line in (*findings, *(imported.losses if ok else ())):
            click.echo(str(line), err=True)
    if as_json:
        print_json(_report(imported, findings, written, out=out, ok=ok))
    elif ok and not out:
        click.echo(imported.text, nl=False)
    if ok:
        click.echo(f"{counted(imported.documents, 'document')}, {counted(len(imported.losses), 'loss')}", err=True)
    ctx.exit(0 if ok else 1)


def _read(files: Sequence[str]) -> tuple[list[SourceFile], list[Finding]]:
    """The texts, and what is wrong with files that are none."""
    from slo_service.definitions.finding import Mark, found
    from slo_service.definitions.importing import SourceFile
    from slo_service.definitions.tree import LARGEST_FILE_BYTES

    read, findings = [], []
    for file in dict.fromkeys(files):
        try:
            with Path(file).open("rb") as stream:
                raw = stream.read(LARGEST_FILE_BYTES + 1)
        except OSError as error:
            raise Trouble(f"{file}: {error.strerror}; give a readable file") from None
        if len(raw) > LARGEST_FILE_BYTES:
            findings.append(found(Mark(file), "E105", f"larger than {LARGEST_FILE_BYTES >> 10} KiB", "split the file"))
            continue
        try:
            read.append(SourceFile(file, raw.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
            findings.append(found(Mark(file), "E102", what, "save the file as UTF-8"))
    return read, findings


def _unrendered(finding: Finding, text: str) -> Finding:
    """A template is no YAML before it is filled in, whatever the parser says of its braces."""
    if finding.code != "E103" or not _TEMPLATE.search(text):
        return finding
    return replace(
        finding, remedy="this is a template; fill it in first, say by `helm template`, and import the result"
    )


def _write(imported: Imported, folder: Path) -> list[str]:
    """The names of the files, none of which was there before; nothing is written when one was."""
    texts: dict[Path, str] = {}
    for source, text in imported.by_file.items():
        target = folder / f"{Path(source).stem}.yaml"
        if target in texts or target.exists():
            raise Trouble(f"{target}: there already; remove it, or give another folder")
        texts[target] = text
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, text in texts.items():
            with target.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise Trouble(f"{folder}: {error.strerror}; give a folder that can be written") from None
    return [str(target) for target in texts]


def _report(
    imported: Imported, findings: Sequence[Finding], written: Sequence[str], *, out: str | None, ok: bool
) -> dict[str, object]:
    keys = ("file", "line", "column", "path", "what", "instead", "kept")
    losses = [{key: getattr(loss, key) for key in keys} for loss in imported.losses if ok]
    wrong = [{key: getattr(each, key) for key in ("file", "line", "column", "severity", "code", "message", "remedy")}
             for each in findings]  # fmt: skip
    result: dict[str, object] = {"files": written} if out else {"yaml": imported.text if ok else ""}
    return {"ok": ok, "documents": imported.documents if ok else 0, "losses": losses, "findings": wrong, **result}
