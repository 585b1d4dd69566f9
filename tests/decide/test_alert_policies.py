"""An OpenSLO alert policy tells its contact, whatever it is called."""

from dataclasses import replace

import pytest

from slo_service.decide.engine import decide
from slo_service.decide.ports import Memory
from slo_service.definitions import load_folder
from tests.decide.situation import NOON, a_status, a_tier

DEFINITIONS = """
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
apiVersion: slo-service/v1
kind: Contact
metadata: {name: ops}
spec: {channels: [{webhook: {url: "http://127.0.0.1/"}}]}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fresh}
spec:
  service: web
  indicator:
    spec:
      ratioMetric:
        raw: {metricSource: {type: stream, spec: {freshness: {canary: orders-canary, within: 30s}}}}
        rawType: success
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: CALLED}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: fast}
            spec: {severity: SEVERITY, condition: {kind: burnrate, op: gt, threshold: BURN, lookbackWindow: 1h}}
        notificationTargets:
          - kind: AlertNotificationTarget
            metadata: {name: ops}
            spec: {target: web-hook}
"""


def told(tmp_path, *, called, burn="2", severity="page"):
    text = DEFINITIONS.replace("CALLED", called).replace("BURN", burn).replace("SEVERITY", severity)
    (tmp_path / "a.yaml").write_text(text)
    catalogue = load_folder([tmp_path], {}).catalogue
    assert catalogue is not None
    (tier,) = catalogue.slos["fresh"].alerting.tiers
    firing = replace(a_tier(firing=True), tier=tier, factor=tier.factor(catalogue.slos["fresh"].window_ns))
    round_ = decide(NOON, catalogue, {"fresh": a_status(firing, slo="fresh")}, [], {}, Memory())
    return [message.contact for message in round_.messages]


@pytest.mark.parametrize("called", ["fast-burn", "page", "ticket", "any", "early"])
def test_an_alert_policy_tells_its_contact_whatever_it_is_called(tmp_path, called):
    assert told(tmp_path, called=called, severity="ticket") == ["ops"]


def test_an_alert_policy_on_any_burn_at_all_tells_its_contact(tmp_path):
    assert told(tmp_path, called="any-burn", burn="0") == ["ops"]
