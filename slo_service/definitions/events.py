"""YAML text → parser events: from libyaml where it and ruamel.yaml read a text alike, else from ruamel.yaml, which
follows YAML 1.2 everywhere and whose messages people see. libyaml is five times as fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Protocol, cast

import ruamel.yaml.events
import yaml
import yaml.events
from ruamel.yaml import YAML
from ruamel.yaml.scanner import Scanner, ScannerError

# Where the two part, or one refuses what the other takes: tabs, breaks of YAML 1.1, byte order marks and what is not
# printable; directives; ends of documents; | or > with a comment behind it or an empty line below; and anchors with
# more than letters, digits, - and _
_APART = re.compile(
    r"[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    r"|^(?:%|\.\.\.)"
    r"|[|>][0-9+-]*(?: *#| *\n *\n)"
    r"|(?:^|[\s\[{,])[&*][A-Za-z0-9_-]*[^A-Za-z0-9_\s,\[\]{}-]",
    re.MULTILINE,
)

LONGEST_TAG = 1000  # characters, also of an anchor's name


class Kind(Enum):
    SCALAR = "ScalarEvent"
    ALIAS = "AliasEvent"
    MAPPING = "MappingStartEvent"
    LIST = "SequenceStartEvent"
    MAPPING_END = "MappingEndEvent"
    LIST_END = "SequenceEndEvent"
    DOCUMENT = "DocumentStartEvent"
    DOCUMENT_END = "DocumentEndEvent"


KINDS: dict[type[object], Kind] = {
    getattr(module, kind.value): kind for module in (ruamel.yaml.events, yaml.events) for kind in Kind
}


class Place(Protocol):
    """Both count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Event(Protocol):
    """What both parsers' events have in common; `value` and `style` are those of scalars."""

    @property
    def start_mark(self) -> Place: ...
    @property
    def end_mark(self) -> Place: ...
    @property
    def anchor(self) -> str | None: ...
    @property
    def tag(self) -> str | None: ...
    @property
    def value(self) -> str: ...
    @property
    def style(self) -> str | None: ...


class NotForLibyaml(Exception):
    """libyaml refuses the text, or may read it otherwise."""


def alike(text: str) -> bool:
    """Whether nothing in the text is known to part the two."""
    return yaml.__with_libyaml__ and _APART.search(text) is None


def fast(text: str) -> Iterator[Event]:
    """Raises `NotForLibyaml`."""
    from yaml._yaml import CParser  # only there where PyYAML was built with libyaml

    try:
        parser, root = CParser(text), False
        while parser.check_event():
            event = parser.get_event()
            if getattr(event, "tag", None) is not None:
                raise NotForLibyaml("a tag")
            if len(getattr(event, "anchor", None) or "") > LONGEST_TAG:
                raise NotForLibyaml("a long name of an anchor")
            if root and getattr(event, "style", None) in {"|", ">"}:
                raise NotForLibyaml("a document that is a block; one of them takes --- for a part of it")
            root = isinstance(event, yaml.DocumentStartEvent)
            yield cast("Event", event)
    except (yaml.YAMLError, ValueError) as error:
        raise NotForLibyaml(str(error)) from None


class _Patient(Scanner):
    """Refuses a tag or a name of an anchor that is so long that reading it letter by letter would take seconds."""

    def scan_tag(self) -> object:
        self._refuse_long("tag")
        return super().scan_tag()

    def scan_anchor(self, TokenClass: object) -> object:  # noqa: N803 - named so where it is overridden
        self._refuse_long("name of an anchor")
        return super().scan_anchor(TokenClass)

    def _refuse_long(self, what: str) -> None:
        begun = self.reader.pointer
        ahead = self.reader.buffer[begun : begun + LONGEST_TAG + 1]
        if len(ahead) > LONGEST_TAG and not any(map(str.isspace, ahead)):
            raise ScannerError(None, None, f"a {what} of more than {LONGEST_TAG} characters", self.reader.get_mark())


def thorough(text: str) -> Iterator[Event]:
    """Raises `ruamel.yaml.error.YAMLError`."""
    reader = YAML(typ="safe", pure=True)
    reader.Scanner = _Patient
    yield from reader.parse(text)
