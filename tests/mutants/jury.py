"""Asks the tests of a mutant, and believes a failure only of a test that passes on the tree as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.mutants.execution import Outcome, judge, passes
from tests.mutants.mutation import Mutant


class Jury:
    def __init__(self, tree: Path, work: Path) -> None:
        self._tree, self._work = tree, work
        self._sound: set[str] = set()
        self.unsound: set[str] = set()

    def outcome(self, mutant: Mutant, tests: Mapping[str, float]) -> Outcome:
        """`tests` by the seconds each takes on the whole module; the limit of time is several times as much."""
        able = [test for test in tests if test not in self.unsound]
        limit = int(10 + 3 * sum(tests.values()))
        while True:
            outcome, killer = judge(self._tree, self._work, mutant, able, limit)
            if outcome is not Outcome.KILLED or not killer or self._is_sound(killer):
                return outcome
            able.remove(killer)

    def _is_sound(self, test: str) -> bool:
        if test not in self._sound and test not in self.unsound:
            (self._sound if passes(self._tree, self._work, test) else self.unsound).add(test)
        return test in self._sound
