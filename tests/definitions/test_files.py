"""Which files a folder of definitions consists of, and what is said of those that cannot be had."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.events import alike

JOB = """apiVersion: slo-service/v1
kind: Job
metadata: {name: NAME}
spec: {criticality: normal, controller: {process: {pidFile: /run/x.pid}}}
"""
NOBODY = 65_534


@contextmanager
def not_as_root() -> Iterator[None]:
    """Root may read whatever its permissions say."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def write(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.yaml").write_text(JOB.replace("NAME", name))


def jobs(*paths: Path) -> list[str]:
    loaded = load_folder(paths, {})
    assert loaded.catalogue is not None, loaded.findings
    return sorted(loaded.catalogue.jobs)


def said(*paths: Path) -> list[tuple[str, str]]:
    return [(Path(finding.file).name, finding.code) for finding in load_folder(paths, {}).errors]


def test_a_folder_that_is_a_link_is_read_as_well(tmp_path):
    """So is configuration that Kubernetes mounts below a path of its own."""
    write(tmp_path / "elsewhere", "a")
    write(tmp_path / "folder", "b")
    (tmp_path / "folder" / "shared").symlink_to(tmp_path / "elsewhere")
    assert jobs(tmp_path / "folder") == ["a", "b"]


def test_links_in_a_circle_are_walked_once(tmp_path):
    write(tmp_path / "folder", "a")
    (tmp_path / "folder" / "again").symlink_to(tmp_path / "folder")
    assert jobs(tmp_path / "folder") == ["a"]


def test_a_link_that_leads_nowhere_is_a_mistake(tmp_path):
    write(tmp_path / "folder", "a")
    (tmp_path / "folder" / "b.yaml").symlink_to(tmp_path / "gone.yaml")
    assert said(tmp_path / "folder") == [("b.yaml", "E101")]


def test_a_folder_in_the_place_of_a_file_is_a_mistake(tmp_path):
    write(tmp_path / "folder", "a")
    (tmp_path / "folder" / "orders.yaml").mkdir()
    assert said(tmp_path / "folder") == [("orders.yaml", "E101")]


def test_a_pipe_is_not_waited_for(tmp_path):
    write(tmp_path / "folder", "a")
    os.mkfifo(tmp_path / "folder" / "pipe.yaml")
    assert jobs(tmp_path / "folder") == ["a"]


def test_a_folder_that_may_not_be_entered_is_a_mistake_rather_than_empty():
    with TemporaryDirectory() as place:  # below a folder that others may enter, as pytest's is not
        folder = Path(place)
        folder.chmod(0o755)
        write(folder, "a")
        write(folder / "closed", "b")
        (folder / "closed").chmod(0o000)
        with not_as_root():
            assert said(folder) == [("closed", "E101")]
        (folder / "closed").chmod(0o755)


def test_too_many_files_in_several_folders_are_a_mistake_rather_than_left_out(tmp_path):
    write(tmp_path / "one", *(f"a{number}" for number in range(1000)))
    write(tmp_path / "two", *(f"b{number}" for number in range(1001)))
    assert said(tmp_path / "one", tmp_path / "two") == [("two", "E105")]


@pytest.mark.parametrize("piece", ["| #", "> ", "|  ", "& ", "|1"])
def test_whether_two_parsers_agree_is_told_in_time_that_grows_with_the_text(piece):
    begun = time.process_time()
    alike("a: '" + piece * 200_000 + "'\n")
    assert time.process_time() - begun < 1
