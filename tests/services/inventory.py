"""Every server the tests know: what tells that it is here, and how it is had when it is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.services.absence import Absent
from tests.services.debian import install, program
from tests.services.kafka import jars


@dataclass(frozen=True, slots=True)
class Service:
    """`programs` are found on PATH, each under the first of its names; `packages` bring what is missing."""

    name: str
    programs: Sequence[Sequence[str]]
    packages: Sequence[str]
    is_fetched: Callable[[], bool] = lambda: True
    fetch: Callable[[], None] = lambda: None

    @property
    def is_here(self) -> bool:
        return not self._missing_programs() and self.is_fetched()

    def obtain(self) -> None:
        """Do what is left to do; raise `Absent` with the reason when it cannot be done."""
        if self._missing_programs():
            install(self.name, self.packages)
        if missing := self._missing_programs():
            raise Absent(self.name, f"{', '.join(missing)} still not on PATH after installing {self.packages}")
        if not self.is_fetched():
            self.fetch()

    def _missing_programs(self) -> list[str]:
        return [names[0] for names in self.programs if program(*names) is None]


SERVICES = (
    Service(
        name="Kafka",
        programs=[["java"], ["mvn"]],
        packages=["openjdk-17-jre-headless", "maven"],
        is_fetched=jars.are_here,
        fetch=jars.fetch,
    ),
    Service("PostgreSQL", [["initdb"], ["postgres"], ["createdb"]], ["postgresql"]),
    Service("Prometheus", [["prometheus"], ["promtool"]], ["prometheus"]),
    Service(
        "Alertmanager",
        [["prometheus-alertmanager", "alertmanager"], ["amtool"]],
        ["prometheus-alertmanager"],
    ),
    Service(
        "Chromium",
        [["chromium", "chromium-browser", "google-chrome"]],
        ["chromium", "fonts-dejavu-core"],
    ),
)
