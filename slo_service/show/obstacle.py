"""Why nothing is said of how an SLO fares, where that is because of this version and not of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Composite, Indicator, Ratio, Threshold
from slo_service.domain.slo import Slo


@dataclass(frozen=True, slots=True)
class Declared:
    """An SLO with the reason why it is not judged; empty for one that is."""

    slo: Slo
    not_judged: str


def declared(catalogue: Catalogue) -> Iterator[Declared]:
    """Every SLO of the definitions, those first that are evaluated."""
    for slo in catalogue.slos.values():
        yield Declared(slo, unmeasured(slo.indicator))
    for each in catalogue.unjudged.values():
        yield Declared(each.slo, each.reason)


def unmeasured(indicator: Indicator) -> str:
    """Why no collector measures it; empty when one does."""
    if isinstance(indicator, Ratio | Threshold):
        return f"no collector measures metrics of {indicator.metric.source} yet"
    parts = indicator.members if isinstance(indicator, Composite) else ()
    return next((why for part in parts if (why := unmeasured(part.indicator))), "")
