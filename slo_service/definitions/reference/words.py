"""What a schema allows, in words short enough for a table."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import cast

from slo_service.definitions.shape.port import JsonSchema

_PLAIN = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
}


def type_name(schema: JsonSchema) -> str:
    """The name of the type a `$ref` leads to; empty for anything else."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def inner(schema: JsonSchema, key: str) -> JsonSchema | None:
    found = schema.get(key)
    return cast("JsonSchema", found) if isinstance(found, dict) else None


def options(schema: JsonSchema) -> list[JsonSchema]:
    return cast("list[JsonSchema]", schema.get("anyOf", []))


def in_words(schema: JsonSchema) -> str:
    """Links types, lists choices, names the unit; a shape may say it better with its `title`."""
    if name := type_name(schema):
        return f"[{name}](#{name.lower()})"
    if alternatives := options(schema):
        return " or ".join(dict.fromkeys(map(in_words, alternatives)))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in cast("list[object]", schema["enum"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "title" in schema:
        return str(schema["title"])
    if items := inner(schema, "items"):
        return f"list of {in_words(items)}"
    if keys := inner(schema, "properties"):
        return "one of " + ", ".join(f"`{key}`: {in_words(cast('JsonSchema', each))}" for key, each in keys.items())
    if values := inner(schema, "additionalProperties"):
        return f"mapping to {in_words(values)}"
    return _of_type(schema)


def _of_type(schema: JsonSchema) -> str:
    written = schema.get("type", "anything")
    types = cast("list[str]", written) if isinstance(written, list) else [str(written)]
    words = " or ".join(_PLAIN.get(each, each) for each in types)
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{words} from {least} to {most}"
    return words if least is None else f"{words} from {least}"


def default_of(schema: JsonSchema) -> str:
    if "default" not in schema:
        return ""
    value = schema["default"]
    if isinstance(value, float):
        return f"`{Decimal(repr(value)):f}`"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, ensure_ascii=False)}`"
