"""How far policies may go, and when they hold back. Declared; not carried out yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guards:
    """How far a rule or a policy may go. None is without a limit of its own."""

    max_jobs: int | None = None  # an episode
    max_services: int | None = None  # an episode
    max_jobs_per_hour: int | None = None
    max_services_per_hour: int | None = None
    max_actions_per_hour: int | None = None
    max_actions_per_day: int | None = None
    cool_down_ns: int | None = None
    excludes: tuple[str, ...] = ()  # rules that are never active at the same time


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, both minutes after midnight, on the weekdays (0 is Monday); over midnight where `end` is
    not after `start`."""

    start_minute: int
    end_minute: int
    zone: str
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    severities: tuple[str, ...] = ("ticket",)  # what waits; the rest comes through


@dataclass(frozen=True, slots=True)
class Calendar:
    """Times at which a policy only observes: a recurrence with its length, or one interval."""

    name: str
    zone: str
    recurrence: str | None = None
    length_ns: int | None = None
    from_ns: int | None = None
    to_ns: int | None = None
