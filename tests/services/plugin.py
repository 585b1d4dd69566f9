"""The servers as pytest fixtures, one of each a session; what cannot be had is skipped by name in one closing line."""

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from tests.services.absence import Absent
from tests.services.alertmanager import Alertmanager
from tests.services.chromium import Chromium
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.services.prometheus import Prometheus

_MARKERS = {
    "kafka": "services",
    "postgres": "services",
    "prometheus": "services",
    "alertmanager": "services",
    "chromium": "browser",
}
_PREFIX = "not to be had: "


class Startable(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


Built = TypeVar("Built")
Server = TypeVar("Server", bound=Startable)


class PrometheusFactory(Protocol):
    """Starts a Prometheus that is stopped after the test that asked for it."""

    def __call__(
        self,
        scrape_configs: Sequence[Mapping[str, object]] = (),
        rule_files: Sequence[Path] = (),
        alertmanager_urls: Sequence[str] = (),
    ) -> Prometheus: ...


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    yield from _running(Kafka)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    yield from _running(Postgres)


@pytest.fixture(scope="session")
def alertmanager() -> Iterator[Alertmanager]:
    yield from _running(Alertmanager)


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    return _had(Chromium)


@pytest.fixture
def prometheus() -> Iterator[PrometheusFactory]:
    started: list[Prometheus] = []

    def factory(
        scrape_configs: Sequence[Mapping[str, object]] = (),
        rule_files: Sequence[Path] = (),
        alertmanager_urls: Sequence[str] = (),
    ) -> Prometheus:
        server = _had(lambda: Prometheus(scrape_configs, rule_files, alertmanager_urls))
        started.append(server)
        _had(server.start)
        return server

    yield factory
    for server in started:
        server.stop()


def _running(build: Callable[[], Server]) -> Iterator[Server]:
    server = _had(build)
    try:
        _had(server.start)
        yield server
    finally:
        server.stop()


def _had(build: Callable[[], Built]) -> Built:
    """What was built, or a skip that says what is missing."""
    try:
        return build()
    except Absent as why:
        pytest.skip(f"{_PREFIX}{why}")


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a server carries the server's marker, so that no one can forget it."""
    for item in items:
        for fixture, marker in _MARKERS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_SERVICES=1 a skip is a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("REQUIRE_SERVICES") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped although REQUIRE_SERVICES=1: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = [_reason(report) for report in terminalreporter.stats.get("skipped", [])]
    absent = [reason.partition(_PREFIX)[2] for reason in reasons if _PREFIX in reason]
    if absent:
        names = "; ".join(sorted(set(absent)))
        terminalreporter.write_line(f"{len(absent)} tests skipped, servers {_PREFIX}{names}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
