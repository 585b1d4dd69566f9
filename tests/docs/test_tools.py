"""Configuration of other programs, as the documentation shows it, is taken by those programs."""

import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import block
from tests.services.absence import Absent
from tests.services.debian import required

pytestmark = pytest.mark.services


def tool(service: str, name: str) -> Path:
    try:
        return required(service, name)
    except Absent as why:
        pytest.skip(f"not to be had: {why}")


def accepted(command: list[str | Path], text: str, folder: Path) -> None:
    file = folder / "shown.yaml"
    file.write_text(text)
    done = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_scrape_configuration(tmp_path: Path) -> None:
    shown = [block("docs/how-to/prometheus.md", "yaml", key).text for key in ("scrape_configs:", "rule_files:")]
    accepted([tool("Prometheus", "promtool"), "check", "config", "--syntax-only"], "".join(shown), tmp_path)


def test_prometheus_takes_the_alerts_on_silence(tmp_path: Path) -> None:
    shown = block("docs/how-to/prometheus.md", "yaml", "groups:").text
    accepted([tool("Prometheus", "promtool"), "check", "rules"], shown, tmp_path)


def test_alertmanager_takes_the_routes(tmp_path: Path) -> None:
    shown = block("docs/how-to/alertmanager.md", "yaml", "route:").text
    accepted([tool("Alertmanager", "amtool"), "check-config"], shown, tmp_path)
