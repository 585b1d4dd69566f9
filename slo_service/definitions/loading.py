"""Folders of YAML → a catalogue, or every mistake of every file at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slo_service.definitions.document import OPENSLO, OURS, Document, Draft, Drafts, read_header
from slo_service.definitions.finding import Finding, Mark, found, quoted
from slo_service.definitions.kinds import KINDS, LATER
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.linking import link_slos, refuse_repeats, resolve_references
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.definitions.settings import Settings
from slo_service.definitions.tree import LARGEST_FILE_BYTES, Entries, Source, parse
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.pipeline import Canary, Contact, Job, Pipeline
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.slo import Slo

_MOST_FILES = 2000
_NAMES = re.compile(r"""\bname:[ \t]*["']?([a-z0-9][a-z0-9-]*)""")


@dataclass(frozen=True, slots=True)
class Loaded:
    """`catalogue` is None exactly when any finding is an error. Findings are in the order of file, line and column."""

    catalogue: Catalogue | None
    findings: tuple[Finding, ...]
    files: int
    objects: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def load_folder(paths: Sequence[Path], env: Mapping[str, str], *, settings_needed: bool = True) -> Loaded:
    """Reads the files, and the `.yaml` and `.yml` files under the folders. Never raises for what is in them.

    `env` holds the settings that definitions name as `${NAME}`; their values are in no finding and no repr. One that is
    missing is a mistake, or a warning where the definitions are not to be run (`settings_needed` false)."""
    notes = Notebook(Settings(env, needed=settings_needed))
    drafts = Drafts()
    files = 0
    for path in _files(paths, notes.findings):
        files += 1
        _read_file(path, drafts, notes)
    if not drafts.drafts and not notes.errors:
        place = str(paths[0]) if paths else "."
        notes.add(Mark(place), "E106", "no definitions were found", "give a folder with .yaml files of definitions")
    refuse_repeats(drafts, notes)
    resolve_references(drafts, notes)
    linked, slos = link_slos(drafts, notes)
    for kind in KINDS:
        kind.check(linked, notes)
    findings = tuple(sorted(set(notes.findings), key=lambda f: (f.file, f.line, f.column, f.code, f.message)))
    catalogue = None if notes.errors else _catalogue(drafts, slos)
    return Loaded(catalogue, findings, files, len(drafts.drafts))


def _catalogue(drafts: Drafts, slos: dict[str, Slo]) -> Catalogue:
    return Catalogue(
        pipelines=drafts.sound(Pipeline),
        canaries=drafts.sound(Canary),
        slos=slos,
        policies=drafts.sound(BudgetPolicy),
        jobs=drafts.sound(Job),
        contacts=drafts.sound(Contact),
    )


def _files(paths: Sequence[Path], findings: list[Finding]) -> Iterator[Path]:
    """Each file once, in a stable order; what is hidden is left out, except where it is named."""
    seen: set[Path] = set()
    for path in paths:
        inside = _inside(path) if path.is_dir() else [path]
        if not path.exists():
            findings.append(found(Mark(str(path)), "E101", "there is no such file or folder", "correct the path"))
            continue
        for file in inside:
            if file not in seen and len(seen) < _MOST_FILES:
                seen.add(file)
                yield file
        if len(inside) > _MOST_FILES:
            findings.append(found(Mark(str(path)), "E105", f"more than {_MOST_FILES} files", "load fewer at once"))


def _inside(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in {".yaml", ".yml"}
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _read_file(path: Path, drafts: Drafts, notes: Notebook) -> None:
    file = str(path)
    text = _text(path, notes)
    if text is None:
        return
    parsed = parse(file, text)
    notes.findings += parsed.findings
    if parsed.findings:  # what could not be read may declare what others refer to
        drafts.loose.update(_NAMES.findall(text))
    for source in parsed.sources:
        draft = _read_document(source, drafts, notes)
        if draft is not None:
            drafts.drafts.append(draft)


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


def _read_document(source: Source, drafts: Drafts, notes: Notebook) -> Draft[object] | None:
    kind = _kind_of(Node(source.root, "", notes))
    if kind is None:
        drafts.loose.update(_NAMES.findall(source.text))
        return None
    before = notes.errors
    document: Document = read_header(source, notes)
    spec, value = kind.read(document)
    return Draft(document, value, notes.errors > before, spec)


def _kind_of(root: Node) -> Kind | None:
    """The kind a document names; what is wrong with apiVersion and kind is said here."""
    if not isinstance(root.tree, Entries):
        root.fault("E203", "the document is not a mapping", "begin with apiVersion: and kind:")
        return None
    version, name = root.child("apiVersion"), root.child("kind")
    if not version or not name:
        root.fields(*root.entries(), needs=("apiVersion", "kind"))
        return None
    by_name = {kind.name: kind for kind in KINDS}
    if name.written in LATER:
        name.fault("E210", f"the kind {name.written} is not supported yet", LATER[name.written])
    elif name.written not in by_name:
        name.fault("E209", f"unknown kind {quoted(name.written)}", nearest(name.written, by_name))
    elif version.written != by_name[name.written].api_version:
        wanted = by_name[name.written].api_version
        what = f"{name.written} is not of apiVersion {quoted(version.written)}"
        version.fault("E209", what, f"write apiVersion: {wanted}")
        if version.written not in {OURS, OPENSLO}:
            return None
    return by_name.get(name.written)
