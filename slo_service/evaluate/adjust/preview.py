"""What adjustments would do to a budget, said before they are put to use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.adjustment import Span
from slo_service.domain.cell import Delta
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Effects

Expected = Callable[[int, int], Fraction]
"""How many events were expected from an instant to another, whether or not time is excluded there."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Remaining shares of the budget, signed; None where nothing is measured or expected."""

    without: Fraction | None
    with_: Fraction | None

    @property
    def falls(self) -> bool:
        return self.without is not None and self.with_ is not None and self.with_ < self.without

    @property
    def warning(self) -> str:
        """Empty where the remaining share does not fall."""
        if self.without is None or self.with_ is None or not self.falls:
            return ""
        return (
            f"the remaining budget would fall from {float(self.without):.2%} to {float(self.with_):.2%}: "
            "good events leave the base of the budget, or bad ones are added"
        )


def preview(
    effects: Effects,
    rows: Sequence[Delta],
    objective: Objective,
    start_ns: int,
    end_ns: int,
    expected: Expected | None = None,
) -> Preview:
    """The budget of the window with and without the effects. `rows` are those measured in it, oldest first, of the
    finest width that is kept at their time. Excluded time stays in the base, as good, by what was `expected` of it;
    where that is None nobody knows, and it drops out."""
    window = Span(start_ns, end_ns)
    adjusted = tuple(effects.apply(rows, "", start_ns, end_ns))
    return Preview(
        _remaining(rows, objective, window, (), expected),
        _remaining(adjusted, objective, window, effects.excluded_within(start_ns, end_ns), expected),
    )


def _remaining(
    rows: Sequence[Delta], objective: Objective, window: Span, excluded: Sequence[Span], expected: Expected | None
) -> Fraction | None:
    good, bad = sum(row.good for row in rows), sum(row.bad for row in rows)
    base = Fraction(good + bad)
    if expected is not None:
        excused = sum((expected(span.from_ns, span.to_ns) for span in excluded), Fraction(0))
        base = max(base, expected(window.from_ns, window.to_ns) - excused) + excused
    return 1 - bad / (objective.budget * base) if base else None
