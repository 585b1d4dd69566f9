import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from slo_service.definitions import load_folder
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Freshness, Timing
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.tally import Objective
from slo_service.show.render.prometheus import prometheus_rules
from tests.services.absence import Absent
from tests.services.debian import required

ROOT = Path(__file__).parents[3]
GENERATED = ROOT / "alert_rules" / "slo-service.rules.yaml"
TESTS = ROOT / "alert_rules" / "slo-service.test.yaml"
NEEDED = ("DB_URL", "WEBHOOK_URL", "MAIL_TO", "EXPORT_PID_FILE", "BACKFILL_PID_FILE", "ENRICHER_PID_FILE")
ENV = {f"ORDERS_{name}": "http://planted@127.0.0.1" for name in NEEDED}


def workbook_slo(**changes):
    values = {
        "name": "clicks", "display_name": "Clicks", "description": "Clicks are fresh", "service": "web",
        "pipeline": "clicks", "indicator": Freshness("c", SECOND), "objective": Objective(Fraction(999, 1000)),
        "window_ns": 30 * DAY, "alerting": Alerting(), "timing": Timing(SECOND, SECOND),
    }  # fmt: skip
    return Slo(**{**values, **changes})


def rules_of(slo):
    parsed = YAML(typ="safe").load(prometheus_rules(Catalogue(slos={slo.name: slo})))
    return [rule for group in parsed["groups"] for rule in group["rules"]]


def alerts_of(slo):
    return {rule["labels"]["tier"]: rule for rule in rules_of(slo) if "alert" in rule}


def promtool(*arguments):
    try:
        binary = required("Prometheus", "promtool")
    except Absent as why:
        pytest.skip(f"not to be had: {why}")
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=50, check=False)


def test_the_rules_in_the_repository_are_those_of_the_definitions():
    catalogue = load_folder([ROOT / "slo_definitions"], ENV).catalogue
    assert catalogue is not None
    assert GENERATED.read_text() == prometheus_rules(catalogue)


def test_a_ratio_is_the_sum_of_bad_events_over_the_sum_of_all():
    ratio = next(rule for rule in rules_of(workbook_slo()) if rule.get("record") == "slo:sli_error:ratio_rate1h")
    labels = 'slo="clicks",service="web",pipeline="clicks"'
    assert ratio["expr"].split("\n") == [
        f'sum(increase(slo_events_total{{{labels},result="bad"}}[1h]))',
        "/",
        f'(sum(increase(slo_events_total{{{labels},result=~"good|bad"}}[1h])) > 0)',
        "",
    ]


def test_every_window_of_a_tier_is_recorded():
    recorded = {rule["record"] for rule in rules_of(workbook_slo()) if "record" in rule}
    assert recorded >= {f"slo:sli_error:ratio_rate{w}" for w in ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")}


@pytest.mark.parametrize(
    ("tier", "threshold"), [("page-1h", 0.0144), ("page-6h", 0.006), ("ticket-1d", 0.003), ("ticket-3d", 0.001)]
)
def test_the_threshold_of_a_tier_is_its_factor_times_the_budget(tier, threshold):
    assert alerts_of(workbook_slo())[tier]["expr"].count(f"> {threshold})\n") == 2


def test_pages_and_tickets_keep_firing_for_their_own_time():
    alerts = alerts_of(workbook_slo())
    assert (alerts["page-1h"]["keep_firing_for"], alerts["ticket-3d"]["keep_firing_for"]) == ("15m", "1d")


def test_an_alert_names_slo_service_pipeline_severity_and_tier():
    assert alerts_of(workbook_slo())["page-1h"]["labels"] == {
        "slo": "clicks", "service": "web", "pipeline": "clicks", "severity": "page", "tier": "page-1h",
    }  # fmt: skip


def test_an_alert_links_to_the_runbook_of_its_slo():
    slo = workbook_slo(runbook_url="https://wiki.example.com/clicks")
    assert alerts_of(slo)["page-1h"]["annotations"]["runbook"] == "https://wiki.example.com/clicks"


def test_braces_in_a_description_are_text_and_no_template():
    slo = workbook_slo(description='{{ query "up" }}')
    assert '{{ query "up" }}' not in alerts_of(slo)["page-1h"]["annotations"]["description"]


def test_the_rules_hold_no_secret():
    assert "planted" not in GENERATED.read_text()


@pytest.mark.services
def test_promtool_accepts_the_rules_of_the_workbook(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(prometheus_rules(Catalogue(slos={"clicks": workbook_slo(description='{{ query "up" }}')})))
    checked = promtool("check", "rules", rules)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS" in checked.stdout


@pytest.mark.services
def test_promtool_sees_the_page_fire_and_be_quiet_again():
    tested = promtool("test", "rules", TESTS)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.services
def test_promtool_s_timeline_can_fail(tmp_path):
    """The same timeline with a threshold that the outage does not reach."""
    (tmp_path / "slo-service.rules.yaml").write_text(GENERATED.read_text().replace("> 0.0144", "> 0.99"))
    shutil.copy(TESTS, tmp_path)
    assert promtool("test", "rules", tmp_path / TESTS.name).returncode != 0
