"""What `slo check` and its neighbours promise, asked as a user asks: by the command, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.story  # takes its time

HERE = Path(__file__).parent
BASE = HERE / "good" / "base.yaml"
REFERENCES = [path for path in sorted((HERE / "references").glob("*.yaml")) if path.stem != "known"]
FORM = re.compile(
    r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>error|warning) (?P<code>[EW]\d{3}): .+; .+"
)
SECRETS = {
    "ORDERS_DB_URL": "postgresql+asyncpg://user:planted1@db/orders",
    "ORDERS_WEBHOOK_URL": "https://hooks.example.com/planted2",
    "WEBHOOK_SECRET": "planted3",
    "PROM_TOKEN": "planted4",
    "NO_ADDRESS": "planted5 is no address",
    "CONTROLS": "https://planted6.example.com/\u0001",
    "MAIL": "planted7 is no mail address",
}
SETTINGS = """\
apiVersion: slo-service/v1
kind: Contact
metadata: {name: told}
spec:
  channels:
    - webhook: {url: "${FROM_A_FILE}", secret: "${WEBHOOK_SECRET}", headers: {X-Key: "${PROM_TOKEN}"}}
    - slack: {bot: {token: "${WEBHOOK_SECRET}", channel: "${PROM_TOKEN}"}}
    - pagerduty: {routingKey: "${PROM_TOKEN}"}
    - apprise: {urls: ["${ORDERS_WEBHOOK_URL}/x"]}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prometheus}
spec:
  type: Prometheus
  connectionDetails: {url: "${ORDERS_WEBHOOK_URL}", headers: {Authorization: "Bearer ${PROM_TOKEN}"}}
---
apiVersion: slo-service/v1
kind: Job
metadata: {name: reindex}
spec:
  pipeline: orders
  criticality: best-effort
  controller:
    http:
      headers: {Authorization: "Bearer ${PROM_TOKEN}"}
      status: {url: "${ORDERS_WEBHOOK_URL}/s", running: {json: state, equals: up}}
      pause: {url: "${ORDERS_WEBHOOK_URL}/p", body: {key: "${WEBHOOK_SECRET}"}}
      resume: {url: "${ORDERS_WEBHOOK_URL}/r"}
"""
WRONG_SETTINGS = """\
---
apiVersion: slo-service/v1
kind: Contact
metadata: {name: wrong, displayName: "${WEBHOOK_SECRET}", labels: {a: "${WEBHOOK_SECRET}"}}
spec:
  channels:
    - webhook: {url: "${NO_ADDRESS}"}
    - webhook: {url: "${CONTROLS}"}
    - email: {to: ["${MAIL}"]}
    - webhook: {url: "${FROM_A_FILE}", "${WEBHOOK_SECRET}": a}
    - "${WEBHOOK_SECRET}": {url: a}
---
apiVersion: slo-service/v1
kind: Job
metadata: {name: wrong}
spec:
  pipeline: "${WEBHOOK_SECRET}"
  criticality: "${PROM_TOKEN}"
  maxPause: "${PROM_TOKEN}"
  controller: {kubernetes: {kind: "${PROM_TOKEN}", name: a}}
"""


def slo(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slo_service.cli", *map(str, arguments)],
        env={**os.environ, "NO_COLOR": "1", **env}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


class Checked(dict[str, subprocess.CompletedProcess[str]]):
    """All bad files at once, checked when a form is asked for."""

    def __missing__(self, form: str) -> subprocess.CompletedProcess[str]:
        self[form] = slo("check", "--format", form, BASE, HERE / "bad", **SECRETS)
        return self[form]


@pytest.fixture(scope="module")
def bad() -> Checked:
    return Checked()


@pytest.fixture(scope="module")
def found(bad: Checked) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bad["json"].stdout)
    return body


def test_every_line_has_its_place_its_code_and_a_remedy(bad):
    lines = bad["text"].stdout.splitlines()
    assert len(lines) > 400
    assert [line for line in lines if not FORM.fullmatch(line)] == []


def test_an_error_s_code_begins_with_e_and_a_warning_s_with_w(bad):
    matches = [FORM.fullmatch(line) for line in bad["text"].stdout.splitlines()]
    assert {(match["severity"], match["code"][0]) for match in matches if match} == {("error", "E"), ("warning", "W")}


def test_all_files_are_complained_of_at_once(bad):
    complained = {match["file"] for line in bad["text"].stdout.splitlines() if (match := FORM.fullmatch(line))}
    assert len(complained) > 0.9 * len(list((HERE / "bad").glob("*.yaml")))


def test_every_form_says_the_same(bad, found):
    lines = bad["text"].stdout.splitlines()
    told = [
        "{file}:{line}:{column}: {severity} {code}: {message}; {remedy}".format(**each) for each in found["findings"]
    ]
    assert sorted(told) == sorted(lines)
    results = json.loads(bad["sarif"].stdout)["runs"][0]["results"]
    assert len([each for each in results if not each.get("suppressions")]) == len(lines)
    assert {each["ruleId"] for each in results} >= {each["code"] for each in found["findings"]}


def test_json_has_the_keys_that_others_rely_on(found):
    assert {"ok", "files", "objects", "findings", "suppressed"} <= set(found)
    assert found["ok"] is False
    keys = {"file", "line", "column", "severity", "code", "message", "remedy"}
    assert [each for each in found["findings"] if not keys <= set(each)] == []
    assert {type(each["line"]) for each in found["findings"]} == {int}


def test_an_error_exits_with_1_in_every_form(bad):
    assert {form: bad[form].returncode for form in ("text", "json", "sarif")} == {"text": 1, "json": 1, "sarif": 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["check", str(BASE)], 0, id="warnings alone"),
        pytest.param(["check", "nowhere"], 2, id="a path that is not there"),
        pytest.param(["check", str(BASE), "nowhere", "--json"], 2, id="one of two paths that is not there"),
        pytest.param(["check"], 2, id="no path"),
        pytest.param(["check", "--format", "xml", str(BASE)], 2, id="a form that is none"),
        pytest.param(["diff", str(BASE), str(BASE)], 0, id="no difference"),
        pytest.param(["diff", str(BASE), "nowhere"], 2, id="a side that cannot be read"),
        pytest.param(["test", str(BASE)], 2, id="nothing to test"),
        pytest.param(["import", "sloth", "nowhere"], 2, id="nothing to import"),
        pytest.param(["import", "sloth", str(BASE)], 1, id="a file that is not of the tool"),
    ],
)
def test_the_exit_code_says_what_it_was(arguments, code):
    done = slo(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


def test_a_folder_of_many_files_is_checked_as_one():
    done = slo("check", "--json", HERE / "folders", **SECRETS)
    assert (done.returncode, json.loads(done.stdout)["objects"]) == (0, 9)


@pytest.fixture(scope="module")
def suggested() -> dict[str, list[str]]:
    """What is said against each file with a wrong reference, all of them in one run."""
    said: dict[str, list[str]] = {path.stem: [] for path in REFERENCES}
    for each in json.loads(slo("check", "--json", BASE, HERE / "references", **SECRETS).stdout)["findings"]:
        if each["severity"] == "error":
            said[Path(each["file"]).stem].append(f"{each['code']}: {each['remedy']}")
    return said


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_a_wrong_reference_is_answered_with_the_nearest_name(suggested, path):
    nearest = path.read_text().splitlines()[0].removeprefix("# nearest: ")
    assert suggested[path.stem] == [f"E302: did you mean {nearest}?"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, str]]:
    """Definitions with settings, the same with mistakes around them, and where the values are from."""
    folder = tmp_path_factory.mktemp("around")
    (folder / "secret").write_text("https://hooks.example.com/planted8\n")
    (folder / "sound").mkdir()
    (folder / "wrong").mkdir()
    for each in ("sound", "wrong"):
        (folder / each / "base.yaml").write_text(BASE.read_text())
        (folder / each / "more.yaml").write_text(SETTINGS + (WRONG_SETTINGS if each == "wrong" else ""))
    return folder / "sound", folder / "wrong", {**SECRETS, "FROM_A_FILE_FILE": str(folder / "secret")}


@pytest.mark.parametrize(
    ("arguments", "exits"),
    [
        (["check", "SOUND"], 0),
        (["check", "WRONG"], 1),
        (["check", "--json", "WRONG"], 1),
        (["check", "--format", "sarif", "WRONG"], 1),
        (["diff", "BASE", "SOUND"], 1),
        (["diff", "--json", "SOUND", "BASE"], 1),
        (["diff", "SOUND", "WRONG"], 2),
        (["test", "SOUND"], 2),
        (["test", "WRONG", "--json"], 1),
        (["render", "openslo", "SOUND", "--out", "OUT"], 0),
        (["render", "openslo", "WRONG", "--out", "OUT"], 1),
        (["render", "prometheus", "SOUND", "--out", "OUT"], 0),
        (["render", "prometheus", "WRONG", "--out", "OUT", "--json"], 1),
        (["import", "openslo", "MORE"], 1),
        (["import", "sloth", "MORE"], 1),
        (["check", "--help"], 0),
        (["serve", "--definitions", "WRONG", "--port", "0", "--store", "sqlite+aiosqlite:///OUT/x.db"], 2),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else None,
)
def test_no_value_of_a_setting_is_ever_shown(planted, tmp_path, arguments, exits):
    sound, wrong, env = planted
    known = {"SOUND": sound, "WRONG": wrong, "BASE": BASE, "OUT": tmp_path, "MORE": sound / "more.yaml"}
    done = slo(*(known.get(each, each.replace("OUT", str(tmp_path))) for each in arguments), **env)
    written = "".join(path.read_text() for path in tmp_path.rglob("*.yaml"))
    assert re.findall(r"planted\d", done.stdout + done.stderr + written) == []
    assert done.returncode == exits, done.stdout + done.stderr


def test_an_address_that_is_written_out_is_not_shown_either(tmp_path):
    for name, password in (("old", "planted1"), ("new", "planted2")):
        (tmp_path / name).mkdir()
        text = BASE.read_text().replace("${ORDERS_DB_URL}", f"postgresql+asyncpg://u:{password}@db/orders")
        hook = text.replace("${ORDERS_WEBHOOK_URL}", f"https://hooks.example.com/{password}")
        (tmp_path / name / "base.yaml").write_text(hook.replace("${WEBHOOK_SECRET}", password))
    for done in (slo("diff", tmp_path / "old", tmp_path / "new"), slo("check", "--json", tmp_path / "new")):
        assert "planted" not in done.stdout + done.stderr
        assert done.returncode in {0, 1}


def test_mistakes_in_cases_for_slo_test_are_said_too(tmp_path):
    (tmp_path / "case.yaml").write_text(
        "apiVersion: slo-service/v1\nkind: Test\nmetadata: {name: t}\nspec:\n"
        "  series: {base-freshnes: {10m-22m: bad}}\n"
        "  expect: [{at: 10m, page: fires}, {at: 10m, page: quiet, budgetRemain: 93%}]\n"
    )
    done = slo("check", BASE, tmp_path, **SECRETS)
    said = [line.removeprefix(f"{tmp_path}/") for line in done.stdout.splitlines()]
    assert [line.partition(":")[2][:23] for line in said] == [
        "5:12: error E302: there", "6:28: error E208: 'fire", "6:59: error E201: unkno",
    ]  # fmt: skip
    assert said[0].endswith("did you mean base-freshness?")
    assert done.returncode == 1
