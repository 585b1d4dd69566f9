"""The files of definitions: found, read, parsed; what has not changed since the last time is not parsed again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slo_service.definitions.allowing import Allowance, read_allowances
from slo_service.definitions.finding import Finding, Mark, found
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.tree import LARGEST_FILE_BYTES, Source, parse

_OURS, _THEIRS = re.compile(r"^<{7} ", re.MULTILINE), re.compile(r"^>{7} ", re.MULTILINE)  # the sides of a merge
MOST_FILES = 2000
MOST_REMEMBERED = 16 << 20  # characters of text; their trees take some fifty times as much


@dataclass(frozen=True, slots=True)
class File:
    """`unread`: not all of it is YAML, so that documents are missing."""

    text: str
    sources: tuple[Source, ...]
    unread: bool
    findings: tuple[Finding, ...]
    allowances: tuple[Allowance, ...]


class Shelf:
    """Files as they were parsed, for the next load of the same folder."""

    def __init__(self) -> None:
        self._last: dict[str, File] = {}
        self._now: dict[str, File] = {}
        self._size = 0

    def begin(self) -> None:
        """A load begins; what it does not ask for is forgotten with the next."""
        self._last, self._now, self._size = self._now, {}, 0

    def parsed(self, name: str, text: str) -> File:
        known = self._now.get(name) or self._last.get(name)
        file = known if known is not None and known.text == text else _parsed(name, text)
        if name not in self._now and self._size + len(text) <= MOST_REMEMBERED:
            self._size += len(text)
            self._now[name] = file
        return file


def _parsed(name: str, text: str) -> File:
    parsed = parse(name, text)
    findings = _without_conflict(name, text, parsed.findings)
    allowances = tuple(read_allowances(name, text, parsed.quotes, findings))
    return File(text, parsed.sources, bool(parsed.findings), tuple(findings), allowances)


def _without_conflict(name: str, text: str, findings: Sequence[Finding]) -> list[Finding]:
    """Where a merge was left unfinished, what is not YAML is so because of that."""
    others = [finding for finding in findings if finding.code != "E103"]
    ours = _OURS.search(text) if len(others) < len(findings) else None
    if ours is None or _THEIRS.search(text, ours.end()) is None:
        return list(findings)
    remedy = "finish the merge: keep what is right, and remove the lines <<<<<<<, ======= and >>>>>>>"
    mark = Mark(name, text.count("\n", 0, ours.start()) + 1)
    return [found(mark, "E103", "a merge was not finished", remedy), *others]


def read_file(path: Path, shelf: Shelf, notes: Notebook) -> File | None:
    """None when it cannot be read, which is noted."""
    text = _text(path, notes)
    return None if text is None else shelf.parsed(str(path), text)


def list_files(paths: Sequence[Path], findings: list[Finding]) -> Iterator[Path]:
    """Each file once, in a stable order; what is hidden is left out, except where it is named."""
    seen: set[Path] = set()
    for path in paths:
        if not os.path.lexists(path):
            findings.append(found(Mark(str(path)), "E101", "there is no such file or folder", "correct the path"))
            continue
        for file in _inside(path, findings) if _is_folder(path) else [path]:
            if file in seen:
                continue
            if len(seen) >= MOST_FILES:
                findings.append(found(Mark(str(path)), "E105", f"more than {MOST_FILES} files", "load fewer at once"))
                return
            seen.add(file)
            yield file


def _inside(folder: Path, findings: list[Finding]) -> list[Path]:
    """Folders that are links are looked into as well, each folder once: mounted configuration consists of them. What
    cannot be looked into is a mistake, or its definitions would be gone without a word."""

    def unread(error: OSError) -> None:
        what = f"cannot be read: {error.strerror}"
        findings.append(found(Mark(str(error.filename)), "E101", what, "check the path and its permissions"))

    entered: set[tuple[int, int]] = set()
    inside: list[Path] = []
    for at, folders, files in os.walk(folder, onerror=unread, followlinks=True):
        place = _place(Path(at))
        if place is None or place in entered:
            folders.clear()
            continue
        entered.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in filter(_is_named_as_ours, folders):
            remedy = "rename it, or put the file there: a mounted file that is missing becomes a folder"
            findings.append(found(Mark(str(Path(at, name))), "E101", "is a folder and no file", remedy))
        inside += filter(_is_file, (Path(at, name) for name in files if _is_named_as_ours(name)))
    return sorted(inside)


def _place(folder: Path) -> tuple[int, int] | None:
    """None for one that has gone meanwhile."""
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _is_named_as_ours(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) and not name.startswith(".")


def _is_folder(path: Path) -> bool:
    """What nobody may look at is taken for a file, of which is said that it cannot be read."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    """So is a link that leads nowhere, which is said when it is read; a pipe is none, and would never end."""
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return True


def _text(path: Path, notes: Notebook) -> str | None:
    mark = Mark(str(path))
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        notes.add(mark, "E101", f"cannot be read: {error.strerror}", "check the path and its permissions")
        return None
    if len(raw) > LARGEST_FILE_BYTES:
        notes.add(mark, "E105", f"larger than {LARGEST_FILE_BYTES >> 10} KiB", "split the file")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig", errors="replace")
        mark = Mark(str(path), good.count("\n") + 1, len(good) - good.rfind("\n"))
        notes.add(mark, "E102", f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        return None
