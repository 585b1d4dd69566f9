import numpy as np
import pytest

from slo_service.evaluate.plan.bursts import Blips, Watch, pages

pytestmark = pytest.mark.lengthy

MONTH = 30 * 86_400.0
PAIRS = (Watch(3_600, 1_200, 51.84, 4.32), Watch(21_600, 2_700, 129.6, 10.8))  # 99.9 %, 30 d


@pytest.mark.parametrize(("mean", "expected"), [(10, 4.5), (30, 18.9)])
def test_short_outages_that_spend_the_budget_page_some_times_a_month(mean: float, expected: float) -> None:
    assert pages(Blips(mean, 0.001), PAIRS, MONTH) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("mean", "watches"), [(10.0, PAIRS), (30.0, PAIRS), (30.0, PAIRS[:1])])
def test_outages_by_chance_page_about_as_often(mean: float, watches) -> None:
    rng = np.random.default_rng(5)
    months = [played(mean, watches, rng) for _ in range(60)]
    error = np.std(months) / len(months) ** 0.5
    # outages that leave while another comes, and what the short window asks for, make some pages fewer
    assert np.mean(months) - 3 * error < pages(Blips(mean, 0.001), watches, MONTH) < 1.15 * np.mean(months) + 3 * error


def test_a_threshold_above_the_outages_forgives_them() -> None:
    forgiven = [pages(Blips(10, 0.001, within), PAIRS, MONTH) for within in (0, 10, 30, 60)]
    assert forgiven == sorted(forgiven, reverse=True)
    assert forgiven[-1] < 0.01 * forgiven[0]


def test_a_higher_limit_makes_fewer_pages() -> None:
    stricter = tuple(Watch(each.long, each.quiet, each.limit * 1.35, each.short_limit) for each in PAIRS)
    assert pages(Blips(10, 0.001), stricter, MONTH) < 0.5 * pages(Blips(10, 0.001), PAIRS, MONTH)


def test_without_a_pair_nothing_pages() -> None:
    assert pages(Blips(10, 0.001), (), MONTH) == 0


def played(mean: float, watches, rng: np.random.Generator, step: float = 4.0) -> int:
    """Episodes of a month in steps: burning while both windows of a pair are over, quiet 15 minutes after."""
    steps = int(MONTH / step)
    starts = rng.uniform(0, MONTH, rng.poisson(MONTH * 0.001 / mean))
    ends = np.minimum(starts + rng.exponential(mean, len(starts)), MONTH - step)
    failed = np.zeros(steps + 1)
    for begin, end in zip(starts / step, ends / step, strict=True):
        first, last = int(begin), int(end)
        failed[first : last + 1] += 1.0
        failed[first] -= begin - first
        failed[last] -= last + 1 - end
    sums = np.concatenate(([0.0], np.cumsum(failed * step)))
    burning = np.zeros(steps + 1, bool)
    for watch in watches:
        short = {3_600: 300, 21_600: 1_800}[watch.long]
        burning |= (trailing(sums, int(watch.long / step)) > watch.limit) & (
            trailing(sums, int(short / step)) > watch.short_limit
        )
    at = np.flatnonzero(burning)
    return int((np.diff(at) > 900 / step).sum()) + min(1, len(at))


def trailing(sums, steps: int):
    return sums[1:] - np.concatenate((np.zeros(steps - 1), sums[: len(sums) - steps]))
