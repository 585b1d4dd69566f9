"""OpenSLO `Service`: a name that SLOs belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.shapes import Description
from slo_service.definitions.metadata import OpenSloMetadataSpec


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A name that SLOs belong to."""

    description: Annotated[str, Description(), "What it is."] = ""


def _build(document: Document, spec: ServiceSpec) -> Service:
    return Service(document.name, spec.description)


KIND = kind(OPENSLO, "Service", ServiceSpec, _build, metadata=OpenSloMetadataSpec)
