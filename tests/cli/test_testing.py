import json
import re
from pathlib import Path

import pytest

from slo_service.cli.testing import test as command
from slo_service.rehearse.expectation_text import CLAIMS
from slo_service.rehearse.reading import KEYS
from tests.cli.conftest import run
from tests.docs.pages import ROOT, block

GUIDE = "docs/how-to/test-definitions.md"

DEFINITIONS = Path(__file__).parents[2] / "slo_definitions"
HEAD = "apiVersion: slo-service/v1\nkind: Test\nmetadata: {name: late-orders-page}\nspec:\n"
PASSING = HEAD + "  series: {orders-freshness: {10m-12m: bad}}\n  expect:\n    - {at: 11m, page: firing}\n"
FAILING = PASSING + "    - {at: 11m, jobs: {orders-export: paused}}\n"
REPORT = """\
FAIL  late-orders-page
      case.yaml:8: at 11m (2026-11-02T10:11:00Z), orders-freshness: job orders-export
        expected paused, got running
          2026-11-02T10:10:57Z withheld by protect-the-dashboard/shed-best-effort: not paused: 1 of 2 witnesses: \
canary: orders-freshness burns 1000× over 30s (32 of 32 bad, coverage 100 %), over 14.4 (page-1h); the others: \
lag: consumer group orders-enricher at enrich is 0s behind on 0 of 1 partitions, 0 % of the 5s allowed; \
lag: consumer group orders-sink at sink is 0s behind on 0 of 1 partitions, 0 % of the 5s allowed
"""


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "case.yaml"


def slo_test(*arguments: str) -> tuple[int, str, str]:
    done = run("test", "case.yaml", "--definitions", str(DEFINITIONS), *arguments)
    return done.exit_code, done.stdout, done.stderr


def test_a_case_that_passes_is_a_line_and_exits_0(case: Path) -> None:
    case.write_text(PASSING)
    assert slo_test() == (0, "ok    late-orders-page\n", "1 of 1 cases passed\n")


def test_a_case_that_fails_says_where_what_and_why(case: Path) -> None:
    case.write_text(FAILING)
    assert slo_test() == (1, REPORT, "0 of 1 cases passed\n")


def test_json_says_the_same(case: Path) -> None:
    case.write_text(FAILING)
    code, printed, _ = slo_test("--json")
    body = json.loads(printed)
    assert (code, body["ok"], body["passed"], body["failed"], body["findings"]) == (1, False, 0, 1, [])
    (told,) = body["cases"]
    assert (told["name"], told["file"], told["line"], told["ok"], told["claims"]) == (
        "late-orders-page", "case.yaml", 3, False, 2)  # fmt: skip
    (failure,) = told["failures"]
    assert set(failure) == {"file", "line", "column", "at", "slo", "what", "expected", "got", "because"}
    assert (failure["line"], failure["at"], failure["expected"], failure["got"]) == (8, 660.0, "paused", "running")


def test_a_mistake_in_a_case_is_a_finding_and_the_others_run_all_the_same(case: Path) -> None:
    case.write_text(f"{PASSING}---\n{PASSING.replace('late-orders-page', 'other').replace('12m: bad', '12m: badd')}")
    code, printed, said = slo_test()
    assert code == 1
    assert printed.startswith("ok    late-orders-page\ncase.yaml:13:")
    assert said == "1 of 1 cases passed, 1 mistake\n"


def test_a_name_picks_cases(case: Path) -> None:
    case.write_text(f"{PASSING}---\n{PASSING.replace('late-orders-page', 'other')}")
    assert slo_test("-k", "oth") == (0, "ok    other\n", "1 of 1 cases passed\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-k", "late-order-pages"], "no case has 'late-order-pages' in its name; did you mean late-orders-page?"),
        (["no-such-folder"], "no-such-folder"),
    ],
)
def test_what_cannot_be_run_is_misuse(case: Path, arguments: list[str], why: str) -> None:
    case.write_text(PASSING)
    code, printed, said = slo_test(*arguments)
    assert (code, printed) == (2, "")
    assert why in said


def test_without_a_case_nothing_is_tested(case: Path) -> None:
    case.write_text("")
    code, _, said = slo_test()
    assert code == 2
    assert "there is no document of kind Test in case.yaml; write one" in said


def test_without_definitions_nothing_is_tested(case: Path) -> None:
    case.write_text(PASSING)
    done = run("test", "case.yaml")
    assert done.exit_code == 2
    assert "name the folder that holds them with --definitions" in done.stderr


def test_mistakes_in_the_definitions_are_said_instead(case: Path) -> None:
    case.write_text(f"{PASSING}---\napiVersion: slo-service/v1\nkind: Contact\nmetadata: {{name: x}}\n")
    code, printed, said = slo_test()
    assert code == 1
    assert "case.yaml:9:1: error E202" in printed
    assert "nothing was run" in said


def test_cases_beside_the_definitions_stay_out_unless_asked_for(case: Path) -> None:
    case.write_text(PASSING)
    assert slo_test()[1].count("ok ") == 1


def test_a_case_is_no_definition(case: Path) -> None:
    case.write_text(PASSING)
    done = run("check", "case.yaml")
    assert "E106" in done.stdout


def test_the_guides_case_passes_on_the_readmes_definitions(case: Path) -> None:
    case.write_text(f"{block('README.md', 'yaml').text}---\n{block(GUIDE, 'yaml').text}")
    done = run("test", "case.yaml")
    assert (done.exit_code, done.stdout) == (0, "ok    a-stall-pages-within-two-minutes\n")


def test_the_guide_shows_what_a_failure_looks_like(case: Path) -> None:
    case.write_text(block(GUIDE, "yaml").text.replace("at: 11m25s", "at: 11m20s"))
    (case.parent / "readme.yaml").write_text(block("README.md", "yaml").text)
    done = run("test", "case.yaml", "--definitions", "readme.yaml")
    assert done.stdout.startswith(block(GUIDE, "text").text), done.stdout


def test_the_guide_names_every_key_and_claim_and_no_other() -> None:
    tables = re.findall(r"^\| (`.*?) \|", (ROOT / GUIDE).read_text(), re.MULTILINE)
    words = [word for row in tables for word in re.findall(r"`(\w+)`", row)]
    assert set(words) == {*KEYS, *CLAIMS, "good", "bad", "idle", "unmeasured"}


def test_the_reference_names_every_option() -> None:
    section = (ROOT / "docs/reference/cli.md").read_text().partition("## slo test")[2].partition("\n## ")[0]
    described = set(re.findall(r"^\| `(-+[\w]+)", section, re.MULTILINE))
    offered = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
    assert described == offered
