"""What OpenSLO's documents mean here."""

from datetime import datetime
from fractions import Fraction

import pytest

from slo_service.definitions.document import OPENSLO
from slo_service.definitions.kinds import KINDS
from slo_service.definitions.shape import write_spec
from slo_service.definitions.writing import to_yaml
from slo_service.domain.budgeting import Calendar, Occurrences, RatioTimeslices, Timeslices
from slo_service.domain.indicator import (
    Comparison,
    Composite,
    Freshness,
    Metric,
    Ratio,
    Side,
    Stream,
    Threshold,
)
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.tally import Objective
from tests.definitions.openslo_v1.written import ALERTING, EVERYTHING, FRESH, PIPELINE, load, slo


def test_everything_of_openslo_loads_without_a_mistake(loaded):
    assert loaded.errors == ()
    assert {"W505", "W506"} <= {finding.code for finding in loaded.findings}


def test_each_of_several_objectives_is_an_slo_named_after_it_or_its_place(catalogue):
    assert [name for name in catalogue.slos if name.startswith("web-latency")] == ["web-latency-quick", "web-latency-2"]
    quick, second = catalogue.slos["web-latency-quick"], catalogue.slos["web-latency-2"]
    assert (quick.display_name, quick.objective_name, quick.declared) == (
        "Pages are quick: Quick",
        "Quick",
        "web-latency",
    )
    assert (second.display_name, second.objective_at) == ("Pages are quick: 2", 1)
    assert second.objective == Objective(Fraction(999, 1000))


def test_a_threshold_is_that_of_its_objective_on_the_metric_of_its_sli(catalogue):
    asked = '{"query":"histogram_quantile(0.99, x[$__interval])"}'
    assert catalogue.slos["web-latency-quick"].indicator == Threshold(
        Metric("prometheus", "main-prometheus", asked), Comparison.LT, Fraction(3, 10)
    )


def test_a_ratio_of_bad_events_keeps_which_side_is_counted(catalogue):
    indicator = catalogue.slos["web-errors"].indicator
    assert isinstance(indicator, Ratio)
    assert (indicator.side, indicator.metric.source, indicator.counter) == (Side.BAD, "datadog", False)
    assert indicator.total is not None
    assert indicator.total.fields == {"query": "sum:requests{*}"}


def test_an_slo_without_a_pipeline_has_none(catalogue):
    assert catalogue.slos["web-errors"].pipeline == ""


def test_several_texts_of_a_label_are_one_with_commas_and_each_can_be_selected(tmp_path, catalogue):
    assert catalogue.slos["web-latency-2"].labels == {"team": "search,checkout", "costs": "Centre 17"}
    alerting = ALERTING.replace("SELECTOR", "{matchLabels: {team: b}}")
    text = PIPELINE + slo().replace("{name: s}", "{name: s, labels: {team: [a, b]}}") + alerting
    found = load(tmp_path, text).catalogue
    assert found is not None
    assert found.slos["s"].alerting.name == "a"


def test_calendars_slices_and_composites_are_judged(catalogue):
    assert {"web-availability", "web-ratio", "web-as-a-whole"} < set(catalogue.slos)
    assert catalogue.unjudged == {}


SLOW = """
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: slow}
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {name: slow}
            spec:
              severity: ticket
              condition: {kind: burnrate, op: gt, threshold: 1, lookbackWindow: 9d, alertAfter: 0m}
        notificationTargets: [{targetRef: nobody}]
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: nobody}
spec: {target: email}
"""


def test_slices_longer_than_cells_are_kept_are_not_judged_and_say_why(tmp_path):
    sliced = slo("[{target: 0.5, timeSliceWindow: 3d}]", more=SLOW).replace(": Occurrences", ": RatioTimeslices")
    loaded = load(tmp_path, PIPELINE + sliced)
    assert loaded.catalogue is not None, loaded.errors
    assert loaded.catalogue.unjudged["s"].reason == "slices of time longer than 2d are not judged"
    assert "s" not in loaded.catalogue.slos
    said = [each.message for each in loaded.findings if each.code == "W506"]
    assert "spec.objectives[0].timeSliceWindow is declared, not carried out yet" in said


def test_windows_and_slices_keep_what_is_written(catalogue):
    sliced = catalogue.slos["web-availability"]
    assert sliced.calendar == Calendar(datetime(2022, 1, 1, 12), "America/New_York", 1, "w")  # noqa: DTZ001 - its zone stands beside it
    assert sliced.budgeting == Timeslices(Fraction(95, 100), MINUTE)
    ratio = catalogue.slos["web-ratio"]
    assert (ratio.window_ns, ratio.budgeting) == (90 * DAY, RatioTimeslices(5 * MINUTE))


def test_a_composite_weighs_its_members_and_has_their_mean_budget(catalogue):
    whole = catalogue.slos["web-as-a-whole"]
    assert isinstance(whole.indicator, Composite)
    assert [(m.name, m.target, m.weight) for m in whole.members] == [
        ("quick", Fraction(99, 100), 3), ("up", Fraction(98, 100), 1),
    ]  # fmt: skip
    assert whole.objective.budget == (3 * Fraction(1, 100) + Fraction(2, 100)) / 4


def test_secrets_of_a_data_source_are_filled_in_and_in_no_repr_nor_finding(loaded, catalogue):
    details = catalogue.data_sources["main-prometheus"].details
    assert details == {
        "url": "http://prometheus:9090", "headers": [{"Authorization": "Bearer planted-token"}], "retries": 3,
    }  # fmt: skip
    assert "planted-token" not in repr(loaded)


def test_a_data_source_is_written_back_with_its_settings_unfilled(loaded):
    (spec,) = [draft.spec for draft in loaded.drafts if draft.document.kind == "DataSource"]
    details = write_spec(spec)["connectionDetails"]
    assert isinstance(details, dict)
    assert "planted-token" not in str(details)
    assert details["headers"] == [{"Authorization": "Bearer ${PROM_TOKEN}"}]


def test_every_document_is_written_back_as_it_was_read(tmp_path, loaded):
    documents = [
        {
            "apiVersion": next(kind.api_version for kind in KINDS if kind.name == draft.document.kind),
            "kind": draft.document.kind,
            "metadata": write_spec(draft.document.header),
            "spec": write_spec(draft.spec),
        }
        for draft in loaded.drafts
    ]
    again = load(tmp_path, to_yaml(documents))
    assert again.errors == ()
    assert [(d.document.header, d.spec) for d in again.drafts] == [(d.document.header, d.spec) for d in loaded.drafts]


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        pytest.param(('"sum:errors{*}"', '" sum:errors{*}\\n"'), True, id="blanks around a query"),
        pytest.param(("[{target: 0.98}]", "[{target: 0.99}]"), True, id="another target"),
        pytest.param(("type: Datadog", "type: DataDog"), True, id="another spelling of the type"),
        pytest.param(('"sum:errors{*}"', '"sum:errors{a}"'), False, id="another query"),
        pytest.param(
            ("bad: {metricSource: {type: Datadog", "good: {metricSource: {type: Datadog"), False, id="other side"
        ),
        pytest.param(("type: Datadog", "type: Datadog, metricSourceRef: main-prometheus"), None, id="another source"),
    ],
)
def test_a_measurement_is_the_same_stream_while_it_means_the_same(tmp_path, catalogue, changed, kept):
    found = load(tmp_path, EVERYTHING.read_text().replace(*changed)).catalogue
    if kept is None:
        assert found is None  # it contradicts the type of the data source
    else:
        same = found.slos["web-errors"].stream.id == catalogue.slos["web-errors"].stream.id
        assert same is kept


def test_equal_measurements_share_a_stream_whatever_is_promised_of_them(tmp_path):
    found = load(
        tmp_path, PIPELINE + slo("[{displayName: a, target: 0.99}, {displayName: b, target: 0.999}]")
    ).catalogue
    assert found is not None
    assert found.slos["s-a"].stream == found.slos["s-b"].stream


def test_the_streams_of_earlier_versions_keep_their_history():
    assert Stream("orders", Freshness("orders-canary", 30 * SECOND)).id == "170829cd45618614688d5cc6"
    assert Occurrences().identity == "Occurrences"


def test_a_reference_may_come_before_what_it_names_and_stand_in_another_file(tmp_path):
    (tmp_path / "b.yaml").write_text(f"apiVersion: openslo/v1\nkind: SLI\nmetadata: {{name: fresh}}\nspec: {FRESH}\n")
    found = load(tmp_path, PIPELINE + slo(indicator="indicatorRef: fresh")).catalogue
    assert found is not None
    assert found.slos["s"].indicator == Freshness("orders-canary", 30 * SECOND)


def test_an_slo_on_a_broken_sli_is_judged_no_further(tmp_path):
    sli = f"---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {{name: fresh}}\nspec: {FRESH.replace('30s', 'soon')}\n"
    found = load(tmp_path, PIPELINE + slo(indicator="indicatorRef: fresh") + sli)
    assert [finding.code for finding in found.errors] == ["E204"]


def test_a_composite_of_one_is_an_ordinary_slo(tmp_path):
    one = f"[{{target: 0.999, indicator: {{spec: {FRESH}}}}}]"
    text = slo(one, indicator="description: one")
    found = load(tmp_path, PIPELINE + text).catalogue
    assert found is not None
    assert found.slos["s"].indicator == Freshness("orders-canary", 30 * SECOND)


def test_a_data_source_that_nobody_declares_is_only_missed_where_its_type_is_needed(tmp_path):
    metric = "{thresholdMetric: {metricSource: {metricSourceRef: elsewhere, type: Prometheus, spec: {query: up}}}}"
    text = slo("[{op: gt, value: 0, target: 0.99}]", f"indicator: {{spec: {metric}}}")
    assert load(tmp_path, text).errors == ()
    missed = load(tmp_path, text.replace("type: Prometheus, ", "")).errors
    assert [finding.message for finding in missed] == ["there is no DataSource elsewhere"]


def test_every_kind_of_openslo_is_known():
    assert {kind.name for kind in KINDS if kind.api_version == OPENSLO} == {
        "DataSource", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service",
    }  # fmt: skip
