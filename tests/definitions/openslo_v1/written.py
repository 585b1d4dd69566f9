"""Documents of OpenSLO as they are written, whole and by the piece."""

from pathlib import Path

from slo_service.definitions import load_folder

HERE = Path(__file__).parent
EVERYTHING = HERE / "everything.yaml"
ENV = {"PROM_TOKEN": "planted-token"}
PIPELINE = """
apiVersion: slo-service/v1
kind: Pipeline
metadata: {name: orders}
spec: {owner: web, source: {kafka: {topic: a}}, sink: {kafka: {topic: b}}}
---
apiVersion: slo-service/v1
kind: Canary
metadata: {name: orders-canary}
spec: {pipeline: orders, every: 1s, template: {id: "${canary.id}"}, markerField: m}
---
"""
FRESH = (
    "{ratioMetric: {raw: {metricSource: {type: stream, spec: {freshness: {canary: orders-canary, within: 30s}}}}, "
    "rawType: success}}"
)
ALERTING = "---\n{apiVersion: slo-service/v1, kind: Alerting, metadata: {name: a}, "
ALERTING += "spec: {selector: SELECTOR, preset: workbook}}"


def load(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    return load_folder([tmp_path], ENV)


def slo(objectives="[{target: 0.999}]", indicator=f"indicator: {{spec: {FRESH}}}", more=""):
    return f"""
apiVersion: openslo/v1
kind: SLO
metadata: {{name: s}}
spec:
  service: web
  {indicator}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: {objectives}
{more}"""
