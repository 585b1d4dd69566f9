from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.reason import condition_sentence, listed, tier_sentence
from slo_service.domain.instant import DAY, HOUR, SECOND
from slo_service.domain.policy import BudgetSpentWithin, Burning, ExhaustedWithin
from slo_service.domain.slo import Kind
from slo_service.domain.status import Exhaustion, TierState
from tests.decide.situation import NOON, a_reading, a_sign, a_status, a_tier

HELD_BACK = replace(a_tier(bad_share=Fraction(1, 180)), burning=True, held_back="2 of 360 canaries failed")
WAITING = replace(HELD_BACK, held_back="")
ONE_PARTITION = a_sign(Kind.PARTITION, firing=True, sources=("main/7",))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(HELD_BACK, "page-1h burns and is held back (2 of 360 canaries failed): burn 5.56×", id="few"),
        pytest.param(WAITING, "page-1h burns and does not fire yet: burn 5.56× over 1h", id="it must burn for longer"),
        pytest.param(a_tier(), "page-1h is quiet: burn 0× over 1h (0 of 360 bad, coverage 100 %)", id="quiet"),
        pytest.param(
            ONE_PARTITION,
            "page-partition fires: main/7 fails for longer than chance explains; all together burn 1000× over 1h",
            id="the partition is named",
        ),
        pytest.param(
            a_sign(Kind.EARLY, firing=True),
            "early fires: more canaries fail than chance explains at the objective; burn 1000× over 1h",
            id="early",
        ),
        pytest.param(
            a_sign(Kind.NO_DATA, firing=True),
            "no-data fires: the collectors have been silent for 1h and more",
            id="silence",
        ),
        pytest.param(
            replace(a_sign(Kind.COVERAGE, firing=True), long=a_reading(3600 * 10**9, 0, 300, Fraction(5, 6))),
            "coverage-1h fires: 83.3 % of the last 1h was measured",
            id="too little was measured",
        ),
    ],
)  # fmt: skip
def test_a_tier_is_told_in_one_sentence_with_the_numbers_it_goes_by(state: TierState, said: str) -> None:
    assert tier_sentence(state).startswith(said)


def test_of_many_partitions_the_first_ones_are_named_and_the_others_counted() -> None:
    assert listed([str(n) for n in range(9)]) == "0, 1, 2, 3, 4 and 4 more"
    assert (listed(["a"]), listed(["a", "b"]), listed([])) == ("a", "a and b", "")


def test_the_reason_of_an_early_rule_is_what_the_detector_says() -> None:
    status = a_status(a_tier(), signals=(a_sign(Kind.EARLY, firing=True),))
    assert condition_sentence(Burning("early"), status, NOON).startswith("early fires: more canaries fail")


def test_what_was_spent_is_told_with_its_counts() -> None:
    status = replace(a_status(a_tier()), readings={DAY: a_reading(DAY, 3, 1000)})
    condition = BudgetSpentWithin(Fraction(1, 5), DAY)
    assert condition_sentence(condition, status, NOON) == (
        "30 % of the budget spent within 1d (3 of 1000 bad, coverage 100 %), asked: at least 20 %"
    )
    assert "that window is not among those that are read" in condition_sentence(condition, a_status(a_tier()), NOON)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "how long the budget lasts is unknown: nobody looked"),
        (Exhaustion(HOUR, reason="nothing was measured"), "how long the budget lasts is unknown: nothing was measured"),
        (Exhaustion(HOUR, 0, 0, 0), "the budget is spent already"),
        (
            Exhaustion(HOUR, 5 * HOUR + 1, 3 * HOUR, None),
            "at the burn of the last 1h the budget is spent in 5h1m (95 % interval 3h to never)",
        ),
        (
            Exhaustion(HOUR, None, 90 * SECOND, None),
            "at the burn of the last 1h the budget is not spent (95 % interval 2m to never)",
        ),
    ],
)
def test_how_long_a_budget_lasts_is_told_with_its_bounds(found: Exhaustion | None, said: str) -> None:
    status = replace(a_status(), exhaustion=found)
    asked = "; asked: spent within 1d, at the latest"
    assert condition_sentence(ExhaustedWithin(DAY), status, NOON) == said + asked
