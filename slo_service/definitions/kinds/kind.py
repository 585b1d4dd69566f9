"""What a kind of definition is to the loader: how a document of it is read, and what is checked once all are read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TypeAlias, TypeVar

from slo_service.definitions.document import Document, Drafts
from slo_service.definitions.metadata import Metadata, MetadataSpec
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import read_spec
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Alerting, Slo

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
    measured: Mapping[str, Slo] = field(default_factory=dict)  # those that stand without a mistake
    _by_label: dict[tuple[str, str], list[SloView]] = field(default_factory=dict, repr=False, compare=False)

    def selected(self, selector: Selector) -> Sequence[SloView]:
        """The SLOs it picks, in their order, found by its rarest label."""
        if not selector.match_labels:
            return self.slos
        if not self._by_label:
            for slo in self.slos:
                for key, text in slo.labels.items():
                    for value in {text, *text.split(",")}:
                        self._by_label.setdefault((key, value), []).append(slo)
        rarest = min((self._by_label.get(pair, []) for pair in selector.match_labels.items()), key=len)
        return [slo for slo in rarest if selector.matches(slo.labels)]

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
    metadata: type[Metadata] = MetadataSpec


def kind(
    api_version: str,
    name: str,
    spec: type[T],
    build: Callable[[Document, T], object],
    check: Check = nothing_to_check,
    metadata: type[Metadata] = MetadataSpec,
) -> Kind:
    """A kind whose documents have a spec of this type; `build` makes of it what checks and the catalogue see."""

    def read(document: Document) -> tuple[object, object]:
        written = read_spec(spec, document.spec)
        return written, build(document, written)

    return Kind(api_version, name, spec, read, check, metadata)


def installed(group: str) -> tuple[str, ...]:
    """Names of the adapters that this environment offers under an entry-point group; none of them is imported."""
    return _installed(group, tuple(sys.path))


@lru_cache(maxsize=16)
def _installed(group: str, _path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({point.name for point in entry_points(group=group)}))
