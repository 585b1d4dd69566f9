import json
from dataclasses import replace
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from tests.cli.conftest import Serve, run
from tests.show.fakes import World

SET = (Path(__file__).parents[1] / "definitions" / "good" / "base.yaml").read_text()


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "set.yaml").write_text(SET)
    return tmp_path / "old", tmp_path / "new"


def change(folder: Path, *edits: tuple[str, str]) -> None:
    text = SET
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "set.yaml").write_text(text)


def in_force(folder: Path) -> World:
    loaded = load_folder([folder], {}, settings_needed=False)
    assert loaded.catalogue is not None
    return World(definitions=loaded.catalogue)


def test_equal_sets_have_no_difference(two: tuple[Path, Path]) -> None:
    done = run("diff", *map(str, two))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no difference" in done.stderr


def test_each_change_is_a_sentence_with_its_consequence(two: tuple[Path, Path]) -> None:
    change(two[1], ("target: 0.999", "target: 0.995"), ("within: 30s", "within: 20s"))
    done = run("diff", *map(str, two))
    assert done.exit_code == 1
    measured, target = done.stdout.splitlines()
    assert "a new stream starts" in measured
    assert target == "slo base-freshness target 99.9 % → 99.5 %; its history is kept"


def test_json_says_the_same(two: tuple[Path, Path]) -> None:
    change(two[1], ("target: 0.999", "target: 0.995"))
    done = run("diff", "--json", *map(str, two))
    assert json.loads(done.stdout) == {"ok": False, "changes": run("diff", *map(str, two)).stdout.splitlines()}


def test_one_set_is_compared_with_what_the_service_has_in_force(serve: Serve, two: tuple[Path, Path]) -> None:
    url = serve(in_force(two[0]))
    assert run("diff", str(two[1]), "--url", url).exit_code == 0
    change(two[1], ("target: 0.999", "target: 0.995"), ("{name: team}", "{name: crew}"))
    done = run("diff", str(two[1]), "--url", url)
    assert done.exit_code == 1
    assert set(done.stdout.splitlines()) == {
        "slo base-freshness target 99.9 % → 99.5 %; its history is kept", "contact team removed", "contact crew added",
    }  # fmt: skip


def test_a_service_whose_documents_fill_many_files_is_compared_whole(serve: Serve, two: tuple[Path, Path]) -> None:
    long = "#" * 50_000
    change(two[0], ("\n---\n", f"\n---\nx: {long}\n---\n"))
    world = in_force(two[1])
    documents = [replace(each, text=f"{each.text}# {long}\n") for each in world.definitions.documents] * 1
    world.definitions = replace(world.definitions, documents=tuple(documents))
    assert run("diff", str(two[1]), "--url", serve(world)).exit_code == 0


def test_a_set_with_mistakes_is_not_compared(two: tuple[Path, Path]) -> None:
    change(two[1], ("kind: SLO", "kind: SOL"))
    done = run("diff", *map(str, two))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "error E209" in done.stderr


def test_three_sets_are_misuse(two: tuple[Path, Path]) -> None:
    assert run("diff", *map(str, (*two, two[0]))).exit_code == 2
