"""The files of definitions: found, read, parsed; what has not changed since the last time is not parsed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slo_service.definitions.allowing import Allowance, read_allowances
from slo_service.definitions.finding import Finding, Mark, found
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.tree import LARGEST_FILE_BYTES, Source, parse

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
    findings = list(parsed.findings)
    allowances = tuple(read_allowances(name, text, parsed.quotes, findings))
    return File(text, parsed.sources, bool(parsed.findings), tuple(findings), allowances)


def read_file(path: Path, shelf: Shelf, notes: Notebook) -> File | None:
    """None when it cannot be read, which is noted."""
    text = _text(path, notes)
    return None if text is None else shelf.parsed(str(path), text)


def list_files(paths: Sequence[Path], findings: list[Finding]) -> Iterator[Path]:
    """Each file once, in a stable order; what is hidden is left out, except where it is named."""
    seen: set[Path] = set()
    for path in paths:
        inside = _inside(path) if path.is_dir() else [path]
        if not path.exists():
            findings.append(found(Mark(str(path)), "E101", "there is no such file or folder", "correct the path"))
            continue
        for file in inside:
            if file not in seen and len(seen) < MOST_FILES:
                seen.add(file)
                yield file
        if len(inside) > MOST_FILES:
            findings.append(found(Mark(str(path)), "E105", f"more than {MOST_FILES} files", "load fewer at once"))


def _inside(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in {".yaml", ".yml"}
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


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
