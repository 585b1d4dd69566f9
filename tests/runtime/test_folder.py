from __future__ import annotations

import asyncio
import os
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
    assert folder.unsettled
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    assert await folder.reload(2, nothing_against) is None
    taken = await folder.reload(3, nothing_against)
    assert taken is not None
    assert not folder.unsettled
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


async def reloaded(folder: Folder) -> None:
    """Two looks: what changes is taken once it has come to rest."""
    for look in (1, 2):
        await folder.reload(look, nothing_against)


CONTACT = """apiVersion: slo-service/v1
kind: Contact
metadata: {name: ops}
spec: {channels: [{webhook: {url: "http://127.0.0.1/", secret: "${HOOK}"}}]}
"""


async def test_a_secret_that_is_replaced_in_its_file_is_taken_without_being_told(tmp_path: Path) -> None:
    """The definitions themselves have not changed: only what their setting stands for."""
    secret, definitions = tmp_path / "secret", tmp_path / "definitions"
    definitions.mkdir()
    (definitions / "a.yaml").write_text(CONTACT)
    secret.write_text("planted-old")
    folder = Folder([definitions], {"HOOK_FILE": str(secret)})
    folder.load(0)
    secret.write_text("planted-new!")
    await reloaded(folder)
    assert "planted-new!" in str(dict(folder.catalogue.contacts["ops"].channels[0].spec))
    assert folder.report.changes == ("contact ops changed: channels",)
    assert "planted" not in repr(folder.report)


async def test_a_secret_that_was_missing_is_noticed_when_its_file_comes(folder: Folder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    folder = Folder([tmp_path], {"HOOK_FILE": str(secret)})
    folder.load(0)
    (tmp_path / "b.yaml").write_text(CONTACT)
    await reloaded(folder)
    assert not folder.report.ok
    secret.write_text("planted")
    await reloaded(folder)
    assert folder.report.ok
    assert "ops" in folder.catalogue.contacts


async def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted")
    (tmp_path / "a.yaml").write_text(CONTACT)
    folder = Folder([tmp_path], {"HOOK_FILE": str(secret)})
    taken = folder.load(0)
    for look in range(5):
        await folder.reload(look, nothing_against)
    assert folder.catalogue is taken
    assert folder.report.at_ns == 0


async def test_what_is_over_by_the_clock_of_the_service_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        JOB.replace("NAME", "export")
        + """---
apiVersion: slo-service/v1
kind: Pipeline
metadata: {name: orders}
spec:
  owner: payments
  reviewDate: "2026-01-31"
  source: {kafka: {cluster: main, topic: a}}
  sink: {kafka: {cluster: main, topic: b}}
"""
    )
    day = 86_400 * 1_000_000_000
    folder = Folder([tmp_path], {})
    folder.load(20_000 * day)
    assert not any("W522" in finding for finding in folder.report.findings)
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    for look in (21_000 * day, 21_000 * day + 1):
        await folder.reload(look, nothing_against)
    assert any("W522" in finding for finding in folder.report.findings)


async def test_a_file_that_may_be_read_again_is_noticed_though_its_text_is_the_same(
    folder: Folder, tmp_path: Path
) -> None:
    """Only the time of its last change of permissions tells."""
    file = tmp_path / "a.yaml"
    stat = file.stat()
    file.write_text(file.read_text().replace("export", "imrpot"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    await reloaded(folder)
    assert list(folder.catalogue.jobs) == ["imrpot"]


async def test_a_set_is_asked_about_again_when_asking_broke_off(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(JOB.replace("NAME", "backfill"))
    looks = 0

    def out_of_memory(*_: object) -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise MemoryError
        return []

    await folder.reload(1, out_of_memory)
    with pytest.raises(MemoryError):
        await folder.reload(2, out_of_memory)
    for look in (3, 4):
        await folder.reload(look, out_of_memory)
    assert sorted(folder.catalogue.jobs) == ["backfill", "export"]


class Unsteady(dict[str, str]):
    """An environment that fails to answer when it is told to."""

    failing = False

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # of all that a dict takes
        if self.failing:
            raise MemoryError
        return super().get(key, default)


async def test_a_load_that_broke_off_is_tried_again_rather_than_forgotten(folder: Folder, tmp_path: Path) -> None:
    environment = Unsteady(HOOK="planted")
    folder = Folder([tmp_path], environment)
    folder.load(0)
    (tmp_path / "b.yaml").write_text(CONTACT)
    await folder.reload(1, nothing_against)
    environment.failing = True
    for look in (2, 3):
        with pytest.raises(MemoryError):
            await folder.reload(look, nothing_against)
    environment.failing = False
    await folder.reload(4, nothing_against)
    assert "ops" in folder.catalogue.contacts
