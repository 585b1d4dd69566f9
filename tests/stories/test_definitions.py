import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.stories.declared import SLOS, declare
from tests.stories.incident import FRESHNESS
from tests.stories.receivers import JobServer
from tests.stories.service import Row, Said, eventually, slo
from tests.stories.world import World

pytestmark = [pytest.mark.story, pytest.mark.timeout(120)]

RELOAD_SECONDS = 5.0
# file, what is written, the mistake instead of it, what is to be blamed of it, a word of the remedy
MISTAKES = [
    pytest.param("pipeline.yaml", "contract: passthrough", "contarct: passthrough", "contarct", "contract", id="a key"),
    pytest.param("pipeline.yaml", "every: 1s", "every: soon", "soon", "10s|1s|like", id="a duration"),
    pytest.param("slos.yaml", "target: 0.999", "target: 1.0", "1.0", "below|0.99|less", id="a target of 100 %"),
    pytest.param("slos.yaml", "canary: orders-canary, by", "canary: order-canary, by", "order-canary", "orders-canary",
                 id="a canary that does not exist"),
    pytest.param("actions.yaml", "contact: orders-team", "contact: nobody", "nobody", "orders-team|Contact",
                 id="a contact that does not exist"),
    pytest.param("actions.yaml", "mode: enforce", "mode: force", "force", "enforce", id="a mode"),
]  # fmt: skip
BROKEN_YAML = "apiVersion: slo-service/v1\nkind: Job\nmetadata: {name: broken\nspec: {}\n"
LINE = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<severity>error|warning) (?P<code>\w+): "
                  r"(?P<what>[^;]+); (?P<remedy>.+)$")  # fmt: skip


@pytest.fixture(scope="module")
def bad_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad") / "definitions"
    with JobServer() as jobs:
        declare(folder, "bad", jobs, folder / "job.pid")
    for mistake in MISTAKES:
        file, right, wrong = (str(value) for value in mistake.values[:3])
        text = (folder / file).read_text()
        assert right in text, right
        (folder / file).write_text(text.replace(right, wrong, 1))
    (folder / "unreadable.yaml").write_text(BROKEN_YAML)
    return folder


@pytest.fixture(scope="module")
def refused(bad_folder: Path) -> Said:
    settings = ("ORDERS_DB_URL", "ORDERS_WEBHOOK_URL")
    addresses = dict.fromkeys(settings, "http://127.0.0.1:9/") | {"ORDERS_WEBHOOK_SECRET": "x"}
    env = {**os.environ, **addresses, "ORDERS_DB_URL": "postgresql+asyncpg://127.0.0.1:9/x"}
    store = f"sqlite+aiosqlite:///{bad_folder.parent / 'slo.db'}"
    return slo("serve", "--definitions", str(bad_folder), "--store", store, "--port", "0", env=env)


def complaints(said: Said) -> list[re.Match[str]]:
    return [found for line in (said.out + said.talk).splitlines() if (found := LINE.match(line))]


def test_a_bad_folder_is_not_served(refused: Said) -> None:
    assert refused.code == 2


@pytest.mark.parametrize(("file", "right", "wrong", "blamed", "remedy"), MISTAKES)
def test_every_mistake_is_told_with_its_place_and_remedy(
    refused: Said, bad_folder: Path, file: str, right: str, wrong: str, blamed: str, remedy: str
) -> None:
    lines = (bad_folder / file).read_text().splitlines()
    row, text = next((number, line) for number, line in enumerate(lines, 1) if wrong in line)
    columns = {text.index(blamed, text.index(wrong)) + 1, text.index(wrong) + 1}
    told = [c for c in complaints(refused) if Path(c["file"]).name == file and int(c["line"]) == row]
    assert [c for c in told if int(c["column"]) in columns and re.search(remedy, c["remedy"])], refused.talk


def test_a_file_that_is_no_yaml_is_told_beside_the_others(refused: Said) -> None:
    assert [c for c in complaints(refused) if Path(c["file"]).name == "unreadable.yaml"], refused.talk


def test_as_many_errors_as_mistakes(refused: Said) -> None:
    """No mistake brings complaints about what depends on it."""
    errors = [c.group() for c in complaints(refused) if c["severity"] == "error"]
    assert len(errors) == len(MISTAKES) + 1, "\n".join(errors)


def test_no_traceback(refused: Said) -> None:
    assert "Traceback" not in refused.talk


@pytest.fixture(scope="module")
def serving(kafka: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World("reloading", kafka, postgres, tmp_path_factory.mktemp("reload")) as world:
        world.service.start()
        yield world


def load(world: World) -> Row:
    return cast(Row, world.service.get("definitions")["load"])


def test_a_mistake_made_while_it_runs_keeps_the_old_set_and_is_told_everywhere(serving: World) -> None:
    """Made bad, mended, and changed: the load that is in force is numbered."""
    service, file = serving.service, serving.service.definitions / "slos.yaml"
    sound, number = file.read_text(), load(serving)["number"]
    before = service.slo(FRESHNESS)
    file.write_text(sound.replace("target: 0.999", "target: 99.9", 1))
    eventually("the reload is refused", lambda: load(serving)["ok"] is False, RELOAD_SECONDS)
    refused = load(serving)
    row = next(n for n, line in enumerate(file.read_text().splitlines(), 1) if "target: 99.9" in line)
    assert any(f"slos.yaml:{row}:" in finding for finding in cast(list[str], refused["findings"]))
    assert refused["number"] == number
    assert service.metric("slo_definitions_last_load_ok") == 0
    assert service.metric("slo_definitions_load_number") == number
    assert {slo["name"] for slo in service.rows("slos", "slos")} == set(SLOS)
    assert service.slo(FRESHNESS)["objective"] == before["objective"]
    assert "definitions_refused" in service.log

    file.write_text(sound.replace("target: 0.999", "target: 0.99", 1))
    eventually("the mended set is in force", lambda: load(serving)["number"] != number, RELOAD_SECONDS)
    told = ["slo orders-freshness target 99.9 % → 99 %; its history is kept"]
    expected = {"number": 2, "at": None, "ok": True, "findings": [], "changes": told}
    assert load(serving) | {"at": None, "findings": []} == expected
    assert service.metric("slo_definitions_last_load_ok") == 1
    assert service.metric("slo_definitions_load_number") == 2
    changed = eventually("it is judged by the new target", lambda: _judged(serving, 0.99), RELOAD_SECONDS)
    assert changed["stream"] == before["stream"], "a new target keeps the history"
    assert int(str(changed["good"])) >= int(str(before["good"]))


def _judged(world: World, target: float) -> Row:
    slo = world.service.slo(FRESHNESS)
    return slo if slo["objective"] == target and slo["at"] else {}
