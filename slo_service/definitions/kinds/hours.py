"""Quiet hours and calendars: times at which less is said or done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, ClassVar

from slo_service.definitions.node import Node
from slo_service.definitions.shape import AtMostOne, Choice, Duration, ListOf, Name
from slo_service.definitions.shape.record import Key
from slo_service.definitions.shape.times import Moment, Recurrence, TimeOfDay, TimeZone, instant_ns
from slo_service.domain.guards import Calendar, QuietHours

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEVERITIES = ("ticket", "page")


@dataclass(frozen=True, slots=True)
class QuietHoursSpec:
    """A time of day at which messages wait; over midnight where `to` is not after `from`."""

    from_: Annotated[time, TimeOfDay(), Key("from"), "When they begin, `HH:MM` in the zone beside them."]
    to: Annotated[time, TimeOfDay(), "When they end."]
    time_zone: Annotated[str, TimeZone(), "An IANA name, such as Europe/Berlin."] = "UTC"
    days: Annotated[tuple[str, ...], ListOf(Choice(WEEKDAYS), at_least=1), "All of them unless given."] = WEEKDAYS
    severities: Annotated[
        tuple[str, ...], ListOf(Choice(SEVERITIES), at_least=1), "What waits; the rest comes through."
    ] = ("ticket",)

    def build(self) -> QuietHours:
        return QuietHours(
            start_minute=_minute(self.from_),
            end_minute=_minute(self.to),
            zone=self.time_zone,
            weekdays=tuple(WEEKDAYS.index(day) for day in self.days),
            severities=self.severities,
        )


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


@dataclass(frozen=True, slots=True)
class MaintenanceCalendarSpec:
    """A time at which a policy only observes: a recurrence with its length, or one interval."""

    name: Annotated[str, Name(), "Its name, shown where a policy only observes because of it."]
    rrule: Annotated[str, Recurrence(), "RFC 5545, in local time of the zone."] = ""
    duration: Annotated[int | None, Duration(), "How long each occurrence lasts."] = None
    from_: Annotated[datetime | None, Moment(), Key("from"), "The moment an interval begins."] = None
    to: Annotated[datetime | None, Moment(), "The moment it is over."] = None
    time_zone: Annotated[str, TimeZone(), "Of the recurrence, and of moments without an offset."] = "UTC"

    RULES: ClassVar = (AtMostOne(("rrule", "to")),)
    ALSO: ClassVar = (
        {"if": {"required": ["rrule"]}, "then": {"required": ["duration"]}, "else": {"required": ["from", "to"]}},
    )

    def build(self, node: Node) -> Calendar:
        """What is missing or upside down is said at the node."""
        if self.rrule and self.duration is None:
            node.fault("E202", f"{node.path} has no duration", "add duration: …, for how long each occurrence lasts")
        if not self.rrule and (self.from_ is None or self.to is None):
            node.fault("E202", f"{node.path} says no time", "write rrule and duration, or from and to")
        begin, end = (None if at is None else instant_ns(at, self.time_zone) for at in (self.from_, self.to))
        if begin is not None and end is not None and begin >= end:
            node.notes.add(node.at("to"), "E410", f"{node.path} ends before it begins", "write a later to")
        return Calendar(self.name, self.time_zone, self.rrule or None, self.duration, begin, end)
