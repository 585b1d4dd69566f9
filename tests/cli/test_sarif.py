"""The essentials of the SARIF 2.1.0 schema, and what services for code review need beyond it."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from slo_service.definitions import CODES
from tests.cli.conftest import run
from tests.cli.test_check import BAD, PIPELINE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    folder = tmp_path / "our definitions"
    folder.mkdir()
    (folder / "bad.yaml").write_text(BAD)
    (folder / "pipeline.yaml").write_text(PIPELINE)
    other = tmp_path / "elsewhere.yaml"
    other.write_text(BAD.replace("oncall", "elsewhere"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "defs").symlink_to(folder)
    done = run("check", "--format", "sarif", "defs", str(other))
    assert done.exit_code == 1
    body: dict[str, Any] = json.loads(done.stdout)
    return body


def test_a_log_has_its_version_and_one_run_of_a_named_tool(log):
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (only,) = log["runs"]
    assert only["tool"]["driver"]["name"] == "slo-service"
    assert re.fullmatch(r"\d+\.\d+\.\d+", only["tool"]["driver"]["semanticVersion"])
    assert only["automationDetails"]["id"].endswith("/")
    assert only["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert only["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_every_result_points_to_its_rule_and_its_place(log):
    (only,) = log["runs"]
    rules = only["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert only["results"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
        assert result["message"]["text"]
        ((place),) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1


def test_files_below_the_folder_of_the_check_are_relative_to_the_root_of_the_checkout(log):
    (only,) = log["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in only["results"]]
    relative = {place["uri"] for place in places if "uriBaseId" in place}
    absolute = {place["uri"] for place in places if "uriBaseId" not in place}
    assert relative == {"defs/bad.yaml", "defs/pipeline.yaml"}
    assert {place["uriBaseId"] for place in places if "uriBaseId" in place} == set(only["originalUriBaseIds"])
    assert [urlsplit(uri).scheme for uri in absolute] == ["file"]
    assert Path(unquote(urlsplit(absolute.pop()).path)).name == "elsewhere.yaml"


def test_an_allowed_warning_is_suppressed_with_its_reason(log):
    suppressed = [result for result in log["runs"][0]["results"] if "suppressions" in result]
    assert [(result["ruleId"], result["suppressions"]) for result in suppressed] == [
        ("W501", [{"kind": "inSource", "status": "accepted", "justification": "the team is being formed"}])
    ]


def test_every_rule_leads_to_its_section_of_the_page_of_findings(log):
    headings = re.findall(r"^## (.*)$", (ROOT / "docs/reference/findings.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9]+", "-", heading.lower()) for heading in headings}
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] == CODES[rule["id"]]
        page, _, anchor = rule["help"]["markdown"].partition("(")[2].rstrip(")").partition("#")
        assert (ROOT / page).exists()
        assert anchor in anchors
