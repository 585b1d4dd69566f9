"""The tiers of one objective: both windows against the factor, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.status import Reading, Status, TierState
from slo_service.show.web import words
from slo_service.show.web.view import marks
from slo_service.show.web.view.marks import Mark

CLEARS_AT = Fraction(9, 10)  # coverage from which a window may call a tier quiet


@dataclass(frozen=True, slots=True)
class Burn:
    text: str
    span: str
    counts: str
    over: bool


@dataclass(frozen=True, slots=True)
class TierRow:
    name: str
    mark: Mark
    severity: str
    windows: str
    share: str
    factor: str
    long: Burn
    short: Burn
    since_ns: int | None  # of a firing tier
    next: str
    frozen_since_ns: int | None


def _burn(tier: TierState, reading: Reading) -> Burn:
    counts = f"{reading.tally.bad:,} bad of {reading.tally.total:,}"
    if reading.burn is None:
        return Burn("not measured", "", counts, over=False)
    span = "" if reading.interval is None else words.span(*reading.interval)
    return Burn(words.times(reading.burn), span, counts, over=bool(tier.over(reading)))


def measured_still_needed(tier: TierState) -> int:
    """Measured time until one window has the coverage that may call the tier quiet; 0 when one has it already."""
    needs = [(CLEARS_AT - reading.coverage) * reading.length_ns for reading in (tier.long, tier.short)]
    return max(0, int(min(needs)))


def fires_from(tier: TierState) -> int | None:
    """How many bad events in the long window fire it even if all that is unmeasured was good; None when unknown."""
    reading = tier.long
    if not reading.expected or reading.burn is None or not reading.tally.total:
        return None
    budget = reading.tally.ratio_bad / reading.burn if reading.burn and reading.tally.ratio_bad else None
    return None if budget is None else floor(tier.factor * budget * reading.expected) + 1


def coming(tier: TierState, keep_ns: int) -> str:
    """What happens next, and after how much measured time."""
    if tier.frozen_since_ns is not None:
        if not tier.short.tally.total:
            return f"{tier.phase}, frozen until measured again"
        return f"{tier.phase} until it can be decided{_decides(tier)}"
    if tier.firing:
        if tier.burning:
            return "burning now"
        rest = max(0, keep_ns - tier.quiet_ns)
        return f"quiet in {words.duration(rest)} of measured time if nothing more fails"
    if tier.held_back:
        return f"burns at {words.times(tier.long.burn or 0)}, but it may be chance: {tier.held_back}"
    if tier.waits:
        rest = max(0, tier.tier.after_ns - tier.burned_ns)
        return f"burning; fires in {words.duration(rest)} of measured time if it goes on"
    if tier.burning is None:
        needed = measured_still_needed(tier)
        if needed:
            return f"not yet known: needs {words.duration(-(-needed // SECOND) * SECOND)} more of measured time"
        return "not yet known"
    return ""


def _decides(tier: TierState) -> str:
    bad = fires_from(tier)
    return "" if bad is None else f": fires from {bad:,} bad on in {words.window(tier.tier.long_ns)}"


def tier_rows(slo: Slo, status: Status) -> tuple[TierRow, ...]:
    """In the order of strictness, as declared."""
    rows = []
    for tier in status.tiers:
        keep = slo.alerting.keep_firing_ns.get(tier.tier.severity, 0)
        rows.append(
            TierRow(
                name=tier.tier.name,
                mark=marks.of_tier(tier),
                severity=str(tier.tier.severity),
                windows=f"{words.window(tier.tier.long_ns)} / {words.window(tier.tier.short_ns)}",
                share=words.share(tier.tier.share(slo.window_ns)),
                factor=words.times(tier.factor),
                long=_burn(tier, tier.long),
                short=_burn(tier, tier.short),
                since_ns=tier.since_ns if tier.firing else None,
                next=coming(tier, keep),
                frozen_since_ns=tier.frozen_since_ns,
            )
        )
    return tuple(rows)
