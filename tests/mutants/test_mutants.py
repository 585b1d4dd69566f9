from pathlib import Path

import pytest

from tests.mutants.execution import Outcome, judge
from tests.mutants.jury import Jury
from tests.mutants.ledger import Equivalent, Ledger, Score, equivalents, score
from tests.mutants.mutation import Mutant, mutants_of

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).parents[2]

TRIAL = "slo_service/trial.py"
LIMIT = '''"""A limit."""

LIMIT = 3


class Gate:
    @property
    def width(self) -> int:
        assert LIMIT > 0
        return LIMIT + 1
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "slo_service").mkdir()
    (tmp_path / "slo_service" / "__init__.py").touch()
    (tmp_path / TRIAL).write_text(LIMIT)
    return tmp_path


def changed(tree: Path, becomes: str) -> Mutant:
    (mutant,) = [each for each in mutants_of(tree, TRIAL) if each.difference()[1] == becomes]
    return mutant


def test_constants_and_properties_are_changed_but_neither_types_nor_assertions_nor_docstrings(tree: Path) -> None:
    assert [each.difference()[1] for each in mutants_of(tree, TRIAL)] == [
        "LIMIT = None",
        "LIMIT = 4",
        "return LIMIT - 1",
        "return LIMIT + 2",
    ]


def test_a_mutant_outside_of_functions_knows_by_which_name_it_is_used(tree: Path) -> None:
    assert [each.binds for each in mutants_of(tree, TRIAL)] == ["LIMIT", "LIMIT", "", ""]


def test_several_names_given_at_once_are_known_by_the_first(tree: Path) -> None:
    (tree / TRIAL).write_text("GOOD, BAD = 0, 1\n")
    assert {each.binds for each in mutants_of(tree, TRIAL)} == {"GOOD"}


def test_the_default_of_an_argument_runs_on_import_and_the_body_does_not(tree: Path) -> None:
    (tree / TRIAL).write_text("class Gate:\n    def open(self, wide: int = 3) -> int:\n        return wide + 1\n")
    assert {each.binds: each.difference()[1] for each in reversed(mutants_of(tree, TRIAL))} == {
        "Gate": "def open(self, wide: int = 4) -> int:",
        "": "return wide - 1",
    }


def test_a_mutant_changes_name_when_its_module_does(tree: Path) -> None:
    before = changed(tree, "LIMIT = 4").identity
    (tree / TRIAL).write_text(LIMIT + "\nOTHER = LIMIT\n")
    assert changed(tree, "LIMIT = 4").identity != before


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        pytest.param("assert LIMIT == 3", Outcome.KILLED, id="noticed"),
        pytest.param("assert LIMIT > 0", Outcome.SURVIVED, id="not noticed"),
        pytest.param("while LIMIT == 4: pass", Outcome.TIMED_OUT, id="never ends"),
    ],
)
def test_a_mutant_dies_of_a_failing_or_an_endless_test_and_the_tree_stays_as_it_was(tree, check, outcome) -> None:
    (tree / "test_it.py").write_text(f"from slo_service.trial import LIMIT\n\n\ndef test_it():\n    {check}\n")
    (tree / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    mutant = changed(tree, "LIMIT = 4")
    found, _ = judge(tree, tree, mutant, ["test_it.py::test_it"], cpu_seconds=3)
    assert found is outcome, (tree / "mutant.log").read_text()
    assert (tree / TRIAL).read_text() == LIMIT


def test_the_failure_of_a_test_that_fails_anyway_is_not_believed(tree: Path) -> None:
    tests = "def test_wrong():\n    assert not LIMIT\n\n\ndef test_right():\n    assert LIMIT == 3\n"
    (tree / "test_it.py").write_text(f"from slo_service.trial import LIMIT\n\n\n{tests}")
    (tree / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    jury = Jury(tree, tree)
    wrong, right = {"test_it.py::test_wrong": 0.1}, {"test_it.py::test_right": 0.1}
    assert jury.outcome(changed(tree, "LIMIT = 4"), wrong) is Outcome.UNREACHED
    assert jury.outcome(changed(tree, "LIMIT = 4"), wrong | right) is Outcome.KILLED
    assert jury.unsound == set(wrong)


def test_what_no_test_reaches_is_a_survivor(tree: Path) -> None:
    mutant = changed(tree, "LIMIT = 4")
    outcome, _ = judge(tree, tree, mutant, [], cpu_seconds=3)
    assert score([(mutant, outcome)], []).survived == 1


def test_a_death_outlives_a_change_of_the_tests_and_a_survival_does_not(tree: Path) -> None:
    dead, alive = changed(tree, "LIMIT = 4"), changed(tree, "return LIMIT + 2")
    before = Ledger(tree / "outcomes", tests="before")
    before.note(dead, Outcome.KILLED)
    before.note(alive, Outcome.SURVIVED)
    after = Ledger(tree / "outcomes", tests="after")
    assert (after.outcome(dead), after.outcome(alive)) == (Outcome.KILLED, None)


def test_an_equivalent_mutant_counts_on_neither_side_unless_a_test_kills_it(tree: Path) -> None:
    one, other = changed(tree, "LIMIT = 4"), changed(tree, "return LIMIT + 2")
    same = [Equivalent(TRIAL, was, becomes, "for this test") for was, becomes in [one.difference(), other.difference()]]
    assert score([(one, Outcome.KILLED), (other, Outcome.SURVIVED)], same) == Score(2, 1, 0, 1)
    assert score([(one, Outcome.KILLED), (other, Outcome.SURVIVED)], same).share == 1


def test_the_interval_is_wilsons() -> None:
    # The worked example of Newcombe (1998), method 3 in his first table: 81 of 263.
    low, high = Score(tried=263, killed=81, timed_out=0, equivalent=0).interval
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_every_mutant_called_equivalent_can_still_be_made_and_says_why() -> None:
    mutants = {module: mutants_of(ROOT, module) for module in {each.module for each in equivalents()}}
    stale = [each for each in equivalents() if not any(each.is_of(mutant) for mutant in mutants[each.module])]
    assert stale == []
    assert [each for each in equivalents() if len(each.why) < 20] == []
