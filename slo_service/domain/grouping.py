"""One definition, an objective for each combination of labels: which there are, how they are called, and the cap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from slo_service.domain.instant import HOUR

MOST_GROUPS = 1000  # of one definition, unless it says otherwise
HIGHEST_MOST = 10_000  # that it may say
NEAR = Fraction(9, 10)  # of the cap, from which on it is told that it is near
REFRESH_NS = HOUR  # how exactly it is kept when a group was last seen
LONGEST_VALUE = 128
_KEPT, _DIGEST = 96, 16  # of a value that is shortened: its beginning, and digits of its hash
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "/": "\\x2f"})  # a name is one part of a path

Labels: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """`keys` are the labels that tell groups apart, in the order in which they are shown."""

    keys: tuple[str, ...]
    most: int = MOST_GROUPS

    def labels(self, found: Mapping[str, str]) -> Labels:
        """The combination that these labels belong to; a label that is not there has an empty value."""
        return tuple((key, tidy(found.get(key, ""))) for key in self.keys)

    @property
    def rest(self) -> Labels:
        """What combinations beyond the cap are counted under. No label is called so."""
        return (("", ",".join(sorted(self.keys))),)

    def has(self, labels: Labels) -> bool:
        """Whether these are labels of one of its groups."""
        return labels == self.rest or {key for key, _ in labels} == set(self.keys)

    def ordered(self, labels: Labels) -> Labels:
        """As they are shown, in whatever order they were kept."""
        if labels == self.rest:
            return labels
        found = dict(labels)
        return tuple((key, found[key]) for key in self.keys)


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A combination that was seen at `seen_ns`, to an hour. `stream` is that of its counts, `parent` that of the sum
    over all groups."""

    stream: str
    parent: str
    labels: Labels
    seen_ns: int


def is_rest(labels: Labels) -> bool:
    return bool(labels) and not labels[0][0]


def tidy(value: str) -> str:
    """A label's value as a name, an address and a page can hold it: one that is too long, or has characters that cannot
    be seen, is shortened and told apart by its hash."""
    if len(value) <= LONGEST_VALUE and value.isprintable():
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    seen = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value[:_KEPT])
    return f"{seen}…{digest}"


def group_name(name: str, labels: Labels) -> str:
    """`errors{tenant="a",region="eu"}`; `errors{other}` for those beyond the cap."""
    if is_rest(labels):
        return f"{name}{{other}}"
    pairs = (f'{key}="{value.translate(_ESCAPES)}"' for key, value in labels)
    return f"{name}{{{','.join(pairs)}}}"


def definition_of(name: str) -> str:
    """The definition that a group's objective is of, by its name."""
    return name.partition("{")[0]


def group_title(labels: Labels) -> str:
    """`a, eu`"""
    return "others" if is_rest(labels) else ", ".join(value or "none" for _, value in labels)


def group_labels(labels: Labels) -> dict[str, str]:
    """As selectors see them. A comma would make several texts of one."""
    return {} if is_rest(labels) else {key: value.replace(",", "\N{FULLWIDTH COMMA}") for key, value in labels}


def by_parent(groups: Iterable[KnownGroup]) -> dict[str, list[KnownGroup]]:
    """In the order of their labels, those beyond the cap last."""
    found: dict[str, list[KnownGroup]] = {}
    for group in sorted(groups, key=lambda each: (is_rest(each.labels), each.labels)):
        found.setdefault(group.parent, []).append(group)
    return found
