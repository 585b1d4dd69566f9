"""What a shape is: one way of writing a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from slo_service.definitions.node import Node

JsonSchema: TypeAlias = dict[str, object]
"""A JSON Schema, draft 2020-12, as plain data."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A number as it is to be written, without quotes and without passing through a float."""

    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of several variants: the key that names it, and what is written under it."""

    key: str
    value: object


class Definitions(Protocol):
    """Collects the schemas of named types while a schema is made."""

    def reference(self, name: str, schema: SchemaSource) -> JsonSchema:
        """A `$ref` to the schema of that name, which is made once."""
        ...


class SchemaSource(Protocol):
    def own_schema(self, definitions: Definitions, /) -> JsonSchema: ...


class Shape(Protocol):
    """Reading never raises: a wrong value becomes a finding and `fallback` stands in."""

    def read(self, node: Node) -> object:
        """The value of a node that is there."""
        ...

    def write(self, value: object) -> object:
        """Plain data that `read` turns into the same value."""
        ...

    def schema(self, definitions: Definitions, /) -> JsonSchema: ...

    def fallback(self) -> object: ...
