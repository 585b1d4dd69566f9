from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import Severity
from slo_service.domain.tally import Objective
from slo_service.evaluate.plan.canary_plan import severity_plan
from slo_service.evaluate.plan.honest import safe_every, slowest_honest
from slo_service.evaluate.plan.need import Canary

pytestmark = pytest.mark.lengthy


def canary(percent: str, every_ns: int = 10 * SECOND, days: int = 30) -> Canary:
    return Canary(Objective(Fraction(percent) / 100), every_ns, window_ns=days * DAY)


def plain(percent: str, seconds: float, days: int = 30) -> float:
    page = severity_plan(canary(percent, round(seconds * SECOND), days), Severity.PAGE)
    assert page is not None
    return page.plain.p_false.high


@pytest.mark.parametrize(
    ("percent", "seconds"), [("99", 70), ("99.5", 35), ("99.9", 7), ("99.95", 3.5), ("99.99", 0.7)]
)
def test_the_safe_estimate_is_the_one_promised(percent: str, seconds: float) -> None:
    assert safe_every(canary(percent)) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize("days", [7, 28, 30, 90])
@pytest.mark.parametrize("percent", ["99", "99.9", "99.99"])
def test_the_safe_estimate_is_below_the_slowest_honest_period(percent: str, days: int) -> None:
    slowest = slowest_honest(canary(percent, days=days))
    assert slowest is None or safe_every(canary(percent, days=days)) <= slowest


@pytest.mark.parametrize(("percent", "days"), [("99", 30), ("99.9", 30), ("99.9", 28), ("99.95", 90), ("99.9", 7)])
def test_just_beyond_the_slowest_honest_period_it_is_not_honest_any_more(percent: str, days: int) -> None:
    slowest = slowest_honest(canary(percent, days=days))
    assert slowest is not None
    assert plain(percent, slowest, days) <= 0.01 < plain(percent, slowest * 1.000_001, days)


@pytest.mark.parametrize("percent", ["99", "99.9", "99.95"])
def test_no_period_below_the_slowest_honest_one_lies(percent: str) -> None:
    slowest = slowest_honest(canary(percent))
    assert slowest is not None
    assert max(plain(percent, slowest * part / 20) for part in range(2, 21)) <= 0.01


def test_a_longer_period_may_happen_to_be_honest_and_does_not_count() -> None:
    assert plain("99.9", 10) <= 0.01 < plain("99.9", 9)
    assert slowest_honest(canary("99.9")) == 8.64


def test_a_page_tier_at_the_objective_itself_is_honest_at_no_period() -> None:
    assert slowest_honest(canary("99.9", days=3)) is None
    assert safe_every(canary("99.9", days=3)) == 0
