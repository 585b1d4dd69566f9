"""Claims about every command: an example in its help, a place in the reference, a fast start."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from slo_service.cli import main
from tests.cli.conftest import run

REFERENCE = (Path(__file__).parents[2] / "docs/reference/cli.md").read_text()
HEAVY = ("alembic", "fastapi", "httpx", "numpy", "pydantic", "rich", "ruamel", "sqlalchemy", "structlog", "uvicorn")


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


ALL = list(commands(main))
IDS = [" ".join(path) for path, _ in ALL]


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_help_shows_an_example_of_the_command(path: tuple[str, ...], command: click.Command) -> None:
    done = run(*path, "--help")
    assert done.exit_code == 0
    assert f"Example:\n  slo {' '.join(path)}" in done.stdout


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_the_reference_has_every_option_and_no_other(path: tuple[str, ...], command: click.Command) -> None:
    section = re.search(rf"^## slo {' '.join(path)}$(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert section, f"docs/reference/cli.md has no section `## slo {' '.join(path)}`"
    described = set(re.findall(r"^\| `(--?[a-z-]+)", section[1], re.MULTILINE))
    assert described == {option for param in command.params if isinstance(param, click.Option) for option in param.opts}


def test_the_reference_describes_no_command_that_does_not_exist() -> None:
    assert sorted(re.findall(r"^## slo (.*)$", REFERENCE, re.MULTILINE)) == sorted(IDS)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, slo_service.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(HEAVY)


def test_a_misspelt_option_is_misuse() -> None:
    assert run("status", "--jsn").exit_code == 2


def test_the_version_is_told() -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "slo_service.cli", "--version"], capture_output=True, text=True, check=True,
        env=environment,
    )  # fmt: skip
    assert re.fullmatch(r"slo, version \d+\.\d+\.\d+\n", done.stdout)
