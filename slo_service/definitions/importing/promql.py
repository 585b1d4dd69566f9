"""As much PromQL as it takes to see whether a query over a window counts events, and of which series. Whatever is not
understood gives None, and is then kept as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WINDOW = "__window__"  # stands for the range a foreign tool fills in
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<number>[0-9][0-9a-zA-Z_.]*)|(?P<sign>==|!=|=~|!~|<=|>=|[-+*/%^(){}\[\],<>=@])""",
    re.VERBOSE,
)
_SETS = {"or", "and", "unless"}
_MATCHING = {"on", "ignoring", "group_left", "group_right"}
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Number:
    text: str


@dataclass(frozen=True, slots=True)
class Selector:
    """`span` is the text without the range; `range` is None for an instant."""

    span: str
    range: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an aggregation; `grouping` is its `by (…)` or `without (…)`."""

    name: str
    arguments: tuple[Expression, ...]
    grouping: str


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


Expression = Number | Selector | Call | Binary


class _NotUnderstoodError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    start: int
    end: int


def read(query: str) -> Expression | None:
    """The query as a tree; None for what lies beyond this grammar."""
    try:
        parser = _Parser(query)
        tree = parser.union(0)
    except _NotUnderstoodError:
        return None
    return tree if parser.at_end else None


def _tokens(query: str) -> Iterator[_Token]:
    at = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            raise _NotUnderstoodError
        if match.lastgroup:
            yield _Token(match[0], match.lastgroup, match.start(), match.end())
        at = match.end()


class _Parser:
    """One method a level of precedence; `depth` bounds the nesting."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = list(_tokens(query))
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._tokens)

    def _next(self) -> str:
        return "" if self.at_end else self._tokens[self._at].text

    def _step(self, wanted: str | None = None) -> _Token:
        if self.at_end or (wanted is not None and self._next() != wanted):
            raise _NotUnderstoodError
        self._at += 1
        return self._tokens[self._at - 1]

    def union(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise _NotUnderstoodError
        return self._level(depth, ({"or"}, {"+", "-"}, {"*", "/"}))

    def _level(self, depth: int, operators: tuple[set[str], ...]) -> Expression:
        if not operators:
            return self._atom(depth)
        left = self._level(depth, operators[1:])
        while self._next().lower() in operators[0]:
            operator = self._step().text.lower()
            while self._next() in _MATCHING:
                self._step()
                self._group()
            left = Binary(operator, left, self._level(depth, operators[1:]))
        return left

    def _group(self) -> str:
        """A list of labels in parentheses, as written."""
        first = self._step("(")
        while self._next() not in {")", ""}:
            self._step()
        return self._query[first.start : self._step(")").end]

    def _atom(self, depth: int) -> Expression:
        token = self._step()
        if token.text == "(":
            inside = self.union(depth + 1)
            self._step(")")
            if self._next() == "[":
                raise _NotUnderstoodError
            return inside
        if token.kind == "number":
            return Number(token.text)
        if token.text == "{" or (token.kind == "name" and self._next() not in {"(", "by", "without"}):
            return self._selector(token)
        if token.kind != "name" or token.text in _SETS:
            raise _NotUnderstoodError
        return self._call(token.text, depth)

    def _call(self, name: str, depth: int) -> Expression:
        grouping = self._grouping()
        self._step("(")
        arguments: list[Expression] = []
        while self._next() != ")":
            if arguments:
                self._step(",")
            arguments.append(self.union(depth + 1))
        self._step(")")
        if self._next() == "[":
            raise _NotUnderstoodError
        return Call(name, tuple(arguments), grouping or self._grouping())

    def _grouping(self) -> str:
        if self._next() not in {"by", "without"}:
            return ""
        return f"{self._step().text} {self._group()}"

    def _selector(self, first: _Token) -> Expression:
        end = first.end
        if first.text == "{" or self._next() == "{":
            if first.text != "{":
                self._step("{")
            while self._next() not in {"}", ""}:
                self._step()
            end = self._step("}").end
        span = self._query[first.start : end].strip()
        if self._next() != "[":
            return self._plain(Selector(span, None))
        inside = self._step("[").end
        while self._next() not in {"]", ""}:
            self._step()
        return self._plain(Selector(span, self._query[inside : self._step("]").start].strip()))

    def _plain(self, selector: Selector) -> Selector:
        if self._next() in {"offset", "@", "["}:
            raise _NotUnderstoodError
        return selector
