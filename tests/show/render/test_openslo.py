import re
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.show.render.openslo import HEADER, Exported, openslo_files

SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: lookups}
spec:
  service: parcels
  indicator:
    metadata: {name: lookups}
    spec:
      ratioMetric:
        good: {metricSource: {metricSourceRef: figures, spec: {query: good, duration: 1h30m}}}
        total: {metricSource: {metricSourceRef: figures, spec: {query: all}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives: [{displayName: ok, target: 99%, timeSliceTarget: 0.9, timeSliceWindow: 1h30m}]
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: figures}
spec: {type: Prometheus, connectionDetails: {url: "https://${HOST}:9090", token: "${TOKEN}"}}
"""
OURS = """---
apiVersion: slo-service/v1
kind: Contact
metadata: {name: team}
spec: {channels: [{webhook: {url: "https://hooks.example.com/x", secret: "${TOKEN}"}}]}
"""
ENV = {"HOST": "planted-host", "TOKEN": "planted-token"}


def exported(text: str, folder: Path) -> Exported:
    (folder / "definitions.yaml").write_text(text)
    loaded = load_folder([folder], ENV)
    assert loaded.errors == ()
    return openslo_files(loaded.drafts)


def test_settings_stay_as_they_are_written(tmp_path: Path) -> None:
    text = "".join(exported(SLO + OURS, tmp_path).files.values())
    assert "planted" not in text
    assert "${TOKEN}" in text
    assert "https://${HOST}:9090" in text


def test_each_kind_has_a_file_of_its_own(tmp_path: Path) -> None:
    files = exported(SLO, tmp_path).files
    assert list(files) == ["data-sources.yaml", "slos.yaml"]
    assert all(text.startswith(HEADER) for text in files.values())


def test_documents_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    text = SLO + "---\n" + SLO.split("---\n", maxsplit=1)[0].replace("name: lookups}", "name: a-first-one}", 1)
    names = re.findall(r"^metadata: \{name: (\S+)\}", exported(text, tmp_path).files["slos.yaml"], re.MULTILINE)
    assert names == ["a-first-one", "lookups"]


def test_what_openslo_cannot_hold_is_said_a_line_each(tmp_path: Path) -> None:
    place = f"{tmp_path}/definitions.yaml:22"
    assert exported(SLO + OURS, tmp_path).left_out == (f"{place}: Contact team is left out; OpenSLO has no such kind",)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param("timeSliceWindow: 1h30m", "timeSliceWindow: 90m", id="several units become one"),
        pytest.param("timeSliceWindow: 120m", "timeSliceWindow: 120m", id="one unit stays"),
        pytest.param("timeSliceWindow: 5", "timeSliceWindow: 5", id="a number means minutes there as well"),
        pytest.param("timeSliceWindow: 60s", "timeSliceWindow: 1m", id="seconds that make a minute"),
        pytest.param("target: 99%", "target: 0.99", id="a share is a number"),
    ],
)
def test_words_that_are_wider_here_become_those_of_openslo(ours: str, theirs: str, tmp_path: Path) -> None:
    text = re.sub(ours.split(":", maxsplit=1)[0] + r": [^,}]+", ours, SLO)
    assert theirs in exported(text, tmp_path).files["slos.yaml"]


def test_what_a_query_says_is_left_alone(tmp_path: Path) -> None:
    assert "duration: 1h30m" in exported(SLO, tmp_path).files["slos.yaml"]


def test_seconds_that_openslo_has_no_word_for_are_said(tmp_path: Path) -> None:
    done = exported(SLO.replace("timeSliceWindow: 1h30m", "timeSliceWindow: 90s"), tmp_path)
    assert "timeSliceWindow: 90s" in done.files["slos.yaml"]
    assert done.left_out == (
        f"{tmp_path}/definitions.yaml:2: SLO lookups: "
        "timeSliceWindow: 90s is written as it is; OpenSLO knows whole minutes only",
    )


def test_an_indicator_without_a_name_gets_that_of_its_slo(tmp_path: Path) -> None:
    done = exported(SLO.replace("    metadata: {name: lookups}\n", ""), tmp_path)
    assert "  indicator:\n    metadata: {name: lookups}\n" in done.files["slos.yaml"]
    assert "the indicator is named as the SLO" in done.left_out[0]


def test_the_start_of_a_calendar_is_written_without_a_t(tmp_path: Path) -> None:
    window = "{duration: 1M, calendar: {startTime: 2026-01-31T08:30:00, timeZone: Europe/Berlin}}"
    text = SLO.replace("{duration: 28d, isRolling: true}", window)
    assert 'startTime: "2026-01-31 08:30:00"' in exported(text, tmp_path).files["slos.yaml"]


def test_a_window_that_rolls_unsaid_is_written_as_one_that_rolls(tmp_path: Path) -> None:
    text = SLO.replace(", isRolling: true", "")
    assert exported(text, tmp_path).files == exported(SLO, tmp_path).files


def test_a_data_source_without_details_gets_empty_ones(tmp_path: Path) -> None:
    done = exported("apiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: a}\nspec: {type: sql}\n", tmp_path)
    assert "spec:\n  type: sql\n  connectionDetails: {}\n" in done.files["data-sources.yaml"]
    assert "connectionDetails is written empty" in done.left_out[0]


@pytest.mark.parametrize("by_reference", [False, True], ids=["inline", "by reference"])
def test_several_objectives_of_one_threshold_are_said(by_reference: bool, tmp_path: Path) -> None:
    spec = "{thresholdMetric: {metricSource: {type: Prometheus, spec: {query: seconds}}}}"
    indicator = "indicatorRef: seconds" if by_reference else f"indicator: {{metadata: {{name: a}}, spec: {spec}}}"
    text = f"""
apiVersion: openslo/v1
kind: SLI
metadata: {{name: seconds}}
spec: {spec}
---
apiVersion: openslo/v1
kind: SLO
metadata: {{name: lookups}}
spec:
  service: parcels
  {indicator}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives:
    - {{displayName: ok, op: lt, value: 1, target: 0.99}}
    - {{displayName: fine, op: lt, value: 2, target: 0.999}}
"""
    assert "SLO lookups: it has several objectives of one threshold" in exported(text, tmp_path).left_out[0]


def test_what_may_be_left_out_of_a_condition_here_is_written(tmp_path: Path) -> None:
    text = """
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burning}
spec: {severity: page, condition: {threshold: 2, lookbackWindow: 60m}}
"""
    line = "condition: {threshold: 2, lookbackWindow: 60m, kind: burnrate, op: gt, alertAfter: 0m}"
    assert line in exported(text, tmp_path).files["alert-conditions.yaml"]
