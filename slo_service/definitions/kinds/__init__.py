"""The table of kinds. A new kind is a module with a reader, and a line here."""

from __future__ import annotations

from slo_service.definitions.kinds import alerting, canary, contact, job, pipeline, policy, service, slo
from slo_service.definitions.kinds.kind import Kind

KINDS: tuple[Kind, ...] = (
    pipeline.KIND,
    canary.KIND,
    job.KIND,
    contact.KIND,
    service.KIND,
    slo.KIND,
    alerting.KIND,
    policy.KIND,
)

LATER: dict[str, str] = {
    "SLI": "write the indicator inline in the SLO",
    "AlertPolicy": "write an Alerting document",
    "AlertCondition": "write an Alerting document",
    "AlertNotificationTarget": "write a Contact document",
    "DataSource": "write a stream indicator; its addresses are in the Pipeline and in the settings",
    "Adjustment": "leave it out",
    "Report": "leave it out",
}
"""Kinds that are known but not supported yet, and what to write instead."""
