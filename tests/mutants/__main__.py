"""`make mutants`: changes the domain and the evaluator a thousand ways and asks of each whether a test notices."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported: a fork has one thread

from tests.mutants.covering import Covering, gather
from tests.mutants.execution import Outcome, preload
from tests.mutants.jury import Jury
from tests.mutants.ledger import Ledger, equivalents, score
from tests.mutants.mutation import Mutant, mutants_of
from tests.mutants.tree import PACKAGES, digest, modules, refresh, test_modules

CHECKOUT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    asked = _asked(arguments)
    work = asked.work.resolve()
    tree = work / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    refresh(CHECKOUT, tree)
    covering = gather(tree, work)
    ledger = Ledger(work / "outcomes.jsonl", digest(tree, test_modules(tree)))
    packages = [each for each in PACKAGES if asked.package in {"", each}]
    drawn = {each: _drawn(tree, each, asked) for each in packages}
    _try(tree, work, covering, ledger, _in_turn(drawn), asked.minutes)
    print(f"\nseed {asked.seed}")
    return max([_told(package, mutants, ledger) for package, mutants in drawn.items()], default=0)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of each package, at random; 0 is all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample; a larger sample contains the smaller")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after; the next run goes on")
    parser.add_argument("--package", choices=PACKAGES, default="")
    parser.add_argument("--only", default="", help="modules whose path contains this")
    parser.add_argument("--work", type=Path, default=CHECKOUT / ".cache" / "mutants")
    return parser.parse_args(arguments)


def _drawn(tree: Path, package: str, asked: argparse.Namespace) -> list[Mutant]:
    mutants = [mutant for path in modules(tree, package, asked.only) for mutant in mutants_of(tree, path)]
    print(f"{package}: {len(mutants)} mutants", flush=True)
    if not asked.sample:
        return [each for each in mutants if each.compiles()]
    random.Random(asked.seed).shuffle(mutants)
    drawn: list[Mutant] = []
    for mutant in mutants:
        if len(drawn) == asked.sample:
            break
        if mutant.compiles():
            drawn.append(mutant)
    return drawn


def _in_turn(drawn: dict[str, list[Mutant]]) -> list[Mutant]:
    """The packages in proportion, so that a run which is stopped early has tried some of each."""
    placed = [((at + 1) / len(mutants), mutant) for mutants in drawn.values() for at, mutant in enumerate(mutants)]
    return [mutant for _, mutant in sorted(placed, key=lambda each: each[0])]


def _try(tree: Path, work: Path, covering: Covering, ledger: Ledger, mutants: list[Mutant], minutes: float) -> None:
    end = time.monotonic() + 60 * minutes
    todo = {mutant: covering.tests_of(mutant) for mutant in mutants if ledger.outcome(mutant) is None}
    needed = sorted({test for tests in todo.values() for test in tests})
    if not needed:
        return
    print(f"{len(todo)} mutants to try with {len(needed)} tests", flush=True)
    preload(tree, work, needed)
    jury = Jury(tree, work)
    for at, (mutant, tests) in enumerate(todo.items(), start=1):
        if time.monotonic() > end:
            print(f"the time is over; {len(todo) - at + 1} mutants are left for the next run")
            return
        outcome = jury.outcome(mutant, {test: covering.seconds[test] for test in tests})
        ledger.note(mutant, outcome)
        if outcome in {Outcome.SURVIVED, Outcome.UNREACHED}:
            was, becomes = mutant.difference()
            print(f"{at}/{len(todo)} {outcome} {mutant.identity} ({len(tests)} tests)", flush=True)
            print(f"  - {was}\n  + {becomes}", flush=True)
    for test in sorted(jury.unsound):
        print(f"does not pass on the tree as it is, and judged nothing: {test}")


def _told(package: str, mutants: list[Mutant], ledger: Ledger) -> int:
    """Prints the score of a package and its survivors by module; 1 where it is below 90 %, else 0."""
    same = equivalents()
    tried = [(mutant, outcome) for mutant in mutants if (outcome := ledger.outcome(mutant)) is not None]
    result = score(tried, same)
    low, high = result.interval
    print(
        f"{package}: {result.tried} tried, {result.killed} killed ({result.timed_out} by time), {result.survived} "
        f"survived, {result.equivalent} equivalent: {result.share:.1%} (95 %: {low:.1%} to {high:.1%})"
    )
    alive = Counter(
        mutant.path
        for mutant, outcome in tried
        if outcome in {Outcome.SURVIVED, Outcome.UNREACHED} and not any(each.is_of(mutant) for each in same)
    )
    for path, survivors in alive.most_common():
        print(f"  {survivors:4} {path}")
    return int(result.share < 0.9)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
