"""What can be said against a policy's reaching for a job."""

from __future__ import annotations

from slo_service.definitions.finding import Mark
from slo_service.definitions.notebook import Notebook
from slo_service.domain.pipeline import Job


def reach(action: str, job: Job, mark: Mark, notes: Notebook) -> None:
    """Said where the action is written, once for each job it matches."""
    if job.criticality == "critical":
        what = f"{action} matches the critical job {job.name}, which it will leave alone"
        notes.add(mark, "W502", what, "narrow matchLabels, or lower the job's criticality")
        return
    if job.cdc and job.max_pause_ns is None:
        what = f"{action} matches the connector {job.name}, which has no maxPause: its replication slot grows"
        notes.add(mark, "W515", what, "add maxPause: to the job, or cdc: false to its kafkaConnect if it holds no slot")
    if job.managed_by:
        what = f"{action} matches the job {job.name}, which {job.managed_by} manages and may start again"
        notes.add(mark, "W516", what, f"let {job.managed_by} ignore what a pause changes, or narrow matchLabels")
