"""Which counts an objective is reckoned from: of one stream or of its members, and as they are adjusted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace

from slo_service.domain.adjustment import Adjustment, Span
from slo_service.domain.budgeting import Occurrences, RatioTimeslices
from slo_service.domain.calendar import window_of
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY
from slo_service.domain.slo import Slo
from slo_service.domain.status import MemberStatus, Reading, Status
from slo_service.domain.tally import Objective
from slo_service.evaluate.adjust.adjusted import Effects, Kept, Occurrence, effects
from slo_service.evaluate.outlook.cost import RATIO_UNITS

AHEAD_NS = 7 * DAY  # adjustments that are to come are told so long before

Reader = Callable[[str, int, int, int], Coroutine[object, object, Sequence[Delta]]]
"""Rows of a stream: (stream, width, since, until) in nanoseconds."""


def is_composed(slo: Slo) -> bool:
    """Whether its budget is made of its members' budgets, so that no one series of counts says how much is spent."""
    return bool(slo.members) and isinstance(slo.budgeting, Occurrences)


def counted_streams(slo: Slo) -> tuple[str, ...]:
    return slo.measured if is_composed(slo) else (slo.counted,)


def slice_ns(slo: Slo) -> int:
    """The width of what is counted: a cell, or a slice of time."""
    return slo.slice_width_ns if isinstance(slo.budgeting, Occurrences) else slo.budgeting.slice_ns


def unit_of(slo: Slo) -> int:
    """How many of the counts make up one event; ratios of slices are kept as whole numbers."""
    return RATIO_UNITS if isinstance(slo.budgeting, RatioTimeslices) else 1


def window_span(slo: Slo, status: Status) -> Span:
    """From where to where the budget window goes: up to the watermark, or for a calendar window up to its end."""
    mark = status.at_ns if status.watermark_ns is None else status.watermark_ns
    return window_of(slo.calendar, mark) if slo.calendar else Span(mark - slo.window_ns, mark)


Others = Mapping[str, tuple[Slo, Status | None]]
"""By stream, the objective of its own that is measured on it, and how it fares."""


def member_figures(slo: Slo, status: Status | None, others: Others) -> list[MemberStatus | None]:
    """How each part of a composite fares against its own target, by its own track. Slices of time say nothing of parts:
    then as an objective of its own on the same stream tells, and None where there is none."""
    if status is not None and status.members:
        return list(status.members)
    found: list[MemberStatus | None] = []
    for member in slo.members:
        _, told = others.get(slo.member_stream(member).id, (None, None))
        target = Objective(member.target)
        readings = {n: _against(each, target) for n, each in sorted(told.readings.items())} if told else {}
        found.append(MemberStatus(member.name, member.target, told.watermark_ns, readings) if told else None)
    return found


def _against(reading: Reading, objective: Objective) -> Reading:
    return replace(reading, burn=objective.burn_rate(reading.tally), interval=None)


async def summed(read: Reader, slo: Slo, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
    """The rows of this width, oldest first; those of several members added up."""
    streams = counted_streams(slo)
    if len(streams) == 1:
        return await read(streams[0], width_ns, since_ns, until_ns)
    found: dict[int, Delta] = {}
    for stream in streams:
        for row in await read(stream, width_ns, since_ns, until_ns):
            start, before = row.slice_start_ns, found.get(row.slice_start_ns)
            good, bad, observed = (before.good, before.bad, before.observed) if before else (0, 0, 0)
            found[start] = Delta(slo.stream.id, start, good + row.good, bad + row.bad, observed + row.observed)
    return [found[start] for start in sorted(found)]


async def effects_on(catalogue: Catalogue, slo: Slo, since_ns: int, now_ns: int) -> Effects:
    """What is adjusted from an instant up to what is soon to come. In a thread: a rule may come again very often."""
    if not catalogue.adjustments:
        return Effects()
    known = tuple(catalogue.adjustments.values())
    return await asyncio.to_thread(
        effects, known, slo.labels, slo.name, since_ns, now_ns + AHEAD_NS, now_ns,
        indicator=slo.indicator, kept=Kept.of_width(slice_ns(slo)),
    )  # fmt: skip


def declared_by(catalogue: Catalogue, occurrences: Iterable[Occurrence]) -> list[tuple[Occurrence, Adjustment]]:
    """Each time with the adjustment it belongs to, newest first."""
    known = catalogue.adjustments
    found = [(each, known[each.adjustment]) for each in occurrences if each.adjustment in known]
    return sorted(found, key=lambda pair: pair[0].declared.from_ns, reverse=True)
