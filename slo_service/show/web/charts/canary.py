"""The canary plot: every recent canary a mark, send time across, transit up on a log axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, joined, line, rect, svg, text
from slo_service.show.web.charts.swarm import KINDS, Swarm

_FLOOR = SECOND // 10
_TOP = 30
_SQUARES = ((1_000, 1), (4_000, 2), (12_000, 3), (math.inf, 4))  # up to so many points: side in pixels
_BITS, _LOW = 12, (1 << 12) - 1  # a square is one number


@dataclass(frozen=True, slots=True)
class Plot:
    start_ns: int
    end_ns: int
    marks: Swarm
    threshold_ns: int | None
    deadline_ns: int
    blind: Sequence[tuple[int, int]]  # stretches in which nothing could be observed
    spans: Sequence[tuple[int, int]]  # page episodes
    label: str


@dataclass(frozen=True, slots=True)
class _Height:
    top: float
    bottom: float
    highest_ns: int

    def __call__(self, transit_ns: int | None) -> float:
        if transit_ns is None:
            return self.top
        return self.bottom - _share(transit_ns, self.highest_ns) * (self.bottom - self.full)

    @property
    def full(self) -> float:
        """Where the log scale ends; `never` lies above it."""
        return self.top + 14


def _share(transit_ns: int, highest_ns: int) -> float:
    low, high = math.log10(_FLOOR), math.log10(highest_ns)
    return (math.log10(min(max(transit_ns, _FLOOR), highest_ns)) - low) / (high - low)


_SHAPES = {
    "d-ok": "h0",
    "d-late": "h0",
    "d-way": "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0",
    "d-over": "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "d-found": "m0-3.5l3.5 3.5l-3.5 3.5l-3.5-3.5z",
    "d-lost": "m-3-3l6 6m0-6l-6 6",
    "d-dup": "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
}


@dataclass(frozen=True, slots=True)
class _Placed:
    """In shares of the axes: worked out once for both drawings."""

    across: NDArray[np.float64]
    up: NDArray[np.float64]
    marks: Swarm

    @classmethod
    def of(cls, plot: Plot, highest_ns: int) -> _Placed:
        marks, low = plot.marks, math.log10(_FLOOR)
        across = (marks.sent - plot.start_ns) / (plot.end_ns - plot.start_ns)
        up = (np.log10(np.clip(marks.transit, _FLOOR, highest_ns)) - low) / (math.log10(highest_ns) - low)
        return cls(across, up, marks)

    def path(self, cls: str, chosen: NDArray[np.bool_], across: Axis, up: _Height, *, never: bool = False) -> str:
        """Each square of the drawing once, in whole pixels. The more points, the larger the squares."""
        number = int(chosen.sum())
        if not number:
            return ""
        side = next(side for most, side in _SQUARES if number <= most)
        left, bottom, shape = int(across.left), int(up.bottom), _SHAPES[cls]
        columns = (self.across[chosen] * ((across.right - across.left) / side)).astype(np.int64)
        if never:
            steps = [f"M{left + x * side} {up.top:g}{shape}" for x in np.unique(columns).tolist()]
        else:
            rows = (self.up[chosen] * ((up.bottom - up.full) / side)).astype(np.int64)
            squares = np.unique(columns << _BITS | rows).tolist()
            steps = [f"M{left + (at >> _BITS) * side} {bottom - (at & _LOW) * side}{shape}" for at in squares]
        return f'<path class="{cls}" d="{"".join(steps)}"/>'

    def paths(self, across: Axis, up: _Height) -> list[str]:
        drawn = [
            self.path(f"d-{name}", self.marks.kind == place, across, up, never=name == "lost")
            for place, name in enumerate(KINDS)
        ]
        return [*drawn, self.path("d-dup", self.marks.twice & ~self.marks.lost, across, up)]


def _ground(plot: Plot, across: Axis, up: _Height, *, wide: bool) -> list[str]:
    left, right = across.left, across.right
    body = [
        rect(across.held(start), up.top, max(2.0, across.held(end) - across.held(start)), up.bottom - up.top, cls)
        for spans, cls in ((plot.spans, "span"), (plot.blind, "hatch"))
        for start, end in spans
        if end > plot.start_ns and start < plot.end_ns
    ]
    for at in (SECOND // 10, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR):
        if at < up.highest_ns:
            name = f"≤ {words.duration(at)}" if at == _FLOOR else words.duration(at)
            body += [line(left, up(at), right, up(at)), text(left - 8, up(at) + 4, name, "t", "end")]
    body += across.labels(up.bottom + 20, 10 if wide else 4, up.bottom)
    body += [line(left, up.top, right, up.top, "ax"), line(left, up.bottom, right, up.bottom, "ax")]
    body.append(text(left - 8, up.top + 4, "never", "t", "end"))
    for limit in (plot.threshold_ns, plot.deadline_ns):
        if limit is not None:
            body.append(line(left, up(limit), right, up(limit), "thr"))
    return body


def _notes(plot: Plot, across: Axis, up: _Height, lost: Sequence[float]) -> list[str]:
    """Labels beside what they name, on the side where there is room."""
    notes = []
    if lost:
        x = min(lost)
        left = x > (across.left + across.right) / 2
        edge = x - 8 if left else max(lost) + 8
        notes.append(
            text(edge, up.top + 15, f"{len(lost)} not arrived by the deadline", "lab", "end" if left else "start")
        )
    for start, end in plot.blind:
        if end - start > (plot.end_ns - plot.start_ns) // 60 and across(end) < across.right - 90:
            notes.append(text(across(end) + 7, up.bottom - 10, "unmeasured", "m"))
    return notes


def _draw(plot: Plot, placed: _Placed, highest_ns: int, *, wide: bool) -> Markup:
    width, height = (1296.0, 372.0) if wide else (358.0, 320.0)
    across = Axis(plot.start_ns, plot.end_ns, 56.0, width - 12.0)
    up = _Height(_TOP, height - 30.0, highest_ns)
    body = _ground(plot, across, up, wide=wide)
    body += placed.paths(across, up)
    for limit, name in ((plot.threshold_ns, "threshold"), (plot.deadline_ns, "deadline")):
        if limit is not None:
            body.append(text(across.left + 6, up(limit) - 5, f"{name} {words.duration(limit)}", "lab"))
    if wide:
        body += _notes(plot, across, up, [across(at) for at in plot.marks.sent[plot.marks.lost].tolist()])
    return svg(width, height, body, plot.label, "wide" if wide else "narrow")


def canary_plot(plot: Plot) -> Markup:
    """For wide and for narrow pages; the style sheet shows one."""
    highest = max(2 * plot.deadline_ns, 2 * plot.marks.slowest_ns, MINUTE)
    placed = _Placed.of(plot, highest)
    return joined(_draw(plot, placed, highest, wide=True), _draw(plot, placed, highest, wide=False))
