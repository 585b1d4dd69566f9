import json
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.cli.test_check import BAD, GOOD

SERVICE = "---\napiVersion: openslo/v1\nkind: Service\nmetadata: {name: parcels}\nspec: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    definitions = tmp_path / "definitions"
    definitions.mkdir()
    (definitions / "contact.yaml").write_text(GOOD + SERVICE)
    return definitions


def test_what_was_rendered_is_unchanged_when_checked(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "openslo"
    assert run("render", "openslo", str(folder), "--out", str(out)).exit_code == 0
    again = run("render", "openslo", str(folder), "--out", str(out), "--check", "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["files"] == [{"file": str(out / "services.yaml"), "state": "unchanged"}]


def test_what_openslo_cannot_hold_is_listed_beside_the_data(folder: Path, tmp_path: Path) -> None:
    done = run("render", "openslo", str(folder), "--out", str(tmp_path / "openslo"), "--json")
    (line,) = json.loads(done.stdout)["left_out"]
    assert "Contact" in line
    assert line in done.stderr
    assert "Contact" not in (tmp_path / "openslo" / "services.yaml").read_text()


def test_drift_is_found_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "openslo"
    run("render", "openslo", str(folder), "--out", str(out))
    (out / "services.yaml").write_text("edited by hand")
    done = run("render", "openslo", str(folder), "--out", str(out), "--check")
    assert (done.exit_code, (out / "services.yaml").read_text()) == (1, "edited by hand")


def test_a_file_that_is_not_generated_any_more_is_drift_and_is_then_removed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "openslo"
    run("render", "openslo", str(folder), "--out", str(out))
    (folder / "contact.yaml").write_text(GOOD)
    done = run("render", "openslo", str(folder), "--out", str(out), "--check")
    assert (done.exit_code, (out / "services.yaml").exists()) == (1, True)
    run("render", "openslo", str(folder), "--out", str(out))
    assert not (out / "services.yaml").exists()


def test_a_file_that_somebody_wrote_is_not_removed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "openslo"
    out.mkdir()
    (out / "slis.yaml").write_text("# mine\n")
    assert run("render", "openslo", str(folder), "--out", str(out)).exit_code == 0
    assert (out / "slis.yaml").read_text() == "# mine\n"


def test_nothing_is_rendered_from_definitions_with_mistakes(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.yaml").write_text(BAD)
    done = run("render", "openslo", str(folder), "--out", str(tmp_path / "openslo"))
    assert (done.exit_code, (tmp_path / "openslo").exists()) == (1, False)
