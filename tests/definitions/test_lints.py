"""Each lint beside what it does not complain of."""

from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.kinds.size_lints import LARGEST_RULES, rules_size
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.show.render.prometheus import prometheus_rules
from tests.definitions.documents import (
    a_canary,
    a_contact,
    a_job,
    a_pipeline,
    a_policy,
    an_adjustment,
    an_alerting,
    an_slo,
)

BASE = Path(__file__).parent / "good" / "base.yaml"
NOW = 1_795_000_000 * SECOND  # 18 November 2026


@pytest.fixture
def codes(tmp_path, env):
    """The codes that documents cause, without what is said of everything that is not carried out yet."""

    def codes_of(text: str) -> list[str]:
        (tmp_path / "x.yaml").write_text(text)
        found = load_folder([BASE, tmp_path / "x.yaml"], env, now_ns=NOW).findings
        return sorted({finding.code for finding in found} - {"W506"})

    return codes_of


def of_slow(stage_waits: str = "5s", transit: str = "10s", within: str = "30s", own: str = "region: main") -> str:
    stages = f"[{{name: e, kafka: {{topic: v}}, consumerGroup: g, commitInterval: {stage_waits}}}]"
    canary = a_canary("sc", "slow", more=f"expectedTransit: {transit}, {own}")
    return (
        a_pipeline("slow", stages=stages)
        + canary
        + an_slo(f"{{freshness: {{canary: sc, within: {within}}}}}", pipeline="slow")
    )


def of_lag(waits: str) -> str:
    stages = f"[{{name: e, kafka: {{topic: v}}, consumerGroup: g, commitInterval: {waits}}}]"
    return a_pipeline("slow", stages=stages) + an_slo("{lag: {stage: e, within: 30s}}", pipeline="slow")


def of_table(unique: str, at: str = "sink") -> str:
    sink = f'{{sql: {{url: "sqlite:///x", table: t, idColumn: event_id, unique: {unique}}}}}'
    stages = "[{name: e, kafka: {topic: v}}]"
    duplicates = an_slo(f"{{duplicates: {{canary: k, at: {at}}}}}", pipeline="keyed")
    return a_pipeline("keyed", sink, stages) + a_canary("k", "keyed") + duplicates


def of_lone(witnesses: int, *, lag: bool = False) -> str:
    stages = f"[{{name: e, kafka: {{topic: v}}{', consumerGroup: g' if lag else ''}}}]"
    job = a_job().replace("pipeline: orders", "pipeline: lone")
    slo = an_slo("{freshness: {canary: l, within: 30s}}", pipeline="lone")
    policy = a_policy(pipeline="lone", more=f"witnesses: {witnesses}")
    return a_pipeline("lone", stages=stages) + a_canary("l", "lone") + slo + job + policy


def at(begin: str, end: str) -> str:
    return f"intervals: [{{from: 2026-11-01T{begin}:00Z, to: 2026-11-01T{end}:00Z}}]"


def own_canary(every: str, target: str = "0.999", window: str = "30d") -> str:
    return a_canary(every=every) + an_slo("{freshness: {canary: c, within: 30s}}", target, window=window)


def connector(more: str, spec: str = "connector: x") -> str:
    return a_job(more=more, controller=f'{{kafkaConnect: {{url: "http://127.0.0.1", {spec}}}}}') + a_policy()


def a_report(selector: str) -> str:
    return f"""
apiVersion: slo-service/v1
kind: Report
metadata: {{name: r}}
spec: {{selector: {selector}, schedule: {{cron: "0 9 * * 1"}}, contacts: [team]}}
"""


SLICES = "timeSliceTarget: 0.99, timeSliceWindow: "
PAIRS = {
    "a threshold at the floor of transit and commits": ("E404", of_slow("20s"), of_slow("19s")),
    "the canary's own commit interval outranks the stages'": (
        "E404",
        of_slow("1s", own="commitInterval: 20s"),
        of_slow("1m", own="commitInterval: 1s"),
    ),
    "a lag below its stage's commits": ("E404", of_lag("30s"), of_lag("29s")),
    "a time slice above half the budget": (
        "E408",
        an_slo(budgeting="Timeslices", more=SLICES + "22m"),
        an_slo(budgeting="Timeslices", more=SLICES + "21m"),
    ),
    "a lag slice above half the budget": (
        "E408",
        an_slo("{lag: {stage: enrich, within: 30s}}", "0.999993"),
        an_slo("{lag: {stage: enrich, within: 30s}}", "0.99999"),
    ),
    "events are counted one by one": (
        "E408",
        an_slo("{lag: {stage: enrich, within: 30s}}", "0.9999999"),
        an_slo(target="0.9999999"),
    ),
    "more canaries than can be counted": ("E409", own_canary("73ns"), own_canary("74ns")),
    "a release that contradicts itself": (
        "E407",
        a_policy(release="{all: [{noData: 1m}, {quietFor: 1m}]}"),
        a_policy(release="{any: [{noData: 1m}, {quietFor: 1m}]}"),
    ),
    "a condition and its opposite": (
        "E407",
        a_policy(release="{all: [{diagnosis: hotPartition}, {not: {diagnosis: hotPartition}}]}"),
        a_policy(release="{all: [{diagnosis: hotPartition}, {not: {diagnosis: consumerStopped}}]}"),
    ),
    "a tier that only the preset has": (
        "E302",
        a_policy(when="{burning: slow}"),
        a_policy(when="{burning: slow}")
        + an_alerting("preset: workbook, tiers: [{name: slow, severity: ticket, long: 7d, short: 12h, factor: 1}]"),
    ),
    "a tier that was switched off": (
        "E302",
        a_policy(when="{burning: page-1h}") + an_alerting("preset: workbook, tiers: [{name: page-1h, enabled: false}]"),
        a_policy(when="{burning: page-6h}") + an_alerting("preset: workbook, tiers: [{name: page-1h, enabled: false}]"),
    ),
    "a factor that a total outage does not reach": (
        "E402",
        an_alerting("tiers: [{severity: page, long: 1h, short: 5m, factor: 1000}]"),
        an_alerting("tiers: [{severity: page, long: 1h, short: 5m, factor: 999}]"),
    ),
    "a service that is not declared": (
        "E302",
        a_policy(do="[{closeGate: {services: [nothing]}}]"),
        a_policy(do="[{closeGate: {services: [orders]}}]"),
    ),
    "a matching job for every action on jobs": (
        "E405",
        a_policy(do="[{throttle: {matchLabels: {criticality: normal}, requestShare: 10%}}]"),
        a_policy(do="[{throttle: {matchLabels: {criticality: best-effort}, requestShare: 10%}}]"),
    ),
    "fewer than 0.4 failures expected": ("W508", own_canary("10s"), own_canary("9s")),
    "a page within three canaries": ("W509", own_canary("17300ms"), own_canary("17200ms")),
    "neither owner nor date": ("W501", a_pipeline(more="description: d"), a_pipeline()),
    "no runbook": ("W510", a_pipeline().replace("runbook", "wiki"), a_pipeline()),
    "nine hundred partitions": (
        "W511",
        a_pipeline().replace("topic: t", "topic: t, partitions: 900"),
        a_pipeline().replace("topic: t", "topic: t, partitions: 899"),
    ),
    "a target of many digits": ("W512", an_slo(target="0.999999"), an_slo(target="0.99999")),
    "duplicates in a keyed table": ("W514", of_table("true"), of_table("false")),
    "duplicates before a keyed table": ("W514", of_table("true"), of_table("true", at="e")),
    "a connector that may hold a slot": ("W515", connector("owner: us"), connector("maxPause: 1h")),
    "a connector that holds none": ("W515", connector("owner: us"), connector("owner: us", "connector: x, cdc: false")),
    "a managed job": ("W516", a_job(more="managedBy: flux") + a_policy(), a_job(more="managedBy: flux")),
    "adjustments that overlap": (
        "W517",
        an_adjustment(at("02:00", "04:00")) + an_adjustment(at("03:00", "05:00"), "b"),
        an_adjustment(at("02:00", "04:00")) + an_adjustment(at("04:00", "05:00"), "b"),
    ),
    "an overlap behind a shorter one": (
        "W517",
        an_adjustment(at("02:00", "09:00"))
        + an_adjustment(at("03:00", "10:00"), "b", pipeline="none")
        + an_adjustment(at("05:00", "06:00"), "d"),
        an_adjustment(at("02:00", "03:00")) + an_adjustment(at("05:00", "06:00"), "d"),
    ),
    "an adjustment that is over": (
        "W518",
        an_adjustment(at("02:00", "04:00") + ", expires: 2026-11-18T00:00:00Z"),
        an_adjustment(at("02:00", "04:00") + ", expires: 2026-11-19T00:00:00Z"),
    ),
    "quiet hours for pages": (
        "W519",
        a_contact('quietHours: {from: "22:00", to: "06:00", severities: [page]}'),
        a_contact('quietHours: {from: "22:00", to: "06:00"}'),
    ),
    "no channel that is installed": (
        "W520",
        a_contact(channels='[{teams: {url: "https://127.0.0.1/"}}]'),
        a_contact(channels='[{teams: {url: "https://127.0.0.1/"}}, {email: {to: [a@example.com]}}]'),
    ),
    "one way of seeing and two witnesses": ("W521", of_lone(2), of_lone(2, lag=True)),
    "one way of seeing and one witness": ("W521", of_lone(2), of_lone(1)),
    "three witnesses of two ways": ("W521", of_lone(3, lag=True), of_lone(2, lag=True)),
    "a review that is due": (
        "W522",
        a_pipeline().replace("2030-01-31", "2026-11-17"),
        a_pipeline().replace("2030-01-31", "2026-11-18"),
    ),
    "a report of nothing": (
        "W503",
        a_report("{matchLabels: {pipeline: none}}"),
        a_report("{matchLabels: {pipeline: orders}}"),
    ),
    "an adjustment of nothing": (
        "W503",
        an_adjustment(at("02:00", "04:00"), pipeline="none"),
        an_adjustment(at("02:00", "04:00")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "wrong"), [(code, wrong) for code, wrong, _ in PAIRS.values()], ids=list(PAIRS))
def test_it_is_said(code, wrong, codes):
    assert code in codes(wrong)


@pytest.mark.parametrize(("code", "right"), [(code, right) for code, _, right in PAIRS.values()], ids=list(PAIRS))
def test_it_is_not_said(code, right, codes):
    assert code not in codes(right)


def many_slos(count: int) -> str:
    return "".join(an_slo(name=f"objective-number-{number}") for number in range(count))


def test_rules_above_half_a_mebibyte_are_said_once(tmp_path, env):
    (tmp_path / "x.yaml").write_text(many_slos(70))
    found = load_folder([BASE, tmp_path / "x.yaml"], env).findings
    assert [finding.code for finding in found] == ["W513"]


@pytest.mark.parametrize(
    "documents", [many_slos(1), many_slos(20), an_alerting("tiers: [{severity: page, long: 1h, short: 5m, factor: 2}]")]
)
def test_the_estimate_of_the_rules_is_what_is_rendered(documents, tmp_path, env):
    (tmp_path / "x.yaml").write_text(documents)
    catalogue = load_folder([BASE, tmp_path / "x.yaml"], env).catalogue
    assert catalogue is not None
    rendered = len(prometheus_rules(Catalogue(slos=catalogue.slos)).encode())
    assert rules_size(catalogue.slos.values()) == pytest.approx(rendered, rel=0.05)
    assert LARGEST_RULES == 524_288


def test_without_the_time_nothing_is_over(tmp_path, env):
    (tmp_path / "x.yaml").write_text(an_adjustment(at("02:00", "04:00") + ", expires: 1999-01-01T00:00:00Z"))
    assert load_folder([BASE, tmp_path / "x.yaml"], env).findings == ()


def test_an_slo_without_a_pipeline_is_cared_for_by_its_service(tmp_path, env):
    metric = "{metricSource: {type: Prometheus, spec: {query: up}}}"
    slo = f"""
apiVersion: openslo/v1
kind: SLO
metadata: {{name: s}}
spec:
  service: web
  indicator: {{spec: {{ratioMetric: {{good: {metric}, total: {metric}, counter: true}}}}}}
  timeWindow: [{{duration: 30d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.999}}]
---
apiVersion: openslo/v1
kind: Service
metadata: {{name: web}}
spec: {{}}
"""
    (tmp_path / "x.yaml").write_text(slo)
    said = [str(f) for f in load_folder([BASE, tmp_path / "x.yaml"], env).findings if f.code == "W501"]
    assert len(said) == 1
    assert "the service web has no owner, no runbook and no review date" in said[0]
    (tmp_path / "x.yaml").write_text(
        slo.replace("name: web}", f"name: web, {'annotations: {owner: us, runbook: r, reviewDate: 2030-01-31}'}}}")
    )
    assert not [f for f in load_folder([BASE, tmp_path / "x.yaml"], env).findings if f.code in ("W501", "W510")]
