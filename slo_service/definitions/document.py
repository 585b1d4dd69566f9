"""One document of a file: its header read, its spec still to be read by its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from slo_service.definitions import freeform
from slo_service.definitions.finding import Mark
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.tree import Source

OURS = "slo-service/v1"
OPENSLO = "openslo/v1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """`text` is the document as written, settings and all unfilled; `display_name` falls back to the name."""

    kind: str
    name: str
    name_mark: Mark
    display_name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    metadata: Node
    spec: Node
    mark: Mark
    text: str
    notes: Notebook

    @property
    def defined_at(self) -> str:
        return f"{self.mark.file}:{self.mark.line}"


def read_header(source: Source, notes: Notebook) -> Document:
    """The parts every kind has. The kind itself is checked by the caller."""
    root = Node(source.root, "", notes)
    top = root.fields(needs=("apiVersion", "kind", "metadata", "spec"))
    meta = top["metadata"].fields("displayName", "labels", "annotations", needs=("name",))
    name = meta["name"].name()
    notes_of = {
        key: Node(tree, f"metadata.annotations.{key}", notes).text()
        for key, (_, tree) in meta["annotations"].entries().items()
    }
    return Document(
        kind=top["kind"].written,
        name=name,
        name_mark=meta["name"].mark,
        display_name=meta["displayName"].text(name),
        labels=freeform.labels(meta["labels"]),
        annotations=notes_of,
        metadata=top["metadata"],
        spec=top["spec"],
        mark=root.mark,
        text=source.text,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class Draft(Generic[T]):
    """What a document was read as: `spec` as written, `value` what that means. `broken`: it has errors of its own, so
    both hold stand-ins and must not be judged any further; its name still counts as declared."""

    document: Document
    value: T
    broken: bool
    spec: object = None


@dataclass(slots=True)
class Drafts:
    """Everything read, before references are resolved. `loose` are names in parts that could not be read: they count
    as declared, so that one mistake does not cause ten complaints elsewhere."""

    drafts: list[Draft[object]] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)

    def every(self, type_: type[T]) -> Iterator[Draft[T]]:
        for draft in self.drafts:
            if isinstance(draft.value, type_):
                yield Draft(draft.document, draft.value, draft.broken, draft.spec)

    def sound(self, type_: type[T]) -> dict[str, T]:
        """By name, without the broken ones; of two of the same name the first."""
        found: dict[str, T] = {}
        for draft in self.every(type_):
            if not draft.broken:
                found.setdefault(draft.document.name, draft.value)
        return found

    def document(self, type_: type[object], name: str) -> Document:
        return next(d.document for d in self.every(type_) if d.document.name == name)

    def names(self, kind: str) -> set[str]:
        return {draft.document.name for draft in self.drafts if draft.document.kind == kind}
