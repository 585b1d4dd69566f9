"""`serve` and `db`: what is refused before anything runs, and that stdout stays clean."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import run


def test_a_public_address_without_sign_in_is_refused_with_the_reason() -> None:
    done = run("serve", "--host", "0.0.0.0")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "SLO_HOST" in done.stderr


def test_definitions_with_mistakes_keep_the_service_from_starting(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("kind: Nonsense\n")
    store = f"sqlite+aiosqlite:///{tmp_path / 'slo.db'}"
    command = [sys.executable, "-m", "slo_service.cli", "serve", "--port", "0"]
    done = subprocess.run(
        [*command, "--definitions", str(tmp_path), "--store", store], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path / 'bad.yaml'}:1:" in done.stderr


def test_upgrading_a_database_makes_its_tables_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "slo.db"
    for _ in range(2):
        done = run("db", "upgrade", "--store", f"sqlite+aiosqlite:///{file}", "--json")
        assert done.exit_code == 0
        assert json.loads(done.stdout)["ok"] is True
    connection = sqlite3.connect(file)
    try:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    finally:
        connection.close()
    assert {"cells", "transitions", "decisions"} <= tables


@pytest.mark.parametrize("url", ["mysql+aiomysql://u:planted-secret@db/x", "planted-secret"])
def test_a_database_of_another_kind_is_misuse_and_its_password_stays_unsaid(url: str) -> None:
    done = run("db", "upgrade", "--store", url)
    assert done.exit_code == 2
    assert "planted-secret" not in done.output
    assert "sqlite+aiosqlite:///" in done.stderr
