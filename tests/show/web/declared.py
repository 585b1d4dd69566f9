"""What the made incident happens to: three pipelines, nine objectives, four jobs, one policy."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Indicator, Intake, Lag, Timing
from slo_service.domain.instant import DAY, MINUTE, SECOND, from_rfc3339
from slo_service.domain.pipeline import Canary, ChannelSpec, Contact, Job, KafkaTopic, Pipeline, SqlTable, Stage
from slo_service.domain.policy import BudgetPolicy, Burning, Mode, Notify, PauseJobs, Rule, Selector
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.tally import Objective

NOON = from_rfc3339("2026-11-20T10:40:00Z")
PERIOD, THRESHOLD, DEADLINE = 10 * SECOND, 30 * SECOND, 5 * MINUTE
ENRICH = "enrich"

DEFINITION = """apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-freshness
  displayName: Orders are fresh
  labels: {pipeline: orders, importance: "1"}
spec:
  service: orders
  description: The dashboard shows an order within 30 s of checkout
  indicator:
    metadata: {name: orders-freshness}
    spec:
      ratioMetric:
        raw: {metricSource: {type: stream, spec: {freshness: {canary: orders-canary, within: 30s}}}}
        rawType: success
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: fresh, target: 0.999}]
"""


def kafka(topic: str) -> KafkaTopic:
    return KafkaTopic("main", topic)


ORDERS = Pipeline(
    name="orders",
    description="Orders from checkout to the live revenue dashboard",
    owner="payments-data",
    source=kafka("orders.raw"),
    stages=(Stage(ENRICH, kafka("orders.enriched"), "orders-enricher"),),
    sink=SqlTable("postgresql://loader:s3cret@db/orders", "orders_live", "event_id"),
    sink_group="orders-live-sink",
    labels={"importance": "1"},
    defined_at="orders.yaml:1",
)
CLICKS = Pipeline("clickstream", "Clicks to the session table", "web-data", kafka("clicks"), (), kafka("sessions"))
STOCK = Pipeline("inventory", "Stock levels to the shop", "stock-data", kafka("stock"), (), kafka("shop.stock"))


def canary(name: str, pipeline: str) -> Canary:
    return Canary(
        name,
        pipeline,
        PERIOD,
        {"event_id": "${canary.id}"},
        "source_system",
        DEADLINE,
        defined_at=f"{pipeline}.yaml:14",
    )


def slo(name: str, pipeline: str, indicator: Indicator, target: str, **more: object) -> Slo:
    made = Slo(
        name=name,
        display_name="",
        description="",
        service=pipeline,
        pipeline=pipeline,
        indicator=indicator,
        objective=Objective(Fraction(target)),
        window_ns=28 * DAY,
        alerting=Alerting(),
        timing=Timing(THRESHOLD, 3 * SECOND),
        labels={"importance": "1"} if pipeline == "orders" else {},
        defined_at=f"{pipeline}.yaml:40",
    )
    return replace(made, **more)  # type: ignore[arg-type]  # a test names the fields it changes


@cache
def catalogue() -> Catalogue:
    slos = (
        slo(
            "orders-freshness",
            "orders",
            Freshness("orders-canary", THRESHOLD),
            "0.999",
            definition=DEFINITION,
            display_name="Orders are fresh",
            description="The dashboard shows an order within 30 s of checkout",
        ),
        slo("orders-completeness", "orders", Completeness("orders-canary", DEADLINE), "0.9995"),
        slo("orders-duplicates", "orders", Duplicates("orders-canary"), "0.999"),
        slo("orders-intake", "orders", Intake("orders-canary"), "0.999"),
        slo("orders-lag", "orders", Lag(ENRICH, 60 * SECOND), "0.995"),
        slo("clickstream-freshness", "clickstream", Freshness("clicks-canary", MINUTE), "0.995"),
        slo("sessions-duplicates", "clickstream", Duplicates("clicks-canary"), "0.999"),
        slo("inventory-freshness", "inventory", Freshness("stock-canary", 2 * MINUTE), "0.99"),
        slo("inventory-completeness", "inventory", Completeness("stock-canary", DEADLINE), "0.99"),
    )
    jobs = (
        Job("orders-lake-export", "orders", "best-effort", "http", {}, description="Kubernetes CronJob"),
        Job("orders-feature-backfill", "orders", "best-effort", "http", {}, description="Airflow"),
        Job("orders-search-reindex", "orders", "normal", "http", {}, description="Airflow"),
        Job("orders-enricher", "orders", "critical", "http", {}, description="Kubernetes Deployment"),
    )
    rule = Rule(
        "protect-the-dashboard",
        Burning("page"),
        (PauseJobs(Selector({"criticality": "best-effort"})), Notify("payments-oncall", "burning")),
    )
    return Catalogue(
        pipelines={each.name: each for each in (ORDERS, CLICKS, STOCK)},
        canaries={
            each.name: each
            for each in (
                canary("orders-canary", "orders"),
                canary("clicks-canary", "clickstream"),
                canary("stock-canary", "inventory"),
            )
        },
        slos={each.name: each for each in slos},
        policies={"streaming-default": BudgetPolicy("streaming-default", Selector(), (rule,), Mode.ENFORCE)},
        jobs={each.name: each for each in jobs},
        contacts={
            "payments-oncall": Contact("payments-oncall", (ChannelSpec("webhook", {"url": "http://x/?t=s3cret"}),))
        },
    )
