"""Shapes made of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from slo_service.definitions.node import Node
from slo_service.definitions.shape.port import Chosen, Definitions, JsonSchema, Shape
from slo_service.definitions.tree import Entries, Items


@dataclass(frozen=True, slots=True)
class ListOf:
    """A tuple of values. `most` bounds it when given."""

    item: Shape
    at_least: int = 0
    most: int | None = None

    def read(self, node: Node) -> object:
        items = node.items(at_least=self.at_least)
        if self.most is not None and len(items) > self.most:
            items[self.most].fault("E207", f"{node.path} has more than {self.most} items", "remove those beyond it")
        return tuple(self.item.read(item) for item in items)

    def write(self, value: object) -> object:
        return [self.item.write(item) for item in cast("Sequence[object]", value)]

    def schema(self, definitions: Definitions) -> JsonSchema:
        bounds: JsonSchema = {"minItems": self.at_least} if self.at_least else {}
        if self.most is not None:
            bounds["maxItems"] = self.most
        return {"type": "array", "items": self.item.schema(definitions), **bounds}

    def fallback(self) -> object:
        return ()


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from the user's own keys to values of one shape."""

    value: Shape

    def read(self, node: Node) -> object:
        return {key: self.value.read(node.child(key)) for key in node.entries()}

    def write(self, value: object) -> object:
        return {key: self.value.write(each) for key, each in cast("Mapping[str, object]", value).items()}

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {"type": "object", "additionalProperties": self.value.schema(definitions)}

    def fallback(self) -> object:
        return {}


@dataclass(frozen=True, slots=True)
class Either:
    """Different shapes for a single value, a mapping and a list under the same key. `writes` picks the one a value is
    written with; the first given, else."""

    scalar: Shape | None = None
    mapping: Shape | None = None
    items: Shape | None = None
    writes: Callable[[object], Shape] | None = None

    def _options(self) -> list[Shape]:
        return [option for option in (self.scalar, self.mapping, self.items) if option is not None]

    def read(self, node: Node) -> object:
        match node.tree:
            case Entries():
                chosen = self.mapping
            case Items():
                chosen = self.items
            case _:
                chosen = self.scalar
        return (chosen or self._options()[0]).read(node)

    def write(self, value: object) -> object:
        return (self.writes(value) if self.writes else self._options()[0]).write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {"anyOf": [option.schema(definitions) for option in self._options()]}

    def fallback(self) -> object:
        return self._options()[0].fallback()


@dataclass(frozen=True, slots=True)
class Variants:
    """A mapping with exactly one key, which says what is under it: a `Chosen`, or None when wrong. `options` is asked
    at each reading, for adapters that are installed; `later` maps those not supported yet to what to write instead."""

    options: Callable[[], Mapping[str, Shape]]
    later: Mapping[str, str] = field(default_factory=dict)

    def read(self, node: Node) -> object:
        options = self.options()
        key = node.one_of(*options, later=self.later)
        return Chosen(key, options[key].read(node.child(key))) if key else None

    def write(self, value: object) -> object:
        chosen = cast("Chosen", value)
        return {chosen.key: self.options()[chosen.key].write(chosen.value)}

    def schema(self, definitions: Definitions) -> JsonSchema:
        properties = {key: shape.schema(definitions) for key, shape in self.options().items()}
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def fallback(self) -> object:
        return None
