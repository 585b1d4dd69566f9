"""What happens to streams, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND


@dataclass(frozen=True)
class Live:
    """Time passes while `looked` sources measure so much of the traffic, of which so much is bad, and say so."""

    stream: int
    length_ns: int
    bad: Fraction
    measured: Fraction
    looked: int = 3
    ticks: int = 1


@dataclass(frozen=True)
class Past:
    """Cells of the past are said anew, or at last, with a higher revision."""

    stream: int
    source: int
    ago_ns: int
    slices: int
    good: int
    bad: int


@dataclass(frozen=True)
class Again:
    """A batch of before is sent once more; `other` counts with the same revision are a conflict."""

    back: int
    other: int = 0


@dataclass(frozen=True)
class Marked:
    """A source says that it had looked until so long ago; negative is the future."""

    stream: int
    source: int
    ago_ns: int


@dataclass(frozen=True)
class Scheduled:
    stream: int
    rate: Fraction
    sources: int
    ago_ns: int = 0


@dataclass(frozen=True)
class Restarted:
    away_ns: int


@dataclass(frozen=True)
class Reloaded:
    turn: int


@dataclass(frozen=True)
class SetBack:
    by_ns: int


Step = Live | Past | Again | Marked | Scheduled | Restarted | Reloaded | SetBack
WHICH = st.integers(0, 1)
SHORT = st.sampled_from([SECOND, 3 * SECOND, 7 * SECOND, 10 * SECOND, 30 * SECOND, 61 * SECOND, 3 * MINUTE])
LONG = st.sampled_from(
    [10 * MINUTE, HOUR, 6 * HOUR + SECOND, 7 * HOUR, DAY, 2 * DAY + MINUTE, 3 * DAY, 5 * DAY, 31 * DAY]
)
SHARES = st.sampled_from(
    [Fraction(0), Fraction(0), Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(1, 100)]
)
LOOKED = st.sampled_from(
    [Fraction(1), Fraction(1), Fraction(1), Fraction(0), Fraction(9, 10), Fraction(1, 2), Fraction(1, 4)]
)
AGO = st.one_of(st.integers(-30, 400).map(lambda s: s * SECOND), LONG, LONG.map(lambda ns: ns + 11 * SECOND))
RATES = st.sampled_from([Fraction(1, 10), Fraction(1), Fraction(7)])
SEEN = st.one_of(st.integers(0, 400).map(lambda s: s * SECOND), LONG)
LIVE = st.builds(Live, WHICH, st.one_of(SHORT, SHORT, SHORT, LONG), SHARES, LOOKED, st.sampled_from([3, 3, 3, 1]),
                 st.integers(1, 4))  # fmt: skip
STEPS = st.one_of(
    LIVE,
    LIVE,
    LIVE,
    st.builds(Past, WHICH, st.integers(0, 2), AGO, st.integers(1, 12), st.integers(0, 100), st.integers(0, 20)),
    st.builds(Again, st.integers(1, 6), st.sampled_from([0, 0, 1, 7])),
    st.builds(Marked, WHICH, st.integers(0, 2), SEEN),
    st.builds(Scheduled, WHICH, RATES, st.integers(1, 3)),
    st.builds(Restarted, st.sampled_from([0, SECOND, 5 * MINUTE, 7 * HOUR, 2 * DAY])),
    st.builds(Reloaded, st.integers(0, 1)),
)
SET_BACK = st.one_of(
    st.builds(SetBack, st.sampled_from([SECOND, MINUTE, HOUR, 2 * DAY])),
    st.builds(Scheduled, WHICH, RATES, st.integers(1, 3), st.sampled_from([MINUTE, HOUR])),
    st.builds(Marked, WHICH, st.integers(0, 2), st.sampled_from([-SECOND, -HOUR])),
)
