"""Where every objective of the made incident stands: one of each state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from slo_service.domain.instant import DAY, HOUR, MINUTE, from_rfc3339
from slo_service.domain.slo import Slo
from slo_service.domain.status import Budget, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Objective, Tally
from tests.show.web.declared import NOON, PERIOD, THRESHOLD, catalogue
from tests.show.web.measured import STALL


def reading(length_ns: int, bad: int, total: int, objective: Objective, coverage: str = "1") -> Reading:
    """Interval by Wilson's formula: near enough for a drawing."""
    tally, covered = Tally(total - bad, bad), Fraction(coverage)
    if total == 0:
        return Reading(length_ns, tally, Fraction(360), covered, None)
    share, z2 = bad / total, 1.96**2
    centre, half = share + z2 / 2 / total, 1.96 * math.sqrt(share * (1 - share) / total + z2 / 4 / total**2)
    low, high = ((centre + sign * half) / (1 + z2 / total) / float(objective.budget) for sign in (-1, 1))
    return Reading(
        length_ns,
        tally,
        total * (1 - covered) / max(covered, Fraction(1, 100)),
        covered,
        objective.burn_rate(tally),
        (max(0.0, low), high),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """How one objective stands: counts by window length, and what follows from them."""

    state: State
    since_ns: int
    counts: Mapping[int, tuple[int, int]]
    spent: int
    total: int
    coverage: str = "0.996"
    firing: tuple[str, ...] = ()
    first_bad_ns: int | None = None
    provisional: bool = False


def _scaled(bad_by_window: Mapping[int, int], partitions: int = 6) -> dict[int, tuple[int, int]]:
    lengths = (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY)
    return {length: (bad_by_window.get(length, 0), partitions * length // PERIOD) for length in lengths}


def tell(definition: Slo, told: Told, now_ns: int) -> Status:
    objective = definition.objective
    gone = told.state is State.FROZEN
    readings = {
        length: reading(length, bad, 0 if gone else total, objective, "0" if gone else "1")
        for length, (bad, total) in told.counts.items()
    }
    if told.state is State.WARMING:
        readings = {
            length: replace(each, coverage=min(Fraction(1), Fraction(2 * MINUTE, length)))
            for length, each in readings.items()
        }
    tiers = []
    for tier in definition.alerting.tiers:
        fires = tier.name in told.firing
        long, short, factor = readings[tier.long_ns], readings[tier.short_ns], tier.factor(definition.window_ns)
        both = None if gone or told.state is State.WARMING else all((each.burn or 0) > factor for each in (long, short))
        tiers.append(
            TierState(
                definition.name,
                tier,
                factor,
                Phase.FIRING if fires else Phase.QUIET,
                told.since_ns,
                both,
                told.since_ns if fires else None,
                3 * MINUTE if fires else 0,
                now_ns - THRESHOLD,
                told.since_ns if gone else None,
                "ep-1" if fires else None,
                long,
                short,
            )
        )
    whole = reading(28 * DAY, told.spent, told.total, objective, told.coverage)
    allowed = objective.budget * whole.expected
    remaining = 1 - told.spent / allowed
    spread = 1.96 * math.sqrt(told.spent + 1) / float(allowed)
    budget = Budget(whole, remaining, told.provisional, allowed, (float(remaining) - spread, float(remaining) + spread))
    return Status(
        definition.name,
        definition.stream.id,
        now_ns,
        now_ns - THRESHOLD,
        now_ns,
        told.state,
        told.since_ns,
        budget,
        readings,
        tuple(tiers),
        told.first_bad_ns,
    )


@lru_cache(maxsize=16)
def statuses(now_ns: int, *, incident: bool = True) -> dict[str, Status]:
    """One of every state; without the incident orders is healthy."""
    fired = from_rfc3339("2026-11-20T10:08:30Z")
    bad = {30 * MINUTE: 163, HOUR: 255, 2 * HOUR: 255, 6 * HOUR: 255, DAY: 255, 3 * DAY: 255}
    whole = 6 * 28 * DAY // PERIOD
    quiet = _scaled({})
    fresh = Told(
        State.BURNING,
        fired,
        _scaled(bad),
        552,
        whole - 5806,
        firing=("page-6h", "ticket-1d", "ticket-3d"),
        first_bad_ns=STALL,
    )
    complete = Told(
        State.BURNING,
        fired,
        _scaled({key: number * 3 // 4 for key, number in bad.items()}),
        211,
        whole - 5806,
        firing=("page-6h", "ticket-1d"),
        first_bad_ns=STALL,
    )
    calm = Told(State.HEALTHY, NOON - 9 * DAY, quiet, 297, whole - 5806)
    tell_all = {
        "orders-freshness": fresh if incident else calm,
        "orders-completeness": complete if incident else calm,
        "orders-duplicates": Told(
            State.HEALTHY, NOON - 9 * DAY, _scaled({HOUR: 10, 2 * HOUR: 10, 6 * HOUR: 10}), 44, whole
        ),
        "orders-intake": Told(State.HEALTHY, NOON - 9 * DAY, quiet, 14, whole, coverage="1"),
        "orders-lag": Told(
            State.WARN,
            NOON - 2 * DAY,
            _scaled({HOUR: 17, 6 * HOUR: 96, DAY: 400, 3 * DAY: 700}),
            940,
            whole // 6,
            firing=("ticket-3d",),
        ),
        "clickstream-freshness": Told(State.WARN, NOON - 3 * DAY, _scaled({HOUR: 4}), 8550, whole, coverage="0.998"),
        "sessions-duplicates": Told(State.HEALTHY, NOON - 3 * DAY, _scaled({HOUR: 2}), 500, whole),
        "inventory-freshness": Told(
            State.FROZEN, NOON - 28 * MINUTE, quiet, 1740, whole, coverage="0.912", provisional=True
        ),
        "inventory-completeness": Told(
            State.WARMING, NOON - 2 * MINUTE, quiet, 0, 24, coverage="0.0001", provisional=True
        ),
    }
    return {name: tell(catalogue().slos[name], told, now_ns) for name, told in tell_all.items()}
