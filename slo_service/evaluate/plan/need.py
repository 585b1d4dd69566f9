"""What a canary promises, and how many of its rounds must fail before a tier burns and before it may fire."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from slo_service.domain.instant import DAY, HOUR, MILLISECOND, SECOND, format_duration
from slo_service.domain.slo import Alerting, Severity, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.chance.binomial import MANY, failures_needed
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.plan.crossing import Pair

TICK_NS = SECOND
SHORTEST_NS, LONGEST_NS = 100 * MILLISECOND, HOUR
MOST_PARTITIONS = 100_000


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary every `every_ns` to each partition, judged against an objective. `within_ns` is the freshness
    threshold, which every detection waits for. ValueError, with the remedy, for what cannot be planned."""

    objective: Objective
    every_ns: int
    partitions: int = 1
    window_ns: int = 30 * DAY
    within_ns: int = 0
    alerting: Alerting = field(default_factory=Alerting)

    def __post_init__(self) -> None:
        longest_ns = max(tier.long_ns for tier in self.alerting.tiers)
        if not SHORTEST_NS <= self.every_ns <= LONGEST_NS:
            raise ValueError(
                f"a canary every {format_duration(self.every_ns)} cannot be planned; give a period from "
                f"{format_duration(SHORTEST_NS)} to {format_duration(LONGEST_NS)}, like 10s"
            )
        if self.window_ns < longest_ns:
            raise ValueError(
                f"a budget window of {format_duration(self.window_ns)} is shorter than the tiers' longest, "
                f"{format_duration(longest_ns)}; give at least that, like 30d"
            )
        if not 1 <= self.partitions <= MOST_PARTITIONS:
            raise ValueError(f"{self.partitions:,} partitions cannot be planned; give 1 to {MOST_PARTITIONS:,}")

    @property
    def budget(self) -> Fraction:
        return self.objective.budget

    def rounds_in(self, length_ns: int) -> int:
        """The most that a window holds: its tail moves in whole slots, its head in ticks."""
        widest_ns = length_ns + Slots().width_for(length_ns) - TICK_NS
        return -(-widest_ns // self.every_ns)


@dataclass(frozen=True, slots=True)
class Need:
    """One tier's rounds: in its windows, and failed ones until it burns (`plain`) and may fire (`gated`), None where no
    number of them is enough. `by_chance` is what the gate alone asks for."""

    tier: Tier
    factor: Fraction
    long: int
    short: int
    plain: int | None
    gated: int | None
    by_chance: int
    short_failures: int

    def pair(self, *, gated: bool) -> Pair | None:
        failures = self.gated if gated else self.plain
        return None if failures is None else Pair(self.long, self.short, failures, min(failures, self.short_failures))


def need(canary: Canary, tier: Tier) -> Need:
    factor = tier.factor(canary.window_ns)
    long, short = canary.rounds_in(tier.long_ns), canary.rounds_in(tier.short_ns)
    by_chance = _by_chance(canary, tier, factor, long)
    plain = _over(canary, factor, tier.long_ns)
    gated = max(plain, by_chance)
    fires = factor * canary.budget < 1
    return Need(
        tier,
        factor,
        long,
        short,
        plain if fires and plain <= long else None,
        gated if fires and gated <= long else None,
        by_chance,
        _over(canary, factor, tier.short_ns),
    )


def _over(canary: Canary, factor: Fraction, length_ns: int) -> int:
    """The fewest rounds of a full window that burn faster than the factor."""
    return floor(factor * canary.budget * length_ns / canary.every_ns) + 1


def _by_chance(canary: Canary, tier: Tier, factor: Fraction, rounds: int) -> int:
    """The fewest that chance would not give: for pages by the significance, for tickets at the objective itself by the
    lower bound of their ratio."""
    if tier.severity is Severity.PAGE:
        return failures_needed(rounds, canary.budget, canary.alerting.signals.significance)
    if tier.severity is Severity.TICKET and factor <= 1:
        many = canary.budget * tier.long_ns >= MANY * canary.every_ns
        return failures_needed(rounds, canary.budget, Fraction(1, 100) if many else Fraction(1, 20))
    return 0
