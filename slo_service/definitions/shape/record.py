"""The shape of a spec type, read off its annotations."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from inspect import getdoc
from typing import Annotated, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from slo_service.definitions.node import Node
from slo_service.definitions.shape.containers import ListOf
from slo_service.definitions.shape.port import Definitions, Exact, JsonSchema, Shape
from slo_service.definitions.shape.scalars import Text, Truth

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """The key in YAML where it is not the field's name in camel case."""

    name: str


@dataclass(frozen=True, slots=True)
class AtMostOne:
    """Of these keys not more than one may be given."""

    keys: tuple[str, ...]
    remedy: str = "keep one of them"

    def check(self, node: Node, _unknown: bool) -> None:
        given = [key for key in self.keys if node.child(key)]
        if len(given) > 1:
            node.child(given[1]).fault("E211", f"{_place(node)} has both {given[0]} and {given[1]}", self.remedy)

    def schema(self) -> JsonSchema:
        pairs = [[a, b] for i, a in enumerate(self.keys) for b in self.keys[i + 1 :]]
        return {"not": {"anyOf": [{"required": pair} for pair in pairs]}}


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """Of these keys exactly one must be given."""

    keys: tuple[str, ...]
    remedy: str = "write exactly one of them"

    def check(self, node: Node, unknown: bool) -> None:
        given = [key for key in self.keys if node.child(key)]
        if len(given) > 1 or (not given and not unknown):
            what = f"{_place(node)} has {len(given) or 'none'} of {', '.join(self.keys)}"
            node.fault("E211", what, self.remedy)

    def schema(self) -> JsonSchema:
        return {"oneOf": [{"required": [key]} for key in self.keys]}


@dataclass(frozen=True, slots=True)
class Requires:
    """Where the key is given, at least one of the others must be as well."""

    key: str
    others: tuple[str, ...]
    remedy: str = ""

    def check(self, node: Node, unknown: bool) -> None:
        if node.child(self.key) and not unknown and not any(node.child(key) for key in self.others):
            either = " or ".join(self.others)
            remedy = self.remedy or f"add {either}, or remove {self.key}"
            node.child(self.key).fault("E202", f"{_place(node)} has {self.key} without {either}", remedy)

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"not": {"required": [self.key]}}, *({"required": [key]} for key in self.others)]}


def _place(node: Node) -> str:
    return node.path or "the document"


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a spec type. `default` is MISSING where it must be written."""

    field: str
    key: str
    shape: Shape
    about: str
    default: object
    factory: object

    @property
    def required(self) -> bool:
        return self.default is MISSING and self.factory is MISSING

    def absent(self) -> object:
        if self.factory is not MISSING:
            return self.factory()  # type: ignore[operator]  # a dataclass' default_factory
        return self.shape.fallback() if self.default is MISSING else self.default


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping whose keys are the fields of a spec type."""

    type: type[object]
    members: tuple[Member, ...]
    later: Mapping[str, str]
    rules: tuple[ExactlyOne | AtMostOne | Requires, ...]
    also: tuple[JsonSchema, ...]

    @property
    def name(self) -> str:
        """The type's, as schemas and the reference call it."""
        return self.type.__name__.removesuffix("Spec")

    def read(self, node: Node) -> object:
        needs = [member.key for member in self.members if member.required]
        known = [member.key for member in self.members if not member.required]
        children = node.fields(*known, needs=needs, later=self.later)
        if node:
            names = {member.key for member in self.members}
            unknown = any(key not in names for key in node.entries())
            for rule in self.rules:
                rule.check(node, unknown)
        values = {m.field: m.shape.read(children[m.key]) if children[m.key] else m.absent() for m in self.members}
        return self.type(**values)

    def write(self, value: object) -> dict[str, object]:
        """Only what differs from the defaults."""
        written: dict[str, object] = {}
        for member in self.members:
            each = getattr(value, member.field)
            if each is not None and (member.required or each != member.absent()):
                written[member.key] = member.shape.write(each)
        return written

    def schema(self, definitions: Definitions) -> JsonSchema:
        return definitions.reference(self.name, self)

    def own_schema(self, definitions: Definitions) -> JsonSchema:
        properties: dict[str, object] = {}
        for member in self.members:
            about: JsonSchema = {"description": member.about} if member.about else {}
            properties[member.key] = {**member.shape.schema(definitions), **about, **_default(member)}
        made: JsonSchema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required := [member.key for member in self.members if member.required]:
            made["required"] = required
        if doc := getdoc(self.type):
            made = {"description": " ".join(doc.split()), **made}
        if self.rules or self.also:
            made["allOf"] = [*(rule.schema() for rule in self.rules), *self.also]
        return made

    def fallback(self) -> object:
        return self.type(**{member.field: member.absent() for member in self.members})


def _default(member: Member) -> JsonSchema:
    """`default` as JSON; an empty text or list says nothing that its absence does not say."""
    if member.default is MISSING or member.default in (None, "", ()):
        return {}
    return {"default": as_json(member.shape.write(member.default))}


def as_json(value: object) -> object:
    """Plain data with numbers as JSON has them."""
    match value:
        case Exact(text):
            return int(text) if text.lstrip("+-").isdigit() else float(text)
        case Mapping():
            return {key: as_json(each) for key, each in value.items()}
        case list() | tuple():
            return [as_json(each) for each in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Nested:
    """A spec type within another, looked up when it is needed, so that a type may contain itself."""

    type: type[object]

    def read(self, node: Node) -> object:
        return record(self.type).read(node)

    def write(self, value: object) -> object:
        return record(self.type).write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        return record(self.type).schema(definitions)

    def fallback(self) -> object:
        return record(self.type).fallback()


_RECORDS: dict[type[object], Record] = {}


def record(type_: type[object]) -> Record:
    """The shape of a spec type, made once. Raises TypeError for an annotation without a shape."""
    if type_ not in _RECORDS:
        _RECORDS[type_] = _record(type_)
    return _RECORDS[type_]


def _record(type_: type[object]) -> Record:
    names: dict[str, object] = {}
    for base in reversed(type_.__mro__):  # given, since a lambda in an annotation sees no names else when it is called
        names |= vars(sys.modules[base.__module__])
    hints = get_type_hints(type_, names, include_extras=True)
    members = tuple(_member(each, hints[each.name]) for each in fields(cast("type", type_)))
    return Record(type_, members, getattr(type_, "LATER", {}), getattr(type_, "RULES", ()), getattr(type_, "ALSO", ()))


def _member(each: Field[object], hint: object) -> Member:
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    key = next((mark.name for mark in marks if isinstance(mark, Key)), _camel(each.name))
    about = next((mark for mark in marks if isinstance(mark, str)), "")
    return Member(each.name, key, shape_of(hint), about, each.default, each.default_factory)


def shape_of(hint: object) -> Shape:
    """The shape an annotation names, or that its type has by itself."""
    if get_origin(hint) is Annotated:
        plain, *marks = get_args(hint)
        given = next((mark for mark in marks if hasattr(mark, "read") and hasattr(mark, "fallback")), None)
        return cast("Shape", given) if given is not None else shape_of(plain)
    if get_origin(hint) in (Union, types.UnionType):
        (only,) = [each for each in get_args(hint) if each is not type(None)]
        return shape_of(only)
    if get_origin(hint) is tuple:
        return ListOf(shape_of(get_args(hint)[0]))
    if hint is str:
        return Text()
    if hint is bool:
        return Truth()
    if isinstance(hint, type) and is_dataclass(hint):
        return Nested(hint)
    raise TypeError(f"the annotation {hint} names no shape")


def _camel(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in rest)


def read_spec(type_: type[T], node: Node) -> T:
    """A value of the spec type; stand-ins where findings were made, so the caller's draft is then broken."""
    return cast("T", record(type_).read(node))


def write_spec(value: object) -> dict[str, object]:
    """Plain data (texts, numbers, `Exact`, lists, mappings) that reads as the same value."""
    return record(type(value)).write(value)
