"""Every metric family: name, type, labels, and what it says. `docs/reference/metrics.md` holds the same table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from slo_service.domain.slo import Kind

SLO = ("slo", "service", "pipeline")  # on every series about an SLO, so that no query needs a join


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    kind: Literal["gauge", "counter"]
    labels: tuple[str, ...]
    help: str


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Family:
    return Family(name, "gauge", labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Family:
    return Family(name, "counter", labels, text)


EVENTS = _counter("slo_events_total", (*SLO, "result"), "Judged events since the service started, good or bad.")
CORRECTIONS = _counter(
    "slo_corrections_total", (*SLO, "result"), "Events that a later revision took back out of slo_events_total."
)
OBJECTIVE = _gauge("slo_objective_ratio", SLO, "Target share of good events.")
WINDOW = _gauge("slo_window_seconds", SLO, "Length of the budget window.")
BUDGET = _gauge(
    "slo_error_budget_remaining_ratio", SLO, "Share of the error budget that is left; negative when overspent."
)
BUDGET_SECONDS = _gauge(
    "slo_error_budget_remaining_seconds", SLO, "Seconds of total outage that the rest of the error budget pays for."
)
BUDGET_EVENTS = _gauge(
    "slo_error_budget_remaining_events", SLO, "Bad events that the rest of the error budget pays for."
)
PROVISIONAL = _gauge(
    "slo_error_budget_provisional", SLO, "1 while too little is measured for any action to rest on the budget."
)
BURN = _gauge("slo_burn_rate", (*SLO, "window"), "Budget spent per budget earned, among what was measured.")
ERRORS = _gauge("slo_error_ratio", (*SLO, "window"), "Share of bad events among the judged ones.")
COVERAGE = _gauge("slo_coverage_ratio", (*SLO, "window"), "Judged share of what was scheduled.")
UNMEASURED = _gauge("slo_unmeasured_seconds", (*SLO, "window"), "Time in the window that was not measured.")
FACTOR = _gauge("slo_tier_factor", (*SLO, "tier", "severity"), "Burn rate above which a declared tier burns.")
FIRING = _gauge("slo_tier_firing", (*SLO, "tier", "severity"), "1 while the tier fires.")
FROZEN = _gauge(
    "slo_tier_frozen", (*SLO, "tier", "severity"), "1 while the tier keeps its state for lack of measured data."
)
FREEZES = frozenset({Kind.BURN, Kind.PARTITION})  # the others do not rest on how much was measured
STATE = _gauge("slo_state", (*SLO, "state"), "1 for the state the SLO is in, 0 for the others.")
GROUPS = _gauge("slo_groups", SLO, "Groups of a grouped definition that are objectives of their own.")
GROUPS_TOGETHER = _gauge("slo_groups_beyond_cap", SLO, "1 where groups beyond the cap are counted together.")
WATERMARK = _gauge("slo_watermark_timestamp_seconds", SLO, "Event time up to which the SLO is judged.")
GROUP_AGE = _gauge(
    "slo_consumer_group_age_seconds", ("pipeline", "stage", "group"), "Age of the worst partition of a consumer group."
)
PENDING_AGE = _gauge(
    "slo_oldest_pending_canary_age_seconds",
    ("pipeline", "canary"),
    "Time since the oldest canary was sent that has not arrived; 0 when none is on its way.",
)
JOB_PAUSED = _gauge("slo_job_paused", ("job",), "1 when the job was last read as paused, 0 when as running.")
HOLDS = _gauge("slo_holds", ("job",), "Live holds on the job.")
COLLECTOR_SUCCESS = _gauge(
    "slo_collector_last_success_timestamp_seconds", ("collector",), "Last successful poll, send or read."
)
COLLECTOR_UP = _gauge(
    "slo_collector_up", ("collector",), "1 when the collector's last attempt succeeded, 0 when it failed."
)
COLLECTOR_SAMPLES = _counter("slo_collector_samples_total", ("collector",), "Samples the collector handed over.")
TASK_RESTARTS = _counter("slo_task_restarts_total", ("task",), "Restarts of a supervised task that died.")
TASK_RUNNING = _gauge("slo_task_running", ("task",), "1 while the supervised task runs.")
LOAD = _gauge("slo_definitions_load_number", (), "Number of the load of definitions in force.")
LOAD_OK = _gauge(
    "slo_definitions_last_load_ok", (), "1 when the last load succeeded, 0 when its mistakes left the old set running."
)
BUILD = _gauge("slo_service_build_info", ("version", "python"), "Always 1; the labels tell what runs.")

BUDGETS = (BUDGET, BUDGET_SECONDS, BUDGET_EVENTS, PROVISIONAL)
FAMILIES = (
    EVENTS, CORRECTIONS, OBJECTIVE, WINDOW, BUDGET, BUDGET_SECONDS, BUDGET_EVENTS, PROVISIONAL, BURN, ERRORS, COVERAGE,
    UNMEASURED, FACTOR, FIRING, FROZEN, STATE, GROUPS, GROUPS_TOGETHER, WATERMARK, GROUP_AGE, PENDING_AGE, JOB_PAUSED,
    HOLDS, COLLECTOR_SUCCESS, COLLECTOR_UP, COLLECTOR_SAMPLES, TASK_RESTARTS, TASK_RUNNING, LOAD, LOAD_OK, BUILD,
)  # fmt: skip
