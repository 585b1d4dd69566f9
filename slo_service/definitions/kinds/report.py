"""`Report`: what is sent to whom, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Annotated, ClassVar

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.hours import WEEKDAYS
from slo_service.definitions.kinds.kind import Linked, kind
from slo_service.definitions.kinds.selector import SelectorSpec, selects_nothing
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Choice, Duration, ExactlyOne, ListOf, Reference
from slo_service.definitions.shape.postponed import NOT_YET
from slo_service.definitions.shape.record import Key
from slo_service.definitions.shape.times import Cron, TimeOfDay, TimeZone
from slo_service.domain.report import Report

_CRON_DAYS = dict(zip(WEEKDAYS, (1, 2, 3, 4, 5, 6, 0), strict=True))


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """When it is sent: five fields of cron, or a time of day on one weekday or on all."""

    cron: Annotated[str, Cron(), "Five fields of cron, instead of weekday and time."] = ""
    at: Annotated[time | None, TimeOfDay(), Key("time"), "The time of day, such as 09:00."] = None
    weekday: Annotated[str, Choice(WEEKDAYS), "The day of the week."] = ""
    time_zone: Annotated[str, TimeZone(), "Of the times."] = "UTC"

    RULES: ClassVar = (ExactlyOne(("cron", "time")),)

    def build(self, node: Node) -> str:
        if self.cron and self.weekday:
            node.child("weekday").fault("E211", f"{node.path} has both cron and weekday", "say the weekday in cron")
        at = self.at
        if self.cron or at is None:
            return self.cron
        return f"{at.minute} {at.hour} * * {_CRON_DAYS[self.weekday] if self.weekday else '*'}"


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """What became of the budgets of the SLOs it selects, sent regularly."""

    selector: Annotated[SelectorSpec, "The SLOs that are in it."]
    schedule: Annotated[ScheduleSpec, "When it is made."]
    contacts: Annotated[tuple[str, ...], ListOf(Reference("Contact"), at_least=1), "Who gets it."]
    formats: Annotated[
        tuple[str, ...], ListOf(Choice(("html", "md", "pdf", "json")), at_least=1), "How it is written."
    ] = ("html",)
    team: Annotated[str, "Whose it is."] = ""
    title: Annotated[str, "What stands above it."] = ""
    period: Annotated[int | None, Duration(), "What it looks back on; from one to the next unless given."] = None


def _build(document: Document, spec: ReportSpec) -> Report:
    return Report(
        name=document.name,
        selector=spec.selector.build(),
        schedule=spec.schedule.build(document.spec.child("schedule")),
        zone=spec.schedule.time_zone,
        contacts=spec.contacts,
        formats=spec.formats,
        team=spec.team,
        title=spec.title,
        period_ns=spec.period,
        labels=document.labels,
        defined_at=document.defined_at,
    )


def _check(linked: Linked, notes: Notebook) -> None:
    for draft in linked.drafts.every(Report):
        if not draft.broken:
            what = f"the report {draft.document.name} is declared, not carried out yet"
            notes.add(draft.document.name_mark, NOT_YET, what, "until then nothing is sent")
            selects_nothing(draft.document, draft.value.selector, "report", linked, notes)


KIND = kind(OURS, "Report", ReportSpec, _build, _check)
