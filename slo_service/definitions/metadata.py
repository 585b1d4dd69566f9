"""What every document says of itself: its name and how people know it. OpenSLO's labels may be lists of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias, cast

from slo_service.definitions.finding import quoted
from slo_service.definitions.freeform import LABEL_KEY, RESERVED_LABELS
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Labels, MapOf, Matching, Name, Text
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.tree import Items, Scalar

_WIDE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.|/\\-]{0,253}[A-Za-z0-9])?")  # as OpenSLO's own examples are named
_VALUE = re.compile(r"[^{}\x00-\x1f\x7f]{0,253}")  # braces would be a template in generated alerts
_ABOUT_NAME = "Letters, digits and -, unique within its kind."
Label: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenLabels:
    """OpenSLO's labels: text, or several texts, by key."""

    def read(self, node: Node) -> object:
        found: dict[str, Label] = {}
        for key, (mark, tree) in node.entries().items():
            if not LABEL_KEY.fullmatch(key):
                what = f"{quoted(key)} is not a label's key"
                node.notes.add(mark, "E206", what, "use at most 63 letters, digits, - _ and .")
            elif key in RESERVED_LABELS:
                what = f"the label {key} is reserved for alerts"
                node.notes.add(mark, "E206", what, "use another key; SLOs have importance, jobs criticality")
            else:
                each = node.child(key)
                several = isinstance(tree, Items)
                found[key] = tuple(_value(item) for item in each.items()) if several else _value(each)
        return found

    def write(self, value: object) -> object:
        labels = cast("Mapping[str, Label]", value)
        return {key: each if isinstance(each, str) else list(each) for key, each in labels.items()}

    def schema(self, _: Definitions) -> JsonSchema:
        text: JsonSchema = {"type": "string", "pattern": f"^({_VALUE.pattern})$"}
        keys = {"pattern": f"^({LABEL_KEY.pattern})$", "not": {"enum": sorted(RESERVED_LABELS)}}
        values = {"anyOf": [text, {"type": "array", "items": text}]}
        return {"type": "object", "propertyNames": keys, "additionalProperties": values}

    def fallback(self) -> object:
        return {}


def _value(node: Node) -> str:
    if isinstance(node.tree, Scalar) and not node.tree.plain and not node.tree.text:
        return ""
    text = node.text()
    if not _VALUE.fullmatch(text):
        remedy = "write at most 253 characters on one line, without braces"
        node.fault("E206", f"{quoted(text)} is not a label's value", remedy)
    return text


@dataclass(frozen=True, slots=True)
class Annotations:
    """Texts by key, for whatever reads them."""

    def read(self, node: Node) -> object:
        for key, (mark, _) in node.entries().items():
            if not LABEL_KEY.fullmatch(key) and _UNKEPT not in key:
                what = f"{quoted(key)} is not an annotation's key"
                node.notes.add(
                    mark, "E206", what, "use at most 63 letters, digits, - _ and ., after example.com/ if any"
                )
        return _TEXTS.read(node)

    def write(self, value: object) -> object:
        return _TEXTS.write(value)

    def schema(self, definitions: Definitions) -> JsonSchema:
        return {**_TEXTS.schema(definitions), "propertyNames": {"pattern": f"^({LABEL_KEY.pattern})$"}}

    def fallback(self) -> object:
        return {}


_TEXTS = MapOf(Text())
_UNKEPT = "\N{REPLACEMENT CHARACTER}"  # stands where a character was refused, which has been said


@dataclass(frozen=True, slots=True)
class MetadataSpec:
    """What a document says of itself."""

    name: Annotated[str, Name(), _ABOUT_NAME]
    display_name: Annotated[str, "For people; the name, else."] = ""
    labels: Annotated[Mapping[str, str], Labels(), "What selectors pick by."] = field(default_factory=dict)
    annotations: Annotated[Mapping[str, str], Annotations(), "Texts for people and other tools, by key."] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class OpenSloMetadataSpec:
    """What an OpenSLO document says of itself."""

    name: Annotated[str, Name(), _ABOUT_NAME]
    display_name: Annotated[str, "For people; the name, else."] = ""
    labels: Annotated[Mapping[str, Label], OpenLabels(), "What selectors pick by."] = field(default_factory=dict)
    annotations: Annotated[Mapping[str, str], Annotations(), "Texts for people and other tools, by key."] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class OpenSloPartMetadataSpec:
    """What an OpenSLO document says of itself whose name is in no address of ours."""

    name: Annotated[
        str,
        Matching(_WIDE, "a name", "use at most 255 letters, digits and -, starting and ending with a letter or digit"),
        "Unique within its kind.",
    ]
    display_name: Annotated[str, "For people; the name, else."] = ""
    labels: Annotated[Mapping[str, Label], OpenLabels(), "What selectors pick by."] = field(default_factory=dict)
    annotations: Annotated[Mapping[str, str], Annotations(), "Texts for people and other tools, by key."] = field(
        default_factory=dict
    )


Metadata: TypeAlias = MetadataSpec | OpenSloMetadataSpec | OpenSloPartMetadataSpec


def joined(labels: Mapping[str, str] | Mapping[str, Label]) -> dict[str, str]:
    """Labels with several texts as one, by commas."""
    found: dict[str, str] = {}
    for key, value in labels.items():
        texts: str | Sequence[str] = value
        found[key] = texts if isinstance(texts, str) else ",".join(texts)
    return found
