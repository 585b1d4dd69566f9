"""Definitions as plain data, by the rules the loader reads scalars with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jsonschema import Draft202012Validator

from slo_service.definitions.scalar import value_of
from slo_service.definitions.schema import any_kind
from slo_service.definitions.shape.port import JsonSchema
from slo_service.definitions.tree import Entries, Items, Scalar, Tree, parse

HERE = Path(__file__).parent
GOOD = sorted([*(HERE / "good").rglob("*.yaml"), *(HERE.parents[1] / "slo_definitions").rglob("*.yaml")])
SCHEMA = any_kind()
VALID = Draft202012Validator(SCHEMA)


@dataclass(frozen=True, slots=True)
class Written:
    """A document of a file: the line it begins on, and what it says."""

    line: int
    data: object


def documents(path: Path) -> list[Written] | None:
    """None where the file is not YAML to begin with, so that there is nothing for a schema to look at."""
    parsed = parse(str(path), path.read_text())
    return None if parsed.findings else [Written(each.root.mark.line, plain(each.root)) for each in parsed.sources]


def plain(tree: Tree) -> object:
    match tree:
        case Entries():
            return {key: plain(value) for key, (_, value) in tree.entries.items()}
        case Items():
            return [plain(item) for item in tree.items]
        case Scalar():
            return value_of(tree)
        case _:
            raise AssertionError(tree)


def mistakes(data: object, schema: JsonSchema = SCHEMA) -> list[str]:
    """What the schema says against it; empty when nothing."""
    validator = VALID if schema is SCHEMA else Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(data)]
