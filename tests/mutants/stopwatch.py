"""A plugin of pytest that notes which tests passed, and how much of the processor's time each took."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path

import pytest


class Stopwatch:
    """Writes the seconds by node id to a file of JSON when the session ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        begun = time.process_time()
        done = yield
        self._seconds[item.nodeid] = round(time.process_time() - begun, 4)
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        passed = {test: seconds for test, seconds in self._seconds.items() if test not in self._failed}
        self._path.write_text(json.dumps(passed))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds-to", type=Path, default=None, help="where the seconds of each test go")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--seconds-to")
    if path is not None:
        config.pluginmanager.register(Stopwatch(path), "stopwatch")
