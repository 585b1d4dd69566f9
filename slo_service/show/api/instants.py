"""Instants and page marks in addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from slo_service.domain.instant import from_rfc3339
from slo_service.show.api.errors import Problem

Row = TypeVar("Row")
LARGEST_PAGE = 500


def instant(parameter: str, text: str) -> int:
    """Nanoseconds of an RFC 3339 instant or of a page mark; 422 for anything else."""
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text)
    try:
        return from_rfc3339(text)
    except ValueError:
        remedy = "write an instant with its zone, like 2026-11-20T09:40:00Z"
        raise Problem(422, "invalid_request", f"parameter {parameter} is not an instant", remedy) from None


def page_mark(rows: Sequence[Row], at_ns: Callable[[Row], int], limit: int) -> str | None:
    """The mark before which the next page starts; None when this one is the last. The history never ends a page within
    an instant, so an instant is mark enough."""
    return str(at_ns(rows[-1])) if len(rows) >= limit else None
