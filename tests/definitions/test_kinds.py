"""What our own kinds mean: YAML to domain, value by value."""

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.shape.times import instant_ns
from slo_service.domain.adjustment import Category, Recurring, Replay, Span
from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.guards import Calendar, Guards, QuietHours
from slo_service.domain.indicator import Completeness
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.pipeline import Contract, Digest, Escalation, FolderSink, KafkaTopic
from slo_service.domain.policy import (
    AnyOf,
    BudgetSpentWithin,
    Burning,
    CallWebhook,
    CloseGate,
    Diagnosed,
    ExhaustedWithin,
    GateVerdict,
    IncidentSpent,
    Mode,
    Notify,
    OpenIncident,
    PauseJobs,
    Remediate,
    RunCommand,
    ScaleJob,
    Scope,
    Selector,
    Throttle,
)
from slo_service.domain.report import Report
from slo_service.domain.signals import EarlyDetector, NoDataAlert, PartitionTier, Signals
from slo_service.domain.slo import WORKBOOK
from tests.definitions.documents import an_adjustment

GOOD = Path(__file__).parent / "good"
BEST_EFFORT = Selector({"criticality": "best-effort"})


@pytest.fixture
def load(env):
    def catalogue_of(name):
        catalogue = load_folder([GOOD / "base.yaml", GOOD / f"{name}.yaml"], env).catalogue
        assert catalogue is not None
        return catalogue

    return catalogue_of


def test_conditions_that_nobody_judges_yet_are_conditions_all_the_same(load):
    (rule,) = load("policy-with-every-condition").policies["b"].rules
    assert isinstance(rule.when, AnyOf)
    assert {
        Burning("early"),
        BudgetSpentWithin(Fraction(1, 5), DAY),
        ExhaustedWithin(DAY),
        IncidentSpent(Fraction(1, 5)),
        Diagnosed("hotPartition"),
    } <= set(rule.when.of)


def test_every_action_is_what_is_written(load, env):
    (rule,) = load("policy-with-every-action").policies["b"].rules
    secret = env["WEBHOOK_SECRET"]
    pause, notify, scale, share, throttle, gate, incident, remedy, webhook, command = rule.do
    assert pause == PauseJobs(BEST_EFFORT, Scope.ALL)
    assert notify == Notify("team", "exhausted", 30 * MINUTE, 15 * MINUTE, "team")
    assert scale == ScaleJob(BEST_EFFORT, replicas=0)
    assert share == ScaleJob(BEST_EFFORT, share=Fraction(1, 2))
    assert throttle == Throttle(BEST_EFFORT, 1_000_000, 2_000_000, Fraction(1, 4))
    assert gate == CloseGate(("orders",), ("p0", "security"), GateVerdict.WARN)
    assert incident == OpenIncident("Orders are late", "team", Fraction(1, 5))
    assert remedy == Remediate("restart-connector", "export", {"connector": secret, "times": 2})
    assert isinstance(webhook, CallWebhook)
    assert (webhook.spec["secret"], webhook.spec["method"]) == (secret, "PUT")
    assert command == RunCommand(("/usr/bin/shed", "--load"), ("/usr/bin/shed", "--off"), 10 * SECOND)


def test_guards_calendars_and_quiet_hours_are_what_is_written(load):
    policy = load("policy-with-every-guard").policies["b"]
    assert policy.mode is Mode.APPROVE
    assert policy.guards == Guards(max_services=2, cool_down_ns=0, excludes=("b/r",))
    assert policy.rules[0].guards.max_actions_per_day == 20
    assert policy.rules[0].expect_effect_in_ns == 30 * MINUTE
    nights, move = policy.calendars
    assert nights == Calendar("nights", "Europe/Berlin", "FREQ=DAILY;BYHOUR=2;BYMINUTE=0", 2 * HOUR)
    assert (move.to_ns or 0) - (move.from_ns or 0) == 8 * HOUR
    assert policy.quiet_hours == QuietHours(22 * 60, 6 * 60 + 30, "Europe/Berlin", (0, 1, 2, 3, 4))


def test_an_alerting_says_all_that_tells_of_trouble(load):
    alerting = load("alerting-with-every-key").slos["base-freshness"].alerting
    assert [tier.name for tier in alerting.tiers] == ["fast", "page-6h"]
    assert alerting.tiers[0].factor(7 * DAY) == Fraction("14.4")
    assert alerting.unmeasured is Unmeasured.BAD
    assert alerting.signals == Signals(
        Fraction(1, 10**5),
        PartitionTier(10 * MINUTE, 20, Fraction(1, 10**4), "ticket"),
        EarlyDetector(20 * MINUTE),
        NoDataAlert(5 * MINUTE, 30 * MINUTE, Fraction(9, 10)),
    )


def test_tiers_beside_a_preset_change_single_ones_and_leave_the_rest(load):
    alerting = load("alerting-as-usual-but-one").slos["base-freshness"].alerting
    page_1h, page_6h, ticket_1d, _ = WORKBOOK
    assert {tier.name for tier in alerting.tiers} == {"page-1h", "page-6h", "ticket-1d", "slow"}
    assert page_6h in alerting.tiers
    assert ticket_1d in alerting.tiers
    (fast,) = [tier for tier in alerting.tiers if tier.name == "page-1h"]
    assert (fast.factor(30 * DAY), fast.short_ns) == (10, page_1h.short_ns)
    assert alerting.signals == Signals(partition_tier=None, early=None, no_data=None)


def test_a_job_has_what_its_controller_needs_and_what_limits_a_pause(load, env):
    job = load("job-kubernetes").jobs["j"]
    assert job.controller == "kubernetes"
    assert job.spec["token"] == env["WEBHOOK_SECRET"]
    assert (job.max_pause_ns, job.managed_by, job.any_pipeline) == (HOUR, "argocd", True)
    assert (job.resources, job.shared_with) == (("main-kafka", "orders-db"), ("orders",))
    assert (job.schedule, job.zone) == ("0 2 * * MON-FRI", "Europe/Berlin")


@pytest.mark.parametrize(("name", "cdc"), [("job-kafka-connect", False), ("job-airflow", False)])
def test_a_connector_may_hold_a_slot_unless_it_says_otherwise(load, name, cdc):
    assert load(name).jobs["j"].cdc is cdc


def test_a_contact_has_all_its_channels_in_order(load):
    contact = load("contact-with-every-channel").contacts["x"]
    kinds = ["webhook", "email", "slack", "slack", "pagerduty", "opsgenie", "teams", "apprise"]
    assert [channel.kind for channel in contact.channels] == kinds
    assert contact.digest == Digest("0 9 * * *")
    assert contact.escalation == (Escalation(15 * MINUTE, "team"),)
    assert contact.quiet_hours == QuietHours(20 * 60, 8 * 60, "Europe/Berlin", (5, 6))


def test_a_pipeline_knows_how_long_commits_hold_it_up(load):
    pipeline = load("pipeline-with-every-key").pipelines["p"]
    assert [pipeline.commit_interval_ns(hop) for hop in ("source", "sessions", "sink")] == [0, 10 * SECOND, 15 * SECOND]
    assert pipeline.stages[0].dead_letter == KafkaTopic("main", "s.dead")
    assert (pipeline.contract, pipeline.contract_terms) == (Contract.PROJECTION, {"field": "user.session"})
    assert pipeline.unserved is None


@pytest.mark.parametrize(
    "name",
    [
        "pipeline-into-an-endpoint", "pipeline-into-a-folder", "pipeline-that-aggregates", "pipeline-that-joins",
        "pipeline-from-a-database",
    ],
)  # fmt: skip
def test_a_pipeline_that_no_collector_serves_says_why(load, name):
    assert "no collector" in (load(name).pipelines["p"].unserved or "")


def test_a_folder_is_a_sink(load):
    assert load("pipeline-into-a-folder").pipelines["p"].sink == FolderSink("/data/orders", "jsonl", "id")


def test_an_adjustment_has_its_times_as_instants(load):
    adjustment = load("adjustment-for-maintenance").adjustments["a"]
    assert adjustment.category is Category.MAINTENANCE
    utc, berlin = adjustment.spans
    assert utc.to_ns - utc.from_ns == 2 * HOUR
    assert berlin.from_ns - utc.from_ns == 7 * DAY - HOUR
    sundays, fridays = adjustment.recurring
    assert sundays.rule == "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30"
    assert fridays == Recurring("RRULE:FREQ=MONTHLY;BYDAY=-1FR", "Europe/Berlin", None, 30 * MINUTE)


def test_a_replay_says_which_events_come_again_and_where(load):
    replay = load("adjustment-for-a-replay").adjustments["a"].replay
    october = instant_ns(datetime(2026, 10, 1), "UTC")  # noqa: DTZ001 - local time is what is asked about
    assert replay == Replay(Span(october, october + DAY), "enrich")


def test_a_correction_says_what_is_counted_instead(load):
    assert load("adjustment-for-a-correction").adjustments["a"].correction == {"good": 1000, "bad": 3}


@pytest.mark.parametrize(
    ("name", "schedule", "zone"),
    [
        ("report-by-cron", "30 8 * * MON", "Europe/Berlin"),
        ("report-by-weekday", "0 9 * * 1", "America/New_York"),
        ("report-every-day", "0 9 * * *", "UTC"),
    ],
)
def test_a_report_comes_at_five_fields_of_cron(load, name, schedule, zone):
    report: Report = load(name).reports["weekly"]
    assert (report.schedule, report.zone, report.contacts) == (schedule, zone, ("team",))


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        pytest.param("2026-07-01T02:30", "2026-07-01T00:30+00:00", id="summer"),
        pytest.param("2026-10-25T02:30", "2026-10-25T00:30+00:00", id="comes twice: the first"),
        pytest.param("2026-03-29T02:30", "2026-03-29T01:00+00:00", id="does not exist: the next that does"),
        pytest.param("2026-03-29T03:00", "2026-03-29T01:00+00:00", id="right after the gap"),
    ],
)
def test_local_times_around_the_change_of_the_clocks(local, instant):
    expected = int(datetime.fromisoformat(instant).timestamp()) * SECOND
    assert instant_ns(datetime.fromisoformat(local), "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=30", ""),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ""),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ""),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=-30", "never comes"),
        ("FREQ=DAILY;BYMONTH=2,4,6,9,11;BYMONTHDAY=31", "never comes"),
        ("FREQ=SECONDLY", "FREQ is none of"),
        ("FREQ=DAILY;COUNT=0", "between 1 and"),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "empty set"),
        ("FREQ=YEARLY;BYEASTER=-400", "BYEASTER is not among"),
        ("DTSTART:20260101T000000\nRRULE:FREQ=DAILY", "form of an RRULE"),
    ],
)
def test_a_recurrence_that_never_comes_is_told_at_once(rule, why, tmp_path, env):
    text = an_adjustment(f"recurring: [{{rrule: {json.dumps(rule)}, duration: 1h}}]")
    (tmp_path / "x.yaml").write_text(text)
    loaded = load_folder([GOOD / "base.yaml", tmp_path / "x.yaml"], env)
    said = [finding.message for finding in loaded.errors]
    assert [why in message for message in said] == ([True] if why else [])


def test_each_member_of_a_composite_keeps_what_is_asked_of_its_slices_and_the_slowest_sets_the_time(env, tmp_path):
    stream = "{spec: {ratioMetric: {rawType: success, raw: {metricSource: {type: stream, spec: {%s}}}}}}"
    fresh, seen = (
        stream % "freshness: {canary: orders-canary, within: 30s}",
        stream % "completeness: {canary: orders-canary}",
    )
    (tmp_path / "x.yaml").write_text(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: whole, labels: {pipeline: orders}}\nspec:\n"
        "  service: orders\n  timeWindow: [{duration: 28d, isRolling: true}]\n  budgetingMethod: Timeslices\n"
        "  objectives:\n"
        f"    - {{target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 1m, indicator: {fresh}}}\n"
        f"    - {{target: 0.95, timeSliceTarget: 0.7, timeSliceWindow: 1m, indicator: {seen}}}\n"
    )
    catalogue = load_folder([GOOD / "base.yaml", tmp_path / "x.yaml"], env).catalogue
    assert catalogue is not None
    whole = catalogue.slos["whole"]
    assert [(member.target, member.asked) for member in whole.members] == [
        (Fraction(99, 100), Fraction(9, 10)),
        (Fraction(95, 100), Fraction(7, 10)),
    ]
    deadline = whole.members[1].indicator
    assert isinstance(deadline, Completeness)
    assert whole.timing.horizon_ns >= deadline.by_ns
