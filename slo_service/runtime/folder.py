"""The folder of definitions: loaded whole or not at all, and again when a file of it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from slo_service.definitions import diff, load_folder
from slo_service.definitions.finding import Finding
from slo_service.domain.catalogue import Catalogue
from slo_service.show.ports import LoadReport

log = structlog.get_logger()

MOST_FINDINGS_SHOWN = 200
Fingerprint = tuple[tuple[str, int, int], ...]  # file, time of change and size
Objections = Callable[[Catalogue, Catalogue], Sequence[str]]
"""From the set in force and the new one to the reasons why the new one must wait."""


class DefinitionsRefused(Exception):
    """The definitions have mistakes; `findings` are all of them, in all files."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} mistakes in the definitions")
        self.findings = tuple(findings)


class Folder:
    """Holds the load in force, and the last attempt at another."""

    def __init__(self, paths: Sequence[Path], env: Mapping[str, str]) -> None:
        self._paths, self._env = tuple(paths), env
        self._seen: Fingerprint = ()
        self._looked: Fingerprint = ()
        self._waiting: Catalogue | None = None  # free of mistakes, but not to be taken yet
        self.catalogue = Catalogue()
        self.report = LoadReport(0, 0, ok=False)

    def load(self, now_ns: int) -> Catalogue:
        """The first load. Raises `DefinitionsRefused` with every mistake of every file."""
        self._seen = self._looked = self._fingerprint()
        loaded = load_folder(self._paths, self._env)
        if loaded.catalogue is None:
            raise DefinitionsRefused(loaded.findings)
        self.catalogue = loaded.catalogue
        self.report = LoadReport(1, now_ns, ok=True, findings=_shown(loaded.findings))
        return self.catalogue

    def reload(self, now_ns: int, objections: Objections) -> Catalogue | None:
        """The new set if files changed, are free of mistakes and say something else, and nothing stands against it now;
        otherwise None, and the set in force stays. The report says which.

        Files are read once two looks have found them the same: they may be in the middle of being replaced."""
        fingerprint, before = self._fingerprint(), self._looked
        self._looked = fingerprint
        if fingerprint == self._seen:
            return self._take(self._waiting, now_ns, (), objections) if self._waiting else None
        if fingerprint != before:
            return None
        self._seen, self._waiting = fingerprint, None
        loaded = load_folder(self._paths, self._env)
        if loaded.catalogue is None:
            self.report = LoadReport(self.report.number, now_ns, ok=False, findings=_shown(loaded.findings))
            log.error("definitions_refused", findings=len(loaded.findings), first=str(loaded.findings[0]))
            return None
        if loaded.catalogue == self.catalogue:
            self.report = LoadReport(self.report.number, now_ns, ok=True, findings=_shown(loaded.findings))
            return None
        return self._take(loaded.catalogue, now_ns, loaded.findings, objections)

    def _take(
        self, catalogue: Catalogue, now_ns: int, findings: Sequence[Finding], objections: Objections
    ) -> Catalogue | None:
        against = tuple(objections(self.catalogue, catalogue))
        self._waiting = catalogue if against else None
        if against:
            if self.report.findings != against:
                log.warning("definitions_wait", reasons=len(against), first=against[0])
            self.report = LoadReport(self.report.number, now_ns, ok=False, findings=against)
            return None
        changes = diff(self.catalogue, catalogue)
        self.catalogue = catalogue
        self.report = LoadReport(self.report.number + 1, now_ns, ok=True, findings=_shown(findings))
        log.info("definitions_loaded", load=self.report.number, slos=len(catalogue.slos), changes=list(changes[:20]))
        return catalogue

    def _fingerprint(self) -> Fingerprint:
        found = []
        for path in self._paths:
            files = sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]
            for file in files:
                try:
                    stat = file.stat()
                except OSError:
                    continue  # gone between listing and looking: the next look tells
                found.append((str(file), stat.st_mtime_ns, stat.st_size))
        return tuple(found)


def _shown(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(str(finding) for finding in findings[:MOST_FINDINGS_SHOWN])
