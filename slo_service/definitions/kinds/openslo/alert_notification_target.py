"""OpenSLO `AlertNotificationTarget`: who is told, by way of a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.shapes import Description
from slo_service.definitions.metadata import OpenSloPartMetadataSpec
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Reference

CONTACT = "slo-service/contact"
"""The annotation that names the contact behind a target, where its own name does not."""


@dataclass(frozen=True, slots=True)
class AlertNotificationTargetSpec:
    """Who is told: the Contact of the same name, or the one that the annotation slo-service/contact names."""

    target: Annotated[str, "What it is, such as email, slack or web-hook."]
    description: Annotated[str, Description(), "Who that is."] = ""


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """`contact` is the name of the contact to be told, `mark` where the target says what it is."""

    name: str
    target: str
    contact: str
    mark: Mark


def target_draft(
    spec: AlertNotificationTargetSpec, name: str, annotations: Mapping[str, str], metadata: Node, node: Node
) -> TargetDraft:
    """`metadata` and `node` are those of the target's own header and spec."""
    named = annotations.get(CONTACT, "")
    if named:
        node.notes.references.append(Reference("Contact", named, metadata.at("annotations", CONTACT)))
    return TargetDraft(name, spec.target, named or name, node.at("target"))


def _build(document: Document, spec: AlertNotificationTargetSpec) -> TargetDraft:
    return target_draft(spec, document.name, document.annotations, document.metadata, document.spec)


KIND = kind(OPENSLO, "AlertNotificationTarget", AlertNotificationTargetSpec, _build, metadata=OpenSloPartMetadataSpec)
