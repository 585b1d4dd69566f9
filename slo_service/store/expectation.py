"""The history of what was expected of a stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slo_service.domain.indicator import Schedule


def appended(kept: Iterable[Schedule], said: Iterable[Schedule]) -> list[Schedule]:
    """Those that say something new. What was expected in the past stays: one that claims to be older than the newest
    (a clock was set back) begins with the newest and replaces it."""
    newest: dict[str, Schedule] = {}
    for schedule in sorted(kept, key=lambda schedule: schedule.since_ns):
        newest[schedule.stream] = schedule
    new = []
    for schedule in said:
        before = newest.get(schedule.stream)
        if before is not None and replace(schedule, since_ns=before.since_ns) == before:
            continue
        since_ns = schedule.since_ns if before is None else max(schedule.since_ns, before.since_ns)
        newest[schedule.stream] = replace(schedule, since_ns=since_ns)
        new.append(newest[schedule.stream])
    return new
