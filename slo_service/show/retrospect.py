"""An objective's past, derived from what is kept when somebody asks: worst stretches, episodes of failure, past stays
of its tiers, how bursty its failures are, and what follows for the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np

from slo_service.domain.adjustment import Span
from slo_service.domain.budgeting import Occurrences
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, floor_to
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.adjust.adjusted import Effects, Kept
from slo_service.evaluate.adjust.rows import adjusted_rows
from slo_service.evaluate.chance.binomial import STRETCH_NS, dispersion
from slo_service.evaluate.chance.gate import gate
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import TrackKey
from slo_service.evaluate.history.hindsight import Stay, judge_past
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.outlook.forecast import Forecast, Return, comes_back, forecast
from slo_service.evaluate.outlook.worst import GAP_NS, Episode, Worst, episodes, worst
from slo_service.show.counted import Reader, effects_on, is_composed, slice_ns, summed, window_span
from slo_service.show.ports import Records

MARKS = (Fraction(0), Fraction(1, 10), Fraction(1, 2))  # of the budget: when it is above them again
BURSTS_NS = DAY  # before the watermark, in which failures are looked at for bursts
COARSE_NS = 15 * MINUTE
LEAD_NS = 6 * HOUR  # the longest window whose tail is as fine as a slice


@dataclass(frozen=True, slots=True)
class Material:
    """`rows` by width, oldest first, as they are adjusted, from the first instant that each is read from on
    (`since_ns`, by width). `span` is what is asked about."""

    slo: Slo
    status: Status
    span: Span
    until_ns: int
    rows: Mapping[int, Sequence[Delta]]
    since_ns: Mapping[int, int]
    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Retrospect:
    """`stays` were looked for in `judged`, in steps of `judged_every_ns`; None where they cannot be told. `dispersion`
    is the variance-to-mean of failures in 5 min over the last day, None where it cannot be told. `reason` says why
    something is left out."""

    span: Span
    worst: Mapping[int, Worst | None]
    episodes: tuple[Episode, ...]
    stays: tuple[Stay, ...] | None
    judged: Span | None
    judged_every_ns: int
    forecast: Forecast
    returns: tuple[Return, ...]
    dispersion: float | None
    reason: str = ""
    past: Past | None = None  # of the budget window, in quarters of an hour, for forecasts


async def gather(
    records: Records, catalogue: Catalogue, slo: Slo, status: Status, span: Span, *, finest: bool = True
) -> Material:
    """Reads what is kept of the span and of the budget window. Without `finest`, no rows narrower than a minute."""
    until = status.at_ns if status.watermark_ns is None else status.watermark_ns
    kept, slots = Kept.of_width(slice_ns(slo)), Slots.of_width(slice_ns(slo))
    longest = max((tier.long_ns for tier in slo.alerting.tiers), default=0) + slots.coarse_ns
    back = min(span.from_ns - longest, window_span(slo, status).from_ns)
    since = {COARSE_NS: floor_to(back, slots.coarse_ns)}
    for width_ns, for_ns in ((MINUTE, kept.middle_for_ns), (slots.fine_ns, kept.slice_for_ns)):
        wanted = floor_to(span.from_ns - LEAD_NS, slots.coarse_ns)
        oldest = max(wanted, -floor_to(for_ns - until, slots.coarse_ns))
        if oldest < until and (width_ns == MINUTE or (finest and width_ns < MINUTE)):
            since[width_ns] = oldest
    effects = await effects_on(catalogue, slo, back, status.at_ns)
    rows = await _read(records.cells, slo, since, until, effects)
    schedules = () if is_composed(slo) else await _schedules(records, slo)
    return Material(slo, status, span, until, rows, since, Expectation(schedules, effects.excluded))


async def _read(
    read: Reader, slo: Slo, since: Mapping[int, int], until_ns: int, effects: Effects
) -> Mapping[int, Sequence[Delta]]:
    rows = {width: await summed(read, slo, width, begin, until_ns) for width, begin in since.items()}
    return adjusted_rows(rows, effects, slo.counted, min(since.values()), until_ns) if effects else rows


async def _schedules(records: Records, slo: Slo) -> list[Schedule]:
    """Of the counted stream; of slices of time it follows from those of what was measured."""
    key = TrackKey.of(slo)
    found = await records.schedules(key.inputs)
    said = sorted((each for its in found.values() for each in its), key=lambda each: each.since_ns)
    return [key.schedule(each) for each in said]


def retrospect(material: Material, *, stays: bool = True) -> Retrospect:
    """Only computes, for up to a few hundred milliseconds: not for the event loop. Without `stays` none are sought."""
    slo, status, span = material.slo, material.status, material.span
    pasts = _pasts(material)
    coarse, whole = pasts[-1], is_composed(slo)
    judged = replace(slo, slice_width_ns=slice_ns(slo))  # the worst stretch is looked for among what is counted
    until = min(span.to_ns, material.until_ns)
    inside = [past.between(span.from_ns, until) for past in pasts]  # the newest slot may go on still
    closed = [past.between(span.from_ns, floor_to(until, past.width_ns)) for past in pasts]
    reason = "it is made of several indicators, each of which has a history of its own" if whole else ""
    if not reason and not material.expectation.known:
        reason = "it is not known how much was expected"
    if not reason and slo.indicator.basis is Basis.SLICES and not isinstance(slo.budgeting, Occurrences):
        reason = "its slices of time are made of looks, not of events"
    found, stretch, every = (None, None, 0) if reason or not stays else _stays(judged, pasts, material)
    known = Expectation() if reason else material.expectation
    past = None if whole else coarse
    return Retrospect(
        span=span,
        worst=worst(judged, closed, known),
        episodes=_episodes(inside, Fraction(0) if whole else status.budget.allowed_events),
        stays=found,
        judged=stretch,
        judged_every_ns=every,
        forecast=forecast(slo, status, past),
        returns=() if past is None else tuple(comes_back(slo, status, past, mark) for mark in MARKS),
        dispersion=bursts(slo, material.rows.get(MINUTE, ()), material.until_ns),
        reason=reason,
        past=past,
    )


def _pasts(material: Material) -> list[Past]:
    """Up to the watermark, the finest first."""
    widths = Slots.of_width(slice_ns(material.slo))
    found = []
    for width_ns in sorted(material.rows):
        slot = max(width_ns, widths.coarse_ns if width_ns == COARSE_NS else widths.fine_ns)
        found.append(Past.of(material.rows[width_ns], slot, material.since_ns[width_ns], material.until_ns))
    return found


def _stays(slo: Slo, pasts: Sequence[Past], material: Material) -> tuple[tuple[Stay, ...] | None, Span | None, int]:
    """Judged in the finest slots that reach back to the start, else from as far back as those of a minute do."""
    finer = pasts[:-1]
    if not finer:
        return None, None, 0
    start = material.span.from_ns
    past = next((each for each in finer if each.start_ns <= start + COARSE_NS), finer[-1])
    since, until = max(start, past.start_ns), min(material.span.to_ns, material.until_ns)
    if since >= until or pasts[-1].width_ns % past.width_ns:
        return None, None, 0
    may_fire = partial(gate, slo, material.expectation)
    ended = past.between(past.start_ns, floor_to(material.until_ns, past.width_ns))
    whole, slots = ended.preceded_by(pasts[-1]), Slots.of_width(slo.slice_width_ns)
    found = judge_past(slo, whole, material.expectation, since, until, slots=slots, gate=may_fire)
    first = -floor_to(-since, past.width_ns)
    told = (replace(stay, began_before=True) if stay.fired_ns <= first else stay for stay in found)
    return tuple(told), Span(since, until), past.width_ns


def _episodes(pasts: Sequence[Past], allowed: Fraction) -> tuple[Episode, ...]:
    """From the finest slots as far back as they go; before them a run can only be told to a quarter of an hour."""
    found: list[Episode] = []
    starts = [past.start_ns for past in pasts]
    ends = [max(past.end_ns for past in pasts), *starts]
    for past, until in reversed(list(zip(pasts, ends, strict=False))):
        for each in episodes(past.between(past.start_ns, until), allowed):
            if found and each.from_ns - found[-1].to_ns < GAP_NS:
                found[-1] = _joined(found[-1], each)
            else:
                found.append(each)
    return tuple(found)


def _joined(one: Episode, other: Episode) -> Episode:
    shares = (one.budget_share, other.budget_share)
    share = None if None in shares else sum((each for each in shares if each is not None), Fraction(0))
    return Episode(one.from_ns, other.to_ns, one.bad + other.bad, one.total + other.total, share)


def bursts(slo: Slo, rows: Iterable[Delta], until_ns: int) -> float | None:
    """From rows of a minute; stretches that nobody looked at say nothing."""
    if not isinstance(slo.budgeting, Occurrences):
        return None
    since = floor_to(until_ns - BURSTS_NS, STRETCH_NS)
    past = Past.of([row for row in rows if row.slice_start_ns < until_ns], STRETCH_NS, since, until_ns)
    return dispersion(np.asarray(past.bad[past.observed > 0]))
