"""An Alertmanager of the tests' own, without peers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import httpx

from tests.services.debian import required
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, server_directory
from tests.services.prometheus import says_ready

_SILENT: Mapping[str, object] = {
    "route": {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s"},
    "receivers": [{"name": "nobody"}],
}


@dataclass(eq=False)
class Alertmanager:
    """One server on loopback; `config` is its configuration file, by default one that notifies nobody."""

    config: Mapping[str, object] = field(default_factory=lambda: _SILENT)
    _port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        program = required("Alertmanager", "prometheus-alertmanager", "alertmanager")
        self._directory = server_directory("alertmanager")
        config = self._directory / "alertmanager.yml"
        config.write_text(json.dumps(self.config))  # JSON is YAML
        self._process = ServerProcess(
            name="Alertmanager",
            command=[
                str(program), f"--config.file={config}", f"--storage.path={self._directory / 'data'}",
                f"--web.listen-address={LOOPBACK}:{self._port}", "--cluster.listen-address=", "--log.level=warn",
            ],
            ready=lambda: says_ready(self.url),
            directory=self._directory,
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def alerts(self) -> list[dict[str, object]]:
        """What it holds now, as its API tells it."""
        answer = httpx.get(f"{self.url}/api/v2/alerts", trust_env=False)
        return cast(list[dict[str, object]], answer.raise_for_status().json())

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()
