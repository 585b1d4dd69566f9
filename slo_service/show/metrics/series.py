"""Reads memory into series. A figure that is not known yields nothing: never −1, never a perfect score."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.instant import SECOND, format_duration
from slo_service.domain.slo import Slo
from slo_service.domain.status import Reading, Status
from slo_service.show.metrics import families as f
from slo_service.show.metrics.counters import Rising
from slo_service.show.metrics.families import Family
from slo_service.show.pending import pending
from slo_service.show.ports import Health, Live, Pulse
from slo_service.show.status_json import STATES, state_word


@dataclass(frozen=True, slots=True)
class Series:
    family: Family
    labels: tuple[str, ...]
    value: float


def slo_series(slo: Slo, status: Status | None, counted: Rising) -> Iterator[Series]:
    who = (slo.name, slo.service, slo.pipeline)
    for family, result, count in (
        (f.EVENTS, "good", counted.good),
        (f.EVENTS, "bad", counted.bad),
        (f.CORRECTIONS, "good", counted.good_corrected),
        (f.CORRECTIONS, "bad", counted.bad_corrected),
    ):
        yield Series(family, (*who, result), count)
    yield Series(f.OBJECTIVE, who, float(slo.objective.target))
    yield Series(f.WINDOW, who, slo.window_ns / SECOND)
    word = state_word(status)
    for state in STATES:
        yield Series(f.STATE, (*who, state), state == word)
    if status is not None:
        yield from _judged(who, slo, status)


def _judged(who: tuple[str, ...], slo: Slo, status: Status) -> Iterator[Series]:
    yield from _known(f.BUDGET, who, status.budget.remaining)
    yield Series(f.PROVISIONAL, who, status.budget.provisional)
    if status.watermark_ns is not None:
        yield Series(f.WATERMARK, who, status.watermark_ns / SECOND)
    for length, reading in {**status.readings, slo.window_ns: status.budget.reading}.items():
        yield from _window((*who, format_duration(length)), reading)
    for state in status.tiers:
        which = (*who, state.tier.name, state.tier.severity.value)
        yield Series(f.FACTOR, which, float(state.factor))
        yield Series(f.FIRING, which, state.firing)
        yield Series(f.FROZEN, which, state.frozen_since_ns is not None)


def _window(labels: tuple[str, ...], reading: Reading) -> Iterator[Series]:
    yield from _known(f.BURN, labels, reading.burn)
    yield from _known(f.ERRORS, labels, reading.tally.ratio_bad)
    yield Series(f.COVERAGE, labels, float(reading.coverage))
    yield Series(f.UNMEASURED, labels, reading.unmeasured_ns / SECOND)


def _known(family: Family, labels: tuple[str, ...], value: Fraction | None) -> Iterator[Series]:
    if value is not None:
        yield Series(family, labels, float(value))


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
