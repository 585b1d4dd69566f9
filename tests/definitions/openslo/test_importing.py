"""`openslo` among the formats that are imported: other versions come out as v1, and what is different is listed."""

from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.importing import SourceFile
from slo_service.definitions.importing.openslo import convert, convert_files
from slo_service.definitions.openslo_versions import upgrade
from slo_service.definitions.tree import parse
from tests.definitions.openslo.roundtrip import catalogue, specs
from tests.definitions.openslo.rules import violations

HERE = Path(__file__).parent
OLD = sorted((HERE / "old").glob("*.yaml"))
V1 = sorted((HERE / "v1").glob("*.yaml"))
SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: depot}\nspec: {}\n"


@pytest.mark.parametrize("path", [*OLD, *V1], ids=lambda path: path.stem)
def test_what_is_imported_says_the_same_as_the_file_read_directly(path: Path, tmp_path: Path) -> None:
    imported = convert(path.read_text(), str(path))
    (tmp_path / "imported.yaml").write_text(imported.text)
    again, before = load_folder([tmp_path], {}), load_folder([path], {})
    assert "W526" not in {finding.code for finding in again.findings}
    assert specs(again) == specs(before)
    assert catalogue(again) == catalogue(before)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_every_change_is_listed_at_its_line(path: Path) -> None:
    imported = convert(path.read_text(), str(path))
    changes = [
        change
        for source in parse(str(path), path.read_text()).sources
        if (done := upgrade(source.root)) is not None
        for change in done.changes
    ]
    assert [(loss.line, loss.column, f"{loss.path} {loss.what}") for loss in imported.losses] == [
        (change.mark.line, change.mark.column, str(change)) for change in changes
    ]


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_what_is_imported_keeps_every_rule_of_v1(path: Path) -> None:
    assert violations(convert(path.read_text(), str(path)).text) == []


@pytest.mark.parametrize("path", V1, ids=lambda path: path.stem)
def test_documents_of_v1_have_nothing_to_list(path: Path) -> None:
    assert convert(path.read_text(), str(path)).losses == ()


def test_what_is_left_out_is_told_from_what_has_another_form() -> None:
    path = HERE / "old" / "v2alpha-inline.yaml"
    imported = convert(path.read_text(), path.name)
    assert [loss.path for loss in imported.losses if not loss.kept] == ["objectives.labels"]


def test_a_list_of_objects_is_as_good_as_documents() -> None:
    item = "- " + SERVICE.replace("\n", "\n  ").rstrip() + "\n"
    imported = convert(item + item.replace("depot", "van"), "services.yaml")
    assert (imported.documents, imported.ok) == (2, True)
    assert "name: van" in imported.text


def test_a_kind_that_v1_does_not_have_is_listed() -> None:
    text = "apiVersion: openslo.com/v2alpha\nkind: BudgetAdjustment\nmetadata: {name: planned}\nspec: {}\n"
    imported = convert(text + "---\n" + SERVICE, "a.yaml")
    (loss,) = imported.losses
    assert (loss.what, loss.kept) == ("is left out; openslo/v1 has no BudgetAdjustment", False)
    assert "BudgetAdjustment" not in imported.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("version: prometheus/v1\n", "E209", id="another format"),
        pytest.param("apiVersion: openslo/v3\nkind: SLO\n", "E209", id="a version that is not there"),
        pytest.param("just a text\n", "E203", id="a text"),
        pytest.param("a: [1\n", "E103", id="no YAML"),
    ],
)
def test_what_is_not_openslo_is_refused(text: str, code: str) -> None:
    imported = convert(text, "a.yaml")
    assert not imported.ok
    assert imported.text == ""
    assert code in {finding.code for finding in imported.findings}


def test_each_file_keeps_its_documents() -> None:
    imported = convert_files([SourceFile("a.yaml", SERVICE), SourceFile("b.yaml", SERVICE.replace("depot", "van"))])
    assert set(imported.by_file) == {"a.yaml", "b.yaml"}
    assert "van" in imported.by_file["b.yaml"]
    assert len(parse("all", imported.text).sources) == 2
