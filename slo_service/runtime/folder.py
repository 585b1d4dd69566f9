"""The folder of definitions: loaded whole or not at all, and again when a file of it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from slo_service.definitions import Loaded, diff, load_folder
from slo_service.definitions.files import Shelf, list_files
from slo_service.definitions.finding import Finding
from slo_service.definitions.settings import Look, look
from slo_service.domain.catalogue import Catalogue
from slo_service.show.ports import LoadReport

log = structlog.get_logger()

MOST_FINDINGS_SHOWN = 200
MOST_CHANGES_SHOWN = 200
MOST_CHANGES_LOGGED = 20
Fingerprint = tuple[tuple[str, Look], ...]
NOTHING: Look = (0, 0, 0)
Objections = Callable[[Catalogue, Catalogue], Sequence[str]]
"""From the set in force and the new one to the reasons why the new one must wait."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Definitions free of mistakes, and what they change of those in force."""

    catalogue: Catalogue
    findings: tuple[Finding, ...]
    changes: tuple[str, ...]


class DefinitionsRefused(Exception):
    """The definitions have mistakes; `findings` are all of them, in all files."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} mistakes in the definitions")
        self.findings = tuple(findings)


class Folder:
    """Holds the load in force, and the last attempt at another. Looking, reading and comparing are done in a thread,
    so that what runs once a second goes on meanwhile."""

    def __init__(self, paths: Sequence[Path], env: Mapping[str, str]) -> None:
        self._paths, self._env = tuple(paths), env
        self._shelf = Shelf()
        self._seen: Fingerprint = ()
        self._looked: Fingerprint = ()
        self._settings: tuple[str, ...] = ()  # files that hold settings
        self._waiting: _Set | None = None  # free of mistakes, but not to be taken yet
        self.catalogue = Catalogue()
        self.report = LoadReport(0, 0, ok=False)

    def load(self, now_ns: int) -> Catalogue:
        """The first load. Raises `DefinitionsRefused` with every mistake of every file."""
        fingerprint = self._fingerprint()
        loaded = self._read(now_ns)
        self._remember(fingerprint, loaded)
        if loaded.catalogue is None:
            raise DefinitionsRefused(loaded.findings)
        self.catalogue = loaded.catalogue
        self.report = LoadReport(1, now_ns, ok=True, findings=_shown(loaded.findings))
        return self.catalogue

    async def reload(self, now_ns: int, objections: Objections) -> Catalogue | None:
        """The new set if files changed, are free of mistakes and say something else, and nothing stands against it now;
        otherwise None, and the set in force stays. The report says which. Not to be called again before it returns.

        Files are read once two looks have found them the same: they may be in the middle of being replaced."""
        fingerprint, before = await asyncio.to_thread(self._fingerprint), self._looked
        self._looked = fingerprint
        if fingerprint == self._seen:
            return self._take(self._waiting, now_ns, objections) if self._waiting else None
        if fingerprint != before:
            return None
        loaded, changes = await asyncio.to_thread(self._compare, now_ns)
        self._remember(fingerprint, loaded)
        self._waiting = None
        if loaded.catalogue is None:
            self.report = replace(self.report, at_ns=now_ns, ok=False, findings=_shown(loaded.findings))
            log.error("definitions_refused", findings=len(loaded.findings), first=str(loaded.findings[0]))
            return None
        if loaded.catalogue == self.catalogue:
            self.catalogue = loaded.catalogue  # comments may have changed, and lines moved
            self.report = replace(self.report, at_ns=now_ns, ok=True, findings=_shown(loaded.findings))
            return None
        return self._take(_Set(loaded.catalogue, loaded.findings, changes), now_ns, objections)

    @property
    def unsettled(self) -> bool:
        """Whether the files have just been found changed, and are read if another look finds them the same."""
        return self._looked != self._seen

    def _take(self, new: _Set, now_ns: int, objections: Objections) -> Catalogue | None:
        self._waiting = new  # also when asking breaks off
        against = tuple(objections(self.catalogue, new.catalogue))
        self._waiting = new if against else None
        if against:
            if self.report.findings != against:
                log.warning("definitions_wait", reasons=len(against), first=against[0])
            self.report = replace(self.report, at_ns=now_ns, ok=False, findings=against)
            return None
        self.catalogue = new.catalogue
        number = self.report.number + 1
        changes = new.changes[:MOST_CHANGES_SHOWN]
        if more := len(new.changes) - len(changes):
            changes += (f"and {more} more",)
        self.report = LoadReport(number, now_ns, ok=True, findings=_shown(new.findings), changes=changes)
        log.info(
            "definitions_loaded", load=number, slos=len(new.catalogue.slos), changed=len(new.changes),
            changes=list(changes[:MOST_CHANGES_LOGGED]),
        )  # fmt: skip
        return self.catalogue

    def _read(self, now_ns: int) -> Loaded:
        return load_folder(self._paths, self._env, shelf=self._shelf, now_ns=now_ns)

    def _compare(self, now_ns: int) -> tuple[Loaded, tuple[str, ...]]:
        loaded = self._read(now_ns)
        return loaded, diff(self.catalogue, loaded.catalogue) if loaded.catalogue else ()

    def _remember(self, fingerprint: Fingerprint, loaded: Loaded) -> None:
        """Files of settings count as they were when they were read: a secret that is replaced is a change."""
        files = tuple(each for each in fingerprint if each[0] not in self._settings)
        self._settings = tuple(path for path, _ in loaded.settings)
        self._seen = self._looked = (*files, *loaded.settings)

    def _fingerprint(self) -> Fingerprint:
        """What cannot be looked into counts as well, so that it is noticed when it can."""
        findings: list[Finding] = []
        paths = [str(path) for path in list_files(self._paths, findings)]
        unread = ((str(finding), NOTHING) for finding in findings)
        return (*((path, look(path)) for path in paths), *unread, *((path, look(path)) for path in self._settings))


def _shown(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(str(finding) for finding in findings[:MOST_FINDINGS_SHOWN])
