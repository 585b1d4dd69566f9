from collections.abc import Callable
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.tree import Source
from slo_service.domain.catalogue import Catalogue
from slo_service.rehearse.judging import Outcome, run_case
from slo_service.rehearse.reading import Cases, read_cases

DEFINITIONS = Path(__file__).parents[2] / "slo_definitions"
HEAD = "apiVersion: slo-service/v1\nkind: Test\nmetadata: {name: a-case}\nspec:\n"

Read = Callable[[str], Cases]


def catalogue_of(folder: Path) -> Catalogue:
    catalogue = load_folder([folder], {}, settings_needed=False).catalogue
    assert catalogue is not None
    return catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The ready-made definitions."""
    return catalogue_of(DEFINITIONS)


def sources(folder: Path, text: str) -> tuple[Source, ...]:
    file = folder / "case.yaml"
    file.write_text(text)
    return load_folder([file], {}, settings_needed=False).tests


@pytest.fixture
def read(catalogue: Catalogue, tmp_path: Path) -> Read:
    """Reads the spec of a case, written below `spec:`."""
    return lambda spec: read_cases(sources(tmp_path, HEAD + spec), catalogue)


@pytest.fixture
def run(catalogue: Catalogue, read: Read) -> Callable[[str], Outcome]:
    """Runs the one case whose spec is given."""

    def one(spec: str) -> Outcome:
        cases = read(spec)
        assert cases.findings == ()
        return run_case(cases.cases[0], catalogue)

    return one
