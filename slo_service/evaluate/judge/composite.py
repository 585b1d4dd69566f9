"""Several indicators as one: the weighted burn rates of its members, added up.

A weight is a plain multiplier, and 1 where none is given; weights are not scaled to sum to 1. So a member that burns
its budget burns that of the composite at the same rate, times its weight (OpenSLO, notes on composite SLOs)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Late, Member
from slo_service.domain.status import Budget, Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.judge.tier import ENOUGH_TO_CLEAR, ENOUGH_TO_FIRE, Verdict

COVERAGE_FLOOR = Fraction(9, 10)  # below it what is missing of a member counts as its `late` says
_NOTHING, _ALL = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Part:
    """One window of one member. `excused`: events that are in the base of the budget besides those of the reading, as
    good: those expected of excluded time, and of the part of a calendar window that is not yet gone by."""

    member: Member
    reading: Reading
    excused: Fraction = _NOTHING

    @property
    def is_late(self) -> bool:
        return self.reading.coverage < COVERAGE_FLOOR

    @property
    def late(self) -> Late | None:
        """None where enough was measured."""
        return self.member.late if self.is_late else None

    @property
    def coverage(self) -> Fraction:
        return self.reading.coverage if self.late in (None, Late.IGNORE) else _ALL

    @property
    def burn(self) -> Fraction | None:
        """What it adds, unweighted; None where it has seen no event. Of a late member that is what it is known to have
        lost of all that was expected: the ratio of the little that was measured would be noise."""
        match self.late:
            case None:
                tally = self.reading.tally
                return Fraction(tally.bad, tally.total) / self._budget if tally.total else None
            case Late.IGNORE:
                return self._lost if self.reading.tally.total else None
            case Late.GOOD:
                return self._lost
            case Late.BAD:
                return self._at_most

    @property
    def burn_if_good(self) -> Fraction:
        return self._at_most if self.late is Late.BAD else self._lost

    @property
    def burn_if_bad(self) -> Fraction:
        return self._lost if self.late is Late.GOOD else self._at_most

    @property
    def spent(self) -> Fraction | None:
        """Share of its budget, of which less than nothing may be left; None where no event is known of."""
        base = self.reading.expected + self.excused
        missing = self.reading.unmeasured_events if self.late is Late.BAD else 0
        return (self.reading.tally.bad + missing) / (self._budget * base) if base else None

    @property
    def _budget(self) -> Fraction:
        return Objective(self.member.target).budget

    @property
    def _lost(self) -> Fraction:
        expected = self.reading.expected
        return self.reading.tally.bad / (self._budget * expected) if expected else _NOTHING

    @property
    def _at_most(self) -> Fraction:
        reading = self.reading
        if not reading.expected:  # idle where it was looked at, unknown where it was not
            return _NOTHING if reading.coverage else 1 / self._budget
        return (reading.tally.bad + reading.unmeasured_events) / (self._budget * reading.expected)


@dataclass(frozen=True, slots=True)
class Combined:
    """One window of a composite. `burn` is None where no member saw an event; `coverage` is the weighted mean of the
    members'. The others bound it: everything unmeasured good, and everything unmeasured bad."""

    length_ns: int
    burn: Fraction | None
    coverage: Fraction
    burn_if_good: Fraction
    burn_if_bad: Fraction
    tally: Tally
    unmeasured_events: Fraction

    @property
    def is_known(self) -> bool:
        """Whether any event was seen, or expected."""
        return self.tally.total > 0 or self.unmeasured_events > 0

    @property
    def reading(self) -> Reading:
        """For display: the members' events, unweighted, and the burn, which does not follow from them."""
        return Reading(self.length_ns, self.tally, self.unmeasured_events, self.coverage, self.burn, unit=None)


def watermark(marks: Iterable[int | None]) -> int | None:
    """The earliest of the members'; one that has not reported at all is late, and holds nobody back."""
    return min((mark for mark in marks if mark is not None), default=None)


def combine(parts: Sequence[Part]) -> Combined:
    """Windows of one length, all of which end at the composite's watermark; there is at least one."""
    burns = [(part.member.weight, part.burn) for part in parts]
    known = [weight * burn for weight, burn in burns if burn is not None]
    weights = _sum(part.member.weight for part in parts)
    tally = Tally()
    for part in parts:
        tally += part.reading.tally
    return Combined(
        length_ns=parts[0].reading.length_ns,
        burn=_sum(known) if known else None,
        coverage=_sum(part.member.weight * part.coverage for part in parts) / weights,
        burn_if_good=_sum(part.member.weight * part.burn_if_good for part in parts),
        burn_if_bad=_sum(part.member.weight * part.burn_if_bad for part in parts),
        tally=tally,
        unmeasured_events=_sum(part.reading.unmeasured_events for part in parts),
    )


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    return sum(numbers, _NOTHING)


def judge(
    factor: Fraction,
    long: Combined,
    short: Combined,
    *,
    inclusive: bool = False,
    unmeasured: Unmeasured = Unmeasured.FREEZE,
) -> Verdict:
    """The rule of `tier.judge`, of burn rates instead of counts."""
    windows = (long, short)
    known = all(window.is_known for window in windows)
    if unmeasured is Unmeasured.BAD:
        over = known and all(_over(w.burn_if_bad, factor, inclusive) for w in windows)
        return Verdict.BURNS if over else Verdict.CLEAR
    if known and all(_over(w.burn_if_good, factor, inclusive) for w in windows):
        return Verdict.BURNS
    if unmeasured is Unmeasured.GOOD:
        return Verdict.CLEAR
    if all(w.coverage >= ENOUGH_TO_FIRE and _over(w.burn, factor, inclusive) for w in windows):
        return Verdict.BURNS
    for window in windows:
        if window.coverage >= ENOUGH_TO_CLEAR and not _over(window.burn, factor, inclusive):
            return Verdict.CLEAR
        measured = window.tally.total > 0 or window.coverage > 0
        if measured and not _over(window.burn_if_bad, factor, inclusive):
            return Verdict.CLEAR
    return Verdict.UNKNOWN


def _over(burn: Fraction | None, factor: Fraction, inclusive: bool) -> bool:
    """At the factor is not over it, unless it is inclusive; and nothing at all is never over it."""
    return burn is not None and (burn > factor or (inclusive and burn == factor))


def draw_up(parts: Sequence[Part]) -> Budget:
    """remaining = 1 − Σ weight × spent share of the member. Events of several indicators make no one budget, so that
    none are allowed."""
    window = combine(parts)
    spent = [part.member.weight * share for part in parts if (share := part.spent) is not None]
    return Budget(window.reading, 1 - _sum(spent) if spent else None, window.coverage < COVERAGE_FLOOR, _NOTHING)
