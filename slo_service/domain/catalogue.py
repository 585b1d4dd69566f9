"""Everything one folder of definitions declares, resolved and consistent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from slo_service.domain.adjustment import Adjustment
from slo_service.domain.pipeline import Canary, Contact, DataSource, Job, Pipeline
from slo_service.domain.policy import BudgetPolicy, Selector
from slo_service.domain.report import Report
from slo_service.domain.slo import Slo, Unjudged


@dataclass(frozen=True, slots=True)
class Written:
    """One document as it stands in its file, settings unfilled."""

    kind: str
    name: str
    defined_at: str  # file:line
    text: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All references inside are known to resolve: building one from inconsistent parts is the loader's error."""

    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    canaries: Mapping[str, Canary] = field(default_factory=dict)
    slos: Mapping[str, Slo] = field(default_factory=dict)
    policies: Mapping[str, BudgetPolicy] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    adjustments: Mapping[str, Adjustment] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    data_sources: Mapping[str, DataSource] = field(default_factory=dict)
    unjudged: Mapping[str, Unjudged] = field(default_factory=dict)  # declared SLOs that are in no other part
    documents: tuple[Written, ...] = field(default=(), compare=False, repr=False)  # all that it was made from
    _of_pipeline: dict[str, tuple[Slo, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def selected(self, selector: Selector) -> Iterator[Slo]:
        """Looks only at those that are named, where any are: every objective may have a policy of its own."""
        for name in selector.names or self.slos:
            slo = self.slos.get(name)
            if slo is not None and selector.agrees(slo.labels):
                yield slo

    def slos_of(self, pipeline: str) -> tuple[Slo, ...]:
        if not self._of_pipeline:
            found: dict[str, list[Slo]] = {}
            for slo in self.slos.values():
                found.setdefault(slo.pipeline, []).append(slo)
            self._of_pipeline.update({name: tuple(slos) for name, slos in found.items()})
        return self._of_pipeline.get(pipeline, ())

    def jobs_of(self, pipeline: str) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs.values() if job.pipeline == pipeline)
