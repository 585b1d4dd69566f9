"""Adjustments: time that does not count as it was measured, with category, author, reason and expiry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slo_service.domain.policy import Selector


class Category(StrEnum):
    MAINTENANCE = "maintenance"
    EXCLUSION = "exclusion"
    CORRECTION = "correction"
    REPLAY = "replay"  # old events are delivered again; they are neither duplicates nor lag


@dataclass(frozen=True, slots=True)
class Span:
    """From the first nanosecond to before the last."""

    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class Recurring:
    """Every start the RRULE gives after `start_ns`, in local time of the zone, for `length_ns`."""

    rule: str
    zone: str
    start_ns: int | None
    length_ns: int
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """Which events are delivered again: the event times, and the hop where they arrive."""

    events: Span
    hop: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    name: str
    selector: Selector
    category: Category
    author: str
    reason: str
    spans: tuple[Span, ...] = ()
    recurring: tuple[Recurring, ...] = ()
    expires_ns: int | None = None
    replay: Replay | None = None
    correction: Mapping[str, int] = field(default_factory=dict)  # good and bad to count instead
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
