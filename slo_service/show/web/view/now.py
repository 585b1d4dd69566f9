"""The present of a pipeline: its age, the oldest canary under way, and both by hop and partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.indicator import SOURCE
from slo_service.domain.instant import seconds
from slo_service.domain.pipeline import Pipeline
from slo_service.show.web import words
from slo_service.show.web.view.passage import Passage, Waiting


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


def _pending_cell(oldest: Waiting | None) -> Cell:
    """One that our reader has not looked up since it came due is not called over."""
    if oldest is None:
        return Cell("none", 0.0, over=False)
    return Cell(words.duration(oldest.age_ns), seconds(oldest.age_ns), over=oldest.missed)


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


def present(pipeline: Pipeline, passed: Mapping[str, Passage], groups: Sequence[GroupAge]) -> Now:
    """`groups` of any pipeline; those of others are left out."""
    mine = [group for group in groups if group.pipeline == pipeline.name]
    limit = next(iter(passed.values())).flock.limit_ns
    by_hop = {hop: passed[hop].waiting if hop in passed else {} for hop in pipeline.hops if hop != SOURCE}
    waiting = [(one, hop) for hop, found in by_hop.items() for one in found.values() if one is not None]
    oldest = max(waiting, key=lambda found: found[0].age_ns, default=None)  # of equals the hop nearest to the source
    partitions = sorted(
        {part for found in by_hop.values() for part in found}
        | {part.partition for group in mine for part in group.partitions}
    )
    rows = []
    for hop in pipeline.hops[1:]:
        found = by_hop[hop]
        if found:
            cells = tuple(
                _pending_cell(found[part]) if part in found else Cell("", None, over=False) for part in partitions
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
        pending=_pending_cell(oldest[0] if oldest else None),
        pending_where=_waits(*oldest, limit) if oldest else "all sent have arrived",
        partitions=tuple(partitions),
        rows=tuple(rows),
    )


def _waits(one: Waiting, hop: str, limit_ns: int) -> str:
    where = f"sent to partition {one.partition}, not yet "
    return where + (f"looked up at {hop}" if one.age_ns > limit_ns and not one.missed else f"at {hop}")
