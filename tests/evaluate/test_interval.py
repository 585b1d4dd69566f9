from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from slo_service.domain.budgeting import OCCURRENCES, Budgeting, Occurrences, RatioTimeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Composite, Freshness, Indicator, Member, Schedule
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.status import Reading, Status
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.interval import bounds, clopper_pearson, incomplete_beta, with_intervals
from slo_service.evaluate.evaluator import Evaluator
from tests.evaluate.timeline import START, an_slo


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 2_000_000))
def test_bounds_agree_with_scipy(bad: int, total: int) -> None:
    bad = min(bad, total)
    low, high = clopper_pearson(bad, total)
    assert low == pytest.approx(beta.ppf(0.025, bad, total - bad + 1) if bad else 0.0, rel=1e-6, abs=1e-12)
    assert high == pytest.approx(beta.ppf(0.975, bad + 1, total - bad) if bad < total else 1.0, rel=1e-6, abs=1e-12)


def test_nothing_seen_says_nothing() -> None:
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(st.floats(0.5, 500), st.floats(0.5, 500), st.floats(0, 1))
def test_the_beta_function_agrees_with_scipy(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(beta.cdf(x, a, b), abs=1e-9)


def budgeted(budgeting: Budgeting, counts: Tally, indicator: Indicator | None = None) -> Status:
    """A status of an hour in which slices of a minute were counted so."""
    slo = replace(an_slo("0.9"), budgeting=budgeting, indicator=indicator or an_slo().indicator)
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
    inputs = slo.measured
    evaluator.apply(schedules=[Schedule(stream, START - HOUR, Fraction(1, 60), 1) for stream in inputs])
    evaluator.apply(progress=[Progress(stream, "canary/main/0", START) for stream in inputs])
    counted = inputs if slo.members and isinstance(budgeting, Occurrences) else (slo.counted,)
    starts = range(START - HOUR, START, MINUTE)
    evaluator.apply([Delta(stream, at, counts.good, counts.bad, 1) for stream in counted for at in starts])
    return with_intervals(evaluator.tick(START).statuses[slo.name], slo.objective)


def test_a_slice_is_one_trial_however_finely_its_ratio_is_counted() -> None:
    """An hour of 60 slices, a tenth of each lost: 6 of 60, and not 6·10⁹ of 60·10⁹."""
    found = budgeted(RatioTimeslices(MINUTE), Tally(9 * 10**8, 10**8))
    low, high = (bound / 0.1 for bound in clopper_pearson(6, 60))
    assert found.readings[HOUR].burn == 1
    assert found.readings[HOUR].interval == pytest.approx((low, high))
    assert found.budget.interval == pytest.approx((1 - high / 720, 1 - low / 720))


def test_what_slices_lack_is_rounded_away_from_the_middle() -> None:
    found = bounds(Reading(HOUR, Tally(594 * 10**8, 6 * 10**8), Fraction(0), Fraction(1), None, unit=10**9))
    assert found == (0.0, clopper_pearson(1, 60)[1])


def test_several_indicators_have_no_interval_of_their_own_and_their_members_do() -> None:
    """600 canaries of each member, a tenth of which failed: 1× of the one and half of that of the other."""
    parts = (Member("fresh", Freshness("c", 30), Fraction(9, 10)), Member("more", Freshness("c", 60), Fraction(8, 10)))
    found = budgeted(OCCURRENCES, Tally(9, 1), Composite(parts))
    assert found.readings[HOUR].burn == Fraction(3, 2)
    assert found.readings[HOUR].interval is None
    assert found.tiers[0].long.interval is None
    assert found.budget.interval is None
    fresh, more = found.members
    assert (fresh.name, fresh.watermark_ns, fresh.readings[HOUR].burn) == ("fresh", START, 1)
    low, high = clopper_pearson(60, 600)
    assert more.readings[HOUR].interval == pytest.approx((low / 0.2, high / 0.2))
