"""Everything one folder of definitions declares, resolved and consistent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slo_service.domain.pipeline import Canary, Contact, Job, Pipeline
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.slo import Slo


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All references inside are known to resolve: building one from inconsistent parts is the loader's error."""

    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    canaries: Mapping[str, Canary] = field(default_factory=dict)
    slos: Mapping[str, Slo] = field(default_factory=dict)
    policies: Mapping[str, BudgetPolicy] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)

    def slos_of(self, pipeline: str) -> tuple[Slo, ...]:
        return tuple(slo for slo in self.slos.values() if slo.pipeline == pipeline)

    def jobs_of(self, pipeline: str) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs.values() if job.pipeline == pipeline)
