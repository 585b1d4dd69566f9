"""One SLO as JSON: the names that the API, `slo status --json` and the reports share. Durations are seconds, shares
lie in 0..1, instants are RFC 3339 in UTC, and what is not known is null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction

from slo_service.domain.indicator import Indicator, Metric
from slo_service.domain.instant import format_duration, rfc3339, seconds
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.show.budget_json import budget_json, budgeting_json, window_json
from slo_service.show.counted import is_composed, unit_of
from slo_service.show.obstacle import unmeasured

UNKNOWN = "unknown"  # declared, but not judged yet
STATES = (*(state.value for state in State), UNKNOWN)


def state_word(status: Status | None) -> str:
    return UNKNOWN if status is None else status.state.value


def moment(instant_ns: int | None) -> str | None:
    return None if instant_ns is None else rfc3339(instant_ns)


def number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def status_json(slo: Slo, status: Status | None, not_judged: str = "") -> dict[str, object]:
    """Everything said of one SLO at its last evaluation; `state` is `unknown` and the figures null before the first.
    `not_judged` is why this version does not judge or measure it."""
    why = not_judged or unmeasured(slo.indicator) or None
    bounds = {"not_judged": why, "window_bounds": window_json(slo, status)}
    return {**declared_json(slo), **bounds, **_measured_json(slo, status)}


def declared_json(slo: Slo) -> dict[str, object]:
    return {
        "name": slo.name,
        "display_name": slo.display_name,
        "description": slo.description,
        "service": slo.service,
        "pipeline": slo.pipeline,
        "labels": dict(slo.labels),
        "importance": slo.importance,
        "indicator": indicator_json(slo.indicator),
        "objective": float(slo.objective.target),
        "window": seconds(slo.window_ns),
        "budgeting": budgeting_json(slo),
        "stream": slo.stream.id,
        "runbook_url": slo.runbook_url,
        "defined_at": slo.defined_at,
    }


def indicator_json(indicator: Indicator) -> dict[str, object]:
    said: dict[str, object] = {}
    for part in fields(indicator):
        value = getattr(indicator, part.name)
        if part.name.endswith("_ns"):
            said[part.name.removesuffix("_ns") + "_seconds"] = seconds(value)
        elif isinstance(value, Metric):
            said |= {part.name: value.asked, "source": value.source, "data_source": value.data_source}
        elif isinstance(value, tuple):
            said[part.name] = ", ".join(member.name for member in value)
        elif isinstance(value, bool):
            said[part.name] = str(value).lower()
        elif value is None:
            continue
        else:
            said[part.name] = str(value)
    return said


def _measured_json(slo: Slo, status: Status | None) -> dict[str, object]:
    if status is None:
        nothing = ("at", "since", "good", "bad", "unmeasured", "sli", "budget_remaining", "coverage", "provisional")
        later = ("budget", "without", "watermark", "progress", "frozen_since", "first_bad")
        unknown: dict[str, object] = dict.fromkeys((*nothing, *later))
        return {"state": UNKNOWN, **unknown, "burn_rates": {}, "windows": {}, "tiers": [], "signals": []}
    whole = status.budget.reading
    return {
        "state": status.state.value,
        "at": rfc3339(status.at_ns),
        "since": rfc3339(status.since_ns),
        **counts_json(slo, whole.tally),
        "unmeasured": seconds(whole.unmeasured_ns),
        "sli": number(status.sli),
        "budget_remaining": number(status.budget.remaining),
        "coverage": float(whole.coverage),
        "provisional": status.budget.provisional,
        "budget": budget_json(slo, status.budget),
        "without": None if status.without is None else budget_json(slo, status.without),
        "burn_rates": {format_duration(length): number(r.burn) for length, r in sorted(status.readings.items())},
        "windows": windows_json(slo, status.readings),
        "tiers": [tier_json(slo, tier) for tier in status.tiers],
        "signals": [signal_json(slo, state) for state in status.signals],
        "watermark": moment(status.watermark_ns),
        "progress": moment(status.progress_ns),
        "frozen_since": moment(status.frozen_since_ns),
        "first_bad": moment(status.first_bad_ns),
    }


def windows_json(slo: Slo, readings: Mapping[int, Reading]) -> dict[str, object]:
    return {format_duration(length): reading_json(reading, slo) for length, reading in sorted(readings.items())}


def counts_json(slo: Slo, tally: Tally) -> dict[str, object]:
    """Whole events; parts of slices where the ratios of slices are counted."""
    return {"good": counted(tally.good, unit_of(slo)), "bad": counted(tally.bad, unit_of(slo))}


def counted(count: int, unit: int) -> int | float:
    return count if unit == 1 else count / unit


def reading_json(reading: Reading, slo: Slo, tier: TierState | None = None) -> dict[str, object]:
    """One window. `burn_lowest` and `burn_highest` bound the burn by counting all that is unmeasured as good, or as
    bad; null of several indicators as one, whose counts do not say how fast they burn. `over` says, compared exactly,
    whether the measured burn is too fast for the tier."""
    expected, bad = reading.expected, reading.tally.bad
    bounds = (bad, bad + reading.unmeasured_events) if expected and not is_composed(slo) else (None, None)
    lowest, highest = (None if b is None else float(b / expected / slo.objective.budget) for b in bounds)
    return {
        "window": format_duration(reading.length_ns),
        "seconds": seconds(reading.length_ns),
        **counts_json(slo, reading.tally),
        "expected": float(expected / unit_of(slo)),
        "unmeasured": seconds(reading.unmeasured_ns),
        "coverage": float(reading.coverage),
        "error_ratio": number(reading.tally.ratio_bad),
        "burn": number(reading.burn),
        "burn_interval": None if reading.interval is None else list(reading.interval),
        "burn_lowest": lowest,
        "burn_highest": highest,
        "over": None if tier is None else tier.over(reading),
    }


def tier_json(slo: Slo, state: TierState) -> dict[str, object]:
    tier = state.tier
    keep = slo.alerting.keep_firing_ns.get(tier.severity)
    return {
        "tier": tier.name,
        "kind": tier.kind.value,
        "severity": tier.severity.value,
        "long_seconds": seconds(tier.long_ns),
        "short_seconds": seconds(tier.short_ns),
        "factor": float(state.factor),
        "budget_share": float(tier.share(slo.window_ns)),
        "state": state.phase.value,
        "firing": state.firing,
        "burning": state.burning,
        "held_back": state.held_back or None,
        "sources": list(state.sources),
        "since": rfc3339(state.since_ns),
        "last_burned": moment(state.last_burned_ns),
        "inclusive": tier.inclusive,
        "after_seconds": seconds(tier.after_ns),
        "burned_seconds": seconds(state.burned_ns),
        "quiet_seconds": seconds(state.quiet_ns),
        "keep_firing_seconds": None if keep is None else seconds(keep),
        "frozen_since": moment(state.frozen_since_ns),
        "episode": state.episode,
        "long": reading_json(state.long, slo, state),
        "short": reading_json(state.short, slo, state),
    }


def signal_json(slo: Slo, state: TierState) -> dict[str, object]:
    """Named like a tier's; there is no factor, and of a silent collector there is no window."""
    tier, silent = state.tier, state.tier.kind is Kind.NO_DATA
    keep = None if tier.kind is not Kind.PARTITION else slo.alerting.keep_firing_ns.get(tier.severity)
    return {
        "tier": tier.name,
        "kind": tier.kind.value,
        "severity": tier.severity.value,
        "state": state.phase.value,
        "firing": state.firing,
        "burning": state.burning,
        "since": rfc3339(state.since_ns),
        "last_burned": moment(state.last_burned_ns),
        "quiet_seconds": seconds(state.quiet_ns),
        "keep_firing_seconds": None if keep is None else seconds(keep),
        "frozen_since": moment(state.frozen_since_ns),
        "episode": state.episode,
        "sources": list(state.sources),
        "fires_after_seconds": seconds(tier.long_ns) if silent else None,
        "long": None if silent else reading_json(state.long, slo),
        "short": None if silent or state.short == state.long else reading_json(state.short, slo),
    }
