"""A Prometheus server with the scrape targets and rules a test gives it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx

from tests.services.debian import required
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, server_directory


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an instant query's answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(eq=False)
class Prometheus:
    """One server on loopback; it scrapes and evaluates each second."""

    scrape_configs: Sequence[Mapping[str, object]] = ()
    rule_files: Sequence[Path] = ()
    alertmanager_urls: Sequence[str] = ()
    interval: str = "1s"
    _port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        program = required("Prometheus", "prometheus")
        self._directory = server_directory("prometheus")
        config = self._directory / "prometheus.yml"
        config.write_text(json.dumps(self._config()))  # JSON is YAML
        self._process = ServerProcess(
            name="Prometheus",
            command=[
                str(program), f"--config.file={config}", f"--storage.tsdb.path={self._directory / 'data'}",
                f"--web.listen-address={LOOPBACK}:{self._port}", "--log.level=warn",
            ],
            ready=self._is_ready,
            directory=self._directory,
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def query(self, promql: str) -> list[Series]:
        """An instant vector; a scalar or string expression is a mistake in the test."""
        data = self._get("/api/v1/query", query=promql)
        assert data["resultType"] == "vector", f"{promql} is no vector"
        rows = cast(list[dict[str, object]], data["result"])
        return [_series(row) for row in rows]

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def _get(self, path: str, **parameters: str) -> dict[str, object]:
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            answer = client.get(path, params=parameters).json()
        assert answer["status"] == "success", f"Prometheus refused {parameters}: {answer.get('error')}"
        return cast(dict[str, object], answer["data"])

    def _is_ready(self) -> bool:
        return says_ready(self.url)

    def _config(self) -> Mapping[str, object]:
        hosts = [url.removeprefix("http://") for url in self.alertmanager_urls]
        return {
            "global": {"scrape_interval": self.interval, "evaluation_interval": self.interval, "scrape_timeout": "1s"},
            "scrape_configs": list(self.scrape_configs),
            "rule_files": [str(path.resolve()) for path in self.rule_files],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": hosts}]}]},
        }


def says_ready(url: str) -> bool:
    """Prometheus and Alertmanager answer alike."""
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


def _series(row: Mapping[str, object]) -> Series:
    _, value = cast(tuple[float, str], row["value"])
    return Series(labels=cast(Mapping[str, str], row["metric"]), value=float(value))
