"""OpenSLO `Service`: a name that SLOs belong to."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import Kind


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    description: str


def _read(document: Document) -> Service:
    return Service(document.name, document.spec.fields("description")["description"].text())


KIND = Kind(OPENSLO, "Service", object, lambda document: (None, _read(document)))
