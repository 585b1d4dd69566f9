"""The canary plot: every recent canary a mark, send time across, transit up on a log axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, joined, line, num, rect, svg, text

_FLOOR = SECOND // 10
_TOP = 30
_SQUARES = ((1_000, 1.0), (4_000, 2.0), (12_000, 3.0), (math.inf, 4.0))  # up to so many points: side in pixels
_BITS, _LOW = 12, (1 << 12) - 1  # a square is one number, since thousands of pairs take too long


class Mark(NamedTuple):  # there are thousands, and a tuple is made twice as fast as a frozen dataclass
    """One canary. `transit_ns` None: has not arrived by its deadline. For one under way it is its age so far."""

    sent_ns: int
    transit_ns: int | None
    kind: str  # ok | late | found | lost | way | over
    seen_twice: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    start_ns: int
    end_ns: int
    marks: Sequence[Mark]
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
        return self.top if transit_ns is None else self.at(_share(transit_ns, self.highest_ns))

    def at(self, share: float) -> float:
        """Of the log scale; beyond it lies `never`."""
        return self.top if share > 1 else self.bottom - share * (self.bottom - self.top - 14)


_NEVER = 2.0


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


def _path(cls: str, points: Sequence[tuple[float, float]], across: Axis, up: _Height) -> str:
    """Each square of the drawing once. The more points, the larger the squares."""
    length, scale = across.right - across.left, up.bottom - up.at(1)
    side = next(side for most, side in _SQUARES if len(points) <= most)
    wide, tall = length / side, scale / side
    squares = {int(x * wide) << _BITS | int(y * tall) for x, y in points if y <= 1}
    steps = [
        f"M{num(across.left + (place >> _BITS) * side)} {num(up.bottom - (place & _LOW) * side)}{_SHAPES[cls]}"
        for place in squares
    ]
    nevers = {int(x * wide) for x, y in points if y > 1}
    steps += [f"M{num(across.left + x * side)} {num(up.top)}{_SHAPES[cls]}" for x in nevers]
    return f'<path class="{cls}" d="{"".join(steps)}"/>'


def _placed(plot: Plot, highest_ns: int) -> Mapping[str, Sequence[tuple[float, float]]]:
    """By class, in shares of the axes: worked out once for both drawings."""
    found: dict[str, list[tuple[float, float]]] = {cls: [] for cls in _SHAPES}
    low = math.log10(_FLOOR)
    scale, across = 1 / (math.log10(highest_ns) - low), 1 / (plot.end_ns - plot.start_ns)
    for sent_ns, transit_ns, kind, twice in plot.marks:
        if transit_ns is None:
            up = _NEVER
        else:
            up = 0.0 if transit_ns <= _FLOOR else (math.log10(min(transit_ns, highest_ns)) - low) * scale
        place = ((sent_ns - plot.start_ns) * across, up)
        found["d-" + kind].append(place)
        if twice:
            found["d-dup"].append(place)
    return found


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


def _draw(plot: Plot, placed: Mapping[str, Sequence[tuple[float, float]]], highest_ns: int, *, wide: bool) -> Markup:
    width, height = (1296.0, 372.0) if wide else (358.0, 320.0)
    across = Axis(plot.start_ns, plot.end_ns, 56.0, width - 12.0)
    up = _Height(_TOP, height - 30.0, highest_ns)
    body = _ground(plot, across, up, wide=wide)
    body += [_path(cls, places, across, up) for cls, places in placed.items() if places]
    for limit, name in ((plot.threshold_ns, "threshold"), (plot.deadline_ns, "deadline")):
        if limit is not None:
            body.append(text(across.left + 6, up(limit) - 5, f"{name} {words.duration(limit)}", "lab"))
    if wide:
        body += _notes(plot, across, up, [across(mark.sent_ns) for mark in plot.marks if mark.transit_ns is None])
    return svg(width, height, body, plot.label, "wide" if wide else "narrow")


def canary_plot(plot: Plot) -> Markup:
    """For wide and for narrow pages; the style sheet shows one."""
    slowest = max((mark.transit_ns or 0 for mark in plot.marks), default=0)
    highest = max(2 * plot.deadline_ns, 2 * slowest, MINUTE)
    placed = _placed(plot, highest)
    return joined(_draw(plot, placed, highest, wide=True), _draw(plot, placed, highest, wide=False))
