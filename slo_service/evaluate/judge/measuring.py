"""Tiers that tell of measuring: collectors that report nothing (`no-data`), and windows of which too little was
measured (`coverage`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from slo_service.domain.instant import DAY, HOUR, MINUTE, format_duration
from slo_service.domain.signals import NoDataAlert
from slo_service.domain.slo import Kind, Severity, Slo, Tier
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally

CANARY_PERIODS = 2  # without a sign of life, until a ticket
BLIND_NS = 30 * MINUTE  # until a page, where that matters most
ENOUGH = Fraction(9, 10)  # of a window, below which what was measured of it flickers
COVERED_NS = (HOUR, DAY)
NEVER_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a collector may be silent before it is told of."""

    ticket_ns: int = NEVER_NS
    page_ns: int = NEVER_NS
    coverage_below: Fraction = Fraction(0)

    @classmethod
    def of(cls, slo: Slo, round_ns: int) -> Patience:
        """`round_ns`: the period of canaries. Two of them, or three polls, whichever is longer."""
        alert: NoDataAlert | None = slo.alerting.signals.no_data
        if alert is None:
            return cls()
        ticket = alert.ticket_after_ns or max(CANARY_PERIODS * round_ns, slo.timing.grace_ns)
        page = alert.page_after_ns or (BLIND_NS if slo.importance == "1" else NEVER_NS)
        below = ENOUGH if alert.coverage_below is None else alert.coverage_below
        return cls(ticket, page, below)

    def tiers(self) -> tuple[Tier, ...]:
        """Those that are switched on; of `no-data`, both windows are the silence it takes."""
        found = []
        if self.ticket_ns < NEVER_NS:
            found.append(_no_data("no-data", Severity.TICKET, self.ticket_ns))
        if self.page_ns < NEVER_NS:
            found.append(_no_data("no-data-page", Severity.PAGE, self.page_ns))
        if self.coverage_below:
            found += [_coverage(length_ns) for length_ns in COVERED_NS]
        return tuple(found)


def _no_data(name: str, severity: Severity, silence_ns: int) -> Tier:
    return Tier(name, severity, silence_ns, silence_ns, Fraction(0), kind=Kind.NO_DATA)


def _coverage(length_ns: int) -> Tier:
    name = f"coverage-{format_duration(length_ns)}"
    return Tier(name, Severity.TICKET, length_ns, length_ns, Fraction(0), kind=Kind.COVERAGE)


def of_silence(before: TierState | None, slo: Slo, tier: Tier, silent_ns: int, now_ns: int) -> TierState:
    """Timed on the collector's progress, so by the clock: with nothing measured event time says nothing."""
    nothing = Reading(tier.long_ns, Tally(), Fraction(0), Fraction(0), None)
    return changed(before, slo, tier, nothing, now_ns, fires=silent_ns >= tier.long_ns)


def of_coverage(
    before: TierState | None, slo: Slo, tier: Tier, reading: Reading, below: Fraction, watermark_ns: int
) -> TierState:
    return changed(before, slo, tier, reading, watermark_ns, fires=reading.coverage < below)


def changed(before: TierState | None, slo: Slo, tier: Tier, reading: Reading, at_ns: int, *, fires: bool) -> TierState:
    """The state of a tier that fires while something is so, and not a moment longer."""
    phase = Phase.FIRING if fires else Phase.QUIET
    state = before or TierState(
        slo=slo.name,
        tier=tier,
        factor=Fraction(0),
        phase=Phase.QUIET,
        since_ns=at_ns,
        burning=None,
        last_burned_ns=None,
        quiet_ns=0,
        judged_at_ns=at_ns,
        frozen_since_ns=None,
        episode=None,
        long=reading,
        short=reading,
        stream=slo.stream.id,
    )
    turned = phase is not state.phase
    return replace(
        state,
        tier=tier,
        phase=phase,
        since_ns=at_ns if turned else state.since_ns,
        burning=fires,
        judged_at_ns=at_ns,
        episode=state.episode if fires else None,
        long=reading,
        short=reading,
    )
