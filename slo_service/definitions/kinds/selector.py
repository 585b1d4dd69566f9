"""Selectors: which SLOs a document of ours is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from slo_service.definitions.document import Document
from slo_service.definitions.kinds.kind import Linked
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Labels
from slo_service.domain.policy import Selector


@dataclass(frozen=True, slots=True)
class SelectorSpec:
    """Picks by labels; `{}` picks everything."""

    match_labels: Annotated[Mapping[str, str], Labels(), "All of these must match."] = field(default_factory=dict)

    def build(self) -> Selector:
        return Selector(self.match_labels)


def selects_nothing(document: Document, selector: Selector, what: str, linked: Linked, notes: Notebook) -> bool:
    """Says so when no SLO matches; cannot be said while parts of the files are unread."""
    if linked.unread or linked.selected(selector):
        return False
    mark = document.spec.at("selector", "matchLabels")
    message = f"the {what} {document.name} selects no SLO"
    notes.add(mark, "W503", message, "compare its matchLabels with the labels of the SLOs")
    return True
