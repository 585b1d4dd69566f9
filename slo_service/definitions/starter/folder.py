"""The starter set, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from slo_service.definitions.node import NAME
from slo_service.definitions.schema import any_kind, as_text
from slo_service.definitions.writing import is_plain

SCHEMA_FILE = ".slo/schema.json"  # hidden, so that nobody takes it for a definition
_LONGEST = 45  # what is called after the pipeline has at most 18 characters more
_NAME_REMEDY = f"use at most {_LONGEST} lower-case letters, digits and -, beginning with a letter"
_COMMENT = re.compile(r"^( *[^ #].*?) {2,}(#.*)$", re.MULTILINE)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, slots=True)
class Starter:
    """What the set is made for. Raises ValueError, with the remedy, for what no definition could hold."""

    pipeline: str = "orders"
    cluster: str = "main"
    topic: str = ""
    owner: str = "data-team"

    def __post_init__(self) -> None:
        for what, name in (("pipeline", self.pipeline), ("owner", self.owner)):
            if not NAME.fullmatch(name) or not name[0].isalpha() or len(name) > _LONGEST or not is_plain(name):
                raise ValueError(f"{name!r} is not a name for the {what}; {_NAME_REMEDY}")
        for what, name in (("cluster", self.cluster), ("topic", self.source)):
            if not _TOPIC.fullmatch(name) or not is_plain(name):
                raise ValueError(f"{name!r} is not a name for the {what}; use letters, digits, . _ and -, not a number")

    @property
    def source(self) -> str:
        return self.topic or f"{self.pipeline}.raw"

    @property
    def setting(self) -> str:
        """What the names of its settings begin with."""
        return self.pipeline.upper().replace("-", "_")


def starter_files(starter: Starter, folder: str) -> dict[str, str]:
    """The text of every file by its path in the folder, whose own path is named in the README."""
    fills = {
        "name": starter.pipeline,
        "title": starter.pipeline.replace("-", " ").capitalize(),
        "table": starter.pipeline.replace("-", "_"),
        "cluster": starter.cluster,
        "topic": starter.source,
        "owner": starter.owner,
        "setting": starter.setting,
        "dir": folder,
    }
    pattern = re.compile("@(" + "|".join(fills) + ")@")
    made = {
        path: _aligned(pattern.sub(lambda found: fills[found[1]], template.read_text(encoding="utf-8")))
        for path, template in _templates(files(__package__).joinpath("files"), "")
    }
    return {**made, SCHEMA_FILE: as_text(any_kind())}


def _aligned(text: str) -> str:
    """With the comments behind values below each other, whatever the names have made of them."""
    return _COMMENT.sub(lambda found: f"{found[1]:<37}  {found[2]}", text)


def _templates(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _templates(each, f"{path}{each.name}/")
        elif each.name.endswith((".yaml", ".md")):
            yield f"{path}{each.name}", each
