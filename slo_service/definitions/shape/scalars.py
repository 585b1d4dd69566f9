"""Shapes of single values, and of parts whose keys are the user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from slo_service.definitions import freeform
from slo_service.definitions.node import NAME, NAME_REMEDY, Node
from slo_service.definitions.scalar import DECIMAL
from slo_service.definitions.shape.port import Definitions, Exact, JsonSchema
from slo_service.definitions.tree import Scalar
from slo_service.domain.instant import DURATION, SECOND, format_duration

_SHARE = rf"^({DECIMAL.pattern})$|^[+-]?([0-9]{{1,15}}(\.[0-9]{{0,15}})?|\.[0-9]{{1,15}})\s*%$"
_MOST_DIGITS = 15  # on each side of the point
_WIDEST = 30  # exponent
_NO_SETTING: JsonSchema = {"type": "string", "minLength": 1, "not": {"pattern": r"\$\{"}}


def _whole_text(pattern: re.Pattern[str]) -> str:
    return f"^({pattern.pattern})$"


def exact(value: Fraction) -> Exact:
    """A fraction with a finite decimal expansion, as that, with an exponent only where it would be too long to be read;
    readers only make such ones. Raises ValueError else."""
    for exponent in sorted(range(-_WIDEST, _WIDEST + 1), key=abs):
        shifted = abs(value) / Fraction(10) ** exponent
        if shifted < 10**_MOST_DIGITS and (10**_MOST_DIGITS) % shifted.denominator == 0:
            whole = str(int(shifted * 10**_MOST_DIGITS)).rjust(_MOST_DIGITS + 1, "0")
            text = f"{whole[:-_MOST_DIGITS]}.{whole[-_MOST_DIGITS:]}".rstrip("0").rstrip(".")
            return Exact("-" * (value < 0) + text + (f"e{exponent}" if exponent else ""))
    raise ValueError(f"{value} cannot be written as a decimal")


@dataclass(frozen=True, slots=True)
class Text:
    """A text without settings; numbers and truth values need quotes."""

    def read(self, node: Node) -> object:
        return node.text()

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return dict(_NO_SETTING)

    def fallback(self) -> object:
        return ""


@dataclass(frozen=True, slots=True)
class Name(Text):
    """An RFC 1123 label."""

    def read(self, node: Node) -> object:
        return node.name()

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": _whole_text(NAME), "title": "name", "patternErrorMessage": NAME_REMEDY}


@dataclass(frozen=True, slots=True)
class Reference(Text):
    """The name of another object of this kind, looked up once everything has been read."""

    kind: str

    def read(self, node: Node) -> object:
        return node.reference(self.kind)

    def schema(self, _: Definitions) -> JsonSchema:
        return {**_NO_SETTING, "title": f"name of a {self.kind}"}


@dataclass(frozen=True, slots=True)
class Matching(Text):
    """A text of this pattern; `what` it is with its article, and the remedy."""

    pattern: re.Pattern[str]
    what: str
    remedy: str

    def read(self, node: Node) -> object:
        return node.matching(self.pattern, self.what, self.remedy)

    def schema(self, _: Definitions) -> JsonSchema:
        title = self.what.removeprefix("a ").removeprefix("an ")
        pattern = _whole_text(self.pattern)
        return {"type": "string", "title": title, "pattern": pattern, "patternErrorMessage": self.remedy}


@dataclass(frozen=True, slots=True)
class Choice(Text):
    """One of the options, of which the first stands in for a wrong one. `later`: those not supported yet, with what to
    write instead."""

    options: tuple[str, ...]
    later: Mapping[str, str] = field(default_factory=dict)

    def read(self, node: Node) -> object:
        return node.choice(*self.options, later=self.later)

    def schema(self, _: Definitions) -> JsonSchema:
        return {"enum": list(self.options)}

    def fallback(self) -> object:
        return self.options[0]


def _refuse_empty(node: Node) -> None:
    """An empty secret signs nothing, and an empty address leads nowhere."""
    if isinstance(node.tree, Scalar) and not node.tree.plain and not node.tree.text:
        node.fault("E202", f"{node.path} is empty", "write something, or remove the key")


@dataclass(frozen=True, slots=True)
class SettingText(Text):
    """A text in which `${NAME}` is replaced from the environment; never quoted in a finding."""

    def read(self, node: Node) -> object:
        _refuse_empty(node)
        return node.setting_text()

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "title": "text or ${NAME}", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Address(SettingText):
    """A URL of one of the schemes, of any if none is given; may hold settings, and these fields as they are."""

    schemes: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()

    def read(self, node: Node) -> object:
        _refuse_empty(node)
        return node.url(*self.schemes, fields=self.fields)

    def schema(self, _: Definitions) -> JsonSchema:
        scheme = rf"^({'|'.join(map(re.escape, self.schemes))})" if self.schemes else ""
        like = f"write an address like {self.schemes[0] if self.schemes else 'scheme'}://…"
        pattern = rf"{scheme}://[\s\S]|\$\{{[^{{}}]*\}}"
        return {"type": "string", "title": "address or ${NAME}", "pattern": pattern, "patternErrorMessage": like}


@dataclass(frozen=True, slots=True)
class Duration:
    """Nanoseconds, written with units; above zero unless `zero`."""

    zero: bool = False

    def read(self, node: Node) -> object:
        return node.duration(zero=self.zero)

    def write(self, value: object) -> object:
        return format_duration(cast("int", value))

    def schema(self, _: Definitions) -> JsonSchema:
        not_zero = "" if self.zero else "(?=.*[1-9])"
        return {
            "type": "string",
            "title": "duration",
            "pattern": f"^{not_zero}({DURATION.pattern})$",
            "patternErrorMessage": "write one like 30s, 5m, 1h30m or 28d",
        }

    def fallback(self) -> object:
        return SECOND


@dataclass(frozen=True, slots=True)
class Share:
    """`10%` or `0.1`, exactly as written."""

    def read(self, node: Node) -> object:
        return node.share()

    def write(self, value: object) -> object:
        return exact(cast("Fraction", value))

    def schema(self, _: Definitions) -> JsonSchema:
        remedy = "write one like 10% or 0.1"
        return {"type": ["number", "string"], "title": "share", "pattern": _SHARE, "patternErrorMessage": remedy}

    def fallback(self) -> object:
        return Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal number, exactly as written."""

    def read(self, node: Node) -> object:
        if not DECIMAL.fullmatch(node.written):
            node.wrong_type("a number", "write one like 0.25")
            return Fraction(1)
        return Fraction(node.written)

    def write(self, value: object) -> object:
        return exact(cast("Fraction", value))

    def schema(self, _: Definitions) -> JsonSchema:
        return {
            "type": ["number", "string"],
            "title": "number",
            "pattern": _whole_text(DECIMAL),
            "patternErrorMessage": "write one like 0.25",
        }

    def fallback(self) -> object:
        return Fraction(1)


@dataclass(frozen=True, slots=True)
class Whole:
    lowest: int
    highest: int

    def read(self, node: Node) -> object:
        return node.whole(self.lowest, self.lowest, self.highest)

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}

    def fallback(self) -> object:
        return self.lowest


@dataclass(frozen=True, slots=True)
class Truth:
    def read(self, node: Node) -> object:
        return node.truth(default=False)

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "boolean"}

    def fallback(self) -> object:
        return False


@dataclass(frozen=True, slots=True)
class Labels:
    """Kubernetes-like labels: text to text."""

    def read(self, node: Node) -> object:
        return freeform.labels(node)

    def write(self, value: object) -> object:
        return dict(cast("Mapping[str, str]", value))

    def schema(self, _: Definitions) -> JsonSchema:
        return {
            "type": "object",
            "title": "labels",
            "propertyNames": {
                "pattern": _whole_text(freeform.LABEL_KEY),
                "not": {"enum": sorted(freeform.RESERVED_LABELS)},
            },
            "additionalProperties": {"type": "string", "pattern": _whole_text(freeform.LABEL_VALUE)},
        }

    def fallback(self) -> object:
        return {}


@dataclass(frozen=True, slots=True)
class Free:
    """A mapping handed on as it is. With `settings` every `${NAME}` is replaced, else `fields` are the names with a dot
    that may stand in it and stay as they are, such as `${canary.id}`."""

    settings: bool = False
    fields: frozenset[str] = frozenset()

    def read(self, node: Node) -> object:
        node.entries()  # says so when it is no mapping
        value = freeform.plain(node, settings=self.settings, fields=self.fields)
        return value if isinstance(value, dict) else {}

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "object"}

    def fallback(self) -> object:
        return {}
