"""Folders of YAML → a catalogue, or every mistake of every file at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from slo_service.definitions.allowing import Allowance, judge
from slo_service.definitions.document import OPENSLO, OURS, Document, Draft, Drafts, read_header
from slo_service.definitions.files import Shelf, list_files, read_file
from slo_service.definitions.finding import Finding, Mark, quoted
from slo_service.definitions.kinds import KINDS, LATER
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.linking import Bound, link_slos, refuse_repeats, resolve_references
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.openslo_versions import modern
from slo_service.definitions.origins import with_sources
from slo_service.definitions.scalar import nearest
from slo_service.definitions.secrets import cover_secrets
from slo_service.definitions.settings import Look, Settings
from slo_service.definitions.tree import Entries, Source
from slo_service.domain.adjustment import Adjustment
from slo_service.domain.catalogue import Catalogue, Written
from slo_service.domain.pipeline import Canary, Contact, DataSource, Job, Pipeline
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.report import Report

TEST = "Test"  # of `slo test`: may stand beside definitions, and is none
_HEADER = ("apiVersion", "kind", "metadata", "spec")
_TOOLS = {"sloth.slok.dev": "sloth", "pyrra.dev": "pyrra", "sre.google.com": "slo-generator"}
_NAMES = re.compile(r"""\bname:[ \t]*["']?([a-z0-9][a-z0-9-]*)""")


@dataclass(frozen=True, slots=True)
class Loaded:
    """`catalogue` is None exactly when any finding is an error. Findings are in the order of file, line and column."""

    catalogue: Catalogue | None
    findings: tuple[Finding, ...]
    files: int
    objects: int
    suppressed: tuple[tuple[Finding, str], ...] = ()  # warnings that a comment allows, with its reason
    drafts: tuple[Draft[object], ...] = field(default=(), repr=False, compare=False)  # every document, as read
    tests: tuple[Source, ...] = field(default=(), repr=False, compare=False)  # documents of kind Test, not read here
    settings: tuple[tuple[str, Look], ...] = ()  # files that hold settings, each as it was when it was read

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def load_folder(
    paths: Sequence[Path],
    env: Mapping[str, str],
    *,
    settings_needed: bool = True,
    shelf: Shelf | None = None,
    now_ns: int | None = None,
) -> Loaded:
    """Reads the files, and the `.yaml` and `.yml` files under the folders. Never raises for what is in them.

    `env` holds the settings that definitions name as `${NAME}`; their values are in no finding and no repr. One that is
    missing is a mistake, or a warning where the definitions are not to be run (`settings_needed` false). A `shelf`
    kept between loads saves parsing what has not changed. `now_ns` is for what is over; nothing is, without it."""
    notes = Notebook(Settings(env, needed=settings_needed), now_ns=now_ns)
    drafts, allowances, tests, files = Drafts(), list[Allowance](), list[Source](), 0
    shelf = shelf or Shelf()
    shelf.begin()
    for path in list_files(paths, notes.findings):
        files += 1
        allowances += _read_file(path, shelf, drafts, tests, notes)
    if not drafts.drafts and not notes.errors:
        place = str(paths[0]) if paths else "."
        notes.add(Mark(place), "E106", "no definitions were found", "give a folder with .yaml files of definitions")
    refuse_repeats(drafts, notes)
    resolve_references(drafts, notes)
    linked, bound = link_slos(drafts, notes)
    linked = replace(linked, measured=bound.slos)
    for kind in KINDS:
        kind.check(linked, notes)
    judged = judge(set(notes.findings), allowances)
    catalogue = None if notes.errors else _catalogue(drafts, bound)
    suppressed = tuple(sorted(judged.suppressed, key=lambda pair: _order(pair[0])))
    return Loaded(
        catalogue,
        tuple(sorted(judged.findings, key=_order)),
        files,
        len(drafts.drafts),
        suppressed,
        tuple(drafts.drafts),
        tuple(tests),
        tuple(sorted(notes.settings.files.items())),
    )


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.file, finding.line, finding.column, finding.code, finding.message


def _catalogue(drafts: Drafts, bound: Bound) -> Catalogue:
    policies = {**drafts.sound(BudgetPolicy), **bound.policies}
    return Catalogue(
        pipelines=drafts.sound(Pipeline),
        canaries=drafts.sound(Canary),
        slos=with_sources(bound.slos, drafts, policies),
        policies=policies,
        jobs=drafts.sound(Job),
        contacts=drafts.sound(Contact),
        data_sources=drafts.sound(DataSource),
        unjudged=bound.unjudged,
        adjustments=drafts.sound(Adjustment),
        reports=drafts.sound(Report),
        documents=tuple(
            Written(d.document.kind, d.document.name, d.document.defined_at, d.document.text) for d in drafts.drafts
        ),
    )


def _read_file(path: Path, shelf: Shelf, drafts: Drafts, tests: list[Source], notes: Notebook) -> Sequence[Allowance]:
    file = read_file(path, shelf, notes)
    if file is None:
        return ()
    notes.findings += file.findings
    if file.unread:  # what could not be read may declare what others refer to
        drafts.loose.update(_NAMES.findall(file.text))
    for source in file.sources:
        if Node(source.root, "", notes).child("kind").written == TEST:
            tests.append(source)
            continue
        shown = replace(source, text=cover_secrets(source, notes))
        for document in modern(shown, notes):
            draft = _read_document(document, drafts, notes)
            if draft is not None:
                drafts.drafts.append(draft)
    return file.allowances


def _read_document(source: Source, drafts: Drafts, notes: Notebook) -> Draft[object] | None:
    kind = _kind_of(Node(source.root, "", notes))
    if kind is None:
        drafts.loose.update(_NAMES.findall(source.text))
        return None
    before = notes.errors
    document: Document = read_header(source, notes, kind.metadata)
    spec, value = kind.read(document)
    return Draft(document, value, notes.errors > before, spec)


def _tool_of(root: Node) -> str:
    """The tool that `slo import` converts a document from, by its shape; empty where it is none of them."""
    if root.child("slos") and root.child("version").written.startswith("prometheus/"):
        return "sloth"
    return _TOOLS.get(root.child("apiVersion").written.partition("/")[0], "")


def _say_header(root: Node) -> None:
    """What a document without apiVersion or kind lacks, and which keys may be misspelt ones."""
    others = [key for key in root.entries() if not nearest(key, _HEADER).startswith("did you mean")]
    root.fields(*others, *_HEADER[2:], needs=_HEADER[:2])


def _kind_of(root: Node) -> Kind | None:
    """The kind a document names; what is wrong with apiVersion and kind is said here."""
    if not isinstance(root.tree, Entries):
        root.fault("E203", "the document is not a mapping", "begin with apiVersion: and kind:")
        return None
    version, name = root.child("apiVersion"), root.child("kind")
    if tool := _tool_of(root):
        what = f"this is a document of {tool}, not a definition"
        root.fault("E209", what, f"convert it with slo import {tool}, and move it out of this folder")
        return None
    if not version or not name:
        _say_header(root)
        return None
    by_name = {kind.name: kind for kind in KINDS}
    if name.written in LATER:
        name.fault("E210", f"the kind {name.written} is not supported yet", LATER[name.written])
    elif name.written not in by_name:
        name.fault("E209", f"unknown kind {quoted(name.written)}", nearest(name.written, [*by_name, TEST]))
    elif version.written != by_name[name.written].api_version:
        wanted = by_name[name.written].api_version
        what = f"{name.written} is not of apiVersion {quoted(version.written)}"
        version.fault("E209", what, f"write apiVersion: {wanted}")
        if version.written not in {OURS, OPENSLO}:
            return None
    return by_name.get(name.written)
