from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.domain.instant import SECOND

HERE = Path(__file__).parent
BASE = HERE / "good" / "base.yaml"
GOOD = sorted((HERE / "good").glob("*.yaml"))
PREFIX = "# expect: "
NOW = 1_795_000_000 * SECOND  # 18 November 2026


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_loads_and_warns_of_nothing_but_what_it_opens_with(path, env):
    loaded = load_folder([BASE, path], env, now_ns=NOW)
    expected = [line.removeprefix(PREFIX) for line in path.read_text().splitlines() if line.startswith(PREFIX)]
    assert [str(finding).replace(f"{HERE}/good/", "") for finding in loaded.findings] == expected
    assert loaded.catalogue is not None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_secrets_of_a_good_file_are_in_no_repr(path, env):
    loaded = load_folder([BASE, path], env, now_ns=NOW)
    catalogue = loaded.catalogue
    assert catalogue is not None
    shown = repr((catalogue.jobs, catalogue.contacts, catalogue.policies, catalogue.pipelines, catalogue.canaries))
    assert not [value for value in env.values() if value in shown]
