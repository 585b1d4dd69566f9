from pathlib import Path

import pytest

from slo_service.definitions import Loaded, load_folder

PIPELINE = """\
apiVersion: slo-service/v1
kind: Pipeline
metadata: {name: x}
spec:
  description: DESCRIPTION
  runbook: https://runbooks.example.com/x
  reviewDate: 2027-01-31
  source: {kafka: {topic: a}}
  sink: {kafka: {topic: b}}
"""
WHY = "# slo: allow W501 because the team is being formed"
FIRST = "  description:"  # the warning stands on the first line of the spec


def check(folder: Path, text: str) -> Loaded:
    (folder / "x.yaml").write_text(text)
    return load_folder([folder], {})


def codes(loaded: Loaded) -> list[str]:
    return [finding.code for finding in loaded.findings]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PIPELINE.replace("DESCRIPTION", f"y {WHY}"), id="at the end of the line"),
        pytest.param(PIPELINE.replace(FIRST, f"  {WHY}\n{FIRST}"), id="on a line of its own above"),
        pytest.param(PIPELINE.replace(FIRST, f"  {WHY}\n  # see the plan\n{FIRST}"), id="with other comments between"),
        pytest.param(PIPELINE.replace("DESCRIPTION", f"y {WHY.upper()}"), id="in capitals"),
        pytest.param(PIPELINE.replace("DESCRIPTION", f"| {WHY}\n    y"), id="behind the sign of a block"),
    ],
)
def test_an_allowed_warning_is_set_aside_with_its_reason(tmp_path, text):
    loaded = check(tmp_path, text)
    assert codes(loaded) == []
    ((finding, reason),) = loaded.suppressed
    assert (finding.code, reason.lower()) == ("W501", "the team is being formed")


def test_the_example_of_the_documentation_allows_what_it_names(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "reference" / "findings.md"
    (example,) = [line for line in page.read_text().splitlines() if "# slo: allow W501 because the" in line]
    assert codes(check(tmp_path, PIPELINE)) == ["W501"]
    loaded = check(tmp_path, PIPELINE.replace("spec:", example))
    assert codes(loaded) == []
    assert [finding.code for finding, _ in loaded.suppressed] == ["W501"]


def test_behind_what_a_line_opens_a_comment_reaches_the_first_line_of_it_only(tmp_path):
    text = PIPELINE.replace("metadata: {name: x}", f"metadata:  {WHY}\n  name: x")
    assert codes(check(tmp_path, text)) == ["W507", "W501"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PIPELINE.replace("DESCRIPTION", f'"{WHY}"'), id="in quotes"),
        pytest.param(PIPELINE.replace("DESCRIPTION", f'"a\n    {WHY}"'), id="in quotes over two lines"),
        pytest.param(PIPELINE.replace("DESCRIPTION", f"|\n    {WHY}\n    y"), id="in a block"),
        pytest.param(PIPELINE.replace("DESCRIPTION", f"y{WHY.replace('# slo: ', '#slo:')}"), id="stuck to a word"),
    ],
)
def test_what_is_no_comment_allows_nothing(tmp_path, text):
    loaded = check(tmp_path, text)
    assert codes(loaded) == ["W501"]
    assert loaded.suppressed == ()


def test_a_comment_allows_only_what_it_names_and_only_beside_it(tmp_path):
    other = PIPELINE.replace("DESCRIPTION", f"y {WHY.replace('W501', 'W502')}")
    assert codes(check(tmp_path, other)) == ["W501", "W507"]
    assert codes(check(tmp_path, PIPELINE.replace(FIRST, f"  {WHY}\n\n{FIRST}"))) == ["W507", "W501"]


def test_several_codes_are_allowed_at_once_and_each_must_hide_something(tmp_path):
    loaded = check(tmp_path, PIPELINE.replace("DESCRIPTION", f"y {WHY.replace('W501', 'W501, W503 and W502')}"))
    assert [finding.message for finding in loaded.findings] == [
        "there is no W502 to allow here",
        "there is no W503 to allow here",
    ]


def test_a_setting_that_is_set_here_and_not_there_may_stay_allowed(tmp_path):
    sink = 'sink: {sql: {url: "${DB}", table: t, idColumn: i}} # slo: allow W504 because it is set in production'
    text = PIPELINE.replace("sink: {kafka: {topic: b}}", sink).replace(FIRST, f"  owner: team\n{FIRST}")
    (tmp_path / "x.yaml").write_text(text)
    assert codes(load_folder([tmp_path], {}, settings_needed=False)) == []
    assert codes(load_folder([tmp_path], {"DB": "sqlite:///x"})) == []


def test_nothing_is_called_needless_while_there_are_errors(tmp_path):
    text = PIPELINE.replace("DESCRIPTION", f"y {WHY.replace('W501', 'W502')}")
    assert codes(check(tmp_path, text + "---\nkind: Nothing\n")) == ["W501", "E202"]
