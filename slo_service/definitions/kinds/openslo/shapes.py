"""Shapes that only OpenSLO has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import cast

from slo_service.definitions import freeform
from slo_service.definitions.finding import quoted
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import DECIMAL
from slo_service.definitions.shape import Share, Text
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.shape.scalars import exact
from slo_service.definitions.tree import Entries, Items, Scalar
from slo_service.domain.budgeting import NOMINAL_NS
from slo_service.domain.instant import DURATION, MINUTE, SECOND

LONGEST_NS = 4000 * NOMINAL_NS["d"]
LONGEST_DESCRIPTION = 1050
CIVIL = re.compile(r"([1-9][0-9]{0,3})([mhdwMQY])")
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})")
_SETTING_REMEDY = (
    "write it out, or $NAME where the source fills it in; settings go into the connectionDetails of a DataSource"
)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration as written, and its nominal length in nanoseconds."""

    text: str
    ns: int

    @property
    def civil(self) -> tuple[int, str] | None:
        """Count and unit of a single unit, as a calendar needs it; None for one made of several or of fractions."""
        match = CIVIL.fullmatch(self.text)
        return (int(match[1]), match[2]) if match else None


@dataclass(frozen=True, slots=True)
class LengthShape:
    """OpenSLO's duration-shorthand, with units up to years, or a duration of ours. `zero`: may be nothing."""

    zero: bool = False
    minutes: bool = False  # a number without a unit means minutes

    def read(self, node: Node) -> object:
        text = node.written
        if match := CIVIL.fullmatch(text):
            ns = int(match[1]) * NOMINAL_NS[match[2]]
            if ns > LONGEST_NS:
                node.fault("E204", f"{quoted(text)} is out of range", f"write at most {LONGEST_NS // NOMINAL_NS['d']}d")
                return self.fallback()
            return Length(text, ns)
        if self.minutes and DECIMAL.fullmatch(text):
            exactly = Fraction(text) * MINUTE
            if exactly.denominator != 1 or not 0 < exactly <= LONGEST_NS:
                node.fault("E207", f"{node.path} is {text} minutes", "write a number of minutes above 0, or like 5m")
                return self.fallback()
            return Length(text, int(exactly))
        return Length(text, node.duration(zero=self.zero))

    def write(self, value: object) -> object:
        text = cast("Length", value).text
        return exact(Fraction(text)) if DECIMAL.fullmatch(text) else text

    def schema(self, _: Definitions) -> JsonSchema:
        made: JsonSchema = {"type": "string", "pattern": rf"^({CIVIL.pattern}|{DURATION.pattern})$"}
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, made]} if self.minutes else made

    def fallback(self) -> object:
        return Length("1s", SECOND)


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal number within bounds, exactly as written. `above`: beyond the lowest, not at it."""

    lowest: int = 0
    highest: int | None = None
    above: bool = False

    def read(self, node: Node) -> object:
        if not DECIMAL.fullmatch(node.written):
            node.wrong_type("a number", "write one like 0.25")
            return self.fallback()
        value = Fraction(node.written)
        under = value <= self.lowest if self.above else value < self.lowest
        if under or (self.highest is not None and value > self.highest):
            least = f"above {self.lowest}" if self.above else f"from {self.lowest}"
            most = "" if self.highest is None else f" up to {self.highest}"
            node.fault("E207", f"{node.path} is {node.written}", f"write a number {least}{most}")
            return self.fallback()
        return value

    def write(self, value: object) -> object:
        return exact(cast("Fraction", value))

    def schema(self, _: Definitions) -> JsonSchema:
        least: JsonSchema = {"exclusiveMinimum" if self.above else "minimum": self.lowest}
        return {"type": "number", **least, **({} if self.highest is None else {"maximum": self.highest})}

    def fallback(self) -> object:
        return Fraction(1)


@dataclass(frozen=True, slots=True)
class Percent:
    """A number of percent, without the sign."""

    def read(self, node: Node) -> object:
        if node.written.endswith("%"):
            node.fault("E203", f"{node.path} is percent already", "write targetPercent: 99.9")
            return self.fallback()
        return node.share()

    def write(self, value: object) -> object:
        return exact(cast("Fraction", value))

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 100}

    def fallback(self) -> object:
        return Fraction(50)


@dataclass(frozen=True, slots=True)
class Target(Share):
    """A share between nothing and all, which the reader of objectives holds it to."""

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {**Share.schema(self, definitions), "exclusiveMinimum": 0, "exclusiveMaximum": 1}


@dataclass(frozen=True, slots=True)
class Query:
    """The fields of a query, whatever they are. They take no setting: what is asked is no secret, and a query that
    is filled in would be another measurement."""

    def read(self, node: Node) -> object:
        if isinstance(node.tree, Entries) and not node.tree.entries:
            node.fault("E202", f"{node.path} is empty", "write what to ask, such as query: …")
        node.entries()  # says so when it is no mapping
        return _plain(node) if isinstance(node.tree, Entries) else {}

    def write(self, value: object) -> object:
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "object", "minProperties": 1}

    def fallback(self) -> object:
        return {}


def _plain(node: Node) -> object:
    match node.tree:
        case Entries(entries=entries):
            return {key: _plain(Node(tree, node.subpath(key), node.notes)) for key, (_, tree) in entries.items()}
        case Items():
            return [_plain(item) for item in node.items()]
        case Scalar(text=text) if "${" in text:
            node.fault("E304", f"{node.path} takes no setting", _SETTING_REMEDY)
            return ""
        case _:
            return freeform.plain(node)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that may hold secrets: as written, and with every setting filled in. Neither is in any repr."""

    written: object = field(repr=False)
    filled: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedShape:
    """Anything at all, with settings."""

    def read(self, node: Node) -> object:
        return Sealed(_as_written(node), freeform.plain(node, settings=True))

    def write(self, value: object) -> object:
        return cast("Sealed", value).written

    def schema(self, _: Definitions) -> JsonSchema:
        return {}

    def fallback(self) -> object:
        return Sealed(None, None)


def _as_written(node: Node) -> object:
    match node.tree:
        case Entries(entries=entries):
            return {key: _as_written(Node(tree, "", node.notes)) for key, (_, tree) in entries.items()}
        case Items(items=items):
            return [_as_written(Node(tree, "", node.notes)) for tree in items]
        case Scalar(text=text) if "${" in text:
            return text
        case _:
            return freeform.plain(node)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """`2026-01-31 12:30:00`, without a zone."""

    def read(self, node: Node) -> object:
        match = _INSTANT.fullmatch(node.written)
        try:
            return datetime.fromisoformat(f"{match[1]}T{match[2]}") if match else self._wrong(node)
        except ValueError:
            return self._wrong(node)

    def _wrong(self, node: Node) -> object:
        if node.written:
            node.fault("E208", f"{quoted(node.written)} is not a local time", "write one like 2026-01-31 12:30:00")
        else:
            node.wrong_type("a local time", "write one like 2026-01-31 12:30:00")
        return self.fallback()

    def write(self, value: object) -> object:
        moment = cast("datetime", value)
        return f"{moment.year:04}-{moment:%m-%d %H:%M:%S}"

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "pattern": f"^{_INSTANT.pattern}$"}

    def fallback(self) -> object:
        return datetime(2026, 1, 1)  # noqa: DTZ001  # the zone stands beside it


@dataclass(frozen=True, slots=True)
class Description(Text):
    """A text of the length that OpenSLO allows."""

    def read(self, node: Node) -> object:
        text = node.text()
        if len(text) > LONGEST_DESCRIPTION:
            node.fault("E207", f"{node.path} has {len(text)} characters", f"write at most {LONGEST_DESCRIPTION}")
        return text

    def schema(self, _: Definitions) -> JsonSchema:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_DESCRIPTION}
