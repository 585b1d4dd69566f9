"""Pages of rows as the store gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def page(rows: Sequence[Row], at_ns: Callable[[Row], int], limit: int) -> Sequence[Row]:
    newest = sorted(rows, key=at_ns, reverse=True)
    return newest if len(newest) <= limit else [row for row in newest if at_ns(row) >= at_ns(newest[limit - 1])]
