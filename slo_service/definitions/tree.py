"""YAML text → trees that know where everything stands. Built from parser events, without recursion, so that depth,
aliases and size are limited before anything is built, and scalars keep the exact text they were written with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from slo_service.definitions.finding import Finding, Mark, found, quoted
from slo_service.definitions.settings import UNFIT

LARGEST_FILE_BYTES = 1 << 20
DEEPEST = 32
MOST_NODES = 20_000  # of one document, aliases counted in full
_TEXT_TAGS = {None, "!", "tag:yaml.org,2002:str"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """`plain`: written without quotes, so that it may mean a number, a truth value or nothing."""

    mark: Mark
    text: str
    plain: bool


@dataclass(slots=True)
class Items:
    mark: Mark
    items: list[Tree] = field(default_factory=list)
    weight: int = 1


@dataclass(slots=True)
class Entries:
    mark: Mark
    entries: dict[str, tuple[Mark, Tree]] = field(default_factory=dict)
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Absent:
    """Where a key is not there; `mark` is the mapping that lacks it."""

    mark: Mark


Tree = Scalar | Items | Entries | Absent


@dataclass(frozen=True, slots=True)
class Source:
    """One document: its tree and its text as written."""

    root: Tree
    text: str


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def parse(file: str, text: str, findings: list[Finding]) -> Iterator[Source]:
    """The documents of a file, in order. What is wrong goes to `findings`; documents before it are still yielded."""
    at = Mark(file)
    lines = text.splitlines(keepends=True)
    builder: _Builder | None = None
    try:
        for event in YAML(typ="rt", pure=True).parse(text):
            at = Mark(file, event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, DocumentStartEvent):
                builder = _Builder(file, findings)
            elif isinstance(event, DocumentEndEvent) and builder is not None:
                if builder.root is not None and not _is_empty(builder.root):
                    yield Source(builder.root, _text(lines, builder.root.mark.line - 1, event.start_mark.line))
            elif builder is not None:
                builder.take(event, at)
    except _Refused as refused:
        findings.append(refused.finding)
    except YAMLError as error:
        findings.append(_syntax(error, text, at))
    except Exception as error:  # noqa: BLE001 - whatever the parser trips over is a finding about the file it was given
        findings.append(found(at, "E103", f"not readable as YAML ({type(error).__name__})", "check this line"))


def _is_empty(root: Tree) -> bool:
    return isinstance(root, Scalar) and root.plain and root.text in {"", "~", "null"}


def _text(lines: list[str], first: int, end: int) -> str:
    return "".join(lines[first : max(end, first + 1)]).rstrip() + "\n"


def _syntax(error: YAMLError, text: str, at: Mark) -> Finding:
    if isinstance(error, ReaderError):
        before = text[: error.position]
        at = Mark(at.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        what = f"the character {quoted(str(error.character))} is not allowed"
        return found(at, "E103", what, "remove it, or escape it in quotes")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        at = Mark(at.file, mark.line + 1, mark.column + 1)
    problem = getattr(error, "problem", None) or "not readable as YAML"
    return found(at, "E103", str(problem).replace("\n", " "), "correct the YAML here; quote text that holds : { } [ ]")


class _Builder:
    """Builds one document's tree; raises `_Refused` at a limit."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        self.root: Tree | None = None
        self._file = file
        self._findings = findings
        self._open: list[tuple[Items | Entries, tuple[str, Mark] | None, bool]] = []  # container, pending key, skipped
        self._anchors: dict[str, Tree | None] = {}  # None while the anchored node is still open
        self._names: list[str | None] = []

    def take(self, event: Event, at: Mark) -> None:
        if isinstance(event, ScalarEvent):
            self._add(self._scalar(event, at), event.anchor)
        elif isinstance(event, AliasEvent):
            self._add(self._alias(str(event.anchor), at), None)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            if len(self._open) >= DEEPEST:
                raise _Refused(found(at, "E105", f"nested deeper than {DEEPEST} levels", "write it flatter"))
            self._refuse_tag(event, at)
            self._open.append((Entries(at) if isinstance(event, MappingStartEvent) else Items(at), None, False))
            self._names.append(event.anchor)
            if event.anchor:
                self._anchors[event.anchor] = None
        elif self._open:
            container, _, _ = self._open.pop()
            self._add(container, self._names.pop())

    def _scalar(self, event: ScalarEvent, at: Mark) -> Scalar:
        self._refuse_tag(event, at)
        text = event.value
        if unfit := UNFIT.search(text):
            what = f"the character U+{ord(unfit[0]):04X} cannot be kept"
            self._findings.append(found(at, "E213", what, "remove it, or write the whole character"))
            text = UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)  # so that nothing that is said of it breaks either
        return Scalar(at, text, event.style is None and event.tag is None)

    def _refuse_tag(self, event: NodeEvent, at: Mark) -> None:
        tag = getattr(event, "tag", None)
        if tag not in _TEXT_TAGS:
            self._findings.append(found(at, "E103", f"the tag {quoted(str(tag))} means nothing here", "remove the tag"))

    def _alias(self, anchor: str, at: Mark) -> Tree:
        target = self._anchors.get(anchor)
        if target is None:
            known = "contains itself" if anchor in self._anchors else "has no anchor before it"
            raise _Refused(found(at, "E103", f"the alias *{anchor} {known}", "write the value out"))
        return target

    def _add(self, node: Tree, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        container, pending, skipped = self._open[-1]
        container.weight += node.weight if isinstance(node, Items | Entries) else 1
        if container.weight > MOST_NODES:
            raise _Refused(found(node.mark, "E105", f"more than {MOST_NODES} values", "use fewer or split the file"))
        if isinstance(container, Items):
            container.items.append(node)
        elif pending is None and not skipped:
            self._open[-1] = (container, *self._key(container, node))
        else:
            if pending is not None:
                container.entries[pending[0]] = (pending[1], node)
            self._open[-1] = (container, None, False)

    def _key(self, container: Entries, node: Tree) -> tuple[tuple[str, Mark] | None, bool]:
        """The key to wait with for its value, or (None, True) when that value is to be skipped."""
        if not isinstance(node, Scalar):
            self._findings.append(found(node.mark, "E203", "a key is a list or a mapping", "write a text as the key"))
        elif node.text in container.entries:
            first = container.entries[node.text][0].line
            what = f"the key {quoted(node.text)} is already on line {first}"
            self._findings.append(found(node.mark, "E104", what, "keep one of the two"))
        else:
            return (node.text, node.mark), False
        return None, True
