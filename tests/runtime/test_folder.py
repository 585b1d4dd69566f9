from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from slo_service.definitions.tree import Parsed, parse
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


async def test_a_folder_with_a_mistake_leaves_the_old_set_and_says_so(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("kind: Jbo\n")
    assert await folder.reload(1, nothing_against) is None
    assert await folder.reload(2, nothing_against) is None
    assert list(folder.catalogue.jobs) == ["export"]
    assert (folder.report.number, folder.report.ok) == (1, False)
    assert "b.yaml:1:" in folder.report.findings[0]


async def test_files_in_the_middle_of_being_replaced_are_not_read(folder: Folder, tmp_path: Path) -> None:
    text = (tmp_path / "a.yaml").read_text()
    (tmp_path / "a.yaml").unlink()
    assert await folder.reload(1, nothing_against) is None
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    assert await folder.reload(2, nothing_against) is None
    taken = await folder.reload(3, nothing_against)
    assert taken is not None
    assert sorted(taken.jobs) == ["backfill", "export"]
    assert folder.report.number == 2


async def test_a_set_that_must_wait_is_taken_when_nothing_stands_against_it_any_more(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(JOB.replace("NAME", "renamed"))
    held = ["job export is paused by us"]
    for look in (1, 2, 3):
        assert await folder.reload(look, lambda *_: held) is None
    assert not folder.report.ok
    assert folder.report.findings == ("job export is paused by us",)
    held.clear()
    taken = await folder.reload(4, lambda *_: held)
    assert taken is not None
    assert list(taken.jobs) == ["renamed"]
    assert folder.report.ok


def test_the_first_load_names_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: Jbo\n")
    (tmp_path / "b.yaml").write_text("kind: Jbo\n")
    with pytest.raises(DefinitionsRefused) as refused:
        Folder([tmp_path], {}).load(0)
    assert {Path(finding.file).name for finding in refused.value.findings} == {"a.yaml", "b.yaml"}


async def test_a_load_says_what_it_changed_and_goes_on_saying_it(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    await folder.reload(1, nothing_against)
    await folder.reload(2, nothing_against)
    assert folder.report.changes == ("job backfill added",)
    (tmp_path / "b.yaml").write_text("kind: Jbo\n")
    await folder.reload(3, nothing_against)
    await folder.reload(4, nothing_against)
    assert (folder.report.number, folder.report.ok, folder.report.changes) == (2, False, ("job backfill added",))


async def test_many_changes_are_counted_rather_than_listed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("---\n".join(JOB.replace("NAME", f"job-{n}") for n in range(250)))
    await folder.reload(1, nothing_against)
    await folder.reload(2, nothing_against)
    assert len(folder.report.changes) == 201
    assert folder.report.changes[-1] == "and 50 more"


async def test_a_comment_alone_is_no_new_load_but_its_text_is_shown(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(JOB.replace("NAME", "export") + "# paused on Sundays\n")
    await folder.reload(1, nothing_against)
    assert await folder.reload(2, nothing_against) is None
    assert (folder.report.number, folder.report.ok) == (1, True)
    assert "Sundays" in folder.catalogue.documents[0].text


async def test_ticks_go_on_while_many_definitions_are_read(folder: Folder, tmp_path: Path) -> None:
    """A tick is a turn of the loop: were files read on it, there would be none between a look and the new set."""
    (tmp_path / "b.yaml").write_text("---\n".join(JOB.replace("NAME", f"job-{n}") for n in range(500)))
    await folder.reload(1, nothing_against)
    ticks, taken = 0, asyncio.create_task(folder.reload(2, nothing_against))
    while not taken.done():
        ticks += 1
        await asyncio.sleep(0)
    catalogue = await taken
    assert catalogue is not None
    assert len(catalogue.jobs) == 501
    assert ticks > 20


async def test_only_files_that_changed_are_parsed_again(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def noted(name: str, text: str) -> Parsed:
        parsed.append(Path(name).name)
        return parse(name, text)

    monkeypatch.setattr("slo_service.definitions.files.parse", noted)  # what is counted is the work that is saved
    for number in (1, 3):
        (tmp_path / "b.yaml").write_text(JOB.replace("NAME", f"job-{number}"))
        await folder.reload(number, nothing_against)
        await folder.reload(number + 1, nothing_against)
    assert parsed == ["b.yaml", "b.yaml"]
    assert sorted(folder.catalogue.jobs) == ["export", "job-3"]
