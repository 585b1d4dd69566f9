"""The folder of definitions: loaded whole or not at all, and again when a file of it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from slo_service.definitions import load_folder
from slo_service.definitions.finding import Finding
from slo_service.domain.catalogue import Catalogue
from slo_service.show.ports import LoadReport

log = structlog.get_logger()

MOST_FINDINGS_SHOWN = 200


class DefinitionsRefused(Exception):
    """The definitions have mistakes; `findings` are all of them, in all files."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} mistakes in the definitions")
        self.findings = tuple(findings)


class Folder:
    """Holds the load in force, and the last attempt at another."""

    def __init__(self, paths: Sequence[Path], env: Mapping[str, str]) -> None:
        self._paths, self._env = tuple(paths), env
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self.catalogue = Catalogue()
        self.report = LoadReport(0, 0, ok=False)

    def load(self, now_ns: int) -> Catalogue:
        """The first load. Raises `DefinitionsRefused` with every mistake of every file."""
        self._seen = self._fingerprint()
        loaded = load_folder(self._paths, self._env)
        if loaded.catalogue is None:
            raise DefinitionsRefused(loaded.findings)
        self.catalogue = loaded.catalogue
        self.report = LoadReport(1, now_ns, ok=True, findings=_shown(loaded.findings))
        return self.catalogue

    def reload(self, now_ns: int) -> Catalogue | None:
        """The new set if files changed, are free of mistakes and say something else; otherwise None, and the set in
        force stays. The report says which."""
        fingerprint = self._fingerprint()
        if fingerprint == self._seen:
            return None
        self._seen = fingerprint
        loaded = load_folder(self._paths, self._env)
        if loaded.catalogue is None:
            self.report = LoadReport(self.report.number, now_ns, ok=False, findings=_shown(loaded.findings))
            log.error("definitions_refused", findings=len(loaded.findings), first=str(loaded.findings[0]))
            return None
        changed = loaded.catalogue != self.catalogue
        number = self.report.number + changed
        self.report = LoadReport(number, now_ns, ok=True, findings=_shown(loaded.findings))
        if not changed:
            return None
        self.catalogue = loaded.catalogue
        log.info("definitions_loaded", load=number, slos=len(self.catalogue.slos))
        return self.catalogue

    def _fingerprint(self) -> tuple[tuple[str, int, int], ...]:
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
