"""Runs tests against a mutant in a forked process, which imports the changed text in place of the module."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import Phase, settings

from tests.mutants.mutation import Mutant

MOST_BYTES = 4 << 30
OUR_OWN = ("slo_service", "tests", "conftest", "__main__")


class Outcome(StrEnum):
    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNREACHED = "unreached"  # no test reaches it, so nothing can kill it


class _Changed(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 -- the loader's protocol
        code = compile(self._source, self.path, "exec", dont_inherit=True)
        assert isinstance(code, CodeType)
        return code


class _Instead:
    """A finder that answers for one module with changed text."""

    def __init__(self, tree: Path, mutant: Mutant) -> None:
        self._name = mutant.path.removesuffix(".py").replace("/", ".")
        self._path, self._source = str(tree / mutant.path), mutant.source

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 -- the finder's protocol
        target: ModuleType | None = None,  # noqa: ARG002 -- the finder's protocol
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Changed(fullname, self._path, self._source)
        return importlib.machinery.ModuleSpec(fullname, loader, origin=self._path)


class _Repeatable:
    """The same examples every time, none remembered from another mutant, and none made smaller."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", settings.default, derandomize=True, database=None, phases=phases)
        settings.load_profile("mutants")


class _FirstFailure:
    """Writes the node id of the test that failed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._path.write_text(report.nodeid)


def judge(tree: Path, work: Path, mutant: Mutant, tests: list[str], cpu_seconds: int) -> tuple[Outcome, str]:
    """Whether one of `tests` fails on the mutant, and which; or whether they take more of the processor's time than
    that together. The name is empty where the mutant can not even be imported."""
    if not tests:
        return Outcome.UNREACHED, ""
    failed, log = work / "failed", work / "mutant.log"
    failed.unlink(missing_ok=True)

    def run() -> int:
        sys.meta_path.insert(0, _Instead(tree, mutant))
        return int(_pytest(["-x", *tests], _FirstFailure(failed)))

    code = _forked(tree, log, run, cpu_seconds)
    if code is None or code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return Outcome.TIMED_OUT, ""
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError(f"none of the tests of {mutant.identity} is there, see {log}")
    if code == pytest.ExitCode.OK:
        return Outcome.SURVIVED, ""
    return Outcome.KILLED, failed.read_text() if failed.exists() else ""


def passes(tree: Path, work: Path, test: str) -> bool:
    """Whether the test passes on the tree as it is; one that does not can judge nothing."""
    return _forked(tree, work / "sound.log", lambda: int(_pytest([test])), 600) == pytest.ExitCode.OK


def preload(tree: Path, work: Path, tests: list[str]) -> None:
    """Imports here what the tests import from others, so that every fork has it; nothing of ours, for a mutant would
    come too late."""
    names = work / "imported.json"

    def collect() -> int:
        code = int(_pytest(["--collect-only", *tests]))
        names.write_text(json.dumps(sorted(sys.modules)))
        return code

    _forked(tree, work / "collecting.log", collect, 600)
    for name in json.loads(names.read_text()):
        if name.partition(".")[0] not in OUR_OWN:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _pytest(arguments: list[str], *plugins: object) -> int | pytest.ExitCode:
    still = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:cov"]
    plain = ["--timeout=0", "--tb=line", "--assert=plain"]
    return pytest.main([*still, *plain, *arguments], plugins=[_Repeatable(), *plugins])


def _forked(tree: Path, log: Path, work: Callable[[], int], cpu_seconds: int) -> int | None:
    """The exit code of `work` in a process of its own; negative where a signal ended it, None where waiting did. The
    limit is on the processor's time, so that a busy machine kills no mutant; sleepers get ten times as much."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            os.chdir(tree)
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
            for name in [each for each in sys.modules if each.partition(".")[0] in OUR_OWN]:
                if name != "__main__":
                    del sys.modules[name]
            sys.path.insert(0, str(tree))
            code = work()
        except BaseException:  # noqa: BLE001 -- the parent must not go on twice, whatever happens here
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    deadline = time.monotonic() + 10 * cpu_seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
        return None
    return os.waitstatus_to_exitcode(status)
