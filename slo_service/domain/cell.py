"""Cells: the counts of one stream, from one source, in one slice of event time. A sample replaces its cell when its
revision is higher, so every collector is idempotent and a late correction is an ordinary sample."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.tally import Tally

HIGHEST_COUNT = 1 << 45  # the exact range of the evaluator's 64-bit cross-multiplication


@dataclass(frozen=True, slots=True, order=True)
class Revision:
    """Owner epoch first, so that a new owner's first word outranks a deposed one's last; then a counter."""

    epoch: int
    counter: int


@dataclass(frozen=True, slots=True)
class CellKey:
    """`source` names collector, region and partition, never a host: `orders-canary/eu/3`."""

    stream: str
    source: str
    slice_start_ns: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Absolute counts for a cell. Equal revision with other counts is a conflict, which is counted and ignored."""

    key: CellKey
    tally: Tally
    revision: Revision

    def __post_init__(self) -> None:
        if min(self.tally.good, self.tally.bad) < 0 or self.tally.total > HIGHEST_COUNT:
            raise ValueError(f"counts lie between 0 and {HIGHEST_COUNT}, got {self.tally} for {self.key}")


@dataclass(frozen=True, slots=True)
class Delta:
    """What a committed batch changed in one slice of one stream. `observed` counts new cells. `source` is empty where
    the difference is that of all sources together."""

    stream: str
    slice_start_ns: int
    good: int
    bad: int
    observed: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The event time up to which a source of a stream has looked: the last moment its reader stood at the log's end
    (canaries), or of its last successful poll (lag). The watermark and `no-data` follow it."""

    stream: str
    source: str
    through_ns: int
