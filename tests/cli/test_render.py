import json
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.cli.test_check import BAD, GOOD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    definitions = tmp_path / "definitions"
    definitions.mkdir()
    (definitions / "contact.yaml").write_text(GOOD)
    return definitions


def test_what_was_rendered_is_unchanged_when_checked(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rules"
    assert run("render", "prometheus", str(folder), "--out", str(out)).exit_code == 0
    again = run("render", "prometheus", str(folder), "--out", str(out), "--check", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["files"][0]["state"] == "unchanged"


def test_drift_is_found_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rules"
    run("render", "prometheus", str(folder), "--out", str(out))
    file = next(out.iterdir())
    file.write_text("edited by hand")
    done = run("render", "prometheus", str(folder), "--out", str(out), "--check")
    assert (done.exit_code, file.read_text()) == (1, "edited by hand")
    assert "drifted" in done.stdout


def test_a_missing_file_is_drift(folder: Path, tmp_path: Path) -> None:
    done = run("render", "prometheus", str(folder), "--out", str(tmp_path / "rules"), "--check")
    assert (done.exit_code, (tmp_path / "rules").exists()) == (1, False)
    assert "missing" in done.stdout


def test_nothing_is_rendered_from_definitions_with_mistakes(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.yaml").write_text(BAD)
    done = run("render", "prometheus", str(folder), "--out", str(tmp_path / "rules"))
    assert (done.exit_code, (tmp_path / "rules").exists()) == (1, False)
    assert "bad.yaml:4:1: error" in done.stderr


def test_a_folder_that_cannot_be_written_is_misuse(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("render", "prometheus", str(folder), "--out", str(tmp_path / "file" / "rules"))
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr


QUERY = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: answers}
spec:
  service: shop
  indicator: {metadata: {name: answers}, spec: {ratioMetric: {counter: true, good: {metricSource: {type: Prometheus,
    spec: {query: good}}}, total: {metricSource: {type: Prometheus, spec: {query: all}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""


def test_an_slo_that_the_service_does_not_count_has_no_rules_and_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "query.yaml").write_text(QUERY)
    done = run("render", "prometheus", str(folder), "--out", str(tmp_path / "rules"))
    assert done.exit_code == 0
    place = folder / "query.yaml"
    assert done.stderr == f"{place}:1: SLO answers is left out; no collector measures metrics of prometheus yet\n"
    assert "answers" not in (tmp_path / "rules" / "slo-service.rules.yaml").read_text()
