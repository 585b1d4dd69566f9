"""`python -m tests.definitions.importing.test_golden` writes the golden files anew."""

import re
from pathlib import Path

import pytest

from tests.definitions.importing.examples import CONVERT, EXAMPLES, FOLDER, convert, golden, name_of, written


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_an_example_converts_to_its_golden_file(path: Path) -> None:
    assert written(convert(path)) == golden(path).read_text()


def test_every_golden_file_has_its_example() -> None:
    assert {golden(path) for path in EXAMPLES} == set(FOLDER.glob("*/golden/*"))


@pytest.mark.parametrize(("tool", "fewest"), [("sloth", 6), ("pyrra", 6), ("slo-generator", 8)])
def test_there_are_examples_enough(tool: str, fewest: int) -> None:
    assert tool in CONVERT
    assert len([path for path in EXAMPLES if path.parent.name == tool]) >= fewest


def test_the_how_to_shows_a_line_as_it_is() -> None:
    page = (FOLDER.parents[3] / "docs/how-to/import.md").read_text()
    (shown,) = re.findall(r"^```text\n.*?:\d+:\d+: (.*)\n```$", page, re.MULTILINE)
    assert shown in golden(FOLDER / "sloth" / "availability.yaml").read_text()


if __name__ == "__main__":
    for example in EXAMPLES:
        golden(example).parent.mkdir(exist_ok=True)
        golden(example).write_text(written(convert(example)))
