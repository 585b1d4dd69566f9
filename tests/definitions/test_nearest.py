"""What is offered where a name is wrong, among few names and among thousands."""

import time

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.scalar import nearest

MANY = [f"payment-availability-{number}" for number in range(1000)]
SLI = """apiVersion: openslo/v1
kind: SLI
metadata: {{name: payment-availability-{0}}}
spec: {{thresholdMetric: {{metricSource: {{type: Prometheus, spec: {{query: up}}}}}}}}
"""
SLO = """apiVersion: openslo/v1
kind: SLO
metadata: {{name: slo-{0}}}
spec:
  service: payments
  indicatorRef: paymant-availibility-{0}x
  budgetingMethod: Occurrences
  objectives: [{{target: 0.99, op: lt, value: 1}}]
"""


@pytest.mark.parametrize("word", ["paymant-availability-417", "payment-availabilty-417", "ayment-availability-417"])
def test_one_slip_is_seen_through_among_a_thousand_names(word):
    assert nearest(word, MANY) == "did you mean payment-availability-417?"


def test_a_name_like_none_lists_some_and_counts_the_rest():
    said = nearest("zzz", MANY)
    assert said.startswith("known are payment-availability-0, ")
    assert said.endswith(" and 980 more")


def test_a_word_of_a_megabyte_is_no_slip():
    begun = time.process_time()
    assert nearest("page" * 250_000, ["page", "ticket"]) == "known are page, ticket"
    assert time.process_time() - begun < 0.05


def test_a_wrong_reference_in_each_of_a_thousand_definitions_is_said_within_five_seconds(tmp_path):
    (tmp_path / "slis.yaml").write_text("---\n".join(SLI.format(n) for n in range(1000)))
    (tmp_path / "slos.yaml").write_text("---\n".join(SLO.format(n) for n in range(1000)))
    begun = time.process_time()
    findings = load_folder([tmp_path], {}).errors
    assert time.process_time() - begun < 5
    assert len(findings) == 1000
    assert all("did you mean payment-availability-" in finding.remedy for finding in findings)
