"""The examples of the OpenSLO specification for v1, re-created in our own words with the same keys, types and forms.

`v1/` holds one file for each concrete example of the text, for the examples folder beside it and for those of its
library. Schemes (`name: string`) are no examples; where they show a form with real values, that form is there.

Four are not valid by the text's own rules, and are there in the nearest valid form:
* "SLI", the SLO with an inline indicator (07, and 23 in the library): it has no budgetingMethod, which is required.
* "Ratio Metric", the ratioMetric and both thresholdMetrics (08, 09, 10): they are no documents; they are SLIs here.
* "Budgeting method", Occurrences (17): the metric source has an empty spec, which is required, and alertPolicies is
  empty.
* "Budgeting method", Timeslices (18): its window of one month is written as 1m, a minute.
"AlertPolicy" and "AlertNotificationTarget" have names with capitals (11, 12, 14, 15), beyond what every implementation
has to support; they load here with their capitals.
"""

from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from tests.definitions.openslo.roundtrip import catalogue, changed, export, specs, write
from tests.definitions.openslo.rules import violations

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE / "v1").glob("*.yaml"))
OLD = sorted((HERE / "old").glob("*.yaml"))
GOOD = sorted((HERE.parent / "good").glob("*.yaml"))
OURS = [HERE.parents[2] / "slo_definitions"]


def name_of(path: Path) -> str:
    return path.stem


def surroundings(path: Path) -> list[Path]:
    """Files that stand in one folder with `good/base.yaml` may need it."""
    base = HERE.parent / "good" / "base.yaml"
    return [path] if path == base or path not in GOOD else [base, path]


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_an_example_of_the_specification_loads(path: Path) -> None:
    assert load_folder([path], {}).errors == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_an_example_is_the_same_after_export_and_reload(path: Path, tmp_path: Path) -> None:
    loaded, exported = export([path], {})
    assert exported.left_out == ()
    write(loaded, exported, tmp_path)
    again = load_folder([tmp_path], {})
    assert again.errors == ()
    assert specs(again) == specs(loaded)
    assert catalogue(again) == catalogue(loaded)


@pytest.mark.parametrize("path", [*GOOD, *OLD, *OURS], ids=name_of)
def test_definitions_are_the_same_after_export_and_reload(path: Path, tmp_path: Path, env: dict[str, str]) -> None:
    loaded, exported = export(surroundings(path), env)
    write(loaded, exported, tmp_path)
    again = load_folder([tmp_path], env, settings_needed=False)
    assert again.errors == ()
    moved = changed(exported, loaded.drafts)
    before, after = specs(loaded), specs(again)
    assert {key: after[key] for key in before if key not in moved} == {k: before[k] for k in before if k not in moved}
    assert before.keys() == after.keys()
    assert catalogue(again, without=moved) == catalogue(loaded, without=moved)


@pytest.mark.parametrize("path", [*EXAMPLES, *GOOD, *OLD, *OURS], ids=name_of)
def test_a_second_export_is_the_same_to_the_byte(path: Path, tmp_path: Path, env: dict[str, str]) -> None:
    loaded, exported = export(surroundings(path), env)
    write(loaded, exported, tmp_path)
    _, again = export([tmp_path], env)
    assert again.files == exported.files


@pytest.mark.parametrize("path", [*EXAMPLES, *GOOD, *OLD, *OURS], ids=name_of)
def test_what_is_exported_keeps_every_rule_of_the_specification(path: Path, env: dict[str, str]) -> None:
    _, exported = export(surroundings(path), env)
    said = [line for text in exported.files.values() for line in violations(text)]
    assert [line for line in said if not any(f": {line}" in known for known in exported.left_out)] == []
