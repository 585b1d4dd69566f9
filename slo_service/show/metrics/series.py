"""Reads memory into series. A figure that is not known yields nothing: never −1, never a perfect score."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass

from slo_service.domain.instant import SECOND
from slo_service.show.metrics import families as f
from slo_service.show.metrics.families import Family
from slo_service.show.pending import pending
from slo_service.show.ports import Health, Live, Pulse


@dataclass(frozen=True, slots=True)
class Series:
    family: Family
    labels: tuple[str, ...]
    value: float


def pipeline_series(live: Live, pulse: Pulse) -> Iterator[Series]:
    for group in pulse.groups():
        if group.age_ns is not None:
            yield Series(f.GROUP_AGE, (group.pipeline, group.stage, group.group), group.age_ns / SECOND)
    now = live.now_ns()
    for canary in live.catalogue().canaries.values():
        waiting = pending(pulse, canary, now)
        if waiting is not None:
            yield Series(f.PENDING_AGE, (canary.pipeline, canary.name), waiting.age_ns(now) / SECOND)
    views = pulse.jobs()
    for name in live.catalogue().jobs:
        view = views.get(name)
        yield Series(f.HOLDS, (name,), 0 if view is None else len(view.holds))
        if view is not None and view.actual in {"paused", "running"}:
            yield Series(f.JOB_PAUSED, (name,), view.actual == "paused")


def service_series(health: Health) -> Iterator[Series]:
    for collector in health.collectors:
        who = (collector.name,)
        yield Series(f.COLLECTOR_SAMPLES, who, collector.samples)
        if collector.last_success_ns is not None:
            yield Series(f.COLLECTOR_SUCCESS, who, collector.last_success_ns / SECOND)
        if collector.error or collector.last_success_ns is not None:
            yield Series(f.COLLECTOR_UP, who, not collector.error)
    for task in health.tasks:
        yield Series(f.TASK_RESTARTS, (task.name,), task.restarts)
        yield Series(f.TASK_RUNNING, (task.name,), task.running)
    for name, count in sorted(health.counters.items()):
        yield Series(_service_counter(name), (), count)
    yield Series(f.LOAD, (), health.load.number)
    yield Series(f.LOAD_OK, (), health.load.ok)
    yield Series(f.BUILD, (health.version, platform.python_version()), 1)


def _service_counter(name: str) -> Family:
    plain = "".join(letter if letter.isalnum() else "_" for letter in name.lower()).strip("_").removesuffix("_total")
    words = plain.replace("_", " ")
    return Family(f"slo_service_{plain}_total", "counter", (), f"Since the service started: {words}.")
