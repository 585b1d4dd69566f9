"""Foreign names → ours: RFC 1123, at most 63 characters, no two alike."""

from __future__ import annotations

import hashlib
import re

_LONGEST = 63
_FOREIGN = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Lower-case letters, digits and single hyphens. What is cut off leaves a few characters of a hash behind."""
    name = _FOREIGN.sub("-", text.lower()).strip("-")
    if not name:
        return "x" + hashlib.sha256(text.encode()).hexdigest()[:6]
    if len(name) <= _LONGEST:
        return name
    return name[: _LONGEST - 7].rstrip("-") + "-" + hashlib.sha256(text.encode()).hexdigest()[:6]


class Names:
    """The names of one kind that are given away already."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def give(self, text: str) -> str:
        """The slug, with a number behind it when it is taken."""
        first = slug(text)
        name, number = first, 1
        while name in self._given:
            number += 1
            end = f"-{number}"
            name = first[: _LONGEST - len(end)].rstrip("-") + end
        self._given[name] = 1
        return name
