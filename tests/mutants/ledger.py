"""What is known of the mutants: outcomes that outlive a run, those that nothing can kill, and the score."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import yaml

from tests.mutants.execution import Outcome
from tests.mutants.mutation import Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
Z = 1.959964  # of 95 %


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change that no test could notice: the line as it was, as it becomes, and why that is the same."""

    module: str
    was: str
    becomes: str
    why: str

    def is_of(self, mutant: Mutant) -> bool:
        return mutant.path == self.module and mutant.difference() == (self.was, self.becomes)


def equivalents() -> list[Equivalent]:
    return [Equivalent(**each) for each in yaml.safe_load(EQUIVALENT.read_text()) or []]


class Ledger:
    """Outcomes by mutant, a line each. A death stays one while its module stays as it is; a survivor is tried again
    once any test has changed."""

    def __init__(self, path: Path, tests: str) -> None:
        self._path, self._tests = path, tests
        self._known: dict[str, Outcome] = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            entry = json.loads(line)
            died = entry["outcome"] in {Outcome.KILLED, Outcome.TIMED_OUT}
            if died or entry["tests"] == tests:
                self._known[entry["mutant"]] = Outcome(entry["outcome"])

    def outcome(self, mutant: Mutant) -> Outcome | None:
        return self._known.get(mutant.identity)

    def note(self, mutant: Mutant, outcome: Outcome) -> None:
        was, becomes = mutant.difference()
        entry = {"mutant": mutant.identity, "outcome": outcome, "was": was, "becomes": becomes, "tests": self._tests}
        with self._path.open("a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._known[mutant.identity] = outcome


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the tried mutants died; those that are equivalent count on neither side."""

    tried: int
    killed: int
    timed_out: int
    equivalent: int

    @property
    def survived(self) -> int:
        return self.tried - self.killed - self.equivalent

    @property
    def share(self) -> float:
        return self.killed / max(1, self.tried - self.equivalent)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, at 95 %, of the share among all mutants, from the sample that was tried."""
        n = self.tried - self.equivalent
        if n == 0:
            return 0.0, 1.0
        middle = (self.share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * sqrt(self.share * (1 - self.share) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def score(tried: Iterable[tuple[Mutant, Outcome]], same: list[Equivalent]) -> Score:
    counts: Counter[str] = Counter()
    for mutant, outcome in tried:
        died = outcome in {Outcome.KILLED, Outcome.TIMED_OUT}
        counts["tried"] += 1
        counts["killed"] += died
        counts["timed_out"] += outcome is Outcome.TIMED_OUT
        counts["equivalent"] += not died and any(each.is_of(mutant) for each in same)
    return Score(counts["tried"], counts["killed"], counts["timed_out"], counts["equivalent"])
