"""Spec types: frozen dataclasses whose annotations say how a value is written. From one type come reading (YAML tree →
value, every mistake a finding), writing (value → plain data) and the JSON Schema that editors complete by.

A field is `Annotated[type, shape, "what it is for"]`; `str`, `bool`, `tuple[X, ...]` and spec types need no shape. A
field without a default must be there. `LATER` maps keys that are known but not supported yet to what to write instead,
`RULES` says which keys exclude each other,
`ALSO` what else the kind checks by itself that a schema can say too."""

from slo_service.definitions.shape.containers import Either, ListOf, MapOf, Variants
from slo_service.definitions.shape.port import Chosen, Exact, Shape
from slo_service.definitions.shape.record import (
    AtMostOne,
    ExactlyOne,
    Key,
    Record,
    Requires,
    read_spec,
    record,
    write_spec,
)
from slo_service.definitions.shape.scalars import (
    Address,
    Choice,
    Decimal,
    Duration,
    Free,
    Labels,
    Matching,
    Name,
    Reference,
    SettingText,
    Share,
    Text,
    Truth,
    Whole,
)

__all__ = [
    "Address",
    "AtMostOne",
    "Choice",
    "Chosen",
    "Decimal",
    "Duration",
    "Either",
    "Exact",
    "ExactlyOne",
    "Free",
    "Key",
    "Labels",
    "ListOf",
    "MapOf",
    "Matching",
    "Name",
    "Record",
    "Reference",
    "Requires",
    "SettingText",
    "Shape",
    "Share",
    "Text",
    "Truth",
    "Variants",
    "Whole",
    "read_spec",
    "record",
    "write_spec",
]
