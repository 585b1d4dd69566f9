from pathlib import Path

from slo_service.definitions import load_folder

GOOD = Path(__file__).parent / "good"


def line_of(place: str) -> str:
    file, _, line = place.rpartition(":")
    return Path(file).read_text().splitlines()[int(line) - 1].strip()


def test_each_value_of_an_slo_knows_its_line(env):
    loaded = load_folder([GOOD / "base.yaml"], env)
    assert loaded.catalogue is not None
    sources = loaded.catalogue.slos["base-freshness"].sources
    assert line_of(sources["target"]).startswith("objectives:")
    assert line_of(sources["window"]).startswith("timeWindow:")
    assert sources["indicator"].startswith(str(GOOD / "base.yaml"))
    assert sources["tiers"] == "preset workbook"


def test_tiers_come_from_the_alerting_that_selects_the_slo_and_policies_from_theirs(env, tmp_path):
    slo = "metadata: {name: base-freshness"
    text = (GOOD / "base.yaml").read_text()
    assert slo in text
    (tmp_path / "base.yaml").write_text(text)
    (tmp_path / "more.yaml").write_text(
        """\
apiVersion: slo-service/v1
kind: Alerting
metadata: {name: ours}
spec:
  selector: {}
  tiers: [{severity: page, long: 1h, short: 5m, budgetShare: 2%}]
---
apiVersion: slo-service/v1
kind: BudgetPolicy
metadata: {name: tell}
spec:
  selector: {}
  rules: [{name: r, when: {burning: page}, do: [{notify: {contact: team, template: burning}}]}]
"""
    )
    loaded = load_folder([tmp_path], env)
    assert loaded.catalogue is not None, loaded.findings
    sources = loaded.catalogue.slos["base-freshness"].sources
    assert line_of(sources["tiers"]).startswith("tiers:")
    assert sources["policy tell"] == f"{tmp_path / 'more.yaml'}:8"
    assert {document.kind for document in loaded.catalogue.documents} >= {"Alerting", "BudgetPolicy", "SLO"}
