"""The closed forms of a steady outage from a clean state, and what the real evaluator makes of it beside them.

Detection D = W·bβ ÷ E, reset R = w·(1 − bβ ÷ E), spent at firing b·W ÷ P; never where E ≤ bβ (alert windows W and w,
factor b, budget β = 1 − T, budget window P, error ratio E)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.slo import WORKBOOK, Severity, Tier
from slo_service.domain.tally import Objective
from slo_service.rehearse.simulate.outcome import Simulation, Stay
from slo_service.rehearse.simulate.plan import Plan
from slo_service.rehearse.simulate.run import simulate

RATIOS = ("1", "0.5", "0.15", "0.1", "0.05", "0.02", "0.01", "0.007", "0.005", "0.003", "0.002", "0.0011")
SHARES = {
    "page-1h": Fraction(2, 100),
    "page-6h": Fraction(5, 100),
    "ticket-1d": Fraction(1, 10),
    "ticket-3d": Fraction(1, 10),
}


def a_plan(
    ratio: str, target: str = "99.9", days: int = 30, outage_ns: int | None = None, tick_ns: int = SECOND
) -> Plan:
    return Plan(Objective(Fraction(target) / 100), days * DAY, Fraction(ratio), tick_ns, outage_ns)


@lru_cache(maxsize=8)
def simulated(ratio: str, target: str = "99.9", days: int = 30) -> Simulation:
    return simulate(a_plan(ratio, target, days))


def limit(tier: Tier, plan: Plan) -> Fraction:
    """bβ, with the factor from the share of the budget, never below 1."""
    return max(Fraction(1), SHARES[tier.name] * plan.window_ns / tier.long_ns) * (1 - plan.objective.target)


def differences(found: Simulation) -> list[str]:
    """A sentence for everything that is not as the closed forms have it."""
    plan = found.plan
    wrong: list[str] = []
    expected: dict[Severity, list[tuple[Fraction, Fraction]]] = {Severity.PAGE: [], Severity.TICKET: []}
    for tier in WORKBOOK:
        share = limit(tier, plan) / plan.error_ratio
        stay, instants = found.of(tier.name), (tier.long_ns * share, tier.short_ns * (1 - share))
        if plan.outage_ns is not None and instants[0] >= plan.outage_ns:
            share = Fraction(1)  # it is over before that
        if share < 1:
            expected[tier.severity].append(instants)
        wrong += _differences(tier.name, stay, instants if share < 1 else None, plan.tick_ns)
        wrong += _spend(tier, stay, plan)
    for severity, pairs in expected.items():
        either = (min(d for d, _ in pairs), max(r for _, r in pairs)) if pairs else None
        wrong += _differences(severity, found.severities[severity], either, plan.tick_ns)
    if plan.outage_ns is None and any(expected.values()):
        last = max(d for pairs in expected.values() for d, _ in pairs)
        wrong += [] if last <= found.outage_ns <= last + plan.tick_ns else ["the outage goes on after all have fired"]
    return wrong


def _differences(who: str, stay: Stay, instants: tuple[Fraction, Fraction] | None, tick_ns: int) -> list[str]:
    if instants is None:
        return [] if stay.fires_after_ns is None and not stay.turns else [f"{who} must never fire, and did"]
    if stay.fires_after_ns is None or stay.quiet_after_ns is None:
        return [f"{who} did not fire, or not go quiet"]
    detects, resets = instants
    wrong = []
    if not detects <= stay.fires_after_ns <= detects + tick_ns:
        wrong.append(f"{who} fires after {stay.fires_after_ns / SECOND} s, D is {float(detects / SECOND)} s")
    if not resets <= stay.quiet_after_ns <= resets + tick_ns:
        wrong.append(f"{who} is quiet after {stay.quiet_after_ns / SECOND} s, R is {float(resets / SECOND)} s")
    return wrong


def _spend(tier: Tier, stay: Stay, plan: Plan) -> list[str]:
    """The last slot of the budget window, of 15 min, may be inside; and the last tick's burn is in it."""
    if stay.spent_at_firing is None:
        return []
    budget = 1 - plan.objective.target
    ideal = limit(tier, plan) / budget * tier.long_ns / plan.window_ns
    lowest = ideal * plan.window_ns / (plan.window_ns + 15 * MINUTE)
    highest = ideal + plan.error_ratio * plan.tick_ns / (budget * plan.window_ns)
    fits = lowest <= stay.spent_at_firing <= highest
    return [] if fits else [f"{tier.name} has spent {float(stay.spent_at_firing)}, not {float(ideal)}"]
