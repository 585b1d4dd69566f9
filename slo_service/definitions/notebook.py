"""What reading has come upon so far: findings, and references to be resolved once everything has been read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from slo_service.definitions.finding import Finding, Mark, found
from slo_service.definitions.scalar import nearest
from slo_service.definitions.settings import Settings

MOST_SOUGHT = 1000  # words for which the one that was meant is sought, in one file


@dataclass(frozen=True, slots=True)
class Reference:
    """A name written at `mark` that must be that of a declared object of `kind`. Where it is not `needed`, it is looked
    up only if any object of the kind is declared: OpenSLO documents often come without the others."""

    kind: str
    name: str
    mark: Mark
    needed: bool = True


@dataclass(slots=True)
class Notebook:
    settings: Settings
    findings: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    now_ns: int | None = None  # for what is over; None where nobody says what time it is
    _counted: int = 0  # findings of which `_errors` are errors
    _errors: int = 0

    _sought: Counter[str] = field(default_factory=Counter)  # by file

    def nearest(self, mark: Mark, word: str, known: Collection[str]) -> str:
        """`did you mean …`, or what is known; after many in one file, which is then no slip of the pen, only a few."""
        self._sought[mark.file] += 1
        if self._sought[mark.file] <= MOST_SOUGHT:
            return nearest(word, known)
        return "write a name that is declared or known" if known else "none is declared"

    def add(self, mark: Mark, code: str, message: str, remedy: str) -> None:
        self.findings.append(found(mark, code, message, remedy))

    @property
    def errors(self) -> int:
        self._errors += sum(finding.severity == "error" for finding in self.findings[self._counted :])
        self._counted = len(self.findings)
        return self._errors
