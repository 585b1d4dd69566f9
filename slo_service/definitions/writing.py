"""Plain data → YAML for people: block style with short parts in braces, keys in the order given, and quotes wherever a
reader of YAML 1.1 or 1.2 would take a text for something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from slo_service.definitions.scalar import DECIMAL, WHOLE
from slo_service.definitions.shape.port import Exact

_WIDTH = 100
_FLOW_SCALARS = 6  # what has more of them is easier to read on lines of its own
_NOT_TEXT = re.compile(
    r"(?:y|n|yes|no|on|off|true|false|null)"
    r"|[-+]?0[xob][0-9a-f_]+"
    r"|[-+.]?[0-9][-+.,:_0-9etz \t]*",  # numbers, 1:30 and dates, with some more than any reader takes for one
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[\w$/(](?:[^\x00-\x1f\"\\]*[^\x00-\x20:\"\\])?")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def to_yaml(documents: Iterable[Mapping[str, object]]) -> str:
    """A file of these documents, with `---` between them; what it says reads as the same data.

    Values are texts, truth values, whole numbers, floats, `Exact`, None, lists and mappings. Raises ValueError for a
    number that definitions cannot hold (more than 15 digits before or behind the point) and TypeError for other
    values."""
    return "---\n".join("".join(f"{line}\n" for line in _mapping(document, 0)) for document in documents)


def _mapping(entries: Mapping[str, object], indent: int) -> Iterator[str]:
    for key, value in entries.items():
        yield from _entry(f"{' ' * indent}{_text(key, flow=False)}:", value, indent)


def _entry(head: str, value: object, indent: int) -> Iterator[str]:
    """A key and its value; what `spec` and the like hold begins on the next line."""
    if isinstance(value, str) and _as_block(value):
        yield head + (" |" if value.endswith("\n") else " |-")
        yield from (f"{' ' * (indent + 2)}{line}" if line else "" for line in value.splitlines())
    elif (short := _short(value, _WIDTH - len(head) - 1)) is not None and not (head == "spec:" and _has_keys(value)):
        yield f"{head} {short}"
    elif isinstance(value, Mapping):
        yield head
        yield from _mapping(value, indent + 2)
    elif isinstance(value, Sequence):
        yield head
        yield from _items(value, indent + 2)


def _has_keys(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value)


def _items(items: Sequence[object], indent: int) -> Iterator[str]:
    for item in items:
        dash = " " * indent + "-"
        if isinstance(item, Mapping) and item and _short(item, _WIDTH - indent - 2) is None:
            first, *others = _mapping(item, indent + 2)
            yield f"{dash} {first.lstrip()}"
            yield from others
        else:
            yield from _entry(dash, item, indent)


def _short(value: object, width: int) -> str | None:
    """On one line; None for what is better written over several."""
    if not isinstance(value, Mapping | list | tuple):
        return _scalar(value, flow=False)
    if not value:
        return _flow(value)
    if _scalars(value) > _FLOW_SCALARS or _has_block(value):
        return None
    if not isinstance(value, Mapping) and len(value) > 1 and any(isinstance(i, Mapping | list | tuple) for i in value):
        return None
    text = _flow(value)
    return text if len(text) <= width else None


def _scalars(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_scalars, value.values()))
    return sum(map(_scalars, value)) if isinstance(value, list | tuple) else 1


def _has_block(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_block, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_block, value))
    return isinstance(value, str) and _as_block(value)


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key, flow=True)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, flow=True)


def _scalar(value: object, *, flow: bool) -> str:
    match value:
        case None:
            return "null"
        case str():
            return _text(value, flow=flow)
        case bool():
            return str(value).lower()
        case int() if WHOLE.fullmatch(str(value)):
            return str(value)
        case Exact(text) if DECIMAL.fullmatch(text):
            return text
        case float() if DECIMAL.fullmatch(text := f"{Decimal(repr(value)):f}"):
            return text
        case int() | float() | Exact():
            raise ValueError(f"{value} has too many digits to be written as a number")
        case _:
            raise TypeError(f"{type(value).__name__} is not plain data")


def is_plain(text: str, *, flow: bool = True) -> bool:
    """Whether every reader takes it for this text without quotes, `flow` within braces and brackets too."""
    return bool(
        _PLAIN.fullmatch(text)
        and text.isprintable()
        and not _NOT_TEXT.fullmatch(text)
        and not any(mark in text for mark in (": ", " #"))
        and not (flow and re.search(r"[][{},?]", text))
    )


def _text(text: str, *, flow: bool) -> str:
    return text if is_plain(text, flow=flow) else '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if known := _ESCAPES.get(character):
        return known
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def _as_block(text: str) -> bool:
    """Whether a text of several lines can be written below a `|`, whose end keeps one line break or none."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and all(
            line.isprintable() and line == line.rstrip() and (line or 0 < index < len(lines) - 1)
            for index, line in enumerate(lines)
        )
        and not lines[0].startswith(" ")
    )
