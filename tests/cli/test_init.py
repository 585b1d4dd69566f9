"""The starter folder: sound as it is, for whatever it is called, and never in the way of what is there."""

import json
import re
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.starter import SCHEMA_FILE
from tests.cli.conftest import run
from tests.definitions.written import SCHEMA, documents, mistakes

CHOSEN = ("--pipeline", "web-clicks", "--cluster", "eu.main", "--topic", "Clicks_raw", "--owner", "web-data")


def written(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("options", [(), CHOSEN], ids=["as it is", "with names of one's own"])
def test_the_folder_passes_the_check_but_for_settings_that_are_not_set(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert run("init", str(tmp_path), *options).exit_code == 0
    loaded = load_folder([tmp_path], {}, settings_needed=False)
    assert {finding.code for finding in loaded.findings} == {"W504"}
    assert loaded.catalogue is not None
    assert sorted(slo.indicator.kind for slo in loaded.catalogue.slos.values()) == [
        "completeness", "duplicates", "freshness", "lag",
    ]  # fmt: skip


def test_with_its_settings_set_nothing_is_left_to_say(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    env = {"ORDERS_DB_URL": "sqlite:///orders.db", "ORDERS_WEBHOOK_URL": "http://127.0.0.1:9/hook"}
    assert load_folder([tmp_path], env).findings == ()


def test_the_policy_only_observes_to_begin_with(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    catalogue = load_folder([tmp_path], {}, settings_needed=False).catalogue
    assert catalogue is not None
    assert [policy.mode.value for policy in catalogue.policies.values()] == ["observe"]


def test_the_names_given_are_used_everywhere_and_no_mark_is_left(tmp_path: Path) -> None:
    run("init", str(tmp_path), *CHOSEN)
    text = {path.name: path.read_text() for path in written(tmp_path) if path.suffix != ".json"}
    together = "\n".join(text.values())
    assert not re.search(r"@\w+@", together)
    assert "orders" not in together.lower()
    assert "source: {kafka: {cluster: eu.main, topic: Clicks_raw}}" in text["pipeline.yaml"]
    assert "WEB_CLICKS_DB_URL" in text["README.md"]


def test_every_file_is_known_to_editors_without_a_network(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    files = [path for path in written(tmp_path) if path.suffix == ".yaml"]
    for path in files:
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())
        assert found, path
        assert json.loads((path.parent / found[1]).read_text()) == SCHEMA
        for document in documents(path) or []:
            assert mistakes(document.data) == []
    assert len(files) > 8


def test_the_readme_names_every_file_and_folder(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    readme = (tmp_path / "README.md").read_text()
    named = {re.split(r"/", str(path.relative_to(tmp_path)))[0] for path in written(tmp_path)} - {"README.md", ".slo"}
    assert [name for name in sorted(named) if f"`{name}" not in readme] == []
    assert SCHEMA_FILE in readme


def test_what_is_there_is_not_overwritten_nor_half_of_the_rest_written(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("mine")
    done = run("init", str(tmp_path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{tmp_path / 'policy.yaml'} would be overwritten; " in done.stderr
    assert [path.name for path in written(tmp_path)] == ["policy.yaml"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("init", str(tmp_path / "file" / "folder"))
    assert done.exit_code == 2
    assert "give a folder that can be written" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--pipeline", "Orders"), ("--pipeline", "on"), ("--pipeline", "1e3"), ("--pipeline", "a" * 46),
        ("--owner", "the data team"), ("--topic", "a b"), ("--topic", "17"), ("--cluster", "null"), ("--cluster", ""),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_no_definition_could_hold_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run("init", str(tmp_path / "new"), *options)
    assert done.exit_code == 2
    assert f"is not a name for the {options[0].removeprefix('--')}; use " in done.stderr
    assert not (tmp_path / "new").exists()


def test_it_says_what_to_do_next(tmp_path: Path) -> None:
    done = run("init", str(tmp_path / "mine"), "--pipeline", "clicks")
    assert str(tmp_path / "mine" / "README.md") in done.stdout.splitlines()
    for step in (
        f"slo check {tmp_path / 'mine'}",
        f"slo serve --definitions {tmp_path / 'mine'}",
        "slo explain clicks-",
    ):
        assert step in done.stderr


def test_json_lists_the_files(tmp_path: Path) -> None:
    body = json.loads(run("init", str(tmp_path), "--json").stdout)
    assert body["ok"] is True
    assert sorted(body["files"]) == [str(path) for path in written(tmp_path)]
