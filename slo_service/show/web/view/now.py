"""The present of a pipeline: its age, the oldest canary under way, and both by hop and partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.indicator import SOURCE
from slo_service.domain.instant import seconds
from slo_service.domain.pipeline import Pipeline
from slo_service.show.web import words
from slo_service.show.web.view.canaries import Flock, pending_ages


@dataclass(frozen=True, slots=True)
class Cell:
    """`seconds` for machines; None when there is nothing to say, and `text` says what that means."""

    text: str
    seconds: float | None
    over: bool


@dataclass(frozen=True, slots=True)
class NowRow:
    hop: str
    what: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Now:
    age: Cell
    age_where: str
    pending: Cell
    pending_where: str
    partitions: tuple[int, ...]
    rows: tuple[NowRow, ...]


def _age_cell(part: PartitionAge | None, limit_ns: int) -> Cell:
    if part is None:
        return Cell("", None, over=False)
    if part.age_ns is None:
        return Cell("unknown", None, over=False)
    text = ("≥ " if part.at_least else "") + words.duration(part.age_ns)
    return Cell(text, seconds(part.age_ns), over=part.age_ns > limit_ns)


def _pending_cell(age_ns: int | None, limit_ns: int) -> Cell:
    if age_ns is None:
        return Cell("none", 0.0, over=False)
    return Cell(words.duration(age_ns), seconds(age_ns), over=age_ns > limit_ns)


def _age(groups: Sequence[GroupAge], limit_ns: int) -> tuple[Cell, str]:
    """The worst partition of the worst group; a group that cannot be read makes it unknown, with the reason."""
    if not groups:
        return Cell("not measured", None, over=False), "no consumer group is declared or read yet"
    broken = [group for group in groups if group.error or group.age_ns is None]
    worst = max(
        ((part, group) for group in groups for part in group.partitions if part.age_ns is not None),
        key=lambda found: found[0].age_ns or 0,
        default=None,
    )
    if worst is None:
        group = broken[0]
        reasons = [part.reason for part in group.partitions if part.reason]
        return Cell("unknown", None, over=False), f"{group.group}: {group.error or next(iter(reasons), 'no partition')}"
    part, group = worst
    waiting = "" if part.waiting is None else f", {words.plural(part.waiting, 'message')} waiting"
    where = f"partition {part.partition} of {group.topic}, read by {group.group}{waiting}"
    if group.diagnosis:
        where += f"; {group.diagnosis}"
    if broken:
        where += f"; {broken[0].group} cannot be read"
    return _age_cell(part, limit_ns), where


def present(pipeline: Pipeline, flock: Flock, groups: Sequence[GroupAge]) -> Now:
    """`groups` of any pipeline; those of others are left out."""
    mine = [group for group in groups if group.pipeline == pipeline.name]
    limit = flock.limit_ns
    by_hop = {hop: pending_ages(flock, hop) for hop in pipeline.hops if hop != SOURCE}
    waiting = [
        (age, hop, partition) for hop, ages in by_hop.items() for partition, age in ages.items() if age is not None
    ]
    oldest = max(waiting, key=lambda found: found[0], default=None)  # of equals the hop nearest to the source
    partitions = sorted(
        {part for ages in by_hop.values() for part in ages}
        | {part.partition for group in mine for part in group.partitions}
    )
    rows = []
    for hop in pipeline.hops[1:]:
        ages = by_hop[hop]
        if ages:
            cells = tuple(
                _pending_cell(ages[part], limit) if part in ages else Cell("", None, over=False) for part in partitions
            )
            rows.append(NowRow(hop, "oldest canary under way", cells))
        for group in mine:
            if group.stage == hop:
                parts = {part.partition: part for part in group.partitions}
                read = tuple(_age_cell(parts.get(part), limit) for part in partitions)
                rows.append(NowRow(hop, f"age of {group.group}", read))
    age, age_where = _age(mine, limit)
    return Now(
        age=age,
        age_where=age_where,
        pending=_pending_cell(oldest[0] if oldest else None, limit),
        pending_where=f"sent to partition {oldest[2]}, not yet at {oldest[1]}" if oldest else "all sent have arrived",
        partitions=tuple(partitions),
        rows=tuple(rows),
    )
