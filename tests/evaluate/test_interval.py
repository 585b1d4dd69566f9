from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from slo_service.evaluate.chance.interval import clopper_pearson, incomplete_beta


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
