from pathlib import Path

import pytest

from slo_service.definitions import load_folder

GOOD = Path(__file__).parent / "good"
SET = [GOOD / "base.yaml", GOOD / "everything.yaml"]


@pytest.mark.parametrize("broken", ["planted\udc80", "planted\0", "planted\r\nX: y"])
def test_a_setting_that_could_not_be_stored_or_sent_is_refused_by_its_name_alone(env, broken):
    loaded = load_folder(SET, env | {"WEBHOOK_SECRET": broken})
    assert {(finding.code, "'WEBHOOK_SECRET'" in finding.message) for finding in loaded.errors} == {("E213", True)}
    assert "planted" not in repr(loaded)
