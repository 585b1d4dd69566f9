"""The page of definitions says what the types say, and its examples are definitions."""

import re
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.reference import examples, page
from slo_service.definitions.schema import WRITTEN, of_kind
from tests.definitions.written import SCHEMA, documents, mistakes
from tests.docs.pages import README, blocks

PAGE = Path(__file__).parents[2] / "docs/reference/definitions.md"
(COMPLETE,) = [each for each in blocks("yaml") if each.page == README and each.is_definition]


def test_the_page_is_what_the_types_say() -> None:
    assert PAGE.read_text() == page(), "run make schemas"


def test_every_kind_and_every_type_has_its_section_once() -> None:
    sections = re.findall(r"^##+ (.+)$", page(), re.MULTILINE)
    assert len(sections) == len(set(map(str.lower, sections)))
    types = SCHEMA["$defs"]
    assert isinstance(types, dict)
    assert {each.lower() for each in sections} == {each.lower() for each in [*types, *(k.name for k in WRITTEN)]}


def test_every_key_is_in_the_table_of_its_type() -> None:
    text = page()
    types = SCHEMA["$defs"]
    assert isinstance(types, dict)
    for name, type_ in types.items():
        section = re.search(rf"^##+ {name}$(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
        assert section, name
        assert re.findall(r"^\| `([^`]+)`", section[1], re.MULTILINE) == list(type_["properties"])


def test_every_link_within_the_page_leads_to_a_section() -> None:
    text = page()
    sections = {each.lower() for each in re.findall(r"^##+ (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= sections


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.name)
def test_the_example_of_a_kind_is_a_definition_of_it(kind, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(examples()[kind.name])
    (found,) = documents(tmp_path / "example.yaml") or []
    assert mistakes(found.data, of_kind(kind)) == []
    (tmp_path / "beside.yaml").write_text(COMPLETE.text)
    assert load_folder([tmp_path], {}, settings_needed=False).errors == ()


def test_an_example_is_shown_as_the_loader_takes_it() -> None:
    shown = [each for each in blocks("yaml") if each.page == PAGE]
    assert [each.text for each in shown] == [examples()[kind.name] for kind in WRITTEN]
    assert {each.note for each in shown} == {"beside README.md"}
