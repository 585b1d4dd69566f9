"""Settings and secrets that definitions name as `${NAME}`: from the environment, or from the file `NAME_FILE` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeAlias

# Controls but tab and line feed, and halves of surrogate pairs: databases and JSON refuse them
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 64 * 1024
Look: TypeAlias = tuple[int, int, int]


def look(path: str) -> Look:
    """When the file's content and its permissions changed last, in ns, and its size; zeros where it is not there."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return 0, 0, 0
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size


class Settings:
    """Values never reach repr. `needed` is false where definitions are only read, as in a review, and never run."""

    __slots__ = ("_env", "files", "needed")

    def __init__(self, env: Mapping[str, str], *, needed: bool = True) -> None:
        self._env = env
        self.needed = needed
        self.files: dict[str, Look] = {}  # that were asked for, as they were when they were read

    def value(self, name: str) -> str | None:
        """None when neither NAME nor a readable NAME_FILE is there. An empty value counts as not set."""
        if not _NAME.fullmatch(name):
            return None
        if direct := self._env.get(name):
            return direct
        path = self._env.get(f"{name}_FILE")
        if not path:
            return None
        self.files.setdefault(path, look(path))
        try:
            with Path(path).open(encoding="utf-8") as file:
                return file.read(_LONGEST).strip() or None
        except (OSError, ValueError):
            return None

    def fill(self, text: str, *, kept: AbstractSet[str] = frozenset()) -> tuple[str, tuple[str, ...]]:
        """The text with every `${NAME}` replaced but the `kept` ones, and the names that have no value (in which case
        the text is moot)."""
        missing: list[str] = []

        def replace(match: re.Match[str]) -> str:
            if match[1] in kept:
                return match[0]
            value = self.value(match[1])
            if value is None:
                missing.append(match[1])
                return ""
            return value

        return PLACEHOLDER.sub(replace, text), tuple(missing)

    def unfit(self, text: str) -> tuple[str, ...]:
        """The names in the text whose value holds a character that no definition may hold."""
        return tuple(name for name in PLACEHOLDER.findall(text) if UNFIT.search(self.value(name) or ""))
