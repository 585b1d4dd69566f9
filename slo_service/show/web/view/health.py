"""The service's own health: collectors, tasks and counters."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.show.ports import CollectorHealth, Health, TaskHealth
from slo_service.show.web import words
from slo_service.show.web.shell import answers
from slo_service.show.web.view.marks import Mark


@dataclass(frozen=True, slots=True)
class CollectorRow:
    collector: CollectorHealth
    mark: Mark


@dataclass(frozen=True, slots=True)
class TaskRow:
    task: TaskHealth
    mark: Mark


@dataclass(frozen=True, slots=True)
class HealthView:
    version: str
    started_ns: int
    up: str
    headline: str
    collectors: tuple[CollectorRow, ...]
    tasks: tuple[TaskRow, ...]
    counters: tuple[tuple[str, int], ...]


def _collector(collector: CollectorHealth, now_ns: int) -> Mark:
    if answers(collector, now_ns):
        return Mark("ok", "Answers")
    return Mark("amb", "Fails") if collector.error else Mark("grey", "Silent")


def health(found: Health, now_ns: int) -> HealthView:
    collectors = tuple(CollectorRow(each, _collector(each, now_ns)) for each in found.collectors)
    tasks = tuple(TaskRow(each, Mark("ok", "Runs") if each.running else Mark("red", "Stopped")) for each in found.tasks)
    answering = sum(row.mark.tone == "ok" for row in collectors)
    running = sum(row.task.running for row in tasks)
    headline = (
        f"{answering} of {words.plural(len(collectors), 'collector')} answer, "
        f"{running} of {words.plural(len(tasks), 'task')} run"
    )
    return HealthView(
        found.version,
        found.started_ns,
        words.duration(now_ns - found.started_ns),
        headline,
        collectors,
        tasks,
        tuple(sorted(found.counters.items())),
    )
