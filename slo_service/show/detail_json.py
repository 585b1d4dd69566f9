"""What is told of one objective beside its figures: forecast, members, adjustments, and its derived history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slo_service.domain.adjustment import Adjustment, Span
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import format_duration, rfc3339, seconds
from slo_service.domain.slo import Slo
from slo_service.domain.status import Reading, Status
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Occurrence
from slo_service.evaluate.outlook.forecast import forecast
from slo_service.show.counted import declared_by, effects_on, unit_of, window_span
from slo_service.show.forecast_json import failures_json, forecast_json, return_json, stay_json, worst_json
from slo_service.show.retrospect import BURSTS_NS, Retrospect
from slo_service.show.status_json import counted, moment, reading_json

MOST_EPISODES = 200  # the newest


async def detail_json(slo: Slo, catalogue: Catalogue, statuses: Mapping[str, Status]) -> dict[str, object]:
    """Beside what is said of every objective in a list."""
    status = statuses.get(slo.name)
    return {
        "definition": slo.definition,
        "sources": dict(slo.sources),
        "forecast": None if status is None else forecast_json(forecast(slo, status)),
        "adjustments": None if status is None else await adjustments_json(slo, catalogue, status),
        "members": members_json(slo, catalogue, statuses),
    }


async def adjustments_json(slo: Slo, catalogue: Catalogue, status: Status) -> list[dict[str, object]]:
    """Every time of an adjustment in the budget window, and those of the next week; the newest first."""
    effects = await effects_on(catalogue, slo, window_span(slo, status).from_ns, status.at_ns)
    return [_adjustment_json(each, of) for each, of in declared_by(catalogue, effects.occurrences)]


def _adjustment_json(each: Occurrence, of: Adjustment) -> dict[str, object]:
    return {
        "name": of.name,
        "category": of.category.value,
        "author": of.author,
        "reason": of.reason,
        "declared": _span_json(each.declared),
        "carried_out": _span_json(each.snapped),
        "expires": moment(of.expires_ns),
        "defined_at": of.defined_at,
    }


def _span_json(span: Span) -> dict[str, object]:
    return {"from": rfc3339(span.from_ns), "to": rfc3339(span.to_ns)}


def members_json(slo: Slo, catalogue: Catalogue, statuses: Mapping[str, Status]) -> list[dict[str, object]]:
    """The parts of a composite. Where an SLO of its own is measured on the same stream, its readings are those of the
    member, against the member's target; `windows` is null where there is none."""
    found = []
    for member in slo.members:
        stream = slo.member_stream(member).id
        other = next((each for each in catalogue.slos.values() if each.stream.id == stream and not each.members), None)
        status = None if other is None else statuses.get(other.name)
        windows = None
        if other is not None and status is not None:
            mine = replace(other, objective=Objective(member.target))
            told = {n: _against(reading, mine.objective) for n, reading in sorted(status.readings.items())}
            windows = {format_duration(n): reading_json(reading, mine) for n, reading in told.items()}
        found.append(
            {
                "name": member.name,
                "target": float(member.target),
                "weight": float(member.weight),
                "late": member.late.value,
                "stream": stream,
                "slo": None if other is None else other.name,
                "watermark": None if status is None else moment(status.watermark_ns),
                "windows": windows,
            }
        )
    return found


def _against(reading: Reading, objective: Objective) -> Reading:
    return Reading(
        reading.length_ns, reading.tally, reading.unmeasured_events, reading.coverage,
        objective.burn_rate(reading.tally),
    )  # fmt: skip


def retrospect_json(slo: Slo, found: Retrospect) -> dict[str, object]:
    """`worst`, `failures` and `stays` are of the range that was asked for, the rest is of now."""
    failed, unit = found.episodes, unit_of(slo)
    return {
        "slo": slo.name,
        "range": _span_json(found.span),
        "worst": worst_json(found.worst, unit),
        "failures": {
            "episodes": len(failed),
            "bad": counted(sum(each.bad for each in failed), unit),
            "truncated": len(failed) > MOST_EPISODES,
            "rows": failures_json(failed[-MOST_EPISODES:], unit),
        },
        "stays": None if found.stays is None else [stay_json(stay, unit) for stay in found.stays],
        "judged": None if found.judged is None else _span_json(found.judged),
        "judged_every_seconds": None if found.judged is None else seconds(found.judged_every_ns),
        "forecast": forecast_json(found.forecast),
        "comes_back": [return_json(each, unit) for each in found.returns],
        "bursts": {"seconds": seconds(BURSTS_NS), "variance_to_mean": found.dispersion},
        "reason": found.reason or None,
    }


def unknown_json(slo: Slo, span: Span | None, reason: str) -> dict[str, object]:
    """Of one that nothing is known of."""
    nothing: dict[str, object] = dict.fromkeys(
        ("failures", "stays", "judged", "judged_every_seconds", "forecast", "bursts")
    )
    told = None if span is None else _span_json(span)
    return {"slo": slo.name, "range": told, "worst": {}, **nothing, "comes_back": [], "reason": reason}
