"""Every definition in the documentation is one that `slo check` takes."""

import io
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from slo_service.definitions import load_folder
from slo_service.rehearse.judging import run_case
from slo_service.rehearse.reading import read_cases
from tests.docs.pages import README, ROOT, Block, block, blocks

YAML_BLOCKS = list(blocks("yaml"))
DEFINITIONS = [each for each in YAML_BLOCKS if each.is_definition]
EXPECTED = {
    "W504",  # a setting without a value, as usual where definitions are only read
    "W506",  # what is declared and not carried out yet
}


def complaints(folder: Path, *wanted: Block) -> list[str]:
    """Written one a file, beside each other, as people would copy them."""
    for number, each in enumerate(wanted):
        (folder / f"{number}.yaml").write_text(each.text)
    loaded = load_folder([folder], {}, settings_needed=False)
    return [str(finding) for finding in loaded.findings if finding.code not in EXPECTED]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=str)
def test_a_definition_passes_the_check(definition: Block, tmp_path: Path) -> None:
    beside = [block("README.md", "yaml")] if definition.note == "beside README.md" else []
    if "kind: Test" in definition.text and not beside:  # a case is about what its page defines
        beside = [block(str(definition.page.relative_to(ROOT)), "yaml", "kind: Pipeline")]
    assert complaints(tmp_path, definition, *beside) == []


def test_the_readme_shows_one_complete_definition(tmp_path: Path) -> None:
    (definition,) = [each for each in DEFINITIONS if each.page == README]
    (tmp_path / "readme.yaml").write_text(definition.text)
    catalogue = load_folder([tmp_path], {}, settings_needed=False).catalogue
    assert catalogue is not None
    found = [catalogue.pipelines, catalogue.canaries, catalogue.slos, catalogue.policies, catalogue.jobs]
    assert [len(kind) for kind in found] == [1, 1, 1, 1, 1]


def test_a_mistake_in_a_definition_would_be_seen(tmp_path: Path) -> None:
    right = block("README.md", "yaml")
    wrong = Block(right.page, right.line, "yaml", "", right.text.replace("markerField:", "markerFeild:"))
    assert any("markerFeild" in complaint for complaint in complaints(tmp_path, wrong))


def test_the_tutorials_mistake_is_complained_of_in_the_words_it_shows(tmp_path: Path) -> None:
    right = block("docs/tutorial.md", "yaml", "kind: Pipeline")
    shown = block("docs/tutorial.md", "text").text.strip()
    wrong = Block(right.page, right.line, "yaml", "", right.text.replace("within: 20s", "within: 2s"))
    (complaint,) = complaints(tmp_path, wrong)
    assert complaint.endswith(shown)


@pytest.mark.parametrize(("at", "passes"), [("12m", True), ("10m30s", False)])
def test_the_tutorials_case_passes_as_it_stands_and_not_when_it_asks_too_early(
    at: str, passes: bool, tmp_path: Path
) -> None:
    (tmp_path / "clicks.yaml").write_text(block("docs/tutorial.md", "yaml", "kind: Pipeline").text)
    (tmp_path / "outage.yaml").write_text(block("docs/tutorial.md", "yaml", "kind: Test").text.replace("12m", at))
    loaded = load_folder([tmp_path], {}, settings_needed=False)
    assert loaded.catalogue is not None
    (case,) = read_cases(loaded.tests, loaded.catalogue).cases
    assert (run_case(case, loaded.catalogue).misses == ()) is passes


@pytest.mark.parametrize("other", [each for each in YAML_BLOCKS if not each.is_definition], ids=str)
def test_other_yaml_can_be_read(other: Block) -> None:
    assert YAML(typ="safe").load(io.StringIO(other.text))
