from pathlib import Path

import pytest

from slo_service.definitions import CODES, load_folder
from slo_service.domain.instant import SECOND

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))
PREFIX = "# expect: "
NOW = 1_795_000_000 * SECOND  # 18 November 2026


def complaints(path: Path, env: dict[str, str]) -> list[str]:
    loaded = load_folder([HERE / "good" / "base.yaml", path], env, now_ns=NOW)
    assert (loaded.catalogue is None) == any(finding.severity == "error" for finding in loaded.findings)
    return [str(finding).replace(f"{HERE}/bad/", "").replace(f"{HERE}/good/", "") for finding in loaded.findings]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_causes_exactly_the_complaints_it_opens_with(path, env):
    expected = [line.removeprefix(PREFIX) for line in path.read_text().splitlines() if line.startswith(PREFIX)]
    assert expected
    assert complaints(path, env) == expected


def test_every_code_has_a_bad_file_that_causes_it():
    shown = {
        line.split(": ")[2].split()[-1]
        for path in BAD
        for line in path.read_text().splitlines()
        if line.startswith(PREFIX)
    }
    files_that_are_not_text = {"E101", "E102", "E106"}  # in test_loading.py
    only_where_settings_are_not_needed = {"W504"}  # in test_loading.py
    only_of_many_objectives = {"W513"}  # in test_lints.py
    elsewhere = files_that_are_not_text | only_where_settings_are_not_needed | only_of_many_objectives
    assert set(CODES) - elsewhere == shown


def test_all_mistakes_of_all_files_come_in_one_run(env):
    together = load_folder([HERE / "good", HERE / "bad"], env)
    files = {Path(finding.file).name for finding in together.findings}
    # Files whose complaint depends on there being nothing else are the exception: names found elsewhere count.
    assert len(files & {path.name for path in BAD}) > 0.9 * len(BAD)


def test_no_finding_holds_the_value_of_a_setting(env):
    loaded = load_folder([HERE / "good", HERE / "bad"], env)
    said = "\n".join(repr(finding) + str(finding) for finding in loaded.findings)
    assert not [value for value in env.values() if value in said]


def test_the_page_of_findings_lists_exactly_the_codes():
    page = (HERE.parents[1] / "docs" / "reference" / "findings.md").read_text()
    listed = dict(line.removeprefix("## ").split(": ", 1) for line in page.splitlines() if line.startswith("## "))
    assert listed == CODES
