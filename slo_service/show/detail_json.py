"""What is told of one objective beside its figures: forecast, members, adjustments, and its derived history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slo_service.domain.adjustment import Adjustment, Span
from slo_service.domain.budgeting import OCCURRENCES
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import rfc3339, seconds
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Occurrence
from slo_service.evaluate.outlook.forecast import forecast
from slo_service.show.counted import declared_by, effects_on, member_figures, unit_of, window_span
from slo_service.show.forecast_json import failures_json, forecast_json, return_json, stay_json, worst_json
from slo_service.show.retrospect import BURSTS_NS, Retrospect
from slo_service.show.status_json import counted, moment, windows_json

MOST_EPISODES = 200  # the newest


async def detail_json(slo: Slo, catalogue: Catalogue, statuses: Mapping[str, Status]) -> dict[str, object]:
    """Beside what is said of every objective in a list."""
    status = statuses.get(slo.name)
    return {
        "definition": slo.definition,
        "sources": dict(slo.sources),
        "forecast": None if status is None else forecast_json(forecast(slo, status)),
        **await adjustments_json(slo, catalogue, status),
        "members": members_json(slo, catalogue, statuses),
    }


async def adjustments_json(slo: Slo, catalogue: Catalogue, status: Status | None) -> dict[str, object]:
    """Every time of an adjustment in the budget window, and those of the next week; the newest first. Those that come
    again more often than is looked at are named in `adjustments_cut`: their earlier times count as measured."""
    if status is None:
        return {"adjustments": None, "adjustments_cut": []}
    effects = await effects_on(catalogue, slo, window_span(slo, status).from_ns, status.at_ns)
    told = [_adjustment_json(each, of) for each, of in declared_by(catalogue, effects.occurrences)]
    return {"adjustments": told, "adjustments_cut": list(effects.cut)}


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
    """The parts of a composite against their own targets; `slo` is an SLO of its own on the same stream. `windows` is
    null where nothing is known of the part, as of those of slices of time that no SLO of its own measures."""
    others: dict[str, tuple[Slo, Status | None]] = {}
    for each in catalogue.slos.values() if slo.members else ():
        if not each.members:
            others.setdefault(each.stream.id, (each, statuses.get(each.name)))
    found = []
    for member, told in zip(slo.members, member_figures(slo, statuses.get(slo.name), others), strict=True):
        stream = slo.member_stream(member).id
        other, _ = others.get(stream, (None, None))
        mine = replace(slo, indicator=member.indicator, objective=Objective(member.target), budgeting=OCCURRENCES)
        windows = None if told is None else windows_json(mine, told.readings)
        found.append(
            {
                "name": member.name,
                "target": float(member.target),
                "weight": float(member.weight),
                "late": member.late.value,
                "stream": stream,
                "slo": None if other is None else other.name,
                "watermark": None if told is None else moment(told.watermark_ns),
                "windows": windows,
            }
        )
    return found


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
