"""The canary plot: every recent canary a mark, send time across, transit up on a log axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, joined, line, num, rect, svg, text

_FLOOR = SECOND // 10
_TOP = 30
_MOST_MARKS = 3000  # of one kind in one drawing; beyond it marks of one grid square are drawn once anyway


@dataclass(frozen=True, slots=True)
class Mark:
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
        if transit_ns is None:
            return self.top
        low, high = math.log10(_FLOOR), math.log10(self.highest_ns)
        place = (math.log10(min(max(transit_ns, _FLOOR), self.highest_ns)) - low) / (high - low)
        return self.bottom - place * (self.bottom - self.top - 14)


_SHAPES = {
    "d-ok": "h0",
    "d-late": "h0",
    "d-way": "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0",
    "d-over": "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "d-found": "m0-3.5l3.5 3.5l-3.5 3.5l-3.5-3.5z",
    "d-lost": "m-3-3l6 6m0-6l-6 6",
    "d-dup": "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
}


def _marks(cls: str, points: Sequence[tuple[float, float]], grid: float) -> str:
    squares = dict.fromkeys((round(x / grid), round(y / grid)) for x, y in points)
    kept = list(squares)[-_MOST_MARKS:]
    steps = "".join(f"M{num(x * grid)} {num(y * grid)}{_SHAPES[cls]}" for x, y in kept)
    return f'<path class="{cls}" d="{steps}"/>' if steps else ""


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


def _notes(plot: Plot, across: Axis, up: _Height, lost: Sequence[tuple[float, float]]) -> list[str]:
    """Labels beside what they name, on the side where there is room."""
    notes = []
    if lost:
        x = min(place for place, _ in lost)
        left = x > (across.left + across.right) / 2
        edge = x - 8 if left else max(place for place, _ in lost) + 8
        notes.append(
            text(edge, up.top + 15, f"{len(lost)} not arrived by the deadline", "lab", "end" if left else "start")
        )
    for start, end in plot.blind:
        if end - start > (plot.end_ns - plot.start_ns) // 60 and across(end) < across.right - 90:
            notes.append(text(across(end) + 7, up.bottom - 10, "unmeasured", "m"))
    return notes


def _draw(plot: Plot, width: float, cls: str) -> Markup:
    wide = width > 500
    height = 372 if wide else 320
    across = Axis(plot.start_ns, plot.end_ns, 56.0, width - 12.0)
    slowest = max((mark.transit_ns or 0 for mark in plot.marks), default=0)
    up = _Height(_TOP, height - 30.0, max(2 * plot.deadline_ns, 2 * slowest, MINUTE))
    body = _ground(plot, across, up, wide=wide)
    points: dict[str, list[tuple[float, float]]] = {f"d-{kind}": [] for kind in ("ok", "way", "late", "over", "found")}
    points |= {"d-lost": [], "d-dup": []}
    for mark in plot.marks:
        place = (across(mark.sent_ns), up(mark.transit_ns))
        points[f"d-{mark.kind}"].append(place)
        if mark.seen_twice:
            points["d-dup"].append(place)
    body += [_marks(kind, places, 1.5 if wide else 1.0) for kind, places in points.items()]
    for limit, name in ((plot.threshold_ns, "threshold"), (plot.deadline_ns, "deadline")):
        if limit is not None:
            body.append(text(across.left + 6, up(limit) - 5, f"{name} {words.duration(limit)}", "lab"))
    if wide:
        body += _notes(plot, across, up, points["d-lost"])
    return svg(width, height, body, plot.label, cls)


def canary_plot(plot: Plot) -> Markup:
    """For wide and for narrow pages; the style sheet shows one."""
    return joined(_draw(plot, 1296, "wide"), _draw(plot, 358, "narrow"))
