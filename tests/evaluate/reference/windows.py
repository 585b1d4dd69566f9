"""Windows that end at the watermark: what was counted in them, what was not, and how much of them was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.adjustment import Span
from slo_service.domain.indicator import Basis
from slo_service.domain.instant import DAY, HOUR, MINUTE
from tests.evaluate.reference.cells import Counts, Expected, total


@dataclass(frozen=True)
class Window:
    """`burn` is None where nothing was measured."""

    good: int
    bad: int
    unmeasured: Fraction
    coverage: Fraction
    burn: Fraction | None

    @property
    def expected(self) -> Fraction:
        return self.good + self.bad + self.unmeasured


@dataclass(frozen=True)
class Material:
    """All that is known of one stream. `looked` is what was measured of the time that counts, `excluded` the rest."""

    slices: Mapping[int, Counts]
    looked: Mapping[int, Counts]
    expected: Expected
    basis: Basis
    width_ns: int
    excluded: tuple[Span, ...] = ()

    def events(self, from_ns: int, to_ns: int) -> Fraction:
        return self.expected.events(from_ns, to_ns) - self.excused(from_ns, to_ns)

    def excused(self, from_ns: int, to_ns: int) -> Fraction:
        return sum((self.expected.events(begin, end) for begin, end in self._out(from_ns, to_ns)), Fraction(0))

    def due(self, from_ns: int, to_ns: int) -> Fraction:
        out = (self.expected.cells(begin, end, self.width_ns) for begin, end in self._out(from_ns, to_ns))
        return self.expected.cells(from_ns, to_ns, self.width_ns) - sum(out, Fraction(0))

    def _out(self, from_ns: int, to_ns: int) -> list[tuple[int, int]]:
        return [(max(s.from_ns, from_ns), min(s.to_ns, to_ns)) for s in self.excluded]


def tail(head_ns: int, length_ns: int, width_ns: int) -> int:
    """10 s up to 6 h, 1 min up to 3 d, 15 min beyond; a slice is never split."""
    slot = width_ns if length_ns <= 6 * HOUR else MINUTE if length_ns <= 3 * DAY else 15 * MINUTE
    slot = max(slot, width_ns)
    return (head_ns - length_ns) // slot * slot


def window(material: Material, budget: Fraction, head_ns: int, from_ns: int) -> Window:
    good, bad, _ = total(material.slices, from_ns, head_ns)
    if material.basis is Basis.EVENTS:
        expected = material.events(from_ns, head_ns)
        judged = total(material.looked, from_ns, head_ns)
        missing = _short(expected - judged[0] - judged[1], material.expected.sources)
        coverage = (expected - missing) / expected if expected else Fraction(0)  # nothing tells of nothing
    else:
        due_until = head_ns // material.width_ns * material.width_ns  # the slice at the head is not due before it ended
        due = material.due(from_ns, due_until)
        seen = total(material.looked, from_ns, due_until)[2]
        coverage = min(Fraction(1), Fraction(seen) / due) if due else Fraction(0)
        missing = (1 - coverage) * material.events(from_ns, due_until)
    burn = Fraction(bad, good + bad) / budget if good + bad else None
    return Window(good, bad, missing, coverage, burn)


def _short(missing: Fraction, partitions: int) -> Fraction:
    """A small shortfall is jitter: less than one round, and less than five standard deviations of the sum."""
    jitter = missing < partitions and missing * missing < 9 * partitions
    return Fraction(0) if missing <= 0 or jitter else missing
