"""The same definitions, however the file was saved and wherever it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from slo_service.definitions import Loaded, diff, load_folder
from slo_service.domain.instant import SECOND

HERE = Path(__file__).parent
BASE = HERE / "good" / "base.yaml"
GOOD = sorted((HERE / "good").glob("*.yaml"))
NOW = 1_795_000_000 * SECOND  # 18 November 2026
SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: x}\nspec: {}\n"

SAVED: dict[str, Callable[[str], bytes]] = {
    "with line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "with a BOM": lambda text: text.encode("utf-8-sig"),
    "with both": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "without a line end at the end": lambda text: text.rstrip("\n").encode(),
    "with empty lines at the end": lambda text: (text + "\n\n\n").encode(),
    "with blanks at the ends of lines": lambda text: text.replace(",\n", ",  \n").encode(),
}


def loaded_as(folder: Path, raw: bytes, env: dict[str, str]) -> Loaded:
    path = folder / "x.yaml"
    path.write_bytes(raw)
    return load_folder([BASE, path], env, now_ns=NOW)


def said(loaded: Loaded) -> list[tuple[str, int, int, str]]:
    return [(each.code, each.line, each.column, each.message) for each in loaded.findings]


@pytest.mark.parametrize("path", [path for path in GOOD if path != BASE], ids=lambda path: path.stem)
def test_a_good_file_is_read_as_the_same_however_it_was_saved(tmp_path, path, env):
    text = path.read_bytes().decode()
    as_is = loaded_as(tmp_path, text.encode(), env)
    assert as_is.catalogue is not None
    for way, save in SAVED.items():
        saved = loaded_as(tmp_path, save(text), env)
        assert saved.catalogue is not None, way
        assert said(saved) == said(as_is), way
        assert diff(as_is.catalogue, saved.catalogue) == (), way
        assert saved.catalogue.contacts == as_is.catalogue.contacts, way


@pytest.mark.parametrize("way", ["with line ends of Windows", "with a BOM", "with both"])
def test_a_mistake_stands_where_the_editor_shows_it_however_the_file_was_saved(tmp_path, way, env):
    text = f"{SERVICE}---\n{SERVICE.replace('spec: {}', 'spec: {descripton: a}').replace('name: x', 'name: y')}"
    (finding,) = loaded_as(tmp_path, SAVED[way](text), env).errors
    assert (finding.code, finding.line, finding.column) == ("E201", 9, 8)
    first = loaded_as(tmp_path, SAVED[way]("apiVersoin: 1\n" + SERVICE), env).errors[0]
    assert (first.line, first.column) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"%YAML 1.2\n---\n{SERVICE}...\n---\n{SERVICE.replace('x', 'y')}...\n", id="ends and a directive"),
        pytest.param(f"--- # a comment\n{SERVICE}", id="a comment behind the separator"),
        pytest.param("--- {apiVersion: openslo/v1, kind: Service, metadata: {name: x}, spec: {}}", id="a line"),
        pytest.param(SERVICE.replace("kind: Service", "kind:\n  Service"), id="a value in the next line"),
        pytest.param(SERVICE.replace("kind: Service", "kind:    Service   "), id="blanks around a value"),
        pytest.param(SERVICE.replace("{name: x}", "\n  ? name\n  : x"), id="keys with question marks"),
    ],
)
def test_whatever_yaml_allows_around_documents_is_allowed(tmp_path, text, env):
    loaded = loaded_as(tmp_path, text.encode(), env)
    assert [str(finding) for finding in loaded.findings] == []
    assert loaded.objects == load_folder([BASE], env, now_ns=NOW).objects + text.count("kind")


def test_a_folder_is_read_with_all_folders_in_it_and_refers_across_files(env):
    loaded = load_folder([HERE / "folders" / "team"], env, now_ns=NOW)
    assert [str(finding) for finding in loaded.findings] == []
    assert loaded.catalogue is not None
    assert list(loaded.catalogue.slos) == ["parcels-fresh"]
    assert [tier.name for tier in loaded.catalogue.slos["parcels-fresh"].alerting.tiers] == ["parcels-burn"]


def test_a_file_that_is_named_twice_is_read_once(env):
    team = HERE / "folders" / "team"
    loaded = load_folder([team, team / "canaries.yaml", team / "promises"], env, now_ns=NOW)
    assert [str(finding) for finding in loaded.findings] == []


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n"])
def test_the_line_end_behind_a_secret_is_not_part_of_it(tmp_path, env, ending):
    contact = '"${HOOK}"}}]}'
    text = (
        "apiVersion: slo-service/v1\nkind: Contact\nmetadata: {name: c}\nspec: {channels: [{webhook: {url: " + contact
    )
    (tmp_path / "hook").write_bytes(b"https://hooks.example.com/planted" + ending)
    loaded = loaded_as(tmp_path, text.encode(), {**env, "HOOK_FILE": str(tmp_path / "hook")})
    assert loaded.catalogue is not None
    (channel,) = loaded.catalogue.contacts["c"].channels
    assert channel.spec["url"] == "https://hooks.example.com/planted"
