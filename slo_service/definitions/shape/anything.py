"""A value of any form, handed on as it is."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.definitions import freeform
from slo_service.definitions.node import Node
from slo_service.definitions.shape.port import Definitions, JsonSchema


@dataclass(frozen=True, slots=True)
class Anything:
    """A text, a number, a list or a mapping, in which every `${NAME}` is replaced."""

    def read(self, node: Node) -> object:
        return freeform.plain(node, settings=True)

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return {}

    def fallback(self) -> object:
        return None
