"""YAML text → trees that know where everything stands. Built from parser events, without recursion, so that depth,
aliases and size are limited before anything is built, and scalars keep the exact text they were written with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml.error import YAMLError
from ruamel.yaml.reader import ReaderError

from slo_service.definitions.events import KINDS, Event, Kind, NotForLibyaml, alike, fast, thorough
from slo_service.definitions.finding import Finding, Mark, found, quoted
from slo_service.definitions.settings import UNFIT

LARGEST_FILE_BYTES = 1 << 20
DEEPEST = 32
MOST_NODES = 20_000  # of one document, aliases counted in full
MOST_NODES_A_FILE = 200_000
MOST_DOCUMENTS = 5_000  # of one file
_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}


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


@dataclass(frozen=True, slots=True)
class Quote:
    """From where to where a text is quoted or a block; lines and columns count from 1, the end is behind the text."""

    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's documents in order, up to what could not be read, which is in `findings`."""

    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    quotes: tuple[Quote, ...]


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def parse(file: str, text: str) -> Parsed:
    """Never raises for what is in the text."""
    return (by_libyaml(file, text) if alike(text) else None) or by_ruamel(file, text)


def by_libyaml(file: str, text: str) -> Parsed | None:
    """None for a text that anything is wrong with: the other parser says what it is."""
    sources: list[Source] = []
    findings: list[Finding] = []
    quotes: list[Quote] = []
    try:
        for source in _documents(file, text, fast(text), findings, quotes):
            sources.append(source)  # noqa: PERF402 - those before a limit are kept
    except _Refused as refused:
        if refused.finding.code != "E105" or findings:
            return None
        return Parsed(tuple(sources), (refused.finding,), tuple(quotes))
    except NotForLibyaml:
        return None
    return None if findings else Parsed(tuple(sources), (), tuple(quotes))


def by_ruamel(file: str, text: str) -> Parsed:
    sources: list[Source] = []
    findings: list[Finding] = []
    quotes: list[Quote] = []
    try:
        for source in _documents(file, text, thorough(text), findings, quotes):
            sources.append(source)  # noqa: PERF402 - those before a mistake are kept
    except _Refused as refused:
        findings.append(refused.finding)
    except YAMLError as error:
        findings.append(_syntax(error, text, Mark(file)))
    except Exception as error:  # noqa: BLE001 - whatever the parser trips over is a finding about the file it was given
        what = f"not readable as YAML ({type(error).__name__})"
        findings.append(found(Mark(file), "E103", what, "write it more simply"))
    return Parsed(tuple(sources), tuple(findings), tuple(quotes))


def _documents(
    file: str, text: str, events: Iterator[Event], findings: list[Finding], quotes: list[Quote]
) -> Iterator[Source]:
    lines = text.splitlines(keepends=True)
    builder = _Builder(file, findings, quotes)
    documents = values = 0
    for event in events:
        kind = KINDS.get(type(event))
        if kind is Kind.DOCUMENT:
            documents += 1
            if documents > MOST_DOCUMENTS:
                at = Mark(file, event.start_mark.line + 1, event.start_mark.column + 1)
                raise _Refused(found(at, "E105", f"more than {MOST_DOCUMENTS} documents in a file", "split the file"))
            builder = _Builder(file, findings, quotes)
        elif kind is Kind.DOCUMENT_END:
            if builder.root is not None and not _is_empty(builder.root):
                values += builder.root.weight if isinstance(builder.root, Items | Entries) else 1
                if values > MOST_NODES_A_FILE:
                    what = f"more than {MOST_NODES_A_FILE} values in a file"
                    raise _Refused(found(builder.root.mark, "E105", what, "split the file"))
                end = event.start_mark.line + (event.start_mark.column > 0)  # a last line may lack its break
                yield Source(builder.root, _text(lines, builder.root.mark.line - 1, end))
        elif kind is not None:
            builder.take(kind, event)


def _is_empty(root: Tree) -> bool:
    return isinstance(root, Scalar) and root.plain and root.text in {"", "~", "null"}


def _quote(event: Event) -> Quote:
    """A block begins in the line below its `|` or `>`, behind which a comment may stand."""
    start, end = event.start_mark, event.end_mark
    begin = (start.line + 2, 1) if event.style in {"|", ">"} else (start.line + 1, start.column + 1)
    return Quote(begin, (end.line + 1, end.column + 1))


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

    def __init__(self, file: str, findings: list[Finding], quotes: list[Quote]) -> None:
        self.root: Tree | None = None
        self._file = file
        self._findings = findings
        self._quotes = quotes
        self._open: list[tuple[Items | Entries, tuple[str, Mark] | None, bool]] = []  # container, pending key, skipped
        self._anchors: dict[str, Tree | None] = {}  # None while the anchored node is still open
        self._names: list[str | None] = []

    def take(self, kind: Kind, event: Event) -> None:
        start = event.start_mark
        at = Mark(self._file, start.line + 1, start.column + 1)
        if kind is Kind.SCALAR:
            self._add(self._scalar(event, at), event.anchor)
        elif kind is Kind.ALIAS:
            self._add(self._alias(str(event.anchor), at), None)
        elif kind is Kind.MAPPING or kind is Kind.LIST:
            if len(self._open) >= DEEPEST:
                raise _Refused(found(at, "E105", f"nested deeper than {DEEPEST} levels", "write it flatter"))
            self._refuse_tag(event, at)
            self._open.append((Entries(at) if kind is Kind.MAPPING else Items(at), None, False))
            self._names.append(event.anchor)
            if event.anchor:
                self._anchors[event.anchor] = None
        elif self._open:
            container, _, _ = self._open.pop()
            self._add(container, self._names.pop())

    def _scalar(self, event: Event, at: Mark) -> Scalar:
        self._refuse_tag(event, at)
        text = event.value
        if event.style:
            self._quotes.append(_quote(event))
        elif not text:
            at = self._before(at)
        if unfit := UNFIT.search(text):
            what = f"the character U+{ord(unfit[0]):04X} cannot be kept"
            self._findings.append(found(at, "E213", what, "remove it, or write the whole character"))
            text = UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)  # so that nothing that is said of it breaks either
        return Scalar(at, text, not event.style and event.tag is None)

    def _before(self, at: Mark) -> Mark:
        """What is written nowhere has the place of what it belongs to: its key, or the list it is in."""
        if not self._open:
            return at
        container, pending, _ = self._open[-1]
        return pending[1] if pending is not None else container.mark

    def _refuse_tag(self, event: Event, at: Mark) -> None:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            what = f"the tag {quoted(str(event.tag))} means nothing here"
            self._findings.append(found(at, "E103", what, "remove the tag"))

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
