"""Schemas → Markdown: for each kind what it is for, an example, and a table of its keys; every type once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import cast

from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.reference.words import default_of, in_words, inner, type_name
from slo_service.definitions.schema import WRITTEN, of_kind
from slo_service.definitions.shape import record
from slo_service.definitions.shape.port import JsonSchema

_HEAD = """\
# Definitions

Every key of every kind. This page is generated from the types that the loader reads by (`make schemas`); so are the
[JSON Schemas](api.md#schemas) that [editors](../how-to/editors.md) complete by. What `slo check` says of mistakes is
listed in [findings](findings.md).

A definition is a YAML document with the keys `apiVersion`, `kind`, `metadata` and `spec`; a file holds any number of
them, with `---` between. Unknown keys are mistakes. A duration is written `30s`, `5m`, `1h30m` or `28d`; a share `10%`
or `0.1`, exactly; a name has at most 63 lower-case letters, digits and `-`. `${NAME}` takes a setting from the
environment, or from the file that `NAME_FILE` names, where the type says so; it is never shown. A key that is neither
**required** nor has a default may be left out.
"""


def examples() -> dict[str, str]:
    """A complete document of each kind, by the kind's name."""
    folder = files(__package__).joinpath("examples")
    return {kind.name: folder.joinpath(f"{kind.name}.yaml").read_text(encoding="utf-8") for kind in WRITTEN}


def page() -> str:
    shown = {record(kind.spec).name for kind in WRITTEN}
    parts = [_HEAD, *(part for kind in WRITTEN for part in _kind(kind, shown))]
    return "\n".join(parts)


def _kind(kind: Kind, shown: set[str]) -> Iterator[str]:
    schema = of_kind(kind)
    types = cast("dict[str, JsonSchema]", schema["$defs"])
    properties = cast("dict[str, JsonSchema]", schema["properties"])
    spec, metadata = type_name(properties["spec"]), type_name(properties["metadata"])
    yield f"## {kind.name}\n"
    yield f"{types[spec].get('description', '')} `apiVersion: {kind.api_version}`\n"
    yield f"<!-- beside README.md -->\n```yaml\n{examples()[kind.name].rstrip()}\n```\n"
    yield f"`metadata` is a [{metadata}](#{metadata.lower()}); `spec` has the keys\n"
    yield _table(types[spec])
    for name in [*_types_in(types, spec), metadata]:
        if name not in shown:
            shown.add(name)
            yield f"### {name}\n"
            yield f"{types[name].get('description', '')}\n"
            yield _table(types[name])


def _types_in(types: dict[str, JsonSchema], name: str) -> list[str]:
    """The types a type is made of, in the order of its keys, each before those it is made of itself."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        for each in _references(types[waiting.pop(0)]):
            if each not in found:
                found.append(each)
                waiting.append(each)
    return found


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if name := type_name(part):
            yield name
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def _table(schema: JsonSchema) -> str:
    properties = cast("dict[str, JsonSchema]", inner(schema, "properties") or {})
    if not properties:
        return "None.\n"
    required = cast("list[str]", schema.get("required", []))
    rows = [
        f"| `{key}` | {_cell(in_words(each))} | {'**required**' if key in required else default_of(each)} "
        f"| {_cell(str(each.get('description', '')))} |"
        for key, each in properties.items()
    ]
    return "\n".join(["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
