"""The definitions a story's service is given: one pipeline of orders with its promises, jobs and policy."""

from pathlib import Path

from tests.stories.receivers import JobServer

PIPELINE = "orders"
PARTITIONS = 6
WITHIN_SECONDS = 5.0
DEADLINE_SECONDS = 20.0
EVERY_SECONDS = 1.0
TARGET = 0.999
RUNBOOK = "https://runbooks.example/orders-freshness"
EXPORT, BACKFILL, BILLING = "orders-export", "orders-backfill", "orders-billing"

_FLOW = """\
apiVersion: slo-service/v1
kind: Pipeline
metadata: {name: orders, displayName: Orders, labels: {team: payments, importance: "1"}}
spec:
  description: Orders from checkout to the live revenue dashboard
  owner: payments-data
  source: {kafka: {cluster: main, topic: TOPIC.raw}}
  stages:
    - {name: enrich, kafka: {cluster: main, topic: TOPIC.enriched}, consumerGroup: TOPIC-enricher}
  sink:
    sql:
      url: "${ORDERS_DB_URL}"
      table: orders_live
      idColumn: event_id
      seenAtColumn: loaded_at
      markerColumn: source_system
    consumerGroup: TOPIC-loader
  contract: passthrough
---
apiVersion: slo-service/v1
kind: Canary
metadata: {name: orders-canary}
spec:
  pipeline: orders
  every: 1s
  template:
    event_id: "${canary.id}"
    order_id: "${canary.id}"
    customer_id: canary
    amount: 0
    currency: EUR
  markerField: source_system
  deadline: 20s
  expectedTransit: 2s
---
apiVersion: slo-service/v1
kind: Alerting
metadata: {name: fast-recovery}
spec:
  selector: {matchLabels: {pipeline: orders}}
  tiers: [{severity: page, long: 1h, short: 30s, budgetShare: 2%}]
  keepFiringFor: 10s
  partitionTier: false  # each of the six has a canary a second: it would page before the tier that is looked at
  early: false
"""

_SLO = """\
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-NAME
  displayName: TITLE
  labels: {pipeline: orders, importance: "IMPORTANCE"}
  annotations: {runbook: "RUNBOOK"}
spec:
  service: orders
  description: TITLE, as promised
  indicator:
    metadata: {name: orders-NAME}
    spec:
      ratioMetric:
        raw: {metricSource: {type: stream, spec: {INDICATOR}}}
        rawType: success
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: kept, target: 0.999}]
"""

_ACTIONS = """\
apiVersion: slo-service/v1
kind: Job
metadata: {name: orders-export, labels: {team: analytics}}
spec:
  pipeline: orders
  criticality: best-effort
  controller:
    http:
      status: {url: "JOBS/orders-export", running: {json: state, equals: RUNNING}}
      pause: {url: "JOBS/orders-export/pause"}
      resume: {url: "JOBS/orders-export/resume"}
---
apiVersion: slo-service/v1
kind: Job
metadata: {name: orders-backfill, labels: {team: analytics}}
spec:
  pipeline: orders
  criticality: best-effort
  controller: {process: {pidFile: "PID_FILE"}}
---
apiVersion: slo-service/v1
kind: Job
metadata: {name: orders-billing, labels: {team: payments}}
spec:
  pipeline: orders
  criticality: critical
  controller:
    http:
      status: {url: "JOBS/orders-billing", running: {json: state, equals: RUNNING}}
      pause: {url: "JOBS/orders-billing/pause"}
      resume: {url: "JOBS/orders-billing/resume"}
---
apiVersion: slo-service/v1
kind: Contact
metadata: {name: orders-team}
spec:
  channels:
    - webhook: {url: "${ORDERS_WEBHOOK_URL}", secret: "${ORDERS_WEBHOOK_SECRET}"}
    - email: {to: ["orders-team@example.com"]}
---
apiVersion: slo-service/v1
kind: BudgetPolicy
metadata: {name: protect-the-dashboard}
spec:
  selector: {matchLabels: {importance: "1"}}
  mode: enforce
  rules:
    - name: shed-best-effort
      when: {burning: page}
      do:
        - pauseJobs: {matchLabels: {criticality: best-effort}}
        - notify: {contact: orders-team, template: burning}
      release: {quietFor: 10s}
"""

_PROMISES = (
    ("freshness", "Orders are fresh", "1", "freshness: {canary: orders-canary, within: 5s}"),
    ("completeness", "No order is missing", "1", "completeness: {canary: orders-canary, by: 20s}"),
    ("duplicates", "No order is there twice", "2", "duplicates: {canary: orders-canary}"),
    ("intake", "Orders are accepted", "2", "intake: {canary: orders-canary}"),
    ("lag", "The enricher keeps up", "2", "lag: {stage: enrich, within: 5s}"),
)
SLOS = tuple(f"orders-{name}" for name, *_ in _PROMISES)


def declare(folder: Path, topic: str, jobs: JobServer, pid_file: Path) -> Path:
    """Writes the files into `folder`; `topic` is the prefix of the topics and of the consumer groups."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.yaml").write_text(_FLOW.replace("TOPIC", topic))
    (folder / "slos.yaml").write_text("".join(_slo(*promise) for promise in _PROMISES))
    (folder / "actions.yaml").write_text(_ACTIONS.replace("JOBS", jobs.url).replace("PID_FILE", str(pid_file)))
    return folder


def _slo(name: str, title: str, importance: str, indicator: str) -> str:
    text = _SLO.replace("RUNBOOK", RUNBOOK).replace("INDICATOR", indicator).replace("IMPORTANCE", importance)
    return text.replace("NAME", name).replace("TITLE", title)
