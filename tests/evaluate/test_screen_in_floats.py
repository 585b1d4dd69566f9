"""What the screen makes of windows side by side: the verdict that the exact rule gives, or that it cannot tell."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Freshness
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.status import Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.counts.window import Window
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.judge import tier as exact
from slo_service.evaluate.judge.figures import Readings
from slo_service.evaluate.judge.measuring import Patience
from slo_service.evaluate.judge.screen import BURNS, CLEAR, UNKNOWN, UNSURE, Row, Screen
from slo_service.evaluate.judge.tier import Limit, Verdict
from tests.evaluate.test_screen import slo

T0 = 1_800_000_000 * SECOND
TENFOLD = Tier("own", Severity.PAGE, 2 * MINUTE, 30 * SECOND, Fraction(1, 50), burn=Fraction(10))
LIMIT = Limit(Fraction(1, 10))  # ten times a budget of one in a hundred
CODES = {Verdict.BURNS: BURNS, Verdict.CLEAR: CLEAR, Verdict.UNKNOWN: UNKNOWN}
FREEZE, AS_BAD, AS_GOOD = Unmeasured.FREEZE, Unmeasured.BAD, Unmeasured.GOOD


NO_PATIENCE = Patience()


def screen(*slos: Slo, patience: Patience = NO_PATIENCE) -> Screen:
    """Each on a track of its own that stands at T0."""
    hall = Hall(HallKey(Slots(), 0, MINUTE, 3 * DAY), few=0)
    rows = []
    for each in slos:
        track = hall.track(TrackKey.of(each), filled=True)
        rows.append(Row(each, track, Window(30 * SECOND), 10 * SECOND, patience))
    hall.bank.roll(T0)
    hall.bank.watermarks[:] = T0
    return Screen(hall.bank, rows, hall._outline)


def own(name: str = "own", *tiers: Tier, **more: object) -> Slo:
    return slo(name, "0.99", alerting=Alerting("own", tiers or (TENFOLD,)), indicator=Freshness(name, SECOND), **more)


Seen = tuple[float, float, float, float | None, bool, float]


def seen(
    bad: float, total: float, missing: float = 0, coverage: float | None = None, doubt: bool = False, slack: float = 0.2
) -> Seen:
    covered = coverage if coverage is not None else total / (total + missing) if total + missing else 0.0
    return bad, total, missing, covered, doubt, slack


def readings(of: Screen, *windows: tuple[int, int, Seen]) -> Readings:
    """(number of the window, column, what was seen); all else is empty."""
    shape = (len(of.bank.windows), of.bank.columns)
    parts = [np.zeros(shape) for _ in range(6)]
    doubt = np.zeros(shape, np.bool_)
    for window, column, (*counts, covered, doubted, jitter) in windows:
        for part, value in zip(parts, (*counts, covered, 0, jitter), strict=True):
            part[window, column] = value
        doubt[window, column] = doubted
    bad, total, missing, coverage, excused, slack = parts
    return Readings(bad, total, missing, coverage, doubt, excused, slack)


def code(long: Seen, short: Seen, unmeasured: Unmeasured = FREEZE) -> int:
    made = screen(own(unmeasured=unmeasured))
    found = made._verdicts(readings(made, (int(made._long[0]), 0, long), (int(made._short[0]), 0, short)))
    assert found.shape == (1,)
    return int(found[0])


CALM, BAD = seen(0, 100), seen(11, 100)
NOTHING = seen(0, 0, 100)


@pytest.mark.parametrize(
    ("long", "short", "expected"),
    [
        pytest.param(BAD, BAD, BURNS, id="both windows are over"),
        pytest.param(BAD, CALM, CLEAR, id="the short one has recovered"),
        pytest.param(CALM, BAD, CLEAR, id="the long one is not over yet"),
        pytest.param(seen(9, 100), BAD, CLEAR, id="nor is it just below"),
        pytest.param(seen(10, 100), BAD, UNSURE, id="at the limit floats cannot tell"),
        pytest.param(BAD, seen(10, 100), UNSURE, id="neither in the short one"),
        pytest.param(seen(11, 12, 88), seen(11, 12, 88), BURNS, id="over even if all the rest was good"),
        pytest.param(seen(10, 12, 88), seen(11, 12, 88), UNSURE, id="just as much as that"),
        pytest.param(seen(9, 51, 49), seen(9, 51, 49), BURNS, id="more than half measured"),
        pytest.param(seen(9, 51, 49), seen(9, 49, 51), UNKNOWN, id="both need half"),
        pytest.param(seen(9, 49, 51), seen(9, 51, 49), UNKNOWN, id="the long one as well"),
        pytest.param(seen(9, 50, 50), BAD, UNSURE, id="at half floats cannot tell"),
        pytest.param(seen(8, 89, 11), seen(8, 89, 11), UNKNOWN, id="less than nine tenths do not clear"),
        pytest.param(seen(8, 90, 10), seen(8, 89, 11), UNSURE, id="at nine tenths floats cannot tell"),
        pytest.param(seen(8, 91, 9), seen(99, 100), CLEAR, id="more do"),
        pytest.param(seen(8, 89, 11), seen(8, 91, 9), CLEAR, id="one window is enough to clear"),
        pytest.param(seen(0, 89, 11), seen(0, 89, 11), UNKNOWN, id="not clear if the rest may be bad"),
        pytest.param(seen(0, 80, 8), seen(0, 80, 8), CLEAR, id="clear even if all the rest was bad"),
        pytest.param(seen(1, 80, 11), seen(1, 80, 11), UNKNOWN, id="or not, with one that was"),
        pytest.param(NOTHING, NOTHING, UNKNOWN, id="nothing was measured"),
        pytest.param(seen(0, 0), seen(0, 0), UNKNOWN, id="silence with nothing expected"),
        pytest.param(seen(0, 0, 0, 1.0), NOTHING, CLEAR, id="looked at and idle"),
        pytest.param(seen(0, 0, 0, 0.11), NOTHING, CLEAR, id="looked at a little, and idle"),
        pytest.param(seen(0, 1, 0, 0.0), NOTHING, CLEAR, id="an event that nobody expected"),
        pytest.param(NOTHING, seen(0, 0, 0, 0.11), CLEAR, id="the short one is enough for that too"),
        pytest.param(BAD, seen(0, 0, 0, 1.0), CLEAR, id="and idle now"),
    ],
)
def test_a_verdict_in_floats_is_the_exact_one_or_none(long: Seen, short: Seen, expected: int) -> None:
    assert code(long, short) == expected
    if expected != UNSURE:
        assert CODES[exact.judge(LIMIT, window(long), window(short))] == expected


def window(of: Seen) -> Reading:
    bad, total, missing, coverage, _, _ = of
    return Reading(HOUR, Tally(int(total - bad), int(bad)), Fraction(missing), Fraction(coverage or 0), None)


@pytest.mark.parametrize(
    ("unmeasured", "long", "short", "expected"),
    [
        (AS_BAD, seen(0, 89, 11), seen(0, 89, 11), BURNS),
        (AS_BAD, seen(0, 91, 9), seen(0, 89, 11), CLEAR),
        (AS_BAD, seen(0, 89, 11), seen(0, 91, 9), CLEAR),
        (AS_BAD, CALM, CALM, CLEAR),
        (AS_BAD, seen(0, 95, 5), seen(0, 95, 5, doubt=True), UNSURE),
        (AS_BAD, seen(0, 95, 5, doubt=True, slack=0.01), seen(0, 95, 5), UNSURE),
        (AS_BAD, seen(0, 98, 10.888888888888888, 0.95, slack=0.01), CALM, UNSURE),
        (AS_GOOD, seen(11, 11, 89), seen(11, 11, 89), BURNS),
        (AS_GOOD, seen(9, 9, 91), seen(11, 11, 89), CLEAR),
        (AS_GOOD, seen(11, 11, 89), seen(9, 9, 91), CLEAR),
        (AS_GOOD, NOTHING, NOTHING, CLEAR),
        (AS_GOOD, seen(10, 10, 90), seen(11, 11, 89), UNSURE),
        (AS_GOOD, seen(9, 51, 49), seen(9, 51, 49), CLEAR),
    ],
)
def test_where_unmeasured_time_counts_the_verdict_is_the_exact_one_or_none(unmeasured, long, short, expected) -> None:
    assert code(long, short, unmeasured) == expected
    if expected != UNSURE:
        assert CODES[exact.judge(LIMIT, window(long), window(short), unmeasured)] == expected


@pytest.mark.parametrize(
    ("long", "short", "expected"),
    [
        pytest.param(CALM, seen(11, 100, doubt=True), CLEAR, id="in a window that does not matter"),
        pytest.param(seen(0, 0, 0, 1.0), seen(11, 100, doubt=True), UNSURE, id="beside a long one that was idle"),
        pytest.param(seen(0, 95, 5, doubt=True), CALM, UNSURE, id="it may decide"),
        pytest.param(seen(0, 95, 5, doubt=True, slack=0.099), BAD, CLEAR, id="so little that it clears either way"),
        pytest.param(seen(0, 95, 5, doubt=True, slack=0.0999), BAD, UNSURE, id="just too much for that"),
        pytest.param(seen(1, 95, 5, doubt=True, slack=0.01), BAD, UNSURE, id="not so little beside a bad event"),
        pytest.param(BAD, seen(11, 100, doubt=True, slack=0.01), UNSURE, id="in the short window"),
        pytest.param(seen(0, 90, 10, 0.85, slack=0.05), BAD, CLEAR, id="as much missing as the limit, and harmless"),
        pytest.param(seen(0, 90, 10, 0.85), BAD, UNSURE, id="as much missing as the limit"),
    ],
)
def test_a_doubtful_shortfall_leaves_the_verdict_open_unless_it_cannot_matter(long, short, expected: int) -> None:
    assert code(long, short) == expected


@pytest.mark.parametrize(
    ("bad", "expected"), [(10**10 - 20, CLEAR), (10**10 - 5, UNSURE), (10**10 + 5, UNSURE), (10**10 + 20, BURNS)]
)
def test_floats_are_believed_where_the_sides_are_further_apart_than_a_billionth(bad: int, expected: int) -> None:
    assert code(seen(bad, 10**11), seen(2 * 10**10, 10**11)) == expected
    assert code(seen(2 * 10**10, 10**11), seen(bad, 10**11)) == expected


@pytest.mark.parametrize(
    ("coverage", "expected"), [(0.9 + 2e-9, CLEAR), (0.9 + 5e-10, UNSURE), (0.9 - 5e-10, UNSURE), (0.9 - 2e-9, UNKNOWN)]
)
def test_coverage_is_believed_where_it_is_further_from_what_clears_than_a_billionth(coverage, expected) -> None:
    assert code(seen(8, 90, 10, coverage), seen(8, 89, 11)) == expected
    assert code(seen(8, 89, 11), seen(8, 90, 10, coverage)) == expected


@pytest.mark.parametrize(
    ("coverage", "expected"), [(0.5 + 2e-9, BURNS), (0.5 + 5e-10, UNSURE), (0.5 - 5e-10, UNSURE), (0.5 - 2e-9, UNKNOWN)]
)
def test_coverage_is_believed_where_it_is_further_from_what_fires_than_a_billionth(coverage, expected) -> None:
    assert code(seen(9, 50, 50, coverage), seen(9, 51, 49)) == expected
    assert code(seen(9, 51, 49), seen(9, 50, 50, coverage)) == expected


def test_a_limit_is_the_share_of_the_budget_that_is_spent_within_the_long_window() -> None:
    of_share = Tier("share", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(1, 50))
    made = screen(own("a", of_share, TENFOLD, window_ns=30 * DAY), own("b", of_share, window_ns=60 * DAY))
    assert made._share.tolist() == [float(Fraction(144, 1000)), 0.1, float(Fraction(288, 1000))]


counts = st.integers(0, 40)
windows = st.builds(lambda bad, more, missing: seen(bad, bad + more, missing), st.integers(0, 5), counts, counts)


@given(windows, windows, st.sampled_from(Unmeasured))
def test_no_verdict_in_floats_is_ever_another_than_the_exact_one(long: Seen, short: Seen, unmeasured) -> None:
    found = code(long, short, unmeasured)
    assert found in (UNSURE, CODES[exact.judge(LIMIT, whole(long), whole(short), unmeasured)])


def whole(of: Seen) -> Reading:
    bad, total, missing = (int(each or 0) for each in of[:3])
    coverage = Fraction(total, total + missing) if total + missing else Fraction(0)
    return Reading(HOUR, Tally(total - bad, bad), Fraction(missing), coverage, None)


def test_each_tier_is_judged_on_its_own_windows_with_its_own_limit_and_budget() -> None:
    slow = Tier("slow", Severity.TICKET, HOUR, 5 * MINUTE, Fraction(1, 10), burn=Fraction(1))
    strict = replace(own("strict", TENFOLD), objective=replace(own().objective, target=Fraction(999, 1000)))
    made = screen(own("both", TENFOLD, slow), own("none", slow), strict)
    made.bank.watermarks[1] = NEVER
    index = made.bank.index_of
    found = made._verdicts(
        readings(
            made,
            *((index(Window(n)), 0, seen(5, 100)) for n in (2 * MINUTE, 30 * SECOND, HOUR, 5 * MINUTE)),
            *((index(Window(n)), 1, seen(50, 100)) for n in (HOUR, 5 * MINUTE)),
            *((index(Window(n)), 2, seen(5, 100)) for n in (2 * MINUTE, 30 * SECOND)),
        )
    )
    assert found.tolist() == [CLEAR, BURNS, UNKNOWN, BURNS]
    assert found.dtype == np.int8
