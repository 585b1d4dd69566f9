"""Counts of good and bad events: the only thing ever stored about quality; ratios are derived from sums of these."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tally:
    """Judged events. `Tally(0, 0)` means looked at and idle; "not looked at" is the absence of a tally."""

    good: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        return self.good + self.bad

    @property
    def ratio_bad(self) -> Fraction | None:
        """Share of bad events; None when there were no events."""
        return Fraction(self.bad, self.total) if self.total else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.good + other.good, self.bad + other.bad)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.good - other.good, self.bad - other.bad)


@dataclass(frozen=True, slots=True)
class Objective:
    """A target share of good events, held exactly so that 99.9 % leaves 1/1000."""

    target: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:  # a target of 1 leaves no budget, so every burn rate would be infinite
            raise ValueError(f"an objective lies strictly between 0 and 1, got {self.target}")

    @property
    def budget(self) -> Fraction:
        """β: the share of events that may be bad."""
        return 1 - self.target

    def burn_rate(self, tally: Tally) -> Fraction | None:
        """Budget spent per budget earned; None when nothing was measured."""
        ratio = tally.ratio_bad
        return ratio / self.budget if ratio else ratio
