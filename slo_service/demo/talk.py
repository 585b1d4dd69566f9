"""What the demo says while it runs: a line an event, in colour on a terminal and plainly elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from slo_service.domain.instant import seconds


class Say(Protocol):
    def __call__(self, text: str, tone: str = "") -> None: ...


def teller(mono_ns: Callable[[], int]) -> Say:
    """Says lines on stdout, each with the seconds since the start."""
    start_ns = mono_ns()
    if sys.stdout.isatty():
        from rich.console import Console

        console = Console(highlight=False)

        def colourful(text: str, tone: str = "") -> None:
            console.print(f"{seconds(mono_ns() - start_ns):7.1f} s  {text}", style=tone or None, markup=False)

        return colourful

    def plain(text: str, tone: str = "") -> None:  # noqa: ARG001  tones are for terminals
        sys.stdout.write(f"{seconds(mono_ns() - start_ns):7.1f} s  {text}\n")
        sys.stdout.flush()

    return plain


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    """Three columns, the middle one flush right."""
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows)
    return "\n".join(f"  {a:<{first}}  {b:>{second}}  {c}".rstrip() for a, b, c in rows)
