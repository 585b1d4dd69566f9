"""What a tree says as plain data, numbers as they were written and every `${NAME}` in its place."""

from __future__ import annotations

from slo_service.definitions.scalar import value_of
from slo_service.definitions.shape.port import Exact
from slo_service.definitions.tree import Entries, Items, Scalar, Tree


def literal(tree: Tree) -> object:
    """What `to_yaml` writes so that it is read as the same tree."""
    if isinstance(tree, Entries):
        return {key: literal(each) for key, (_, each) in tree.entries.items()}
    if isinstance(tree, Items):
        return [literal(item) for item in tree.items]
    return literal_scalar(tree) if isinstance(tree, Scalar) else None


def literal_scalar(scalar: Scalar) -> object:
    value = value_of(scalar)
    return Exact(scalar.text) if isinstance(value, int | float) and not isinstance(value, bool) else value
