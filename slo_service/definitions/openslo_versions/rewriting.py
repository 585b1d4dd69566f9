"""A mapping rewritten key by key. Nothing is changed in place, for aliases share their trees; what is moved keeps its
mark, so that findings point to what the user wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from slo_service.definitions.finding import Mark
from slo_service.definitions.scalar import NOTHING
from slo_service.definitions.tree import Entries, Items, Scalar, Tree

_LONGEST = 400  # characters of what becomes of one thing


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from what is written at `mark`: `path` is its place there, `what` becomes of it. `kept`: it is
    there, in another form."""

    mark: Mark
    path: str
    what: str
    kept: bool

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


@dataclass(slots=True)
class Changes:
    """In the order they were met, each where it was met first."""

    said: dict[tuple[str, str], Change] = field(default_factory=dict)

    def say(self, mark: Mark, path: str, what: str, *, kept: bool = True) -> None:
        what = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in what)[:_LONGEST]
        self.said.setdefault((path, what), Change(mark, path, what, kept))


@dataclass(slots=True)
class Rewriting:
    """`entries` starts as a copy of the mapping's."""

    mark: Mark
    entries: dict[str, tuple[Mark, Tree]]
    weight: int = 1

    @property
    def tree(self) -> Entries:
        return Entries(self.mark, self.entries, self.weight)

    def get(self, key: str) -> Tree | None:
        return self.entries[key][1] if key in self.entries else None

    def holds(self, key: str) -> bool:
        """Whether the key is there with something under it."""
        return key in self.entries and not is_nothing(self.entries[key][1])

    def text(self, key: str) -> str:
        """A scalar as written; empty for anything else."""
        tree = self.get(key)
        return tree.text if isinstance(tree, Scalar) else ""

    def rename(self, old: str, new: str) -> Mark | None:
        """In its place; the mark of the key. None where there is nothing to rename, or the new key is there as well,
        so that the old one stays and is refused as unknown."""
        if old not in self.entries or new in self.entries:
            return None
        self.entries = {new if key == old else key: value for key, value in self.entries.items()}
        return self.entries[new][0]

    def take(self, key: str) -> tuple[Mark, Tree] | None:
        return self.entries.pop(key, None)

    def put(self, key: str, tree: Tree, mark: Mark | None = None, *, before: str = "") -> None:
        """In the place the key has, else before another one, else last."""
        if key not in self.entries and before in self.entries:
            at = list(self.entries).index(before)
            kept = list(self.entries.items())
            self.entries = dict([*kept[:at], (key, (tree.mark, tree)), *kept[at:]])
        self.entries[key] = (mark or tree.mark, tree)

    def each(self, key: str, change: Callable[[Entries], Tree]) -> None:
        """Changes what is under the key: the mapping, or every mapping of the list."""
        if key not in self.entries:
            return
        mark, tree = self.entries[key]
        if isinstance(tree, Entries):
            self.entries[key] = (mark, change(tree))
        elif isinstance(tree, Items):
            items = [change(item) if isinstance(item, Entries) else item for item in tree.items]
            self.entries[key] = (mark, Items(tree.mark, items, tree.weight))


def rewrite(tree: Entries) -> Rewriting:
    return Rewriting(tree.mark, dict(tree.entries), tree.weight)


def is_nothing(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.plain and tree.text in NOTHING


def quoted_text(mark: Mark, text: str) -> Scalar:
    return Scalar(mark, text, plain=False)


def mapping(mark: Mark, **entries: Tree) -> Entries:
    return Entries(mark, {key: (tree.mark, tree) for key, tree in entries.items()})
