"""What reading has come upon so far: findings, and references to be resolved once everything has been read."""

from __future__ import annotations

from dataclasses import dataclass, field

from slo_service.definitions.finding import Finding, Mark, found
from slo_service.definitions.settings import Settings


@dataclass(frozen=True, slots=True)
class Reference:
    """A name written at `mark` that must be that of a declared object of `kind`."""

    kind: str
    name: str
    mark: Mark


@dataclass(slots=True)
class Notebook:
    settings: Settings
    findings: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def add(self, mark: Mark, code: str, message: str, remedy: str) -> None:
        self.findings.append(found(mark, code, message, remedy))

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)
