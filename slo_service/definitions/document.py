"""One document of a file: its header read, its spec still to be read by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from slo_service.definitions.finding import Mark
from slo_service.definitions.metadata import Metadata, MetadataSpec, joined
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import read_spec
from slo_service.definitions.tree import Source

OURS = "slo-service/v1"
OPENSLO = "openslo/v1"
T = TypeVar("T")
A = TypeVar("A")


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
    header: Metadata  # as written

    @property
    def defined_at(self) -> str:
        return f"{self.mark.file}:{self.mark.line}"


def read_header(source: Source, notes: Notebook, metadata: type[Metadata] = MetadataSpec) -> Document:
    """The parts every kind has. The kind itself is checked by the caller."""
    root = Node(source.root, "", notes)
    top = root.fields(needs=("apiVersion", "kind", "metadata", "spec"))
    header = read_spec(metadata, top["metadata"])
    return Document(
        kind=top["kind"].written,
        name=header.name,
        name_mark=top["metadata"].at("name"),
        display_name=header.display_name or header.name,
        labels=joined(header.labels),
        annotations=header.annotations,
        metadata=top["metadata"],
        spec=top["spec"],
        mark=root.mark,
        text=source.text,
        notes=notes,
        header=header,
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
    as declared, so that one mistake does not cause ten complaints elsewhere.

    Answers are remembered until something is added: they are asked for once an SLO."""

    drafts: list[Draft[object]] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    _answers: dict[tuple[str, object], object] = field(default_factory=dict)
    _answered_for: int = 0  # drafts that were there then

    def every(self, type_: type[T]) -> Sequence[Draft[T]]:
        return self._remembered(
            "every", type_, lambda: [cast("Draft[T]", draft) for draft in self.drafts if isinstance(draft.value, type_)]
        )

    def named(self, type_: type[T]) -> Mapping[str, Draft[T]]:
        """By name; of two of the same name the first."""

        def found() -> dict[str, Draft[T]]:
            return {draft.document.name: draft for draft in reversed(self.every(type_))}

        return self._remembered("named", type_, found)

    def sound(self, type_: type[T]) -> Mapping[str, T]:
        """By name, without the broken ones; of two of the same name the first."""

        def found() -> dict[str, T]:
            kept: dict[str, T] = {}
            for draft in self.every(type_):
                if not draft.broken:
                    kept.setdefault(draft.document.name, draft.value)
            return kept

        return self._remembered("sound", type_, found)

    def document(self, type_: type[object], name: str) -> Document:
        return self.named(type_)[name].document

    def names(self, kind: str) -> AbstractSet[str]:
        def found() -> set[str]:
            return {draft.document.name for draft in self.drafts if draft.document.kind == kind}

        return self._remembered("names", kind, found)

    def _remembered(self, question: str, about: object, answer: Callable[[], A]) -> A:
        if self._answered_for != len(self.drafts):
            self._answers.clear()
            self._answered_for = len(self.drafts)
        if (question, about) not in self._answers:
            self._answers[question, about] = answer()
        return cast("A", self._answers[question, about])
