"""Reports: what is sent to whom, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slo_service.domain.policy import Selector


@dataclass(frozen=True, slots=True)
class Report:
    """`schedule` is five fields of cron in local time of the zone."""

    name: str
    selector: Selector
    schedule: str
    zone: str
    contacts: tuple[str, ...]
    formats: tuple[str, ...]
    team: str = ""
    title: str = ""
    period_ns: int | None = None  # what it looks back on; from one schedule to the next, else
    labels: Mapping[str, str] = field(default_factory=dict)
    defined_at: str = ""
