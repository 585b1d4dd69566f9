"""Documents of ours, gathered and written as YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath

from slo_service.definitions.document import OPENSLO, OURS
from slo_service.definitions.importing.imported import Imported, SourceFile
from slo_service.definitions.importing.labels import ALERTING_LABEL
from slo_service.definitions.importing.naming import Names
from slo_service.definitions.importing.objective import decimal_text
from slo_service.definitions.importing.reader import Ledger
from slo_service.definitions.importing.tiers import PRESET, TierText
from slo_service.definitions.writing import to_yaml

Plain = dict[str, object]


@dataclass(slots=True)
class Bundle:
    """The documents of one conversion, each under the file it comes from; equal ones are there once."""

    documents: list[tuple[str, Plain]] = field(default_factory=list)
    slos: Names = field(default_factory=Names)
    _names: dict[str, Names] = field(default_factory=dict)
    _services: dict[str, str] = field(default_factory=dict)
    _alertings: dict[tuple[TierText, ...], str] = field(default_factory=dict)

    def add(self, file: str, version: str, kind: str, metadata: Plain, spec: Plain) -> None:
        self.documents.append((file, {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}))

    def service(self, file: str, text: str) -> str:
        """The name of the service that is called so, declared when it is new."""
        if text not in self._services:
            name = self._services[text] = self._names.setdefault("Service", Names()).give(text)
            self.add(file, OPENSLO, "Service", named(name, text), {})
        return self._services[text]

    def source(self, file: str, text: str, kind: str, details: Plain) -> str:
        name = self._names.setdefault("DataSource", Names()).give(text)
        self.add(file, OPENSLO, "DataSource", named(name, text), {"type": kind, "connectionDetails": details})
        return name

    def alerting(self, file: str, text: str, tiers: tuple[TierText, ...]) -> dict[str, str]:
        """The label by which an SLO gets these tiers; none when they are the preset's."""
        if tiers == PRESET:
            return {}
        if tiers not in self._alertings:
            name = self._alertings[tiers] = self._names.setdefault("Alerting", Names()).give(text)
            spec: Plain = {
                "selector": {"matchLabels": {ALERTING_LABEL: name}},
                "tiers": [tier.written() for tier in tiers],
            }
            self.add(file, OURS, "Alerting", {"name": name}, spec)
        return {ALERTING_LABEL: self._alertings[tiers]}

    def finish(self, tool: str, notes: Iterable[str], ledger: Ledger, files: Iterable[SourceFile]) -> Imported:
        losses, findings = ledger.close(), tuple(ledger.findings)
        if any(finding.severity == "error" for finding in findings):
            return Imported("", (), findings)
        notes = tuple(notes)
        by_file = {}
        for source in files:
            own = [document for file, document in self.documents if file == source.file]
            if own:
                by_file[source.file] = _header(tool, source.file, notes) + to_yaml(own)
        return Imported("---\n".join(by_file.values()), losses, findings, len(self.documents), by_file)


@dataclass(frozen=True, slots=True)
class SloText:
    """What an SLO document says. `metric` is what stands under the indicator's spec."""

    name: str
    display_name: str
    service: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    description: str
    metric: Plain
    window: str
    target: Fraction

    def add_to(self, bundle: Bundle, file: str) -> None:
        metadata = named(self.name, self.display_name)
        if self.labels:
            metadata["labels"] = dict(sorted(self.labels.items()))
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        spec: Plain = {"description": self.description} if self.description else {}
        spec |= {
            "service": self.service,
            "indicator": {"metadata": {"name": self.name}, "spec": self.metric},
            "timeWindow": [{"duration": self.window, "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"target": decimal_text(self.target)}],
        }
        bundle.add(file, OPENSLO, "SLO", metadata, spec)


def named(name: str, display_name: str) -> Plain:
    return {"name": name} if display_name == name else {"name": name, "displayName": display_name}


def metric_source(spec: Plain, kind: str = "Prometheus", source: str = "") -> Plain:
    reference: Plain = {"metricSourceRef": source} if source else {}
    return {"metricSource": {**reference, "type": kind, "spec": spec}}


def _header(tool: str, file: str, notes: tuple[str, ...]) -> str:
    name = PurePath(file).name.encode("unicode_escape").decode()
    return "".join(f"# {line}\n" for line in (f"Imported from {name}, of {tool}.", *notes))
