"""Rules about the keys of a mapping, beside those of `record`."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.definitions.node import Node
from slo_service.definitions.shape.port import JsonSchema


@dataclass(frozen=True, slots=True)
class AtLeastOne:
    """Of these keys one or more must be given."""

    keys: tuple[str, ...]

    def check(self, node: Node, unknown: bool) -> None:
        if not unknown and not any(node.child(key) for key in self.keys):
            node.fault("E211", f"{node.path} has none of {', '.join(self.keys)}", "write at least one of them")

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"required": [key]} for key in self.keys]}
