from fractions import Fraction
from pathlib import Path

import pytest

from slo_service.act.notify import letter
from slo_service.collect.canary.body import values
from slo_service.collect.canary.envelope import CanaryId
from slo_service.definitions import load_folder
from slo_service.definitions.kinds.canary import FIELDS
from slo_service.definitions.kinds.policy import TEMPLATES
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Intake, Lag, Timing
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.pipeline import KafkaTopic
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    Burning,
    Mode,
    NoData,
    Not,
    Notify,
    PauseJobs,
    QuietFor,
    Selector,
)
from slo_service.domain.slo import WORKBOOK, Severity

HERE = Path(__file__).parent
GOOD = HERE / "good"
SET = [GOOD / "base.yaml", GOOD / "everything.yaml"]
DEMO = HERE.parents[1] / "slo_definitions"
DEMO_ENV = {
    "ORDERS_DB_URL": "sqlite:///orders.db",
    "ORDERS_WEBHOOK_URL": "http://127.0.0.1:9/hook",
    "ORDERS_MAIL_TO": "orders@example.com",
    "ORDERS_EXPORT_PID_FILE": "export.pid",
    "ORDERS_BACKFILL_PID_FILE": "backfill.pid",
    "ORDERS_ENRICHER_PID_FILE": "enricher.pid",
}


@pytest.fixture
def catalogue(env):
    loaded = load_folder(SET, env)
    assert loaded.findings == ()
    assert loaded.catalogue is not None
    return loaded.catalogue


def load_text(tmp_path, text, env=None):
    (tmp_path / "x.yaml").write_text(text)
    return load_folder([tmp_path], env or {})


def test_files_and_objects_are_counted(env):
    loaded = load_folder(SET, env)
    assert (loaded.files, loaded.objects) == (2, 17)


def test_a_file_that_is_named_twice_is_read_once(env):
    assert load_folder([*SET, GOOD / "base.yaml"], env) == load_folder(SET, env)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("target: 0.999", Fraction(999, 1000)),
        ("targetPercent: 99.95", Fraction(9995, 10000)),
        ("target: 0.1", Fraction(1, 10)),
        ("target: 99.9%", Fraction(999, 1000)),
        ("target: 0.99999999999", 1 - Fraction(1, 10**11)),
    ],
)
def test_a_target_is_exactly_what_is_written(tmp_path, env, written, target):
    text = (GOOD / "base.yaml").read_text()
    preset = (
        "\n---\n{apiVersion: slo-service/v1, kind: Alerting, metadata: {name: a}, spec: {selector: {}, tiers: "
        "[{severity: page, long: 1h, short: 5m, budgetShare: 0.1%}]}}\n"
    )
    loaded = load_text(tmp_path, text.replace("target: 0.999", written) + preset, env)
    assert loaded.catalogue is not None, loaded.findings
    assert loaded.catalogue.slos["base-freshness"].objective.target == target


def test_an_slo_finds_its_pipeline_through_its_canary(catalogue):
    slo = catalogue.slos["clicks-completeness"]
    assert slo.pipeline == "clicks"
    assert slo.labels == {"importance": "3", "pipeline": "clicks"}


def test_completeness_is_judged_at_the_deadline_of_the_canary_unless_it_says_otherwise(catalogue):
    assert catalogue.slos["clicks-completeness"].indicator == Completeness("clicks-canary", MINUTE, "sessions")


@pytest.mark.parametrize(
    ("slo", "horizon_ns", "grace_ns"),
    [
        ("orders-freshness", 5 * SECOND, 3 * SECOND),
        ("orders-completeness", 20 * SECOND, 3 * SECOND),
        ("orders-duplicates", 0, 3 * SECOND),
        ("orders-intake", 10 * SECOND, 3 * SECOND),
        ("orders-lag", SECOND, 3 * SECOND),
    ],
)
def test_counts_are_final_after_the_horizon_of_their_indicator(slo, horizon_ns, grace_ns):
    loaded = load_folder([DEMO], DEMO_ENV)
    assert loaded.catalogue is not None
    assert loaded.catalogue.slos[slo].timing == Timing(horizon_ns, grace_ns)


def test_the_demo_set_loads_without_any_finding_and_measures_five_things():
    loaded = load_folder([DEMO], DEMO_ENV)
    assert loaded.findings == ()
    assert loaded.catalogue is not None
    assert {slo.indicator for slo in loaded.catalogue.slos.values()} == {
        Freshness("orders-canary", 5 * SECOND), Completeness("orders-canary", 20 * SECOND),
        Duplicates("orders-canary"), Intake("orders-canary"), Lag("enrich", 5 * SECOND),
    }  # fmt: skip
    assert {slo.alerting.name for slo in loaded.catalogue.slos.values()} == {"fast-recovery"}
    assert {tier.factor(slo.window_ns) for slo in loaded.catalogue.slos.values() for tier in slo.alerting.tiers} == {
        Fraction(72, 5)
    }


def test_the_demo_policy_reaches_the_two_jobs_that_can_wait():
    catalogue = load_folder([DEMO], DEMO_ENV).catalogue
    assert catalogue is not None
    (rule,) = catalogue.policies["protect-the-dashboard"].rules
    pause = next(action for action in rule.do if isinstance(action, PauseJobs))
    matched = {job.name for job in catalogue.jobs_of("orders") if pause.selector.matches(job.labels)}
    assert matched == {"orders-export", "orders-backfill"}


def test_an_slo_that_no_alerting_selects_has_the_tiers_of_the_workbook(tmp_path, env):
    loaded = load_folder([GOOD / "base.yaml"], env)
    assert loaded.catalogue is not None
    assert loaded.catalogue.slos["base-freshness"].alerting.tiers == WORKBOOK


def test_tiers_stand_in_the_order_of_strictness(catalogue):
    alerting = catalogue.slos["clicks-completeness"].alerting
    assert [tier.name for tier in alerting.tiers] == ["page-1h", "slow"]
    assert alerting.keep_firing_ns == {Severity.PAGE: 10 * SECOND, Severity.TICKET: 24 * HOUR}


def test_a_policy_is_read_with_its_conditions_and_actions(catalogue):
    policy = catalogue.policies["careful"]
    (rule,) = policy.rules
    assert policy.mode is Mode.OBSERVE
    assert rule.when == All((
        Burning("any"), Not(NoData(5 * MINUTE)), AnyOf((BudgetRemainingBelow(Fraction(1, 4)), Burning("page-1h"))),
    ))  # fmt: skip
    assert rule.release == All((QuietFor(15 * MINUTE), BudgetRemainingAbove(Fraction(1, 10))))
    assert rule.do == (PauseJobs(Selector({"criticality": "best-effort"})), Notify("everyone", "burning"))
    assert (rule.for_ns, rule.witnesses) == (MINUTE, 1)


def test_a_template_keeps_its_types_and_its_canary_fields(catalogue):
    template = catalogue.canaries["clicks-canary"].template
    assert template == {"id": "${canary.id}", "nested": {"list": [1, 2.5, True, None, "7"]}}


def test_words_that_older_yaml_took_for_truth_values_are_texts(tmp_path, env):
    text = (GOOD / "base.yaml").read_text().replace("amount: 0", "amount: 0, on: yes, at: 12:30")
    loaded = load_text(tmp_path, text, env)
    assert loaded.catalogue is not None
    template = loaded.catalogue.canaries["orders-canary"].template
    assert (template["on"], template["at"]) == ("yes", "12:30")


def test_the_kind_of_a_job_s_controller_and_its_calls_are_handed_on_filled_in(catalogue):
    job = catalogue.jobs["reindex"]
    assert job.controller == "http"
    assert job.spec["headers"] == {"Authorization": "Bearer planted-secret"}
    assert job.spec["pause"] == {"method": "POST", "url": "http://127.0.0.1:9/job/pause", "body": {"reason": "budget"}}


def test_an_http_job_may_say_what_is_there_when_it_is_paused(tmp_path, env):
    job = (GOOD / "everything.yaml").read_text()
    signs = "running: {text: state=up}, paused: {text: state=down}"
    (tmp_path / "base.yaml").write_text((GOOD / "base.yaml").read_text())
    loaded = load_text(tmp_path, job.replace("running: {json: state, equals: RUNNING}", signs), env)
    assert loaded.catalogue is not None, loaded.findings
    status = loaded.catalogue.jobs["reindex"].spec["status"]
    assert isinstance(status, dict)
    assert status["paused"] == {"text": "state=down"}


def test_a_sink_may_be_a_topic(catalogue):
    assert catalogue.pipelines["clicks"].sink == KafkaTopic("main", "clicks.out")


def test_an_http_job_may_ask_for_several_values_at_once(tmp_path, env):
    job = (GOOD / "everything.yaml").read_text()
    text = job.replace("running: {json: state, equals: RUNNING}", "running: {json: {state: RUNNING, ready: true}}")
    (tmp_path / "base.yaml").write_text((GOOD / "base.yaml").read_text())
    loaded = load_text(tmp_path, text, env)
    assert loaded.catalogue is not None, loaded.findings
    status = loaded.catalogue.jobs["reindex"].spec["status"]
    assert isinstance(status, dict)
    assert status["running"] == {"json": {"state": "RUNNING", "ready": True}}


def test_what_definitions_may_name_is_what_the_sender_and_the_messages_know():
    assert {f"canary.{name}" for name in values(CanaryId("", "", 0, 0, 0))} == FIELDS
    assert set(TEMPLATES) == set(letter.TEMPLATES)


def test_settings_reach_the_address_but_never_a_repr(catalogue, env):
    assert catalogue.pipelines["orders"].sink.url == env["ORDERS_DB_URL"]
    assert not [value for value in env.values() if value in repr(catalogue)]


def test_a_setting_may_come_from_a_file(tmp_path, env):
    (tmp_path / "secret").write_text("from-a-file\n")
    env = {**env, "WEBHOOK_SECRET": "", "WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}
    loaded = load_folder([GOOD / "base.yaml"], env)
    assert loaded.catalogue is not None
    assert loaded.catalogue.contacts["team"].channels[0].spec["secret"] == "from-a-file"


def test_an_slo_remembers_where_and_how_it_was_written(catalogue):
    slo = catalogue.slos["base-freshness"]
    file, line = slo.defined_at.rsplit(":", 1)
    assert Path(file).read_text().splitlines()[int(line) - 1 :][: slo.definition.count("\n")] == (
        slo.definition.splitlines()
    )
    assert slo.definition.startswith("apiVersion: openslo/v1\nkind: SLO\n")
    assert "kind: Job" not in slo.definition


def test_a_file_that_is_not_utf8_is_a_finding_with_its_place(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: 1\nb: ol\xe9\n")
    assert [str(f).split("x.yaml:")[1] for f in load_folder([tmp_path], {}).findings] == [
        "2:6: error E102: byte 0xe9 is not UTF-8; save the file as UTF-8"
    ]


def test_a_character_that_yaml_forbids_is_a_finding_with_its_place(tmp_path):
    found = load_text(tmp_path, "a: 1\nb: x\x00y\n").findings
    assert [(f.line, f.column, f.code) for f in found] == [(2, 5, "E103")]


@pytest.mark.parametrize("files", [{}, {"x.yaml": ""}, {"x.yaml": "# nothing\n---\n"}, {"x.txt": "kind: SLO"}])
def test_a_folder_without_definitions_is_refused_rather_than_emptying_the_running_set(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    loaded = load_folder([tmp_path], {})
    assert loaded.catalogue is None
    assert [f.code for f in loaded.findings] == ["E106"]


def test_a_path_that_is_not_there_is_a_finding(tmp_path):
    assert [f.code for f in load_folder([tmp_path / "nowhere"], {}).findings] == ["E101"]


def test_a_file_too_large_is_not_read(tmp_path):
    assert [f.code for f in load_text(tmp_path, "#" * (1 << 20) + "\n").findings] == ["E105"]


def test_a_name_in_a_broken_file_does_not_make_its_references_dangle(tmp_path, env):
    (tmp_path / "team.yaml").write_text("apiVersion: slo-service/v1\nkind: Contact\nmetadata: {name: ops}\nspec: {\n")
    (tmp_path / "policy.yaml").write_text(
        "{apiVersion: slo-service/v1, kind: BudgetPolicy, metadata: {name: p}, spec: {selector: {}, rules: [{name: r, "
        "when: {burning: page}, do: [{notify: {contact: ops, template: burning}}]}]}}"
    )
    loaded = load_folder([GOOD / "base.yaml", tmp_path], env)
    assert [(Path(f.file).name, f.code) for f in loaded.findings] == [("team.yaml", "E103")]


def test_a_setting_that_is_missing_in_a_review_is_a_warning_and_when_serving_a_mistake():
    review = load_folder([DEMO], {}, settings_needed=False)
    assert review.catalogue is not None
    assert {finding.code for finding in review.findings} == {"W504"}
    serving = load_folder([DEMO], {})
    assert serving.catalogue is None
    assert {finding.code for finding in serving.findings} == {"E303"}


def test_an_installed_controller_can_be_named_and_gets_what_stands_below_it(tmp_path, monkeypatch):
    installed = tmp_path / "site" / "our_plugins-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: our-plugins\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[slo_service.jobs]\nour-scheduler = our_plugins:controller\n")
    monkeypatch.syspath_prepend(str(installed.parent))
    job = """
apiVersion: slo-service/v1
kind: Job
metadata: {name: nightly}
spec: {criticality: normal, controller: {our-scheduler: {queue: "${QUEUE}"}}}
"""
    (tmp_path / "job.yaml").write_text(job)
    loaded = load_folder([tmp_path / "job.yaml"], {"QUEUE": "q1"})
    assert loaded.catalogue is not None, loaded.findings
    assert loaded.catalogue.jobs["nightly"].controller == "our-scheduler"
    assert loaded.catalogue.jobs["nightly"].spec == {"queue": "q1"}
