"""The documentation as text: its pages, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts),
)
README = PAGES[0]
_FENCE = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `note` is the comment on the line before it, which says how a test takes it."""

    page: Path
    line: int
    language: str
    note: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def is_definition(self) -> bool:
        return (
            self.language == "yaml"
            and re.search(r"^apiVersion: (slo-service|openslo)/v1$", self.text, re.MULTILINE) is not None
        )


def blocks(language: str) -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text()
        for found in _FENCE.finditer(text):
            if found["language"] == language:
                line = text.count("\n", 0, found.start("text"))
                yield Block(page, line, language, found["note"] or "", found["text"])


def block(page: str, language: str, containing: str = "") -> Block:
    """The one block of this page and language that contains the text."""
    (found,) = [b for b in blocks(language) if b.page == ROOT / page and containing in b.text]
    return found


def without_blocks(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
