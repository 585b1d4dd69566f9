from __future__ import annotations

import random
from collections import Counter

from slo_service.collect.canary.plan import SendPlan
from slo_service.domain.instant import MILLISECOND, SECOND

EVERY = 10 * SECOND
START = 1_700_000_000 * SECOND


def plan() -> SendPlan:
    return SendPlan(EVERY, random.Random(3))


def test_every_full_period_has_one_canary_a_partition() -> None:
    sends, ours = Counter[tuple[int, int]](), plan()
    for now in range(START, START + 20 * EVERY, 100 * MILLISECOND):
        for partition in ours.due(now, (0, 1, 2)):
            sends[partition, now // EVERY] += 1
    full = [(partition, START // EVERY + period) for partition in (0, 1, 2) for period in range(1, 20)]
    assert all(sends[place] == 1 for place in full)
    assert ours.skipped == 0


def test_instants_spread_over_the_whole_period() -> None:
    ours, tenths = plan(), Counter[int]()
    for now in range(START, START + 500 * EVERY, SECOND // 2):
        for _ in ours.due(now, (0, 1)):
            tenths[now % EVERY // SECOND] += 1
    assert set(tenths) == set(range(10))
    assert max(tenths.values()) < 3 * min(tenths.values())


def test_the_next_instant_is_known_beforehand() -> None:
    ours, sends = plan(), 0
    now = START
    for _ in range(100):
        sends += len(ours.due(now, (0,)))
        now = ours.next_ns(now)
    assert sends >= 45  # every other wake-up is the start of a period


def test_a_period_that_went_by_while_we_were_held_up_is_not_made_up_for() -> None:
    ours = plan()
    ours.due(START, (0,))
    assert len(ours.due(START + 10 * EVERY + EVERY - 1, (0,))) == 1
    assert ours.skipped == 10
