"""What a mutant is: one change, by one of mutmut's operators, at one place of a module.

mutmut's own runner leaves out decorated functions (every property) and whatever stands outside of functions (constants,
enums, defaults of dataclasses), which is much of a domain; so its operators are applied here to the whole module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import libcst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

TRIVIAL_CALLS = {"len", "isinstance", "cast", "TypeVar", "NewType"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The module `path` (from the tree's root) with its characters `start` to `end` replaced, on the lines `first_line`
    to `last_line`. `binds` is the name that a statement outside of functions gives, else empty."""

    path: str
    text: str
    start: int
    end: int
    replacement: str
    first_line: int
    last_line: int
    binds: str

    @property
    def source(self) -> str:
        return self.text[: self.start] + self.replacement + self.text[self.end :]

    @property
    def identity(self) -> str:
        """The same for the same change at the same place of the same text."""
        change = f"{self.start}:{self.end}:{self.replacement}:{self.text}"
        return f"{self.path}:{self.first_line}:{hashlib.sha256(change.encode()).hexdigest()[:10]}"

    def difference(self) -> tuple[str, str]:
        """The lines that differ, as they were and as they became, each in one line."""
        old, new = self.text.splitlines(), self.source.splitlines()
        top = next(at for at, (one, other) in enumerate(zip([*old, ""], [*new, ""], strict=False)) if one != other)
        tail = 0
        while tail < min(len(old), len(new)) - top and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        return _one_line(old[top : len(old) - tail]), _one_line(new[top : len(new) - tail])

    def compiles(self) -> bool:
        try:
            compile(self.source, self.path, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Every mutant of one module in the order of its text; a change that two operators make counts once."""
    text = (root / path).read_text()
    wrapper = MetadataWrapper(libcst.parse_module(text))
    finder = _Finder(path, text, wrapper.module)
    wrapper.visit(finder)
    return list({(each.start, each.end, each.replacement): each for each in finder.found}.values())


class _Finder(libcst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self, path: str, text: str, module: libcst.Module) -> None:
        super().__init__()
        self.found: list[Mutant] = []
        self._path, self._text, self._module = path, text, module
        self._line_starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
        self._functions = 0
        self._bound: list[str] = []

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if _left_out(node):
            return False
        self._bound += _names(node)
        self.found += [self._mutant(node, changed) for changed in _changes(node)]
        return True

    def on_leave(self, original_node: libcst.CSTNode) -> None:
        if _left_out(original_node):
            return
        for _ in _names(original_node):
            self._bound.pop()

    def on_visit_attribute(self, node: libcst.CSTNode, attribute: str) -> None:
        self._functions += _is_run_when_called(node, attribute)

    def on_leave_attribute(self, original_node: libcst.CSTNode, attribute: str) -> None:
        self._functions -= _is_run_when_called(original_node, attribute)

    def _mutant(self, node: libcst.CSTNode, changed: libcst.CSTNode) -> Mutant:
        lines = self.get_metadata(PositionProvider, node)
        span = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        assert isinstance(lines, CodeRange)
        assert isinstance(span, CodeRange)
        start = self._line_starts[span.start.line - 1] + span.start.column
        end = self._line_starts[span.end.line - 1] + span.end.column
        replacement = self._module.code_for_node(changed)
        if isinstance(node, libcst.Match):  # the only node with lines of its own, which stand at an indent
            whole = self._module.deep_replace(node, changed)
            assert isinstance(whole, libcst.Module)
            start, end, replacement = 0, len(self._text), whole.code
        binds = self._bound[0] if self._bound and not self._functions else ""
        return Mutant(self._path, self._text, start, end, replacement, lines.start.line, lines.end.line, binds)


def _is_run_when_called(node: libcst.CSTNode, attribute: str) -> bool:
    """The body of a function is, and the defaults of its arguments are not."""
    return attribute == "body" and isinstance(node, libcst.FunctionDef)


def _left_out(node: libcst.CSTNode) -> bool:
    """Types, imports, decorators, assertions, the wording of refusals, and calls that any change breaks at once."""
    match node:
        case libcst.Annotation() | libcst.Import() | libcst.ImportFrom() | libcst.Decorator() | libcst.TypeAlias():
            return True
        case libcst.Assert() | libcst.Raise() | libcst.If(test=libcst.Name(value="TYPE_CHECKING")):
            return True
        case libcst.Call(func=libcst.Name(value=name)):
            return name in TRIVIAL_CALLS
        case _:
            return False


def _changes(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    for kind, operator in mutation_operators:
        if not isinstance(node, kind):
            continue
        if isinstance(node, libcst.BaseString):  # two of its changes only write it in lower and in upper case
            yield from [changed for changed in operator(node) if "XX" in getattr(changed, "value", "")]
        else:
            yield from operator(node)


def _names(node: libcst.CSTNode) -> list[str]:
    match node:
        case libcst.ClassDef(name=libcst.Name(value=name)) | libcst.FunctionDef(name=libcst.Name(value=name)):
            return [name]
        case libcst.Assign(targets=[libcst.AssignTarget(target=libcst.Name(value=name)), *_]):
            return [name]
        case libcst.AnnAssign(target=libcst.Name(value=name)):
            return [name]
        case libcst.Assign(targets=[libcst.AssignTarget(target=libcst.Tuple(elements=[first, *_])), *_]):
            return [first.value.value] if isinstance(first.value, libcst.Name) else []
        case _:
            return []


def _one_line(lines: list[str]) -> str:
    return " ".join(map(str.strip, lines))
