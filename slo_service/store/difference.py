"""Which samples of a batch replace their cells, and by how much that changes every sum above them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from slo_service.domain.cell import CellKey, Delta, Revision, Sample
from slo_service.domain.instant import floor_to
from slo_service.domain.tally import Tally

CONFLICTING = "samples_conflicting"  # the same revision with other counts
OUTDATED = "samples_outdated"  # a lower revision than the stored one
TOO_LATE = "samples_too_late"  # for a cell older than the kept ones
SLICE_TOO_LATE = "slices_too_late"  # a slice of time whose other cells are not all kept any more
REFUSALS = (CONFLICTING, OUTDATED, TOO_LATE, SLICE_TOO_LATE)

Slot: TypeAlias = tuple[str, str, int]  # stream, source, and where a coarser row starts (ns)


@dataclass(frozen=True, slots=True)
class Stored:
    """A cell as the store has it."""

    tally: Tally
    revision: Revision


@dataclass(frozen=True, slots=True)
class Change:
    """A sample that replaces its cell, with the difference to what stood there; `observed` is 1 for a new cell."""

    sample: Sample
    difference: Tally
    observed: int

    @property
    def moves_sums(self) -> bool:
        return bool(self.observed or self.difference.good or self.difference.bad)

    def followed_by(self, other: Change) -> Change:
        return Change(other.sample, self.difference + other.difference, self.observed + other.observed)


def collapse(samples: Iterable[Sample], floor_ns: int, refused: Counter[str]) -> dict[CellKey, Sample]:
    """The highest revision of each cell that starts at or after the floor; the rest is counted in `refused`."""
    newest: dict[CellKey, Sample] = {}
    for sample in samples:
        if sample.key.slice_start_ns < floor_ns:
            refused[TOO_LATE] += 1
            continue
        rival = newest.get(sample.key)
        if rival is None or sample.revision > rival.revision:
            newest[sample.key] = sample
        elif sample.revision == rival.revision and sample.tally != rival.tally:
            refused[CONFLICTING] += 1
    return newest


def compare(
    newest: Mapping[CellKey, Sample], stored: Mapping[CellKey, Stored], refused: Counter[str]
) -> tuple[Change, ...]:
    """What changes, in the order of cells; samples that do not outrank their cell are counted in `refused`."""
    changes = []
    for key in sorted(newest, key=lambda key: (key.stream, key.source, key.slice_start_ns)):
        sample, old = newest[key], stored.get(key)
        if old is None:
            changes.append(Change(sample, sample.tally, 1))
        elif sample.revision > old.revision:
            changes.append(Change(sample, sample.tally - old.tally, 0))
        elif sample.revision < old.revision:
            refused[OUTDATED] += 1
        elif sample.tally != old.tally:
            refused[CONFLICTING] += 1
    return tuple(changes)


def rolled_up(changes: Iterable[Change], width_ns: int) -> dict[Slot, Change]:
    """The changes summed into slots of the given width, per stream and source. The sample is that of the last one, so
    that wider slots can be summed from narrower ones."""
    slots: dict[Slot, Change] = {}
    for change in changes:
        if not change.moves_sums:
            continue
        key = change.sample.key
        slot = (key.stream, key.source, floor_to(key.slice_start_ns, width_ns))
        before = slots.get(slot)
        slots[slot] = change if before is None else before.followed_by(change)
    return slots


def deltas(changes: Iterable[Change]) -> tuple[Delta, ...]:
    """What the changes mean for each slice of each stream and source, in the order of the changes."""
    return tuple(
        Delta(key.stream, key.slice_start_ns, moved.good, moved.bad, change.observed, key.source)
        for change in changes
        if change.moves_sums
        for key, moved in ((change.sample.key, change.difference),)
    )
