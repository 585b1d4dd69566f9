"""Burn-rate alerts of other tools → tiers of ours."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.importing.objective import decimal_text
from slo_service.definitions.importing.reader import NOTHING_TO_DO, Part
from slo_service.domain.instant import format_duration
from slo_service.domain.slo import WORKBOOK, Severity, Tier, tier_name


@dataclass(frozen=True, slots=True)
class TierText:
    """A tier as it is written: with a share of the budget, or (`burn` not None) with the factor itself."""

    tier: Tier
    burn: Fraction | None = None

    @property
    def severity(self) -> Severity:
        return self.tier.severity

    def can_fire(self, target: Fraction, window_ns: int) -> bool:
        """A total outage burns at 1 ÷ (1 − target), and a tier fires above its factor only."""
        factor = self.tier.factor(window_ns) if self.burn is None else self.burn
        return factor * (1 - target) < 1

    def written(self) -> dict[str, object]:
        pace, value = ("factor", self.burn) if self.burn is not None else ("budgetShare", self.tier.budget_share)
        return {
            "name": self.tier.name,
            "severity": str(self.tier.severity),
            "long": format_duration(self.tier.long_ns),
            "short": format_duration(self.tier.short_ns),
            pace: decimal_text(value),
        }


PRESET = tuple(map(TierText, WORKBOOK))


def by_factor(severity: Severity, long_ns: int, short_ns: int, factor: Fraction, name: str = "") -> TierText:
    """The tier that fires when both windows burn faster than `factor`."""
    return TierText(Tier(name or tier_name(severity, long_ns), severity, long_ns, short_ns, Fraction(1)), factor)


def settled(tiers: tuple[TierText, ...], target: Fraction, window_ns: int, part: Part) -> tuple[TierText, ...]:
    """Those of the tiers that can fire at this objective. An SLO always has alerts here, so where a tool would raise
    none it has those of the preset that can fire. What differs is listed at `part`."""
    if not 0 < target < 1:
        return tiers or PRESET
    kept = []
    for tier in tiers:
        if tier.can_fire(target, window_ns):
            kept.append(tier)
        else:
            over = format_duration(tier.tier.long_ns)
            part.changed(f"the alert over {over} could never fire at this objective, and is left out", NOTHING_TO_DO)
    if kept:
        return tuple(kept)
    what = "those alerts of the preset that can fire are on, as an Alerting has at least one"
    part.changed(what, "silence them in Alertmanager by the label slo")
    return tuple(tier for tier in PRESET if tier.can_fire(target, window_ns))
