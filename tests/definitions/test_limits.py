"""How much a file may hold, and that ordinary ones stay well within."""

import pytest
from click.testing import CliRunner

from slo_service.cli import main
from slo_service.definitions import load_folder
from slo_service.definitions.tree import parse


def test_a_file_of_more_than_five_thousand_documents_is_one_mistake():
    parsed = parse("x.yaml", "a: b\n---\n" * 100_000)
    assert [finding.code for finding in parsed.findings] == ["E105"]
    assert len(parsed.sources) == 5000


def test_the_values_of_a_file_are_counted_over_all_its_documents():
    parsed = parse("x.yaml", ("[" + "a," * 15_000 + "]\n---\n") * 20)
    assert [str(finding) for finding in parsed.findings] == [
        "x.yaml:27:1: error E105: more than 200000 values in a file; split the file"
    ]


def test_a_thousand_documents_of_eighty_values_are_within_the_limits():
    parsed = parse("x.yaml", ("[" + "a," * 80 + "]\n---\n") * 1500)
    assert parsed.findings == ()
    assert len(parsed.sources) == 1500


@pytest.mark.parametrize("sign", "!&*")
def test_a_tag_or_anchor_of_more_than_a_thousand_characters_is_refused_where_it_stands(tmp_path, sign):
    (tmp_path / "x.yaml").write_text(f"a: {sign}{'t' * 1001} b")
    (finding,) = load_folder([tmp_path], {}).errors
    assert (finding.line, finding.column, finding.code) == (1, 4, "E103")
    assert "more than 1000 characters" in finding.message


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize(
    "spec", ["intervals: [{from: AT, to: AT}]", "recurring: [{rrule: FREQ=DAILY, duration: 1h, from: AT}]"]
)
def test_a_moment_at_the_edge_of_the_calendar_is_out_of_range(tmp_path, moment, spec):
    (tmp_path / "x.yaml").write_text(
        "apiVersion: slo-service/v1\nkind: Adjustment\nmetadata: {name: x}\nspec:\n  selector: {}\n"
        "  timeZone: Asia/Tokyo\n  category: maintenance\n  author: ana\n  reason: r\n  "
        + spec.replace("AT", f'"{moment}"')
    )
    assert "E207" in {finding.code for finding in load_folder([tmp_path], {}).errors}


def test_check_prints_a_thousand_findings_of_a_file_and_says_how_many_more_there_are(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: b\n---\n" * 1500)
    lines = CliRunner().invoke(main, ["check", str(path)]).stdout.splitlines()
    assert len(lines) == 1001
    assert lines[-1] == f"{path}: 2000 more, which --json lists"
