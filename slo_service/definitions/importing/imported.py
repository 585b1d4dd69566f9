"""What a conversion takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slo_service.definitions.finding import Finding


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of another tool: its name, for messages, and its text."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of the source that the output does not say, or says differently. `path` is the place in its document,
    and covers all that is below it; `what` says what becomes of it, `instead` what to do. `kept`: it is in the output,
    where it says something else than in the source."""

    file: str
    line: int
    column: int
    path: str
    what: str
    instead: str
    kept: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.what}; {self.instead}"


@dataclass(frozen=True, slots=True)
class Imported:
    """`text` is YAML that `load_folder` reads; `by_file` is the same, divided by the source file each document comes
    from. When `findings` holds errors the input is wrong and there is no text."""

    text: str
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...] = ()
    documents: int = 0
    by_file: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)
