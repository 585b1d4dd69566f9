"""Looking into trees."""

from collections.abc import Iterator

from slo_service.definitions.scalar import value_of
from slo_service.definitions.tree import Entries, Items, Scalar, Tree


def at(data: object, *path: str | int) -> object:
    for step in path:
        assert isinstance(data, dict | list)
        data = data[step]  # type: ignore[index]  # a key of a mapping, a number of a list
    return data


def plain(tree: Tree) -> object:
    """With numbers as numbers."""
    if isinstance(tree, Entries):
        return {key: plain(each) for key, (_, each) in tree.entries.items()}
    if isinstance(tree, Items):
        return [plain(item) for item in tree.items]
    return value_of(tree) if isinstance(tree, Scalar) else None


def scalars(tree: Tree) -> Iterator[Scalar]:
    if isinstance(tree, Entries):
        for _, each in tree.entries.values():
            yield from scalars(each)
    elif isinstance(tree, Items):
        for each in tree.items:
            yield from scalars(each)
    elif isinstance(tree, Scalar):
        yield tree
