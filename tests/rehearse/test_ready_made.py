"""The cases that come with the ready-made definitions pass, and notice when a definition is changed."""

import shutil
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.rehearse.judging import Outcome, run_case
from slo_service.rehearse.reading import read_cases
from tests.rehearse.conftest import DEFINITIONS

pytestmark = pytest.mark.story  # takes its time

CASES = sorted((DEFINITIONS / "tests").glob("*.yaml"))


def run_file(case: Path, folder: Path) -> list[Outcome]:
    loaded = load_folder([folder], {}, settings_needed=False)
    assert loaded.catalogue is not None, loaded.errors
    mine = [source for source in loaded.tests if Path(source.root.mark.file).name == case.name]
    read = read_cases(mine, loaded.catalogue)
    assert read.findings == ()
    return [run_case(each, loaded.catalogue) for each in read.cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_ready_made_case_passes(case: Path) -> None:
    outcomes = run_file(case, DEFINITIONS)
    assert outcomes
    assert [miss for outcome in outcomes for miss in outcome.misses] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_ready_made_case_fails_when_the_target_is_lowered(case: Path, tmp_path: Path) -> None:
    shutil.copytree(DEFINITIONS, tmp_path / "set")
    slos = tmp_path / "set" / "slos.yaml"
    slos.write_text(slos.read_text().replace("target: 0.999", "target: 0.97"))
    assert any(outcome.misses for outcome in run_file(case, tmp_path / "set"))


@pytest.mark.parametrize("stem", ["stall", "one-witness", "blind"])
def test_a_ready_made_case_fails_when_the_policy_only_observes(stem: str, tmp_path: Path) -> None:
    shutil.copytree(DEFINITIONS, tmp_path / "set")
    policy = tmp_path / "set" / "policy.yaml"
    policy.write_text(policy.read_text().replace("mode: enforce", "mode: observe"))
    assert any(outcome.misses for outcome in run_file(Path(f"{stem}.yaml"), tmp_path / "set"))
