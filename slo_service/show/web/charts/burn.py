"""Burn of one window over time on a log axis, against the factor of its tier; where the tier fired is shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, dot, joined, line, poly, rect, svg, text

_FLOOR = 0.1
_TOP, _HEIGHT = 18.0, 150.0


@dataclass(frozen=True, slots=True)
class BurnLine:
    """`points`: (instant, burn), oldest first; None where nothing was measured."""

    start_ns: int
    end_ns: int
    points: Sequence[tuple[int, float | None]]
    factor: float
    highest: float  # of all windows of the tier, so that they share one axis
    spans: Sequence[tuple[int, int]]
    label: str


def _draw(chart: BurnLine, width: float, cls: str) -> Markup:
    across = Axis(chart.start_ns, chart.end_ns, 44.0, width - 10.0, 10.0)
    bottom = _HEIGHT - 24.0
    high = math.ceil(math.log10(max(chart.highest, 2 * chart.factor, 10.0)))

    def up(burn: float) -> float:
        return bottom - (math.log10(max(burn, _FLOOR)) + 1) / (high + 1) * (bottom - _TOP)

    body = [
        rect(across.held(start), _TOP, max(1.5, across.held(end) - across.held(start)), bottom - _TOP, "span")
        for start, end in chart.spans
        if end > chart.start_ns
    ]
    for power in range(-1, high + 1):
        y = up(10.0**power)
        body.append(line(across.left, y, across.right, y, "ax" if power < 0 else "g"))
        body.append(text(across.left - 6, y + 4, ("≤ 0.1" if power < 0 else f"{10**power:,}") + "×", "t", "end"))
    body += across.labels(_HEIGHT - 6, 6 if width > 500 else 4, bottom)
    run: list[tuple[float, float]] = []
    for at, burn in [*chart.points, (chart.end_ns, None)]:
        if burn is not None:
            run.append((across.held(at), up(burn)))
        elif run:
            body.append(poly(run, "data") if len(run) > 1 else dot(*run[0], 2, "dot"))
            run = []
    body.append(line(across.left, up(chart.factor), across.right, up(chart.factor), "thr"))
    body.append(text(across.left + 6, up(chart.factor) - 5, f"factor {words.times(chart.factor)}", "lab"))
    last_at, last = chart.points[-1] if chart.points else (chart.end_ns, None)
    if last is not None:
        body.append(dot(across.held(last_at), up(last), 3.5, "dot"))
    if chart.spans and (start := across.held(chart.spans[-1][0])) < across.right - 40:
        body.append(text(start + 5, _TOP + 13, "firing", "lab red"))
    return svg(width, _HEIGHT, body, chart.label, cls)


def burn_line(chart: BurnLine) -> Markup:
    return joined(_draw(chart, 620, "wide"), _draw(chart, 358, "narrow"))
