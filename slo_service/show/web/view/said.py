"""Sentences with instants in them: the page writes each instant as a time element in the reader's zone."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.show.web.charts.svg import clock


@dataclass(frozen=True, slots=True)
class At:
    at_ns: int


Said = tuple[str | At, ...]


def plain(said: Said) -> str:
    """In UTC, for titles and tests."""
    return "".join(clock(part.at_ns, "hms") if isinstance(part, At) else part for part in said)
