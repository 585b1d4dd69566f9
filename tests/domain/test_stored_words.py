"""Words that stand in definitions, in the database and in answers: a changed one orphans what was written with it."""

from __future__ import annotations

from enum import StrEnum

import pytest

from slo_service.domain import adjustment, budgeting, event, indicator, pipeline, policy, slo, status

WORDS: list[tuple[type[StrEnum], str]] = [
    (adjustment.Category, "maintenance exclusion correction replay"),
    (budgeting.Unmeasured, "freeze bad good"),
    (event.Change, "fired cleared froze thawed superseded"),
    (event.Verdict, "act observed withheld undo"),
    (event.Wanted, "paused running"),
    (indicator.Method, "canary lag query"),
    (indicator.Basis, "events slices"),
    (indicator.Side, "good bad success failure"),
    (indicator.Comparison, "lt lte gt gte"),
    (indicator.Late, "ignore good bad"),
    (pipeline.Contract, "passthrough projection aggregate join cdc"),
    (policy.Mode, "observe approve enforce"),
    (policy.Scope, "pipeline all"),
    (policy.GateVerdict, "deny warn"),
    (slo.Severity, "page ticket early"),
    (slo.Kind, "burn partition early no-data coverage"),
    (status.Phase, "quiet firing"),
    (status.State, "burning warn frozen warming healthy"),
]


@pytest.mark.parametrize(("kind", "words"), WORDS, ids=[kind.__name__ for kind, _ in WORDS])
def test_words_and_their_order_stay(kind: type[StrEnum], words: str) -> None:
    assert [str(each) for each in kind] == words.split()


def test_no_kind_of_words_is_forgotten_here() -> None:
    modules = (adjustment, budgeting, event, indicator, pipeline, policy, slo, status)
    found = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
    }
    assert found == {kind for kind, _ in WORDS}
