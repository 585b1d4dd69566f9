"""What is derived from the history of one SLO, as JSON: forecast, return of the budget, worst stretches, episodes of
failure, and past stays of tiers. Durations are seconds, shares lie in 0..1 where they are of events and
are signed where they are of a budget, instants are RFC 3339 in UTC, and what is not known is null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, format_duration, rfc3339, seconds
from slo_service.domain.status import Reading
from slo_service.evaluate.history.hindsight import Stay
from slo_service.evaluate.outlook.cost import Bounds
from slo_service.evaluate.outlook.forecast import Forecast, Outlook, Pace, Return
from slo_service.evaluate.outlook.worst import Episode, Worst
from slo_service.show.status_json import counted, moment, number

MOST_ROLLING_OFF = 50  # episodes that are named, the oldest, of those that leave the window


def forecast_json(found: Forecast) -> dict[str, object]:
    """`paces` by length of window. `exhausts` is an instant, `exhausts_after_seconds` counts from `at`; both are null
    unless the outlook is `exhausts`."""
    return {
        "at": rfc3339(found.at_ns),
        "budget_remaining": number(found.remaining),
        "window_ends": moment(found.window_ends_ns),
        "paces": {format_duration(pace.length_ns): _pace_json(pace, found.at_ns) for pace in found.paces},
    }


def _pace_json(pace: Pace, at_ns: int) -> dict[str, object]:
    return {
        "window_seconds": seconds(pace.length_ns),
        "burn": number(pace.burn),
        "burn_interval": _bounds(pace.burn_interval),
        "outlook": pace.outlook.value,
        "exhausts": None if pace.after_ns is None else rfc3339(at_ns + pace.after_ns),
        "exhausts_after_seconds": _seconds(pace.after_ns),
        "earliest_after_seconds": _seconds(pace.earliest_ns),
        "latest_after_seconds": _seconds(pace.latest_ns),
        "at_the_earliest": pace.at_least,
        "reason": pace.reason or None,
        "text": pace_text(pace),
    }


def pace_text(pace: Pace) -> str:
    """`in 2d`, `in 2d at the earliest`, `not at this pace`, `exhausted`, or why it is unknown."""
    if pace.outlook is Outlook.UNKNOWN:
        return f"unknown: {pace.reason}"
    if pace.after_ns is None:
        return pace.outlook.value
    return f"in {_roughly(pace.after_ns)}" + (" at the earliest" if pace.at_least else "")


def _roughly(duration_ns: int) -> str:
    """Two units, rounded up: `3d4h`, `5h10m`, `2m5s`."""
    step = HOUR if duration_ns >= DAY else MINUTE if duration_ns >= HOUR else SECOND
    return format_duration(-(-duration_ns // step) * step)


def return_json(found: Return, unit: int = 1) -> dict[str, object]:
    return {
        "budget_above": float(found.share),
        "at": moment(found.at_ns),
        "bad_rolled_off": counted(found.bad, unit),
        "rolls_off": failures_json(found.rolls_off[:MOST_ROLLING_OFF], unit),
        "reason": found.reason or None,
    }


def worst_json(found: Mapping[int, Worst | None], unit: int = 1) -> dict[str, object]:
    """By length of window; null where no stretch of that length was measured well enough."""
    return {format_duration(length): _worst_json(stretch, unit) for length, stretch in sorted(found.items())}


def _worst_json(stretch: Worst | None, unit: int) -> dict[str, object] | None:
    if stretch is None:
        return None
    return {
        "from": rfc3339(stretch.from_ns),
        "to": rfc3339(stretch.to_ns),
        "error_ratio": float(stretch.share),
        **_reading_json(stretch.reading, unit),
    }


def failures_json(found: Sequence[Episode], unit: int = 1) -> list[dict[str, object]]:
    return [
        {
            "from": rfc3339(episode.from_ns),
            "to": rfc3339(episode.to_ns),
            "seconds": seconds(episode.to_ns - episode.from_ns),
            "bad": counted(episode.bad, unit),
            "total": counted(episode.total, unit),
            "budget_share": number(episode.budget_share),
        }
        for episode in found
    ]


def stay_json(stay: Stay, unit: int = 1) -> dict[str, object]:
    """A stay of a tier in firing, judged afterwards; `long` and `short` are the windows at which it fired."""
    return {
        "slo": stay.slo,
        "tier": stay.tier.name,
        "severity": stay.severity.value,
        "factor": float(stay.factor),
        "fired": rfc3339(stay.fired_ns),
        "cleared": moment(stay.cleared_ns),
        "seconds": None if stay.cleared_ns is None else seconds(stay.cleared_ns - stay.fired_ns),
        "began_before": stay.began_before,
        "long": {"window": format_duration(stay.long.length_ns), **_reading_json(stay.long, unit)},
        "short": {"window": format_duration(stay.short.length_ns), **_reading_json(stay.short, unit)},
    }


def _reading_json(reading: Reading, unit: int) -> dict[str, object]:
    return {
        "good": counted(reading.tally.good, unit),
        "bad": counted(reading.tally.bad, unit),
        "expected": float(reading.expected / unit),
        "coverage": float(reading.coverage),
        "burn": number(reading.burn),
        "burn_interval": _bounds(reading.interval),
    }


def _bounds(interval: Bounds | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _seconds(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else seconds(duration_ns)
