from __future__ import annotations

from pathlib import Path

import pytest

from slo_service.runtime.folder import DefinitionsRefused, Folder

JOB = """apiVersion: slo-service/v1
kind: Job
metadata: {name: NAME}
spec: {criticality: normal, controller: {process: {pidFile: /run/x.pid}}}
"""


def nothing_against(*_: object) -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "a.yaml").write_text(JOB.replace("NAME", "export"))
    folder = Folder([tmp_path], {})
    folder.load(0)
    return folder


def test_a_folder_with_a_mistake_leaves_the_old_set_and_says_so(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("kind: Jbo\n")
    assert folder.reload(1, nothing_against) is None
    assert folder.reload(2, nothing_against) is None
    assert list(folder.catalogue.jobs) == ["export"]
    assert (folder.report.number, folder.report.ok) == (1, False)
    assert "b.yaml:1:" in folder.report.findings[0]


def test_files_in_the_middle_of_being_replaced_are_not_read(folder: Folder, tmp_path: Path) -> None:
    text = (tmp_path / "a.yaml").read_text()
    (tmp_path / "a.yaml").unlink()
    assert folder.reload(1, nothing_against) is None
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    assert folder.reload(2, nothing_against) is None
    taken = folder.reload(3, nothing_against)
    assert taken is not None
    assert sorted(taken.jobs) == ["backfill", "export"]
    assert folder.report.number == 2


def test_a_set_that_must_wait_is_taken_when_nothing_stands_against_it_any_more(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(JOB.replace("NAME", "renamed"))
    held = ["job export is paused by us"]
    for look in (1, 2, 3):
        assert folder.reload(look, lambda *_: held) is None
    assert not folder.report.ok
    assert folder.report.findings == ("job export is paused by us",)
    held.clear()
    taken = folder.reload(4, lambda *_: held)
    assert taken is not None
    assert list(taken.jobs) == ["renamed"]
    assert folder.report.ok


def test_the_first_load_names_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Jbo\n")
    (tmp_path / "b.yaml").write_text("kind: Jbo\n")
    with pytest.raises(DefinitionsRefused) as refused:
        Folder([tmp_path], {}).load(0)
    assert {Path(finding.file).name for finding in refused.value.findings} == {"a.yaml", "b.yaml"}
