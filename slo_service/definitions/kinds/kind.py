"""What a kind of definition is to the loader: how a document of it is read, and what is checked once all are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TypeAlias, TypeVar

from slo_service.definitions.document import Document, Drafts
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import read_spec
from slo_service.domain.slo import Alerting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SloView:
    """What is known of an SLO even when parts of it are wrong. None: cannot be told."""

    name: str
    labels: Mapping[str, str]
    pipeline: str | None
    alerting: Alerting | None


@dataclass(frozen=True, slots=True)
class Linked:
    """What checks look at. `unread`: parts of the files could not be read, so "nothing matches" cannot be said."""

    drafts: Drafts
    slos: tuple[SloView, ...]

    @property
    def unread(self) -> bool:
        return bool(self.drafts.loose)


Check: TypeAlias = Callable[[Linked, Notebook], None]


def nothing_to_check(linked: Linked, notes: Notebook) -> None:
    """For kinds whose references are all there is to check."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` gives the spec as written and what it means; faults go to the document's notebook, never up."""

    api_version: str
    name: str
    spec: type[object]
    read: Callable[[Document], tuple[object, object]]
    check: Check = nothing_to_check


def kind(
    api_version: str,
    name: str,
    spec: type[T],
    build: Callable[[Document, T], object],
    check: Check = nothing_to_check,
) -> Kind:
    """A kind whose documents have a spec of this type; `build` makes of it what checks, linking and the catalogue see."""

    def read(document: Document) -> tuple[object, object]:
        written = read_spec(spec, document.spec)
        return written, build(document, written)

    return Kind(api_version, name, spec, read, check)


def installed(group: str) -> tuple[str, ...]:
    """Names of the adapters that this environment offers under an entry-point group; none of them is imported."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))
