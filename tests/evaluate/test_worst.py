"""The worst stretch of each length, and blips told from one long outage."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.outlook.worst import Episode, Worst, episodes, worst
from tests.evaluate.timeline import START, an_slo

WIDTH = 10 * SECOND
SLO = an_slo()
TEN_A_SLICE = Expectation([Schedule(SLO.stream.id, START - DAY, Fraction(1), 1)])


def past_of(bad: Sequence[int | None], width_ns: int = WIDTH, per_slot: int = 10) -> Past:
    """None is a slot of which nothing was measured."""
    good = np.array([0 if b is None else per_slot - b for b in bad], np.int64)
    return Past(START, width_ns, good, np.array([b or 0 for b in bad], np.int64), np.zeros(len(bad), np.int64))


def the_worst(length_ns: int, *pasts: Past) -> Worst:
    found = worst(SLO, pasts, TEN_A_SLICE, [length_ns])[length_ns]
    assert found is not None
    return found


def test_many_blips_are_told_from_one_long_outage_that_failed_as_often() -> None:
    blips = past_of([10 if at % 360 == 0 else 0 for at in range(4320)])  # one slot an hour for twelve hours
    outage = past_of([10 if 1000 <= at < 1012 else 0 for at in range(4320)])
    assert blips.bad.sum() == outage.bad.sum()
    assert (len(episodes(blips)), len(episodes(outage))) == (12, 1)
    assert the_worst(5 * MINUTE, blips).share == Fraction(10, 300)
    assert the_worst(5 * MINUTE, outage).share == Fraction(120, 300)
    assert the_worst(12 * HOUR, blips).share == the_worst(12 * HOUR, outage).share == Fraction(120, 43200)


def test_the_worst_stretch_tells_where_it_lies_and_how_fast_it_burned() -> None:
    past = past_of([0] * 100 + [5] * 30 + [0] * 100)
    found = the_worst(5 * MINUTE, past)
    assert (found.from_ns, found.to_ns) == (START + 1000 * SECOND, START + 1300 * SECOND)
    assert (found.reading.tally.bad, found.reading.tally.total, found.reading.burn) == (150, 300, 500)
    assert found.reading.interval is not None
    assert 400 < found.reading.interval[0] < 500 < found.reading.interval[1] < 600


def test_of_equal_stretches_the_newest_is_named() -> None:
    past = past_of([10] * 30 + [0] * 60 + [10] * 30)
    assert the_worst(5 * MINUTE, past).to_ns == past.end_ns
    idle = past_of([0] * 60)
    assert the_worst(5 * MINUTE, idle).to_ns == idle.end_ns


def test_a_stretch_of_which_less_than_half_was_measured_does_not_compete() -> None:
    past = past_of([0] * 60 + [None] * 16 + [10] * 14 + [None] * 16 + [0] * 60)
    assert the_worst(5 * MINUTE, past).share < 1
    seen = past_of([0] * 60 + [None] * 16 + [10] * 16 + [None] * 16 + [0] * 60)
    assert the_worst(5 * MINUTE, seen).share == 1


def test_a_length_that_no_kept_slots_make_up_is_unknown() -> None:
    past = past_of([1] * 40, 15 * MINUTE, 900)
    found = worst(SLO, [past], TEN_A_SLICE, [5 * MINUTE, 20 * MINUTE, HOUR, DAY])
    assert found[5 * MINUTE] is None
    assert found[20 * MINUTE] is None
    assert found[HOUR] is not None
    assert found[DAY] is None
    assert worst(SLO, [past], Expectation(), [HOUR]) == {HOUR: None}
    assert list(worst(SLO, [past], TEN_A_SLICE)) == [5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY]


def test_finer_slots_find_what_coarser_ones_blur_and_these_what_is_older() -> None:
    fine = past_of([0] * 600 + [10] * 360 + [0] * 600)
    coarse = Past(START - HOUR, 15 * MINUTE, np.full(9, 895, np.int64), np.full(9, 5, np.int64), np.zeros(9, np.int64))
    found = the_worst(HOUR, coarse, fine)
    assert (found.from_ns, found.share) == (START + 6000 * SECOND, 1)
    quiet = past_of([0] * 1000)
    assert the_worst(HOUR, coarse, quiet).share == Fraction(5, 900)


slots = st.lists(st.one_of(st.none(), st.integers(0, 10)), min_size=1, max_size=80)


@given(slots, st.integers(1, 20))
def test_no_stretch_is_worse_than_the_worst(bad: list[int | None], span: int) -> None:
    found = worst(SLO, [past_of(bad)], TEN_A_SLICE, [span * WIDTH])[span * WIDTH]
    shares: list[tuple[Fraction, int]] = []
    for end in range(span, len(bad) + 1):
        inside = [b for b in bad[end - span : end] if b is not None]
        # one source: a shortfall below one event is jitter, and here one slot is ten events
        if 2 * len(inside) >= span:
            shares.append((Fraction(sum(inside), 10 * len(inside)), START + end * WIDTH))
    assert ((found.share, found.to_ns) if found else None) == max(shares, default=None)


def test_an_episode_ends_with_a_gap() -> None:
    bad = [3, 0, 0, 2] + [0] * 6 + [1]
    past = past_of(bad, MINUTE, 60)
    assert episodes(past, Fraction(60), 3 * MINUTE) == (
        Episode(START, START + 4 * MINUTE, 5, 240, Fraction(5, 60)),
        Episode(START + 10 * MINUTE, START + 11 * MINUTE, 1, 60, Fraction(1, 60)),
    )
    assert len(episodes(past, gap_ns=2 * MINUTE)) == 3  # a gap of that length separates
    assert len(episodes(past, gap_ns=7 * MINUTE)) == 1
    assert episodes(past)[0].budget_share is None
    assert episodes(past_of([0, None, 0])) == ()


@given(slots, st.integers(0, 5))
def test_episodes_hold_every_failure_once_and_lie_a_gap_apart(bad: list[int | None], gap: int) -> None:
    found = episodes(past_of(bad), gap_ns=gap * WIDTH)
    assert sum(episode.bad for episode in found) == sum(b or 0 for b in bad)
    for one, following in pairwise(found):
        assert following.from_ns - one.to_ns >= max(gap, 1) * WIDTH
    for episode in found:
        first, last = (episode.from_ns - START) // WIDTH, (episode.to_ns - START) // WIDTH - 1
        assert bad[first]
        assert bad[last]
        failed = [at for at in range(first, last + 1) if bad[at]]
        assert all(after - at - 1 < max(gap, 1) for at, after in pairwise(failed))
