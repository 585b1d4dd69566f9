"""Documents as users write them, with what a test is about filled in."""

from __future__ import annotations

CARE = 'annotations: {runbook: "http://127.0.0.1/r", reviewDate: 2030-01-31}'


def a_pipeline(name: str = "p", sink: str = "{kafka: {topic: u}}", stages: str = "[]", more: str = "owner: us") -> str:
    return f"""
apiVersion: slo-service/v1
kind: Pipeline
metadata: {{name: {name}, {CARE}}}
spec: {{source: {{kafka: {{topic: t}}}}, stages: {stages}, sink: {sink}, {more}}}
---"""


def a_canary(name: str = "c", pipeline: str = "orders", every: str = "5s", more: str = "region: main") -> str:
    return f"""
apiVersion: slo-service/v1
kind: Canary
metadata: {{name: {name}}}
spec: {{pipeline: {pipeline}, every: {every}, template: {{event_id: "${{canary.id}}"}}, markerField: m, {more}}}
---"""


def an_slo(
    stream: str = "{freshness: {canary: orders-canary, within: 30s}}",
    target: str = "0.999",
    name: str = "s",
    pipeline: str = "orders",
    window: str = "30d",
    budgeting: str = "Occurrences",
    more: str = "displayName: d",
) -> str:
    return f"""
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {name}, labels: {{pipeline: {pipeline}}}}}
spec:
  service: orders
  indicator: {{spec: {{ratioMetric: {{raw: {{metricSource: {{type: stream, spec: {stream}}}}}, rawType: success}}}}}}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: {budgeting}
  objectives: [{{target: {target}, {more}}}]
---"""


def a_job(name: str = "j", more: str = "owner: us", controller: str = "{process: {pidFile: /run/j}}") -> str:
    return f"""
apiVersion: slo-service/v1
kind: Job
metadata: {{name: {name}}}
spec: {{pipeline: orders, criticality: best-effort, controller: {controller}, {more}}}
---"""


def a_policy(
    do: str = "[{pauseJobs: {matchLabels: {criticality: best-effort}}}]",
    pipeline: str = "orders",
    when: str = "{burning: page}",
    release: str = "{quietFor: 15m}",
    more: str = "for: 0s",
) -> str:
    return f"""
apiVersion: slo-service/v1
kind: BudgetPolicy
metadata: {{name: b}}
spec:
  selector: {{matchLabels: {{pipeline: {pipeline}}}}}
  rules: [{{name: r, when: {when}, do: {do}, release: {release}, {more}}}]
---"""


def an_alerting(body: str) -> str:
    return f"""
apiVersion: slo-service/v1
kind: Alerting
metadata: {{name: a}}
spec: {{selector: {{matchLabels: {{pipeline: orders}}}}, {body}}}
---"""


def an_adjustment(body: str, name: str = "a", category: str = "maintenance", pipeline: str = "orders") -> str:
    return f"""
apiVersion: slo-service/v1
kind: Adjustment
metadata: {{name: {name}}}
spec: {{selector: {{matchLabels: {{pipeline: {pipeline}}}}}, category: {category}, author: ann, reason: move, {body}}}
---"""


def a_contact(body: str = "timeZone: UTC", channels: str = '[{webhook: {url: "http://127.0.0.1/"}}]') -> str:
    return f"""
apiVersion: slo-service/v1
kind: Contact
metadata: {{name: x}}
spec: {{channels: {channels}, {body}}}
---"""
