import json
from pathlib import Path

import click
import pytest

from slo_service.cli.check import _grouped, load
from tests.cli.conftest import run

GOOD = """\
apiVersion: slo-service/v1
kind: Contact
metadata: {name: oncall, labels: {team: payments}}
spec:
  channels: [{webhook: {url: "http://127.0.0.1:9/hook"}}]
"""
BAD = GOOD.replace("spec:", "spek:")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


@pytest.fixture
def bad(good: Path) -> Path:
    (good / "bad.yaml").write_text(BAD.replace("oncall", "other"))
    return good


def test_a_sound_folder_prints_no_data_and_exits_0(good: Path) -> None:
    done = run("check", str(good))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no findings" in done.stderr


def test_each_mistake_is_a_line_with_its_place_and_remedy(bad: Path) -> None:
    done = run("check", str(bad))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert any(line.startswith(f"{bad / 'bad.yaml'}:4:1: error E201: ") and "; " in line for line in lines)


def test_json_carries_the_same_findings_by_their_stable_names(bad: Path) -> None:
    done = run("check", "--json", str(bad))
    body = json.loads(done.stdout)
    assert (done.exit_code, body["ok"], body["files"]) == (1, False, 2)
    assert set(body) == {"ok", "files", "objects", "findings", "suppressed"}
    assert set(body["findings"][0]) == {"file", "line", "column", "severity", "code", "message", "remedy"}
    assert len(body["findings"]) == len(run("check", str(bad)).stdout.splitlines())


def test_warnings_alone_are_fine(good: Path) -> None:
    job = "kind: Pipeline\nmetadata: {name: orders}\nspec:\n  source: {kafka: {cluster: main, topic: raw}}\n"
    sink = "  sink: {kafka: {cluster: main, topic: live}}\n"
    (good / "pipeline.yaml").write_text(f"apiVersion: slo-service/v1\n{job}{sink}")
    done = run("check", str(good))
    assert "warning W501" in done.stdout
    assert "error" not in done.stdout
    assert done.exit_code == 0


PIPELINE = """\
apiVersion: slo-service/v1
kind: Pipeline
metadata: {name: orders}
spec:
  source: {kafka: {topic: raw}}  # slo: allow W501 because the team is being formed
  sink: {kafka: {topic: live}}
"""


def test_a_warning_that_a_comment_allows_is_only_counted(good: Path) -> None:
    (good / "pipeline.yaml").write_text(PIPELINE)
    done = run("check", str(good))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no findings, 1 allowed" in done.stderr
    (allowed,) = json.loads(run("check", "--format", "json", str(good)).stdout)["suppressed"]
    assert (allowed["code"], allowed["line"], allowed["reason"]) == ("W501", 5, "the team is being formed")


def test_a_terminal_gets_findings_below_their_file(bad: Path) -> None:
    lines = [click.unstyle(line) for line in _grouped(load((str(bad),)))]
    assert lines[0] == str(bad / "bad.yaml")
    assert any(line.startswith("      4:1  error    E201  unknown key 'spek'") for line in lines)


def test_a_pipe_gets_neither_colours_nor_groups(bad: Path) -> None:
    out = run("check", str(bad)).stdout
    assert "\x1b" not in out
    assert all(line.startswith(f"{bad}/bad.yaml:") for line in out.splitlines())


def test_a_path_that_is_not_there_is_misuse(good: Path) -> None:
    done = run("check", str(good), str(good / "no-such"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert str(good / "no-such") in done.stderr


CASE = """\
apiVersion: slo-service/v1
kind: Test
metadata: {name: late}
spec: {series: {answers: {1m-2m: bad}}, expect: [{at: 2m, page: firing}]}
"""


def test_a_mistake_in_a_case_beside_the_definitions_is_found_too(good: Path) -> None:
    (good / "case.yaml").write_text(CASE)
    done = run("check", str(good))
    assert done.exit_code == 1
    assert "case.yaml:4:17: error E302: there is no SLO answers" in done.stdout
    assert "2 files, 1 object: 1 error, 0 warnings" in done.stderr
