"""What came of a simulation. Instants are counted from the start of the outage, unless they say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.event import Change, Transition
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.rehearse.simulate.plan import Plan


@dataclass(frozen=True, slots=True)
class Turn:
    """A transition. `spent` is the share of the budget that was gone by then."""

    tier: Tier
    change: Change
    at_ns: int
    opens: bool  # the severity's episode
    closes: bool
    spent: Fraction | None

    @classmethod
    def of(cls, row: Transition, start_ns: int, spent: Fraction | None) -> Turn:
        return cls(row.tier.tier, row.change, row.event_ns - start_ns, row.opens, row.closes, spent)


@dataclass(frozen=True, slots=True)
class Stay:
    """Of a tier, or a severity, in firing: `fires_after_ns` it fires for the first time, and `quiet_after_ns` after the
    outage's end it is quiet for good, at once if it was so before. Both are None where it never fires."""

    fires_after_ns: int | None
    quiet_after_ns: int | None
    turns: tuple[Turn, ...]

    @property
    def spent_at_firing(self) -> Fraction | None:
        return self.turns[0].spent if self.turns else None


@dataclass(frozen=True, slots=True)
class TierStay:
    tier: Tier
    factor: Fraction | None  # of burn rates
    stay: Stay


@dataclass(frozen=True, slots=True)
class Simulation:
    """`ticks`: how many were run; the others could not have changed anything."""

    plan: Plan
    outage_ns: int
    tiers: tuple[TierStay, ...]
    severities: dict[Severity, Stay]
    turns: tuple[Turn, ...]
    ticks: int

    def of(self, tier: str) -> Stay:
        return next(found.stay for found in self.tiers if found.tier.name == tier)


def drawn_up(plan: Plan, outage_ns: int, tiers: Sequence[Tier], turns: Sequence[Turn], ticks: int) -> Simulation:
    severities = [s for s in Severity if any(tier.severity is s for tier in tiers)]
    by_tier = {tier.name: [turn for turn in turns if turn.tier.name == tier.name] for tier in tiers}
    return Simulation(
        plan=plan,
        outage_ns=outage_ns,
        tiers=tuple(
            TierStay(
                tier,
                tier.factor(plan.window_ns) if tier.kind is Kind.BURN else None,
                _stay(by_tier[tier.name], outage_ns),
            )
            for tier in tiers
        ),
        severities={s: _stay([t for t in turns if t.tier.severity is s], outage_ns) for s in severities},
        turns=tuple(turns),
        ticks=ticks,
    )


def _stay(turns: Sequence[Turn], outage_ns: int) -> Stay:
    if not turns:
        return Stay(None, None, ())
    firing = {turn.tier.name: turn.change is Change.FIRED for turn in turns}
    quiet = None if any(firing.values()) else max(0, turns[-1].at_ns - outage_ns)
    return Stay(turns[0].at_ns, quiet, tuple(turns))
