"""The table of kinds. A new kind is a module with a reader, and a line here."""

from __future__ import annotations

from slo_service.definitions.kinds import adjustment, alerting, canary, contact, job, pipeline, policy, report
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.kinds.openslo import (
    alert_condition,
    alert_notification_target,
    alert_policy,
    data_source,
    service,
    sli,
    slo,
)

KINDS: tuple[Kind, ...] = (
    pipeline.KIND,
    canary.KIND,
    job.KIND,
    contact.KIND,
    service.KIND,
    data_source.KIND,
    sli.KIND,
    slo.KIND,
    alert_policy.KIND,
    alert_condition.KIND,
    alert_notification_target.KIND,
    alerting.KIND,
    policy.KIND,
    adjustment.KIND,
    report.KIND,
)

LATER: dict[str, str] = {}
"""Kinds that are known but not supported yet, and what to write instead."""
