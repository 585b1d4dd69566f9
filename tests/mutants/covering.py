"""Which tests reach a line, and how long each takes: measured once by coverage, with a context for every test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from coverage import CoverageData

from tests.mutants.mutation import Mutant
from tests.mutants.tree import PACKAGES, digest, ground, test_modules

FAST = "not services and not browser and not story and not slow"
MOST_TESTS = 200
LONGEST_SECONDS = 120  # a test that takes longer while it is measured judges no mutant
MOST_SECONDS = 60.0  # of the processor's time, as the tests took while they were measured, three times as much as else


@dataclass(slots=True)
class Covering:
    """The tests of a tree, by node id, with the processor's time that each took; and for every measured module the
    tests of each line."""

    tree: Path
    seconds: dict[str, float]
    lines: dict[str, dict[int, set[str]]]
    _texts: dict[str, str] = field(default_factory=dict)

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that reach the mutant's lines, nearest and quickest first, as many as the limits leave."""
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(
            self._reaching(mutant), key=lambda each: (self._far(mutant, each), self.seconds[each], each)
        ):
            if len(chosen) == MOST_TESTS or (chosen and spent + self.seconds[test] > MOST_SECONDS):
                break
            chosen.append(test)
            spent += self.seconds[test]
        return chosen

    def _reaching(self, mutant: Mutant) -> set[str]:
        lines = self.lines.get(mutant.path, {})
        if mutant.binds:
            found = self._mentioning(mutant.binds, mutant.path.split("/")[1])
            return found or set().union(*lines.values())  # whatever imports the module
        reaching = set().union(*(lines.get(line, set()) for line in range(mutant.first_line, mutant.last_line + 1)))
        # A line that only continues a statement has no event of its own; the nearest line before it has.
        before = max((line for line in lines if line < mutant.first_line and lines[line]), default=0)
        return reaching or lines.get(before, set())

    def _mentioning(self, name: str, package: str) -> set[str]:
        """What stands outside of functions runs on import; its name leads to the lines and the tests that use it. Tests
        that go through all modules of the package need not name it."""
        word = re.compile(rf"\b{re.escape(name)}\b|\bslo_service\.{package}\.__path__")
        reaching = {test for test in self.seconds if word.search(self._text(test.partition("::")[0]))}
        for path, tests in self.lines.items():
            for number, line in enumerate(self._text(path).splitlines(), start=1):
                if word.search(line):
                    reaching |= tests.get(number, set())
        return reaching

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = (self.tree / path).read_text()
        return self._texts[path]

    def _far(self, mutant: Mutant, test: str) -> int:
        package = mutant.path.split("/")[1]
        stem = Path(mutant.path).stem
        if not test.startswith(f"tests/{package}/"):
            return 2
        return 0 if stem in test.partition("::")[0] else 1


def gather(tree: Path, work: Path) -> Covering:
    """Measures the tests that changed since the last time, or all of them when anything they stand on did."""
    data, noted = work / "coverage", work / "gathered.json"
    stand = digest(tree, ground(tree))
    known = json.loads(noted.read_text()) if noted.exists() else {}
    if known.get("ground") != stand:
        known = {"ground": stand, "modules": {}, "seconds": {}}
        data.unlink(missing_ok=True)
    now = {name: digest(tree, [name]) for name in test_modules(tree)}
    changed = [name for name, mark in now.items() if known["modules"].get(name) != mark]
    if changed:
        print(f"measuring what {len(changed)} test modules reach …", flush=True)
        seconds = _measure(tree, work, changed)
        kept = {test: took for test, took in known["seconds"].items() if test.partition("::")[0] not in changed}
        known |= {"modules": now, "seconds": kept | seconds}
        noted.write_text(json.dumps(known))
    return Covering(tree, known["seconds"], _lines(data, set(known["seconds"])))


def _measure(tree: Path, work: Path, names: list[str]) -> dict[str, float]:
    settings, seconds = work / "measuring.ini", work / "seconds.json"
    measured = "".join(f"\n    slo_service/{package}/*" for package in PACKAGES)
    settings.write_text(f"[run]\ninclude ={measured}\ndata_file = {work / 'coverage'}\n")
    command = [sys.executable, "-m", "pytest", *names, "-q", "-m", FAST, "-p", "no:randomly", "-p", "no:cacheprovider"]
    command += [
        f"--timeout={LONGEST_SECONDS}",
        "--timeout-method=signal",
        "--continue-on-collection-errors",
        *("-p", "tests.mutants.stopwatch", f"--seconds-to={seconds}"),
        "--cov",
        f"--cov-config={settings}",
        "--cov-context=test",
        "--cov-report=",
        "--cov-append",
    ]
    seconds.unlink(missing_ok=True)
    with (work / "measuring.log").open("w") as log:
        subprocess.run(command, cwd=tree, stdout=log, stderr=log, check=False)
    found: dict[str, float] = json.loads(seconds.read_text())
    return found


def _lines(data: Path, tests: set[str]) -> dict[str, dict[int, set[str]]]:
    measured = CoverageData(str(data))
    measured.read()

    @cache
    def test(context: str) -> str:
        return context.rpartition("|")[0]

    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in measured.measured_files():
        lines = found[path[path.index("slo_service/") :]]
        for line, contexts in measured.contexts_by_lineno(path).items():
            lines[line] |= {test(each) for each in contexts} & tests
    return {path: dict(lines) for path, lines in found.items()}
