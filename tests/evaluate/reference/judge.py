"""The rule for unmeasured time: when a tier burns, when it does not, and when nobody can tell."""

from __future__ import annotations

from fractions import Fraction

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.slo import Tier
from tests.evaluate.reference.windows import Window


def burning(
    tier: Tier, factor: Fraction, budget: Fraction, windows: tuple[Window, ...], rest: Unmeasured
) -> bool | None:
    """None freezes the tier."""

    def over(bad: Fraction | int, of: Fraction | int) -> bool:
        ratio = Fraction(bad) / of if of else Fraction(0)
        return ratio > factor * budget or (tier.inclusive and bool(of) and ratio == factor * budget)

    def if_good(window: Window) -> bool:
        return over(window.bad, window.expected)

    def if_bad(window: Window) -> bool:
        return over(window.bad + window.unmeasured, window.expected)

    def as_measured(window: Window) -> bool:
        return over(window.bad, window.good + window.bad)

    def window_is_told(window: Window) -> bool:
        """Where nothing is expected nothing is known of what was not measured."""
        return bool(window.expected)

    if rest is not Unmeasured.FREEZE:
        return all((if_good if rest is Unmeasured.GOOD else if_bad)(each) for each in windows)
    if all(if_good(each) for each in windows):
        return True
    if all(each.coverage >= Fraction(1, 2) and as_measured(each) for each in windows):
        return True
    if any(
        (each.coverage >= Fraction(9, 10) and not as_measured(each)) or (window_is_told(each) and not if_bad(each))
        for each in windows
    ):
        return False
    return None
