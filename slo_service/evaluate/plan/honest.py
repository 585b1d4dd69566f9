"""How slow canaries may be before a page tier lies without its gate: at most one month in a hundred with a false page.

Between two periods at which a threshold falls by a failure, fewer rounds make fewer false pages; so only just beyond
those periods needs to be looked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log

from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import Severity, Tier
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.plan.chance_of_page import at_most
from slo_service.evaluate.plan.crossing import Pair
from slo_service.evaluate.plan.need import LONGEST_NS, SHORTEST_NS, TICK_NS, Canary

HONEST = Fraction(1, 100)  # the highest probability of a false page in 30 days
MONTH_NS = 30 * DAY
_BELOW_SAFE = 4  # so far below the safe estimate the search begins
_MOST = 20_000  # periods looked at


def safe_every(canary: Canary) -> float:
    """Seconds: W·β·h(b) ÷ ln(5·(P ÷ W) ÷ α), h(b) = b·ln b − b + 1, the least of the page tiers; 0 where a factor is 1.

    Of a Chernoff bound for one window, and of five times as many windows as fit into P: the budget's, or the 30 days
    of the question where those are longer."""
    return min((_safe(canary, tier) for tier in _page_tiers(canary)), default=0.0)


def _safe(canary: Canary, tier: Tier) -> float:
    b = float(tier.factor(canary.window_ns))
    spread = b * log(b) - b + 1
    windows = max(canary.window_ns, MONTH_NS) / tier.long_ns
    return tier.long_ns / SECOND * float(canary.budget) * spread / log(5 * windows / float(HONEST))


def slowest_honest(canary: Canary) -> float | None:
    """Seconds, exact to the nanosecond: at this period and at every one below it, of 100 ms and more, a false page of
    the un-gated page tiers within 30 days is at most 1 % likely. None where that holds for no period, or where no page
    tier can fire."""
    tiers = [tier for tier in _page_tiers(canary) if tier.factor(canary.window_ns) * canary.budget < 1]
    if not tiers or any(
        tier.factor(canary.window_ns) <= 1 for tier in tiers
    ):  # such a one burns at the objective itself
        return None
    floor_ns = max(Fraction(SHORTEST_NS), Fraction(safe_every(canary) * SECOND) / _BELOW_SAFE)
    periods = _falls(canary, tiers, floor_ns)
    if not _is_honest(canary, tiers, floor_ns) or len(periods) > _MOST:
        return None
    for period_ns in periods:
        if not _is_honest(canary, tiers, period_ns):
            return floor(period_ns) / SECOND
    return LONGEST_NS / SECOND


def _page_tiers(canary: Canary) -> list[Tier]:
    return [tier for tier in canary.alerting.tiers if tier.severity is Severity.PAGE]


def _falls(canary: Canary, tiers: Sequence[Tier], floor_ns: Fraction) -> list[Fraction]:
    """Periods at which a tier burns with exactly so many failures, the shortest first; beyond it one less is enough."""
    found = set()
    for tier in tiers:
        spent_ns = tier.factor(canary.window_ns) * canary.budget * tier.long_ns
        most = min(_MOST + 1, floor(spent_ns / floor_ns))
        found |= {spent_ns / failures for failures in range(1, most + 1)}
    return sorted(period for period in found if period < LONGEST_NS)


def _is_honest(canary: Canary, tiers: Sequence[Tier], period_ns: Fraction) -> bool:
    """Just beyond the period."""
    p, rounds = float(canary.budget), floor(MONTH_NS / period_ns)
    quiet = 1.0
    for tier in tiers:
        quiet *= 1 - at_most(_beyond(canary, tier, period_ns), p, rounds)
    return 1 - quiet <= HONEST


def _beyond(canary: Canary, tier: Tier, period_ns: Fraction) -> Pair | None:
    spent_ns = tier.factor(canary.window_ns) * canary.budget * tier.long_ns
    widest_ns = tier.long_ns + Slots().width_for(tier.long_ns) - TICK_NS
    rounds, failures = ceil(widest_ns / period_ns), ceil(spent_ns / period_ns)
    return Pair(rounds, 1, failures, 1) if failures <= rounds else None
