"""Tiers beside the declared ones: one partition, the early detector, silence, and too little coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from slo_service.domain.indicator import Basis, Method
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.signals import PARTITION
from slo_service.domain.slo import Kind, Severity, Slo, Tier
from slo_service.domain.status import Reading, TierState
from slo_service.evaluate.judge.measuring import Patience, changed, of_coverage, of_silence
from slo_service.evaluate.judge.subject import Subject
from slo_service.evaluate.judge.tier import Sight, Verdict, advance

EARLY = "early"


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands beside the windows: how the partitions fare (None: not watched), which of them burn, and whether
    the early detector has raised an alarm (None: it does not run)."""

    partitions: Verdict | None = None
    burning: tuple[str, ...] = ()
    alarmed: bool | None = None


def watches_partitions(slo: Slo) -> bool:
    """A partition has canaries of its own only where canaries are what is measured."""
    return slo.alerting.signals.partition_tier is not None and _has_canaries(slo)


def listens_early(slo: Slo) -> bool:
    return slo.alerting.signals.early is not None and _has_canaries(slo)


def _has_canaries(slo: Slo) -> bool:
    return not slo.members and slo.indicator.method is Method.CANARY and slo.indicator.basis is Basis.EVENTS


def signals(
    slo: Slo,
    subject: Subject,
    before: Mapping[str, TierState | None],
    readings: Mapping[int, Reading],
    signs: Signs,
    clock: tuple[int, int],
) -> tuple[TierState, ...]:
    """`clock`: now, and for how long the collectors have been silent; both in nanoseconds."""
    found = [*_of_events(slo, subject, before, readings, signs)]
    patience, watermark = Patience.of(slo, subject.round_ns), subject.watermark_ns
    for tier in patience.tiers():
        state = before.get(tier.name)
        if tier.kind is Kind.NO_DATA:
            found.append(of_silence(state, slo, tier, clock[1], clock[0]))
        elif watermark is None:
            found += [state] if state else []
        elif subject.first_ns is not None and watermark - subject.first_ns >= tier.long_ns:  # else it is too young
            found.append(of_coverage(state, slo, tier, readings[tier.long_ns], patience.coverage_below, watermark))
    return tuple(found)


def _of_events(
    slo: Slo, subject: Subject, before: Mapping[str, TierState | None], readings: Mapping[int, Reading], signs: Signs
) -> list[TierState]:
    watermark, found = subject.watermark_ns, []
    declared = slo.alerting.signals.partition_tier
    if declared is not None and signs.partitions is not None:
        tier = Tier(
            PARTITION, Severity(declared.severity), HOUR, 5 * MINUTE, Fraction(0),
            burn=Fraction(1), kind=Kind.PARTITION,
        )  # fmt: skip
        old = before.get(PARTITION)
        if watermark is None:
            found += [old] if old else []
        else:
            sight = Sight(signs.partitions, readings[HOUR], readings[5 * MINUTE])
            state = advance(old, slo, tier, watermark, sight)
            kept = old.sources if old and state.firing and not signs.burning else ()
            found.append(replace(state, sources=signs.burning or kept))
    if signs.alarmed is not None:
        tier = Tier(EARLY, Severity.EARLY, HOUR, 5 * MINUTE, Fraction(0), kind=Kind.EARLY)
        old = before.get(EARLY)
        if watermark is None:
            found += [old] if old else []
        else:
            found.append(changed(old, slo, tier, readings[HOUR], watermark, fires=signs.alarmed))
    return found
