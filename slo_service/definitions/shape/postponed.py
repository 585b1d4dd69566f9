"""What may be declared, and is not carried out yet: it loads, with a warning that says what happens instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slo_service.definitions.node import Node
from slo_service.definitions.shape.port import Definitions, JsonSchema, Shape
from slo_service.definitions.shape.scalars import Choice

NOT_YET = "W506"


@dataclass(frozen=True, slots=True)
class Postponed:
    """Another shape, whose values are not acted on yet. `instead`: what happens until then. `unless` names the values
    that need no warning, because they are what happens anyway."""

    shape: Shape
    instead: str
    unless: Callable[[object], bool] | None = None

    def read(self, node: Node) -> object:
        before = node.notes.errors
        value = self.shape.read(node)
        if node.notes.errors == before and (self.unless is None or not self.unless(value)):
            not_yet(node, self.instead, node.written if isinstance(self.shape, Choice) else "")
        return value

    def write(self, value: object) -> object:
        return self.shape.write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        return self.shape.schema(definitions)

    def fallback(self) -> object:
        return self.shape.fallback()


def not_yet(node: Node, instead: str, value: str = "") -> None:
    what = f"{node.path}: {value}" if value else node.path
    node.fault(NOT_YET, f"{what} is declared, not carried out yet", instead)
