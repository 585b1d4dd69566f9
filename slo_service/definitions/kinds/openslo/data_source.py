"""OpenSLO `DataSource`: where another system is, and what is needed to ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from slo_service.definitions.document import OPENSLO, Document
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.kinds.openslo.shapes import Description, Sealed, SealedShape
from slo_service.definitions.metadata import OpenSloPartMetadataSpec
from slo_service.domain.pipeline import DataSource

STREAM = "stream"  # the type of what this service measures itself


@dataclass(frozen=True, slots=True)
class DataSourceSpec:
    """Another system's address, and what is needed to ask it."""

    type: Annotated[str, "The kind of system, such as Prometheus."]
    connection_details: Annotated[Sealed | None, SealedShape(), "Whatever the system needs; may hold settings."] = None
    description: Annotated[str, Description(), "What it is."] = ""

    ALSO: ClassVar = ({"properties": {"type": {"not": {"const": STREAM}}}},)


def _build(document: Document, spec: DataSourceSpec) -> DataSource:
    if spec.type == STREAM:
        remedy = "remove it, and write type: stream in the metricSource itself"
        document.spec.child("type").fault("E208", "streams are measured here and have no data source", remedy)
    sealed = spec.connection_details
    return DataSource(
        name=document.name,
        kind=spec.type,
        details=sealed.filled if sealed else None,
        labels=document.labels,
        defined_at=document.defined_at,
    )


KIND = kind(OPENSLO, "DataSource", DataSourceSpec, _build, metadata=OpenSloPartMetadataSpec)
