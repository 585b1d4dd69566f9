"""JSON Schema of what may be written: of a document of any kind, and of each kind by itself. Only keywords that
draft-07 has too, for editors that know no later draft. A schema sees shapes; `slo check` sees what refers to others."""

from __future__ import annotations

import json
from collections.abc import Sequence

from slo_service.definitions.case import TEST
from slo_service.definitions.kinds import KINDS
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.shape import record
from slo_service.definitions.shape.port import JsonSchema, SchemaSource

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANY_KIND = "slo-service.json"
WRITTEN: tuple[Kind, ...] = (*KINDS, TEST)
"""All that may stand in a file."""
_URN = "urn:slo-service:schema"


class _Collected:
    """The schemas of named types, each made once."""

    def __init__(self) -> None:
        self.made: dict[str, JsonSchema] = {}
        self._sources: dict[str, SchemaSource] = {}

    def reference(self, name: str, schema: SchemaSource, /) -> JsonSchema:
        if name not in self._sources:
            self._sources[name] = schema
            self.made[name] = schema.own_schema(self)
        assert self._sources[name] is schema, f"two spec types are named {name}"
        return {"$ref": f"#/$defs/{name}"}


def any_kind(kinds: Sequence[Kind] = WRITTEN) -> JsonSchema:
    """The schema of a document of any kind, which is chosen by its `kind`."""
    types = _Collected()
    choices = [
        {
            "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
            "then": {"properties": _parts(kind, types)},
        }
        for kind in kinds
    ]
    properties: JsonSchema = {
        "apiVersion": {
            "enum": sorted({kind.api_version for kind in kinds}),
            "description": "Whose vocabulary it is: OpenSLO's, or this service's own.",
        },
        "kind": {"enum": sorted(kind.name for kind in kinds), "description": "What the document defines."},
        "metadata": {"type": "object", "description": "How it is called, and the labels selectors pick it by."},
        "spec": {"type": "object", "description": "What it says; its keys are those of the kind."},
    }
    return _document("any", "A definition for slo-service", properties, types, {"allOf": choices})


def of_kind(kind: Kind) -> JsonSchema:
    """The schema of a document of one kind."""
    types = _Collected()
    return _document(kind.name, kind.name, {"kind": {"const": kind.name}, **_parts(kind, types)}, types, {})


def _parts(kind: Kind, types: _Collected) -> JsonSchema:
    return {
        "apiVersion": {"const": kind.api_version},
        "metadata": record(kind.metadata).schema(types),
        "spec": record(kind.spec).schema(types),
    }


def _document(urn: str, title: str, properties: JsonSchema, types: _Collected, more: JsonSchema) -> JsonSchema:
    return {
        "$schema": DIALECT,
        "$id": f"{_URN}:{urn}",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        **more,
        "$defs": dict(sorted(types.made.items())),
    }


def schemas() -> dict[str, JsonSchema]:
    """By file name; with the controllers and channels that are installed here."""
    return {ANY_KIND: any_kind(), **{f"{kind.name}.json": of_kind(kind) for kind in WRITTEN}}


def as_text(schema: JsonSchema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
