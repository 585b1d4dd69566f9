"""A canary's plan: what each tier needs, how often it would be wrong, and how soon it would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Severity
from slo_service.evaluate.chance.binomial import failures_needed
from slo_service.evaluate.chance.partition import LONGEST_NS
from slo_service.evaluate.outlook.cost import price_of_canary
from slo_service.evaluate.plan.bursts import Blips, Watch, pages
from slo_service.evaluate.plan.chance_of_page import NEVER, Bounds, chance_of_page, either
from slo_service.evaluate.plan.crossing import beginnings
from slo_service.evaluate.plan.honest import MONTH_NS, safe_every, slowest_honest
from slo_service.evaluate.plan.need import Canary, Need, need

BLIPS_SECONDS = (10, 30)


@dataclass(frozen=True, slots=True)
class Prospect:
    """Within 30 days at the objective: the probability of a false alert and how many are expected. `detected_seconds`:
    from the start of a total outage to the alert, the freshness threshold included; None when it never comes."""

    p_false: Bounds
    false_alerts: Bounds
    detected_seconds: float | None


@dataclass(frozen=True, slots=True)
class TierPlan:
    need: Need
    plain: Prospect
    gated: Prospect


@dataclass(frozen=True, slots=True)
class SeverityPlan:
    """All tiers of one severity together."""

    severity: Severity
    plain: Prospect
    gated: Prospect


@dataclass(frozen=True, slots=True)
class DeadPartition:
    """One of several partitions fails for good. Seconds until the partition tier pages, at most, and until the page
    tiers over all partitions do; None for never."""

    by_itself: float | None
    by_sum: float | None
    by_sum_gated: float | None


@dataclass(frozen=True, slots=True)
class Burst:
    """Expected pages in 30 days when outages of `mean_seconds` spend exactly the budget."""

    mean_seconds: int
    pages: float
    pages_gated: float


@dataclass(frozen=True, slots=True)
class Plan:
    canary: Canary
    tiers: tuple[TierPlan, ...]
    severities: tuple[SeverityPlan, ...]
    failure_costs: Fraction  # share of the budget
    dead_partition: DeadPartition
    bursts: tuple[Burst, ...]
    slowest_honest_seconds: float | None
    safe_seconds: float

    def of(self, severity: Severity) -> SeverityPlan | None:
        return next((plan for plan in self.severities if plan.severity is severity), None)


def plan_canary(canary: Canary) -> Plan:
    """All of it, within a second. The canaries' rounds fail independently of each other, and whole."""
    needs = [need(canary, tier) for tier in canary.alerting.tiers]
    paging = [each for each in needs if each.tier.severity is Severity.PAGE]
    severities = (severity_plan(canary, severity) for severity in (Severity.PAGE, Severity.TICKET))
    return Plan(
        canary,
        tuple(TierPlan(each, _alone(canary, each, gated=False), _alone(canary, each, gated=True)) for each in needs),
        tuple(each for each in severities if each is not None),
        price_of_canary(canary.objective, canary.window_ns, canary.every_ns, canary.partitions).one_failure,
        _dead_partition(canary, paging),
        tuple(_burst(canary, paging, mean) for mean in BLIPS_SECONDS),
        slowest_honest(canary),
        safe_every(canary),
    )


def severity_plan(canary: Canary, severity: Severity) -> SeverityPlan | None:
    """None without a tier of that severity."""
    needs = [need(canary, tier) for tier in canary.alerting.tiers if tier.severity is severity]
    if not needs:
        return None
    return SeverityPlan(severity, _together(canary, needs, gated=False), _together(canary, needs, gated=True))


def _alone(canary: Canary, each: Need, *, gated: bool) -> Prospect:
    pair, p, rounds = each.pair(gated=gated), float(canary.budget), MONTH_NS // canary.every_ns
    if pair is None:
        return Prospect(NEVER, NEVER, None)
    kept_ns = canary.alerting.keep_firing_ns[each.tier.severity] + each.tier.short_ns
    begun = rounds * beginnings(pair, p, -(-kept_ns // canary.every_ns))
    detected_ns = pair.failures * canary.every_ns + canary.within_ns
    return Prospect(chance_of_page(pair, p, rounds), Bounds(begun, begun), detected_ns / SECOND)


def _together(canary: Canary, needs: Sequence[Need], *, gated: bool) -> Prospect:
    """The strictest two pairs are judged together, which are all that the preset has."""
    first, *others = sorted(needs, key=lambda each: each.tier.long_ns)
    alone = [_alone(canary, each, gated=gated) for each in (first, *others)]
    if not others:
        return alone[0]
    second = others[0]
    p, rounds = float(canary.budget), MONTH_NS // canary.every_ns
    detected = [prospect.detected_seconds for prospect in alone if prospect.detected_seconds is not None]
    begun = [prospect.false_alerts.high for prospect in alone]
    one = first.pair(gated=gated)
    every_failure = one is not None and one.failures == 1  # so a milder pair has none of its own
    return Prospect(
        either(one, second.pair(gated=gated), p, rounds),
        Bounds(begun[0], begun[0]) if every_failure else Bounds(max(begun), sum(begun)),
        min(detected, default=None),
    )


def _dead_partition(canary: Canary, paging: Sequence[Need]) -> DeadPartition:
    tier, by_itself = canary.alerting.signals.partition_tier, None
    if tier is not None and canary.partitions > 1:
        window_ns = max(tier.after_ns, tier.canaries * canary.every_ns)
        rounds = min(window_ns, LONGEST_NS) // canary.every_ns
        if failures_needed(rounds, canary.budget, tier.significance / canary.partitions) <= rounds:
            by_itself = (window_ns + canary.within_ns) / SECOND
    return DeadPartition(by_itself, _by_sum(canary, paging, gated=False), _by_sum(canary, paging, gated=True))


def _by_sum(canary: Canary, paging: Sequence[Need], *, gated: bool) -> float | None:
    """A round with one dead partition of n is bad by 1 ÷ n."""
    found = []
    for each in paging:
        spent = each.factor * canary.budget * each.tier.long_ns / canary.every_ns
        rounds = floor(spent * canary.partitions) + 1
        if gated:
            rounds = max(rounds, each.by_chance * canary.partitions)
        if rounds * canary.every_ns <= each.tier.long_ns:
            found.append((rounds * canary.every_ns + canary.within_ns) / SECOND)
    return min(found, default=None)


def _burst(canary: Canary, paging: Sequence[Need], mean: int) -> Burst:
    blips = Blips(mean, float(canary.budget), canary.within_ns / SECOND)
    return Burst(
        mean, *(pages(blips, _watches(canary, paging, gated=gated), MONTH_NS / SECOND) for gated in (False, True))
    )


def _watches(canary: Canary, paging: Sequence[Need], *, gated: bool) -> list[Watch]:
    kept_ns = canary.alerting.keep_firing_ns[Severity.PAGE]
    watches = []
    for each in sorted(paging, key=lambda each: each.tier.long_ns)[:2]:
        if (each.gated if gated else each.plain) is None:
            continue
        share = float(each.factor * canary.budget)
        limit_ns = share * each.tier.long_ns
        if gated:
            limit_ns = max(limit_ns, each.by_chance * canary.every_ns)
        short_limit, quiet_ns = share * each.tier.short_ns / SECOND, each.tier.short_ns + kept_ns
        watches.append(Watch(each.tier.long_ns / SECOND, quiet_ns / SECOND, limit_ns / SECOND, short_limit))
    return watches
